//! `tminus demo --timeline`: who ran when, as a file.

#![cfg(unix)]

mod support;

use std::fs;

use support::run;
use tempfile::TempDir;
use tminus_harness::trace::Trace;
use tminus_reports::schema;

#[test]
fn a_timeline_shows_round_robin() {
    let here = TempDir::new().expect("a directory");
    let demo = ["demo", "yield_many", "--executor", "deque", "--timeline"];
    let output = run(here.path(), &[&demo[..], &["who.json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(here.path().join("who.json")).expect("written");
    let schema = serde_json::from_str(schema::TIMELINE).expect("JSON");
    let value = serde_json::from_str(&text).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &value), "{text}");
    let trace: Trace = serde_json::from_value(value).expect("a trace");
    assert_eq!(trace.tasks, ["A", "B", "C"]);
    let order: Vec<usize> = trace.resumptions.iter().map(|one| one.task).collect();
    assert_eq!(order, [0, 1, 2].repeat(5));
    let output = run(here.path(), &[&demo[..], &["who.svg"]].concat());
    assert!(output.status.success(), "{output:?}");
    let picture = fs::read_to_string(here.path().join("who.svg")).expect("written");
    assert!(picture.contains("the next was always the task that had waited longest"), "{picture}");
    assert!(picture.contains("prefers-color-scheme"), "{picture}");
    let output = run(here.path(), &[&demo[..], &["who-dark.svg"]].concat());
    assert!(output.status.success(), "{output:?}");
    let picture = fs::read_to_string(here.path().join("who-dark.svg")).expect("written");
    assert!(!picture.contains("prefers-color-scheme"), "{picture}");
}

#[test]
fn what_cannot_be_drawn_is_refused_in_one_line() {
    let here = TempDir::new().expect("a directory");
    for (workload, file) in [("squares", "who.gif"), ("memory", "who.svg")] {
        let arguments =
            ["demo", workload, "--executor", "deque", "--tick", "1", "--timeline", file];
        let output = run(here.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "{output:?}");
        assert!(!here.path().join(file).exists());
    }
}
