//! Exact counts in a gate: taken once, kept in its run files, judged without statistics.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::run;
use tempfile::TempDir;
use tminus_reports::data::schema;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");
const DIRECTORY: &str = "out/gate-0000000000000001";

fn gate(here: &Path, counts: &str) -> Output {
    let words = ["gate", "--json", "--seed=1", "--out=out", "--baseline", PROGRAM];
    let lenient = ["--rounds=6", "--looks=1", "--margin=100%", "--detect=100%"];
    let counts = format!("--counts={counts}");
    let rest = ["--candidate", PROGRAM, &counts, "yield_many/tasks=10/deque"];
    run(here, &[&words[..], &lenient, &rest].concat())
}

fn counts(output: &Output) -> Value {
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let schema = serde_json::from_str(schema::GATE).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &said), "{said}");
    said["counts"].clone()
}

/// Has the candidate allocate once more an op, and shows the gate again.
fn with_one_more_allocation(here: &Path) -> Output {
    let file = here.join(DIRECTORY).join("candidate.jsonl");
    let text = fs::read_to_string(&file).expect("a run file");
    let more = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        if let Some(count) = line.pointer_mut("/values/allocations_per_op") {
            *count = (count.as_f64().expect("a number") + 1.0).into();
        }
        format!("{line}\n")
    };
    // The keys of JSON are sorted here, which is the order of a line of counts.
    let (header, rest) = text.split_once('\n').expect("a header");
    let (records, counts) = rest.trim_end().rsplit_once('\n').expect("counts after records");
    fs::write(&file, format!("{header}\n{records}\n{}", more(counts))).expect("written");
    run(here, &["gate", "--json", "--resume", DIRECTORY])
}

#[test]
fn a_program_and_itself_do_the_same() {
    let here = TempDir::new().expect("a directory");
    let counts = counts(&gate(here.path(), "fail"));
    assert_eq!(counts["changes"], Value::Array(Vec::new()), "{counts}");
    assert!(counts["compared"].as_u64().is_some_and(|compared| compared >= 6), "{counts}");
    let shown = with_one_more_allocation(here.path());
    assert_eq!(shown.status.code(), Some(1), "{shown:?}");
    let changes = self::counts(&shown)["changes"].clone();
    assert_eq!(changes.as_array().expect("a list").len(), 1, "{changes}");
    assert_eq!(changes[0]["name"], "allocations_per_op");
}

#[test]
fn counts_warn_or_are_not_taken() {
    let here = TempDir::new().expect("a directory");
    assert_eq!(counts(&gate(here.path(), "off"))["compared"], 0);
    fs::remove_dir_all(here.path().join("out")).expect("removed");
    assert!(counts(&gate(here.path(), "warn"))["compared"].as_u64() > Some(0));
    let shown = with_one_more_allocation(here.path());
    assert_ne!(shown.status.code(), Some(1), "{shown:?}");
    assert_eq!(counts(&shown)["changes"][0]["name"], "allocations_per_op");
}
