//! What criterion measured, through the verbs: imported, ranked, reported, exported, kept, compared.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::run;
use tempfile::TempDir;

/// As `cargo bench --bench matrix` leaves it, with one bench of somebody else's.
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
    assert!(error.contains("cannot be compared: nobody stored the CPU"), "{error}");
    let forced = good(here, &["compare", "--force", "--all", file, file]);
    assert!(forced.contains("not comparable, forced: nobody stored the CPU"), "{forced}");
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
    let hostile = here.join("target/criterion/\u{1b}[2J/new");
    fs::create_dir_all(&hostile).expect("a directory");
    fs::write(hostile.join("benchmark.json"), "{}").expect("a file");
    let refusals = [
        (vec!["import"], "missing field `group_id`"),
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
