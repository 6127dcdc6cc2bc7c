//! How a gate ends, and what it refuses: run files and programs that were made by hand. No test
//! depends on what a child takes.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::run;
use tempfile::TempDir;
use tminus_measure::seed::{self, Use};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");
const DIRECTORY: &str = "out/gate-0000000000000001";

/// Two cells, six rounds.
const CELLS: [&str; 6] = [
    "--workload=squares",
    "--param=tasks=10",
    "--param=depth=1",
    "--profile=standard",
    "--rounds=6",
    "--seed=1",
];

fn gate(directory: &Path, candidate: &str, more: &[&str]) -> Output {
    let words = ["gate", "--baseline", PROGRAM, "--candidate", candidate, "--out=out"];
    let limits = ["--looks=1", "--margin=100%", "--detect=100%", "--json"];
    run(directory, &[&words[..], &limits, &CELLS, more].concat())
}

fn resume(directory: &Path, more: &[&str]) -> Output {
    run(directory, &[&["gate", "--resume", DIRECTORY, "--json"], more].concat())
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Refused in one line, which says `what`.
fn assert_refused(output: &Output, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    assert!(said.contains(what), "{said}");
}

/// What a program says that it would run.
fn header(directory: &Path, executors: &str) -> Value {
    let executors = format!("--executor={executors}");
    let said = run(directory, &[&["header", &executors], &CELLS[..]].concat());
    json(&said)
}

/// Formats a program that would run what `header` says, whatever it is asked for.
fn program(directory: &Path, header: &Value) -> String {
    let answer = directory.join("header.json");
    fs::write(&answer, header.to_string()).expect("a file");
    let path = directory.join("program");
    let [answer, program] = [&answer, Path::new(PROGRAM)].map(|path| path.display().to_string());
    let script = format!(
        "#!/bin/sh\ncase $1 in header) cat '{answer}' ;; *) exec '{program}' \"$@\" ;; esac\n"
    );
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("one that runs");
    path.display().to_string()
}

/// Returns the seed of the second session of a gate with the seed 1.
fn second() -> u64 {
    seed::derive(1, Use::Again, 0, "")
}

/// Two run files of the same cells: the second with the records of the first, but `slower` as slow
/// and with another seed for a second session.
fn write_run(directory: &Path, from: &str, to: &str, slower: u64) {
    let text = fs::read_to_string(directory.join(from)).expect("a run file");
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    // As text: the order of the parameters is part of a cell.
    let header = match to.starts_with("again-") {
        true => header.replacen("\"seed\":1,", &format!("\"seed\":{},", second()), 1),
        false => header.to_owned(),
    };
    let records = lines.filter(|line| !line.starts_with("{\"counts_of\"")).map(|line| {
        let mut record: Value = serde_json::from_str(line).expect("a record");
        for sample in record["samples"].as_array_mut().expect("samples") {
            for time in ["wall_ns", "cpu_ns"] {
                sample[time] = (sample[time].as_u64().expect("a time") * slower).into();
            }
        }
        record.to_string() + "\n"
    });
    let records: String = records.collect();
    fs::write(directory.join(to), format!("{header}\n{records}")).expect("a run file");
}

/// The exit code is the verdict of the run files, which are all multiples of one.
#[test]
fn each_end_has_its_exit_code() {
    let here = TempDir::new().expect("a directory");
    gate(here.path(), PROGRAM, &["--executor=deque"]);
    let directory = here.path().join(DIRECTORY);
    fs::rename(directory.join("baseline.jsonl"), directory.join("as-run")).expect("a run file");
    let end = |copy: u64, candidate: u64, again: u64| {
        let sides = [("baseline", 1), ("copy", copy), ("candidate", candidate)];
        for (side, slower) in sides {
            write_run(&directory, "as-run", &format!("{side}.jsonl"), slower);
            let slower = if side == "candidate" { again } else { 1 };
            write_run(&directory, "as-run", &format!("again-{side}.jsonl"), slower);
        }
        let shown = resume(here.path(), &["--markdown=pr.md"]);
        let said = String::from_utf8_lossy(&shown.stderr);
        let comment = fs::read_to_string(here.path().join("pr.md"));
        let comment = comment.unwrap_or_else(|error| panic!("{error}: {said}"));
        let sentence = comment.lines().nth(1).expect("a sentence").to_owned();
        (json(&shown)["end"].as_str().expect("an end").to_owned(), shown.status.code(), sentence)
    };
    let expect = |found: (String, Option<i32>, String), end: &str, code: i32, sentence: &str| {
        assert_eq!((found.0.as_str(), found.1), (end, Some(code)), "{}", found.2);
        assert!(found.2.starts_with(sentence), "{}", found.2);
    };
    expect(end(1, 1, 1), "pass", 0, "**No regression in 1 cell");
    expect(end(1, 3, 3), "regressed", 1, "**Regressed: 1 of 1 cell, most of all");
    expect(end(3, 1, 1), "unfit", 4, "**Environment unfit");
    // Once and not again.
    expect(end(1, 3, 1), "pass", 0, "**No regression in 1 cell");
}

/// The candidate lacks `heap` and has `smol-local` instead.
#[test]
fn cells_that_one_program_lacks_are_named() {
    let here = TempDir::new().expect("a directory");
    let candidate = program(here.path(), &header(here.path(), "deque,smol-local"));
    let [lost, new] = ["squares/tasks=10/heap", "squares/tasks=10/smol-local"];
    let output = gate(here.path(), &candidate, &["--executor=deque,heap", "--markdown=pr.md"]);
    let said = json(&output);
    assert_eq!(said["cells"].as_array().map(Vec::len), Some(1), "{said}");
    assert_eq!((&said["lost"][0], &said["new"][0]), (&lost.into(), &new.into()));
    assert_ne!(output.status.code(), Some(0), "{said}");
    let comment = fs::read_to_string(here.path().join("pr.md")).expect("a comment");
    for line in ["heap: not in the candidate", "smol-local: not in the baseline"] {
        assert!(comment.contains(line), "{comment}");
    }
    // It stays so when the gate is looked at again.
    assert_eq!(json(&resume(here.path(), &[])), said);
    fs::remove_dir_all(here.path().join(DIRECTORY)).expect("a gate");
    let forced = gate(here.path(), &candidate, &["--executor=deque,heap", "--force"]);
    let said = json(&forced);
    assert_eq!((&said["lost"], &said["new"][0]), (&Value::Array(vec![]), &new.into()));
    assert_eq!(said["without"].as_array().map(Vec::len), Some(2), "{said}");
}

/// A program whose plan has no `heap`, and which refuses filters that name it.
#[test]
fn a_name_that_only_one_program_knows_is_not_for_the_other() {
    let here = TempDir::new().expect("a directory");
    let mut whole = header(here.path(), "deque,heap");
    for (list, name) in [("cells", "executor"), ("executors", "id")] {
        let list = whole[list].as_array_mut().expect("a list");
        list.retain(|it| it[name] != "heap");
    }
    program(here.path(), &whole);
    let path = here.path().join("program");
    let script = fs::read_to_string(&path).expect("a script");
    let refuses = "case $* in *heap*) echo 'error: unknown executor `heap`' >&2; exit 2 ;; esac";
    fs::write(&path, script.replacen('\n', &format!("\n{refuses}\n"), 1)).expect("a script");
    let path = path.display().to_string();
    let said = json(&gate(here.path(), &path, &["--executor=heap", "--executor=deque"]));
    assert_eq!(said["lost"][0], "squares/tasks=10/heap", "{said}");
    let neither = gate(here.path(), &path, &["--executor=heap", "--executor=deqe"]);
    assert_refused(&neither, "unknown executor `deqe`");
    let nothing = gate(here.path(), &path, &["--executor=heap"]);
    assert_refused(&nothing, "unknown executor `heap`");
}

/// One that runs something else than it was asked for is no side of a comparison.
#[test]
fn programs_that_answer_something_else_are_refused() {
    let here = TempDir::new().expect("a directory");
    let honest = header(here.path(), "deque");
    let refused = |change: fn(&mut Value), what: &str| {
        let mut header = honest.clone();
        change(&mut header);
        let candidate = program(here.path(), &header);
        assert_refused(&gate(here.path(), &candidate, &["--executor=deque"]), what);
        assert!(!here.path().join("out").exists());
    };
    refused(|header| header["rounds"] = 5.into(), "would run 5 of Standard with 1");
    refused(|header| header["rounds"] = 0.into(), "would run 0 of Standard with 1");
    refused(|header| header["rounds"] = u32::MAX.into(), "at most 100000 rounds");
    refused(|header| header["seed"] = 2.into(), "with 2 on a Real clock");
    refused(|header| header["profile"] = "thorough".into(), "of Thorough with 1");
    refused(|header| header["clock"] = "virtual".into(), "on a Virtual clock");
    refused(|header| header["schema"] = 999.into(), "schema 999");
    refused(|header| header["cells"][0]["executor"] = "A B\u{1b}".into(), "is no cell id");
    refused(|header| header["workloads"] = Value::Array(vec![]), "the facts of the workload");
    refused(|header| header["cells"] = Value::Array(vec![]), "no such cell in common");
}

#[test]
fn what_a_resumed_gate_is_asked_for_is_honoured_or_refused() {
    let here = TempDir::new().expect("a directory");
    gate(here.path(), PROGRAM, &["--executor=deque"]);
    for words in ["--rounds=6", "--looks=2", "--margin=2%", "--executor=heap", "--force", "squares"]
    {
        assert_refused(&resume(here.path(), &[words]), "cannot be used with");
    }
    for flag in ["--budget", "--deadline", "--memory-limit"] {
        let given = format!("{flag}=9000{}", if flag == "--budget" { "s" } else { "" });
        let what = format!("this gate is at its end, so {flag} changes nothing");
        assert_refused(&resume(here.path(), &[&given]), &what);
    }
    // As if it had been cut off before its end.
    fs::create_dir(here.path().join(DIRECTORY).join("programs")).expect("a directory");
    let resumed = resume(here.path(), &["--deadline=9000"]);
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(said.contains("another --deadline from here on"), "{said}");
    assert_eq!(json(&resumed)["cells"][0]["judged"]["ratio"]["rounds"], 6);
}

/// A plan may be another user's.
#[test]
fn a_plan_that_would_not_end_well_is_refused() {
    let here = TempDir::new().expect("a directory");
    gate(here.path(), PROGRAM, &["--executor=deque"]);
    let path = here.path().join(DIRECTORY).join("gate.json");
    let plan: Value =
        serde_json::from_slice(&fs::read(&path).expect("a plan")).expect("a plan as JSON");
    let refused = |change: fn(&mut Value), what: &str| {
        let mut plan = plan.clone();
        change(&mut plan);
        fs::write(&path, plan.to_string()).expect("a file");
        assert_refused(&resume(here.path(), &[]), &format!("is no plan of a gate: {what}"));
    };
    refused(|plan| plan["deadline_s"] = u64::MAX.into(), "a deadline or a memory limit");
    refused(|plan| plan["memory_limit_mib"] = (1_u64 << 50).into(), "a deadline or a memory limit");
    refused(|plan| plan["options"]["rounds"] = 0.into(), "0 rounds and 1 looks");
    refused(|plan| plan["options"]["looks"] = 0.into(), "6 rounds and 0 looks");
    refused(|plan| plan["options"]["margin"] = 0.5.into(), "a margin that is not above 0");
    refused(|plan| plan["headers"][1]["rounds"] = 5.into(), "other cells or rounds");
    refused(|plan| plan["headers"][2]["cells"] = Value::Array(vec![]), "other cells or rounds");
}
