//! What criterion measured, through the verbs: imported, ranked, reported, exported, kept,
//! compared.

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use support::run;
use tempfile::TempDir;

/// As `cargo bench --bench matrix` leaves it, with one bench of another program's.
fn criterion(here: &Path) {
    let benches = [
        (
            "squares_tasks=1000/heap",
            r#""squares/tasks=1000","function_id":null,"value_str":"heap""#,
        ),
        (
            "squares_tasks=1000/tokio-multi-thread-w2",
            r#""squares/tasks=1000","function_id":null,"value_str":"tokio-multi-thread-w2""#,
        ),
        ("Theirs/f/20", r#""=Theirs <b>\u001b[2J","function_id":"f","value_str":"20""#),
    ];
    for (directory, name) in benches {
        let directory = here.join("target/criterion").join(directory).join("new");
        fs::create_dir_all(&directory).expect("a directory");
        let name = format!(r#"{{"group_id":{name},"full_id":"x"}}"#);
        fs::write(directory.join("benchmark.json"), name).expect("a file");
        let samples = r#"{"sampling_mode":"Flat","iters":[10.0,10.0],"times":[5000.0,7000.0]}"#;
        fs::write(directory.join("sample.json"), samples).expect("a file");
    }
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn good(here: &Path, words: &[&str]) -> String {
    let output = run(here, words);
    let (out, error) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {error}");
    let acts = |char: char| char.is_control() && char != '\n';
    assert!(!out.contains(acts) && !error.contains(acts), "{words:?}: {out}{error}");
    out
}

#[test]
fn what_criterion_measured_goes_through_every_verb() {
    let here = TempDir::new().expect("a directory");
    let here = here.path();
    criterion(here);
    let first = good(here, &["import"]);
    let file = first.trim_end();
    assert!(file.starts_with("target/tminus/") && file.ends_with("-criterion.jsonl"), "{file}");
    let bytes = fs::read(here.join(file)).expect("a run file");
    assert_eq!(good(here, &["import"]), format!("{file} (was there already)\n"));
    assert_eq!(fs::read(here.join(file)).expect("a run file"), bytes);

    let ranked = good(here, &["rank"]);
    assert!(ranked.contains("tokio-multi-thread/w2") && ranked.contains("600 ns"), "{ranked}");
    assert!(ranked.contains("Squares, tasks 1,000: wall time per iteration"), "{ranked}");
    let page = good(here, &["report", "--out", "page"]);
    let page = fs::read_to_string(here.join(page.trim_end())).expect("a page");
    assert!(page.contains("=Theirs &lt;b&gt;") && !page.contains("Theirs <b>"));
    assert!(page.contains("Imported from another harness"));
    let exported = good(here, &["export", "--format", "bencher"]);
    assert!(exported.contains("squares/tasks=1000/tokio-multi-thread/w2"), "{exported}");
    assert!(!exported.contains("cpu"), "{exported}");
    let added = good(here, &["history", "add", "latest"]);
    assert!(added.contains("added as run 1"), "{added}");
    assert!(good(here, &["history", "add", "latest"]).contains("is run 1 already"));
    assert!(good(here, &["history", "list"]).contains("unknown"));
    good(here, &["history", "check"]);

    let compared = run(here, &["compare", file, file]);
    let (_, error) = said(&compared);
    assert_eq!(compared.status.code(), Some(2));
    assert!(error.contains("cannot be compared: no record of the CPU"), "{error}");
    let forced = good(here, &["compare", "--force", "--all", file, file]);
    assert!(forced.contains("not comparable, forced: no record of the CPU"), "{forced}");
    assert!(forced.contains("3 inconclusive"), "{forced}");

    // Another run of the same time is not written over.
    let refused = run(here, &["import", "--here"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(here.join(file)).expect("a run file"), bytes);
    let told = good(here, &["import", "--here", "--out", "told"]);
    let told = fs::read_to_string(here.join(told.trim_end())).expect("a run file");
    assert!(!told.contains(r#""cpu":"unknown""#) && told.contains(r#""rustc":"unknown""#));
}

#[test]
fn what_is_damaged_is_refused_in_one_line_and_nothing_is_written() {
    let here = TempDir::new().expect("a directory");
    let here = here.path();
    criterion(here);
    let hostile = here.join("damaged/\u{1b}[2J/new");
    fs::create_dir_all(&hostile).expect("a directory");
    fs::write(hostile.join("benchmark.json"), "{}").expect("a file");
    let refusals = [
        (vec!["import", "damaged"], "missing field `group_id`"),
        (vec!["import", "missing"], "missing"),
        (vec!["import", "target"], "deeper than criterion writes"),
        (vec!["import", "--baseline", "../new"], "no name of a baseline"),
        (vec!["import", "--baseline", "old"], "no benchmark of criterion's"),
        (vec!["import", "target/criterion", "./target/criterion"], "given twice"),
    ];
    for (words, why) in refusals {
        let output = run(here, &words);
        let (out, error) = said(&output);
        assert_eq!((output.status.code(), out.as_str()), (Some(2), ""), "{words:?}: {error}");
        assert!(error.starts_with("error: ") && error.contains(why), "{words:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!error.trim_end().contains(char::is_control), "{error}");
        assert!(!here.join("target/tminus").exists(), "{words:?}");
    }
}

/// Row E: what is damaged, old or elsewhere.
#[test]
fn one_bad_bench_is_a_row_and_old_ones_are_named() {
    let here = TempDir::new().expect("a directory");
    let here = here.path();
    criterion(here);
    let hostile = here.join("target/criterion/\u{1b}[2J/new");
    fs::create_dir_all(&hostile).expect("a directory");
    fs::write(hostile.join("benchmark.json"), "{}").expect("a file");
    let old = fs::File::options()
        .append(true)
        .open(here.join("target/criterion/Theirs/f/20/new/sample.json"))
        .expect("a file");
    // Of whole days, whenever the others were written.
    let two_months_ago = SystemTime::now() - Duration::from_secs(61 * 86_400 + 43_200);
    old.set_modified(two_months_ago).expect("a date");
    let output = run(here, &["import"]);
    let (_, error) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(error.contains("no figure of "), "{error}");
    assert!(error.contains("61 days before the newest"), "{error}");
    assert!(good(here, &["rank", "--workload", "squares"]).contains("600 ns"));
}

#[test]
fn what_is_older_than_the_commit_is_not_of_it() {
    let here = TempDir::new().expect("a directory");
    let here = here.path();
    criterion(here);
    let git = |words: &[&str]| {
        let base = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").args(base).args(words).current_dir(here).output();
        done.is_ok_and(|output| output.status.success())
    };
    fs::write(here.join("file"), "").expect("a file");
    if !(git(&["init", "-q"]) && git(&["add", "file"]) && git(&["commit", "-qm", "first"])) {
        writeln!(std::io::stderr(), "NOT RUN: import: there is no git").expect("stderr");
        return;
    }
    let date = |path: &str, age: Duration| {
        let path = here.join("target/criterion").join(path).join("new/sample.json");
        let file = fs::File::options().append(true).open(path).expect("a file");
        file.set_modified(SystemTime::now() + Duration::from_secs(9) - age).expect("a date");
    };
    date("squares_tasks=1000/heap", Duration::ZERO);
    date("squares_tasks=1000/tokio-multi-thread-w2", Duration::from_secs(86_400));
    date("Theirs/f/20", Duration::from_secs(86_400));
    let output = run(here, &["import", "--here"]);
    let (out, error) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    let file = fs::read_to_string(here.join(out.trim_end())).expect("a run file");
    assert_eq!(
        file.matches("before the commit that is checked out was made").count(),
        2,
        "{error}"
    );
    date("squares_tasks=1000/heap", Duration::from_secs(86_400));
    let output = run(here, &["import", "--here"]);
    let (_, error) = said(&output);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("leave out `--here`"), "{error}");
}

#[test]
fn the_directory_of_criterion_is_found_as_criterion_chooses_it() {
    let here = TempDir::new().expect("a directory");
    let here = here.path();
    criterion(here);
    fs::write(here.join("Cargo.lock"), "").expect("a file");
    let below = here.join("crates/one");
    fs::create_dir_all(&below).expect("a directory");
    good(&below, &["import", "--out", "runs"]);
    fs::rename(here.join("target"), here.join("moved")).expect("moved");
    let with = |name: &str, value: &str| {
        // The run says where it is from, so each has a place of its own.
        let out = format!("runs-{name}");
        let mut command = support::command(&below, &["import", "--out", &out]);
        let output = command.env(name, here.join(value)).output().expect("it starts");
        (output.status.code(), said(&output).1)
    };
    let (code, error) = with("CARGO_TARGET_DIR", "moved");
    assert_eq!(code, Some(0), "{error}");
    let (code, error) = with("CRITERION_HOME", "moved/criterion");
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(with("CRITERION_HOME", "nowhere").0, Some(2));
}
