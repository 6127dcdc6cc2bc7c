//! `tminus history` as a user meets it: runs go in and come out, two writers and kills do no harm,
//! changes are found, hostile files are refused in a line.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
#[path = "history/figures.rs"]
mod figures;
#[path = "history/made.rs"]
mod made;
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ends::{directory, refused, said};
use made::{Made, commit};
use serde_json::{Value, json};
use support::command;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn a_run_goes_in_once_and_comes_out_byte_for_byte() {
    let here = directory();
    let cell = "squares/tasks=2/smol-local";
    said(here.path(), &["run", cell, "--rounds", "1", "--out", "target/tminus"]);
    let added = said(here.path(), &["history", "add", "latest"]);
    assert!(
        added.starts_with("target/tminus/") && added.ends_with(": added as run 1\n"),
        "{added}"
    );
    let db = here.path().join("target/tminus/history.db");
    let before = fs::read(&db).expect("the database");
    let again = said(here.path(), &["history", "import", "latest"]);
    assert!(again.ends_with(": is run 1 already\n"), "{again}");
    assert_eq!(fs::read(&db).expect("the database"), before);

    assert_eq!(said(here.path(), &["history", "export", "--out", "back"]), "back/run-1.jsonl\n");
    let original = added.split(": ").next().expect("a path");
    let read = |path: &str| fs::read(here.path().join(path)).expect("a file");
    assert_eq!(read("back/run-1.jsonl"), read(original));
    said(here.path(), &["history", "export", "1", "--out", "back"]);
    fs::write(here.path().join("back/run-1.jsonl"), "mine").expect("a file");
    let kept = refused(here.path(), &["history", "export", "1", "--out", "back"]);
    assert!(kept.starts_with("error: back/run-1.jsonl: "), "{kept}");
    assert_eq!(read("back/run-1.jsonl"), b"mine");

    let list: Value =
        serde_json::from_str(&said(here.path(), &["history", "list", "--json"])).expect("JSON");
    assert_eq!((&list["schema"], &list["runs"][0]["run"]), (&json!(1), &json!(1)));
    assert_eq!(list["runs"][0]["cells"], 1);
}

#[test]
fn a_change_is_shown_with_its_commits_and_decides_nothing() {
    let here = directory();
    let path =
        |number| Made::new(number, if number < 12 { 20_000 } else { 21_000 }).write(here.path());
    let paths: Vec<PathBuf> = (0..20).map(path).collect();
    let add: Vec<&str> =
        ["history", "add"].into_iter().chain(paths.iter().map(|p| text(p))).collect();
    said(here.path(), &add);
    insta::assert_snapshot!(said(here.path(), &["history", "check"]));
    insta::assert_snapshot!(said(here.path(), &["history", "show", "made-0", "--last", "10"]));
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&said(here.path(), arguments)).expect("JSON")
    };
    let found = json(&["history", "check", "--json"]);
    let changes = found["changes"].as_array().expect("a list");
    assert_eq!((found["series"].as_u64(), changes.len()), (Some(2), 1), "{found:#}");
    assert_eq!(changes[0]["cell"], "squares/tasks=10/made-0");
    assert_eq!(changes[0]["last_before"]["revision"], commit(11));
    assert_eq!(changes[0]["first_after"]["revision"], commit(12));
    let count = |arguments: &[&str]| {
        let all = [&["history", "check", "--json"], arguments].concat();
        json(&all)["changes"].as_array().expect("a list").len()
    };
    assert_eq!(count(&["--min-change", "6%"]), 0);
    assert_eq!(count(&["--min-runs", "9"]), 0);
    assert_eq!(count(&["--max-p", "1e-60"]), 0);
    assert_eq!(count(&["--metric", "cpu_ns_per_op"]), 1);
    assert_eq!(count(&["--metric", "allocations_per_op"]), 0);
    assert_eq!(count(&["--executor", "made-1"]), 0);
    let log = json(&["history", "show", "--json"]);
    assert_eq!(log["series"][0]["points"].as_array().expect("a list").len(), 20);
}

#[test]
fn what_cannot_be_read_is_refused_in_a_line_and_nothing_is_written() {
    let here = directory();
    let good = Made::new(1, 100).write(here.path());
    let write =
        |name: &str, bytes: &[u8]| fs::write(here.path().join(name), bytes).expect("a file");
    write("empty.jsonl", b"");
    write("binary.jsonl", &[0xff; 5000]);
    write("record.jsonl", (Made::new(2, 100).text() + "{\"cell\":1}\n").as_bytes());
    for bad in ["empty.jsonl", "binary.jsonl", "record.jsonl", "missing.jsonl"] {
        let line = refused(here.path(), &["history", "add", text(&good), bad]);
        assert!(line.starts_with(&format!("error: {bad}")), "{line}");
    }
    assert!(!here.path().join("target").exists());
    for verb in ["list", "check", "show"] {
        let line = refused(here.path(), &["history", verb]);
        assert!(line.contains("no history yet; make one with"), "{line}");
    }
    assert!(!here.path().join("target").exists());

    let foreign = "this is a text and no database\n".repeat(300);
    write("mine.db", foreign.as_bytes());
    said(here.path(), &["history", "add", text(&good), "--db", "ours.db"]);
    let ours = fs::read(here.path().join("ours.db")).expect("the database");
    let mut newer = ours.clone();
    // The field `user_version` of SQLite's header.
    newer[60..64].copy_from_slice(&9_u32.to_be_bytes());
    write("newer.db", &newer);
    let verbs: [&[&str]; 4] =
        [&["add", text(&good)], &["list"], &["check"], &["export", "--out", "out"]];
    for verb in verbs {
        let with = |db: &str| refused(here.path(), &[&["history"], verb, &["--db", db]].concat());
        assert_eq!(with("mine.db"), "error: mine.db: no history of tminus: not an SQLite database");
        let line = with("newer.db");
        assert!(line.contains("made by a newer tminus: its format is 9"), "{line}");
        assert_eq!(fs::read(here.path().join("mine.db")).expect("it is there"), foreign.as_bytes());
        assert_eq!(fs::read(here.path().join("newer.db")).expect("it is there"), newer);
    }
    assert!(!here.path().join("out").exists());
    let line = refused(here.path(), &["history", "add", "record.jsonl", "--db", "ours.db"]);
    assert!(line.contains("record.jsonl, line 14: expected a record"), "{line}");
    assert_eq!(fs::read(here.path().join("ours.db")).expect("it is there"), ours);
    let line = refused(here.path(), &["history", "show", "nothing", "--db", "ours.db"]);
    assert!(line.contains("no cell of this history matches"), "{line}");
    let line = refused(here.path(), &["history", "check", "-m", "wall_ns", "--db", "ours.db"]);
    assert!(line.contains("did you mean `start_ns` or `wall_ns_per_op`?"), "{line}");
}

