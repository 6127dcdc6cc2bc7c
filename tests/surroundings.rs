//! What surrounds the program: what reads its output, which signals reach it, how many processes
//! it may have, how it is called. Nothing of that changes what a verb is worth or loses what was
//! measured.

#![cfg(unix)]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support::{command, run};
use tempfile::TempDir;

const RUN: [&str; 6] =
    ["run", "squares/tasks=2/smol-local", "squares/tasks=2/floor", "--rounds=1", "--out", "out"];

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect()
}

/// Returns the only run file, and whether its report is there.
#[track_caller]
fn run_and_report(out: &Path) -> (PathBuf, bool) {
    let [path] = files(out, "jsonl").try_into().expect("one run file");
    let page = path.with_extension("").join("index.html").is_file();
    (path, page)
}

/// Runs the program with a stdout that is not read.
fn unread(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = command(directory, arguments);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    child.wait_with_output().expect("it ends")
}

/// Runs the program by way of `words`, which begin another one that runs it.
fn by_way_of(directory: &Path, words: &[&str], arguments: &[&str]) -> Output {
    let program = command(directory, &[]).get_program().to_owned();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(program).args(arguments).current_dir(directory);
    command.stdin(Stdio::null()).output().expect("it starts")
}

#[track_caller]
fn one_line(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && !said.contains("panicked"), "{said}");
    errors[0].into()
}

#[test]
fn a_report_does_not_depend_on_a_reader() {
    let here = directory();
    let output = unread(here.path(), &RUN);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (path, has_page) = run_and_report(&here.path().join("out"));
    assert!(has_page);
    let path = path.to_str().expect("text");
    let verbs: [&[&str]; 8] = [
        &["rank", path],
        &["rank", path, "--json"],
        &["compare", path, path],
        &["report", path],
        &["history", "add", path, "--db", "h.db"],
        &["history", "check", "--db", "h.db"],
        &["list"],
        &["--help"],
    ];
    for verb in verbs {
        let output = unread(here.path(), verb);
        assert_eq!(output.status.code(), Some(0), "{verb:?}: {output:?}");
        assert!(output.stderr.is_empty() || verb[0] == "rank", "{verb:?}: {output:?}");
    }
    // What a verb refuses it refuses without a reader too.
    one_line(&unread(here.path(), &["rank", "nowhere"]), 2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_stdout_is_told_once_and_loses_nothing() {
    let here = directory();
    let full = |arguments: &[&str]| {
        let file = File::options().write(true).open("/dev/full").expect("Linux has it");
        command(here.path(), arguments).stdout(file).output().expect("the program starts")
    };
    let line = one_line(&full(&RUN), 2);
    assert!(line.starts_with("error: cannot print: No space left on device"), "{line}");
    let (path, has_page) = run_and_report(&here.path().join("out"));
    assert!(has_page);
    let path = path.to_str().expect("text");
    let verbs: [&[&str]; 5] =
        [&["rank", path], &["report", path], &["list"], &["list", "--json"], &["--version"]];
    for verb in verbs {
        let line = one_line(&full(verb), 2);
        assert!(line.contains("No space left on device"), "{verb:?}: {line}");
    }
}

#[test]
fn signals_that_were_ignored_stay_ignored() {
    let here = directory();
    let program = command(here.path(), &[]).get_program().to_owned();
    let script = "trap '' HUP INT; exec \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program)
        .args(["run", "squares/tasks=2/floor", "--rounds=12", "--out=out"])
        .current_dir(here.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    while files(&here.path().join("out"), "jsonl").is_empty() {
        thread::sleep(Duration::from_millis(2));
    }
    // Handlers are there before the run file is.
    let kill = |signal: &str| {
        let script = format!("kill -{signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().expect("a shell").success());
    };
    kill("HUP");
    kill("INT");
    kill("INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(run_and_report(&here.path().join("out")).1);
}

#[test]
fn paths_need_not_be_text() {
    let here = directory();
    let strange = |name: &str| {
        let bytes = [name.as_bytes(), b"\xe9"].concat();
        here.path().join(OsStr::from_bytes(&bytes))
    };
    let (home, out) = (strange("home"), strange("out"));
    if let Err(refused) = fs::create_dir(&home) {
        writeln!(
            std::io::stderr(),
            "NOT RUN: surroundings: this file system wants text: {refused}"
        )
        .expect("stderr");
        return;
    }
    let program = home.join("tminus");
    symlink(command(here.path(), &[]).get_program(), &program).expect("a link");
    let run = |arguments: &[OsString]| {
        Command::new(&program).args(arguments).current_dir(here.path()).output().expect("it starts")
    };
    let words = RUN[..5].iter().map(OsString::from).chain([out.clone().into_os_string()]);
    let output = run(&words.collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (path, has_page) = run_and_report(&out);
    assert!(has_page);
    let header = fs::read_to_string(&path).expect("a run file");
    let header: Value = serde_json::from_str(header.lines().next().expect("a line")).expect("JSON");
    let stored = header["provenance"]["command"][5 + 1].as_str().expect("text");
    assert!(stored.ends_with("out\u{fffd}"), "{stored}");
    let output = run(&["run".into(), "--resume".into(), path.into_os_string()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// A loader starts the program, so children would be started as the loader.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
fn a_program_whose_children_do_not_start_says_so_at_once() {
    let loader = "/lib64/ld-linux-x86-64.so.2";
    if !Path::new(loader).exists() {
        writeln!(std::io::stderr(), "NOT RUN: surroundings: there is no {loader}").expect("stderr");
        return;
    }
    let here = directory();
    for verb in [&RUN[..], &["verify", "squares/tasks=2/floor"]] {
        let output = by_way_of(here.path(), &[loader], verb);
        let line = one_line(&output, 2);
        assert!(line.starts_with("error: no child starts: exited with status "), "{line}");
        assert!(line.contains("cell: ") && line.contains("not through a loader"), "{line}");
        assert!(output.stdout.is_empty() && !here.path().join("out").exists(), "{output:?}");
    }
}

#[test]
fn a_limit_on_files_is_an_error_and_leaves_nothing() {
    let here = directory();
    let limited = |script: &str, arguments: &[&str]| {
        by_way_of(here.path(), &["sh", "-c", script, "sh"], arguments)
    };
    let line = one_line(&limited("ulimit -f 0; exec \"$@\"", &RUN), 2);
    assert!(line.contains("File too large"), "{line}");
    assert_eq!(fs::read_dir(here.path().join("out")).expect("a directory").count(), 0);
    let run = run(here.path(), &RUN);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let (path, _) = run_and_report(&here.path().join("out"));
    let report = ["report", path.to_str().expect("text"), "--out", "report"];
    let line = one_line(&limited("ulimit -f 1; exec \"$@\"", &report), 2);
    assert!(line.contains("File too large"), "{line}");
    let mut left = vec![here.path().join("report")];
    while let Some(path) = left.pop() {
        for entry in fs::read_dir(path).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            assert!(path.extension().is_some() || path.is_dir(), "{}", path.display());
            left.push(path);
        }
    }
}

/// Returns the words that begin a program as a user of no other process, which may have `most`;
/// `None` where that cannot be.
#[cfg(target_os = "linux")]
fn as_user(here: &Path, user: &str, most: u32) -> Option<Vec<String>> {
    fs::set_permissions(here, PermissionsExt::from_mode(0o777)).expect("it is ours");
    let words =
        format!("setpriv --reuid {user} --regid {user} --clear-groups prlimit --nproc={most}");
    let words: Vec<String> = words.split(' ').map(Into::into).collect();
    let has = |name: &str| Command::new(name).arg("--version").output().is_ok();
    let begins = || by_way_of(here, &refs(&words), &["--version"]).status.success();
    if has("setpriv") && has("prlimit") && begins() {
        return Some(words);
    }
    writeln!(
        std::io::stderr(),
        "NOT RUN: surroundings: the program cannot be run as another user here"
    )
    .expect("stderr");
    None
}

#[cfg(target_os = "linux")]
fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// The children of a set leave the later ones no process: that is the machine's fault, and told as
/// it is while they are alive.
#[test]
#[cfg(target_os = "linux")]
fn children_for_which_a_set_leaves_no_process_are_left_out() {
    let here = directory();
    let Some(words) = as_user(here.path(), "54322", 8) else { return };
    let cells = ["run", "--workload=yield_many", "--rounds=1", "--no-verify", "--out=out"];
    let output = by_way_of(here.path(), &refs(&words), &cells);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (path, _) = run_and_report(&here.path().join("out"));
    let text = fs::read_to_string(path).expect("a run");
    assert!(text.contains("raise `ulimit -u`") && !text.contains("cannot start"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn without_threads_all_is_done_on_the_one_there_is() {
    let here = directory();
    let Some(words) = as_user(here.path(), "54321", 1) else { return };
    let alone = |arguments: &[&str]| by_way_of(here.path(), &refs(&words), arguments);
    let output = alone(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""));
    let line = one_line(&alone(&RUN), 2);
    assert!(line.starts_with("error: no child starts: "), "{line}");
    assert!(line.contains("`ulimit -u`") && !here.path().join("out").exists(), "{line}");
    let measured = run(here.path(), &RUN);
    assert_eq!(measured.status.code(), Some(0), "{measured:?}");
    let (path, _) = run_and_report(&here.path().join("out"));
    let output = alone(&["report", path.to_str().expect("text"), "--out", "report"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let of_many = path.with_extension("");
    for file in ["index.html", "charts/matrix-light.svg"] {
        let [one, many] = [&here.path().join("report"), &of_many].map(|it| fs::read(it.join(file)));
        assert_eq!(one.ok(), many.ok(), "{file}");
    }
}

#[test]
fn a_run_of_nothing_is_no_success() {
    let here = directory();
    // More tasks than a thread each.
    let words = ["run", "-e", "threads", "-w", "squares", "-p", "tasks=100000", "--out=out"];
    let output = run(here.path(), &words);
    let line = one_line(&output, 2);
    assert!(line.starts_with("error: nothing can be measured: squares/tasks=100000/threads: "));
    assert!(output.stdout.is_empty() && !here.path().join("out").exists());
}

#[test]
fn numbers_from_outside_have_bounds() {
    let here = directory();
    let spec = run(here.path(), &["spec", "squares/tasks=2/smol/w1"]);
    let spec = String::from_utf8(spec.stdout).expect("text");
    let cases = [
        (
            spec.replace("\"workers\":1", "\"workers\":100000000").replace("/w1", "/w100000000"),
            "workers",
        ),
        (spec.replace("\"workers\":1", "\"workers\":0").replace("/w1", "/w0"), "0 workers"),
        (spec.replace("\"iterations\":null", "\"iterations\":18446744073709551615"), "iterations"),
    ];
    for (line, expected) in cases {
        fs::write(here.path().join("spec"), line).expect("written");
        let stdin = File::open(here.path().join("spec")).expect("a file");
        let output = command(here.path(), &["cell"]).stdin(stdin).output().expect("it starts");
        let said = String::from_utf8(output.stdout).expect("text");
        let refused: Value =
            serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
        assert_eq!(refused["kind"], "spec", "{said}");
        assert!(refused["reason"].as_str().is_some_and(|it| it.contains(expected)), "{said}");
    }
    let measured = run(here.path(), &["run", "squares/tasks=2/smol/w1", "--rounds=1", "--out=out"]);
    assert_eq!(measured.status.code(), Some(0), "{measured:?}");
    let (path, _) = run_and_report(&here.path().join("out"));
    let text = fs::read_to_string(&path).expect("a run file");
    let edited =
        text.replace("\"workers\":1,", "\"workers\":100000000,").replace("/w1", "/w100000000");
    fs::write(&path, edited).expect("written");
    let line = one_line(&run(here.path(), &["run", "--resume", "--out=out"]), 2);
    assert!(line.contains("line 1: ") && line.contains("from 1 to 1024 are possible"), "{line}");
}

#[test]
fn a_record_that_stands_twice_counts_once() {
    let here = directory();
    let measured = run(here.path(), &RUN);
    assert_eq!(measured.status.code(), Some(0), "{measured:?}");
    let (path, _) = run_and_report(&here.path().join("out"));
    let twice = here.path().join("twice.jsonl");
    let text = fs::read_to_string(&path).expect("a run file");
    let last = text.lines().last().expect("a record");
    fs::write(&twice, format!("{text}{last}\n{last}\n")).expect("written");
    for verb in [&["rank"][..], &["export"]] {
        let of = |path: &Path| {
            let json: &[&str] = if verb[0] == "rank" { &["--json"] } else { &[] };
            let words = [verb, &[path.to_str().expect("text")], json].concat();
            run(here.path(), &words).stdout
        };
        assert_eq!(of(&path), of(&twice), "{verb:?}");
    }
    let (one, two) = (path.to_str().expect("text"), twice.to_str().expect("text"));
    let compared = run(here.path(), &["compare", one, two, "--json"]);
    assert_eq!(compared.status.code(), Some(0), "{compared:?}");
}

/// All children of a group are alive at once: a limit that hides behind a lower one is raised for
/// them, and one that is too low is told before anything is measured.
#[test]
fn descriptors_for_all_children_of_a_group_are_there_or_nothing_starts() {
    let limited = |limit: &str| {
        let here = directory();
        let words = ["sh", "-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")];
        let cells = ["run", "--workload=squares", "--rounds=1", "--no-verify", "--out=out"];
        (by_way_of(here.path(), &words, &cells), here)
    };
    let (output, here) = limited("-n 64");
    let said = one_line(&output, 2);
    assert!(said.contains("children at once need") && said.contains("the limit is 64"), "{said}");
    assert_eq!(files(&here.path().join("out"), "jsonl"), Vec::<PathBuf>::new());
    let (output, _here) = limited("-Sn 64");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