#[test]
fn texts_of_a_run_command_no_terminal_and_no_database() {
    let here = directory();
    let mut hostile = Made::new(1, 100);
    hostile.commit = "\u{1b}[2J'); DROP TABLE run; --".into();
    let path = hostile.write(here.path());
    said(here.path(), &["history", "add", text(&path)]);
    for verb in ["list", "show", "check"] {
        let shown = said(here.path(), &["history", verb]);
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
    let list: Value =
        serde_json::from_str(&said(here.path(), &["history", "list", "--json"])).expect("JSON");
    assert_eq!(list["runs"][0]["revision"], hostile.commit.as_str());
}

/// Whenever the program is killed, each run is in the history whole or not at all.
#[test]
fn a_kill_leaves_every_run_whole_or_absent() {
    let here = directory();
    let runs: Vec<Made> = (0..40).map(|number| Made::new(number, 100)).collect();
    let paths: Vec<PathBuf> = runs.iter().map(|made| made.write(here.path())).collect();
    let add: Vec<&str> =
        ["history", "add"].into_iter().chain(paths.iter().map(|p| text(p))).collect();
    for kill in 0..8 {
        let mut child = command(here.path(), &add);
        let mut child = child.stdout(Stdio::piped()).spawn().expect("it starts");
        // A line is said after each run: the kill falls into one of the next, and always elsewhere.
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let added = said.lines().take(5 * kill + 1).count();
        std::thread::sleep(Duration::from_micros(600 * kill as u64));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        assert!(assert_whole(here.path(), &runs) >= added);
        fs::remove_dir_all(here.path().join("back")).expect("it can start anew");
    }
    said(here.path(), &add);
    assert_eq!(assert_whole(here.path(), &runs), runs.len());
}

/// Checks each run of the history, and gives how many there are.
fn assert_whole(directory: &Path, runs: &[Made]) -> usize {
    let list: Value =
        serde_json::from_str(&said(directory, &["history", "list", "--json"])).expect("JSON");
    let list = list["runs"].as_array().expect("a list");
    said(directory, &["history", "export", "--out", "back"]);
    for (index, entry) in list.iter().enumerate() {
        let number = entry["run"].as_i64().expect("a number");
        let file = directory.join(format!("back/run-{number}.jsonl"));
        assert_eq!(fs::read_to_string(file).expect("a file"), runs[index].text(), "{index}");
    }
    let log = said(directory, &["history", "show", "--json"]);
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let series = log["series"].as_array().expect("a list");
    assert_eq!(series.len(), 2);
    for series in series {
        assert_eq!(series["points"].as_array().expect("a list").len(), list.len());
    }
    list.len()
}

/// In the middle of a file, as by a full disk.
#[test]
fn an_export_that_was_cut_off_is_made_anew() {
    let here = directory();
    let path = Made { cells: 40, ..Made::new(1, 100) }.write(here.path());
    said(here.path(), &["history", "add", text(&path)]);
    let limited = "ulimit -c 0; ulimit -f 64; exec \"$0\" history export --out back";
    let cut_off = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_tminus")])
        .current_dir(here.path())
        .status();
    assert!(!cut_off.expect("it starts").success());
    let exported = here.path().join("back/run-1.jsonl");
    assert!(!exported.exists());
    said(here.path(), &["history", "export", "--out", "back"]);
    assert_eq!(fs::read(exported).expect("a file"), fs::read(path).expect("a file"));
}

#[test]
fn two_programs_may_add_at_once() {
    let here = directory();
    let paths: Vec<PathBuf> =
        (0..40).map(|number| Made::new(number, 100).write(here.path())).collect();
    let start = |half: &[PathBuf]| {
        let add = ["history", "add"].into_iter().chain(half.iter().map(|path| text(path)));
        let mut command = command(here.path(), &add.collect::<Vec<_>>());
        command.stdout(Stdio::null()).spawn().expect("it starts")
    };
    // Each has half of its runs in common with the other.
    let mut children = [start(&paths[..30]), start(&paths[10..])];
    for child in &mut children {
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
    let list = said(here.path(), &["history", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list["runs"].as_array().expect("a list").len(), 40);
}
