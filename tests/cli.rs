//! What the program prints, as snapshots: help, lists, errors. The texts are part of the product.

#![cfg(unix)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::run;
use tempfile::TempDir;

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

/// What the program said, as a terminal session shows it.
fn session(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    let mut text = format!("$ tminus {}\n", arguments.join(" "));
    let code = output.status.code().map_or("none: a signal".into(), |code| code.to_string());
    let _ = writeln!(text, "exit {code}");
    for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        if !bytes.is_empty() {
            let _ = write!(text, "--- {name}\n{}", String::from_utf8_lossy(&bytes));
        }
    }
    text.replace(env!("CARGO_BIN_EXE_tminus"), "tminus")
        .replace(&directory.display().to_string(), "DIR")
}

/// One session after the other.
fn sessions(directory: &Path, all: &[&[&str]]) -> String {
    let all: Vec<String> = all.iter().map(|arguments| session(directory, arguments)).collect();
    all.join("\n")
}

#[test]
fn help_goes_to_stdout_and_is_no_error() {
    let verbs = [
        "run",
        "list",
        "verify",
        "demo",
        "rank",
        "compare",
        "explain",
        "gate",
        "versions",
        "bisect",
        "history",
        "report",
        "import",
        "site",
        "export",
        "doctor",
        "spec",
        "completions",
        "man",
    ];
    let of_history = ["add", "list", "show", "check", "export"].map(|verb| ["history", verb]);
    let here = directory();
    for flag in ["-h", "--help"] {
        let mut all = session(here.path(), &[flag]);
        let verbs = verbs.iter().map(std::slice::from_ref);
        for verb in verbs.chain(of_history.iter().map(|words| &words[..])) {
            all += "\n";
            all += &session(here.path(), &[verb, &[flag]].concat());
        }
        insta::assert_snapshot!(all);
    }
    let bare = run(here.path(), &[]);
    assert_eq!(bare.status.code(), Some(0));
    assert_eq!(bare.stdout, run(here.path(), &["-h"]).stdout);
}

#[test]
fn lists() {
    let here = directory();
    let one: &[&str] = &["--executor", "tokio-current-thread,floor*"];
    let with = |start: &[&str]| -> String { session(here.path(), &[start, one].concat()) };
    let all = [
        with(&["list", "cells", "--profile", "quick"]),
        with(&["list", "cells", "--profile", "standard"]),
        with(&["list", "cells", "--profile", "thorough"]),
        session(here.path(), &["list", "workloads"]),
    ];
    let all = all.join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn lists_are_json_where_a_machine_reads() {
    let here = directory();
    for what in ["executors", "workloads", "cells"] {
        let output = run(here.path(), &["list", what, "--json"]);
        assert!(output.status.success());
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(json["schema"], 1);
        assert!(!json[what].as_array().expect("a list").is_empty(), "{what}");
    }
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let all = sessions(
        directory().path(),
        &[
            &["lst"],
            &["list", "executor"],
            &["run", "--profile", "quik"],
            &["run", "--round", "3"],
            &["run", "--workload", "sqares"],
            &["run", "--executor", "tokyo"],
            &["run", "--param", "task=1000"],
            &["run", "sqares"],
            &["run", "--workload", "nothing-like-it"],
            &["verify", "--executor", "thread"],
            &["demo", "countdwn", "--executor", "smol"],
            &["demo", "countdown", "--executor", "smoll"],
            &["demo", "countdown"],
            &["spec", "countdwn/timers=10/smol-local"],
            &["spec", "countdown/timer=10/smol-local"],
            &["spec", "countdown/timers=10/smol-locl"],
        ],
    );
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_impossible_is_refused_before_anything_starts() {
    let here = directory();
    let all = sessions(
        here.path(),
        &[
            &["run", "--param", "tasks=0"],
            &["run", "--param", "timers=1000000000000"],
            &["run", "--param", "tasks=-5"],
            &["run", "--param", "tasks=99999999999999999999999999"],
            &["run", "--param", "tasks=ten"],
            &["run", "--param", "tasks"],
            &["run", "--param", "tasks=10,tasks=0"],
            &["run", "--rounds", "0"],
            &["run", "--rounds", "-1"],
            &["run", "--seed", "x"],
            &["run", "--workload", "[z"],
            &["run", "squares/*", "--workload", "countdown"],
            &["run", "--resume", "--seed", "3"],
            &["demo", "countdown", "--executor", "smol", "--workers", "0"],
            &["run", "--clock", "sundial"],
            &["run", "--clock", "virtual", "--workload", "squares"],
            &["run", "--clock", "virtual", "--executor", "tokio-current-thread"],
            &["demo", "echo", "--executor", "heap", "--clock", "virtual"],
            &["demo", "countdown", "--executor", "smol", "--clock", "virtual"],
            &["spec", "countdown/timers=10/threads", "--clock", "virtual"],
            &["spec", "countdown"],
            &["spec", "countdown/timers=0/smol-local"],
            &["spec", "countdown/timers=10/smol"],
            &["spec", "countdown/timers=10/smol/w0"],
            &["spec", "countdown/timers=10/smol-local/w2"],
            &["spec", "countdown/timers=10/smol/w2/more"],
        ],
    );
    insta::assert_snapshot!(all);
    assert!(!here.path().join("target").exists());
}

#[test]
fn sweeps_and_workers_that_cannot_be_are_refused_in_a_line() {
    let here = directory();
    let all = sessions(
        here.path(),
        &[
            &["run", "--sweep", "tasks"],
            &["run", "--sweep", "tasks=10..1/5"],
            &["run", "--sweep", "tasks=0..10/5"],
            &["run", "--sweep", "tasks=1..10/5000000"],
            &["run", "--sweep", "tasks=1..100000000/5"],
            &["run", "--workload", "echo", "--sweep", "tasks=1..10/5"],
            &["run", "--sweep", "tasks=1..10/5", "--param", "tasks=7"],
            &["run", "--sweep", "tasks=1..10/5,tasks=1..20/5"],
            &["run", "--workload", "squares", "--sweep", "tasks=1..100000/90,depth=1..900/90"],
            &["run", "--workload", "squares", "--sweep", "tasks=1..100000/90,depth=1..9/9"],
            &["run", "--resume", "--sweep", "tasks=1..10/5"],
            &["run", "--workers", "1,0"],
            &["run", "--workers", "many"],
            &["run", "--executor", "heap", "--workers", "1,2"],
        ],
    );
    insta::assert_snapshot!(all);
    assert!(!here.path().join("target").exists());
}

#[test]
fn a_spec_of_a_cell_that_runs_leave_out_says_why_and_is_given_all_the_same() {
    let here = directory();
    insta::assert_snapshot!(session(here.path(), &["spec", "squares/tasks=100000/threads"]));
}

#[test]
fn run_files_that_cannot_be_read_name_the_line_and_what_was_expected() {
    let here = directory();
    let write = |name: &str, text: &[u8]| fs::write(here.path().join(name), text).expect("a file");
    write("empty.jsonl", b"");
    write("text.jsonl", b"hello\n");
    write("foreign.jsonl", b"{\"a\":1}\n");
    write("newer.jsonl", b"{\"schema\":99}\n");
    write("binary.jsonl", &[0xff; 100]);
    let header = fs::read_to_string(recorded(here.path())).expect("a run file");
    let header = header.lines().next().expect("a header");
    write("second.jsonl", format!("{header}\n{{\"cell\":1}}\n").as_bytes());
    fs::create_dir(here.path().join("bare")).expect("a directory");
    let files = ["empty", "text", "foreign", "newer", "binary", "second", "missing"];
    let mut all = String::new();
    for name in files {
        all += &session(here.path(), &["rank", &format!("{name}.jsonl")]);
        all += "\n";
    }
    all += &session(here.path(), &["report", "text.jsonl"]);
    all += &session(here.path(), &["run", "--resume", "text.jsonl"]);
    all += &session(here.path(), &["rank", "bare"]);
    all += &session(here.path(), &["rank"]);
    insta::assert_snapshot!(all);
}

/// Names from a run file, wherever they are shown: in tables, in errors, in other formats.
#[test]
fn texts_of_run_files_command_no_terminal() {
    let here = directory();
    let path = recorded(here.path());
    let whole = fs::read_to_string(&path).expect("a run file");
    let (header, records) = whole.split_once('\n').expect("a header");
    let mut header: serde_json::Value = serde_json::from_str(header).expect("JSON");
    let hostile = "\u{1b}[2J\u{202e}<b>|`@all #1\r\n=1+1";
    for field in ["/provenance/machine/cpu", "/workloads/0/title", "/workloads/0/op"] {
        *header.pointer_mut(field).expect("the field") = hostile.into();
    }
    header["workloads"][0]["metrics"] = serde_json::json!([hostile, "wall_ns_per_op"]);
    let file = here.path().join("hostile.jsonl");
    fs::write(&file, format!("{header}\n{records}")).expect("a file");
    let good = path.to_str().expect("UTF-8");
    let verbs: [&[&str]; 8] = [
        &["rank", "hostile.jsonl"],
        &["rank", "hostile.jsonl", "--metric", hostile],
        &["compare", good, "hostile.jsonl"],
        &["compare", good, "hostile.jsonl", "--force", "--all"],
        &["compare", "hostile.jsonl", "hostile.jsonl", "--metric", "nothing"],
        &["export", "hostile.jsonl", "--format", "bencher"],
        &["report", "hostile.jsonl", "--out", "out/report"],
        &["gate", "--resume", hostile],
    ];
    for words in verbs {
        let output = run(here.path(), words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\r']), "{words:?}: {said}");
        if output.status.code() == Some(2) {
            assert!(said.starts_with("error: ") && said.lines().count() == 1, "{words:?}: {said}");
        }
    }
}

#[test]
fn a_torn_last_line_is_dropped_and_said() {
    let here = directory();
    let path = recorded(here.path());
    let whole = fs::read(&path).expect("a run file");
    let torn = here.path().join("torn.jsonl");
    fs::write(&torn, &whole[..whole.len() - 10]).expect("a file");
    let output = run(here.path(), &["rank", "torn.jsonl", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("torn.jsonl, line 3: torn by a kill"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["schema"], 1);
}

/// Returns a run file with a header and two records: the cell and its twin, once.
fn recorded(directory: &Path) -> std::path::PathBuf {
    let cell = "squares/tasks=2/smol-local";
    let output = run(directory, &["run", cell, "--rounds", "1", "--no-profile", "--out", "out"]);
    assert!(output.status.success(), "{output:?}");
    let found = fs::read_dir(directory.join("out")).expect("the directory of the run");
    let paths = found.map(|entry| entry.expect("an entry").path());
    paths.into_iter().find(|path| path.is_file()).expect("a run file")
}

#[test]
fn a_run_is_exported_for_other_services() {
    let here = directory();
    let path = recorded(here.path());
    let path = path.to_str().expect("text");
    let printed = |format: &str| -> serde_json::Value {
        let output = run(here.path(), &["export", path, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let (bencher, github) = (printed("bencher"), printed("github-action-benchmark"));
    for entry in github.as_array().expect("a list") {
        let (cell, metric) = entry["name"].as_str().expect("a name").split_once(' ').expect("both");
        let measure = &bencher[cell][metric.replace('_', "-")];
        assert_eq!(measure["value"], entry["value"], "{entry}");
    }
    let refused = run(here.path(), &["export", path, "--format", "csv"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn two_runs_are_compared_or_refused_in_one_line() {
    let here = directory();
    let text = fs::read_to_string(recorded(here.path())).expect("a run file");
    let write = |name: &str, text: &str| fs::write(here.path().join(name), text).expect("a file");
    write("a.jsonl", &text);
    write("b.jsonl", &text);
    write("other.jsonl", &text.replacen("\"cores\":", "\"cores\":9", 1));
    let all = sessions(
        here.path(),
        &[
            &["compare", "a.jsonl"],
            &["compare", "a.jsonl", "missing.jsonl"],
            &["compare", "a.jsonl", "b.jsonl", "--margin", "0"],
            &["compare", "a.jsonl", "b.jsonl", "--margin", "much"],
            &["compare", "a.jsonl", "b.jsonl", "--metric", "cpu_ns_per_opp"],
            &["compare", "a.jsonl", "b.jsonl", "--workload", "echo"],
        ],
    );
    let refused = run(here.path(), &["compare", "a.jsonl", "other.jsonl"]);
    assert_eq!(refused.status.code(), Some(2));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("cannot be compared: the number of cores is"), "{refused}");
    let forced = run(here.path(), &["compare", "a.jsonl", "other.jsonl", "--force"]);
    let forced = String::from_utf8_lossy(&forced.stdout).into_owned();
    assert!(forced.starts_with("not comparable, forced: the number of cores is"), "{forced}");
    insta::assert_snapshot!(all);
    let same = session(here.path(), &["compare", "a.jsonl", "b.jsonl"]);
    let counts = "1 cell: 0 regressed, 0 improved, 0 equivalent, 1 inconclusive\n";
    assert!(same.contains("exit 0") && same.ends_with(counts), "{same}");
}

#[test]
fn a_gate_refuses_programs_that_are_no_tminus_before_anything_runs() {
    let here = directory();
    let program = env!("CARGO_BIN_EXE_tminus");
    fs::write(here.path().join("plain"), "no program").expect("a file");
    let script = |name: &str, text: &str| {
        let path = here.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        let may_run = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, may_run).expect("a script that runs");
    };
    script("garbage", "printf '{\"schema\":\"\\033[31mred\"}'");
    script("endless", "exec cat /dev/zero");
    script("loud", "printf '\\033[31mred\\r\\342\\200\\256' >&2; exit 1");
    let all = sessions(
        here.path(),
        &[
            &["gate"],
            &["gate", "--baseline", program],
            &["gate", "--candidate", "HEAD~1"],
            &["gate", "--baseline", program, "--patch-baseline", "tokio=1.47.0"],
            &["gate", "--patch", "tokio"],
            &["gate", "--resume", "missing"],
            &["gate", "--baseline", program, "--candidate", program, "--confirm", "missing"],
            &["gate", "--baseline", program, "--candidate", program, "--budget", "soon"],
            &["gate", "--baseline", "missing", "--candidate", program],
            &["gate", "--baseline", "/bin/false", "--candidate", program],
            &["gate", "--baseline", "/bin/echo", "--candidate", program],
            &["gate", "--baseline", "/bin/true", "--candidate", program],
            &["gate", "--baseline", "./endless", "--candidate", program],
            &["gate", "--baseline", ".", "--candidate", program],
            &["gate", "--baseline", "plain", "--candidate", program],
            &["gate", "--baseline", "./garbage", "--candidate", program],
            &["gate", "--baseline", "./loud", "--candidate", program],
            &["gate", "--baseline", program, "--candidate", program, "--rounds", "5"],
            &["gate", "--baseline", program, "--candidate", program, "--rounds", "1251"],
            &["gate", "--resume", "missing", "--rounds", "40"],
            &["gate", "--baseline", program, "--candidate", program, "--workload", "sqares"],
            &["gate", "--baseline", program, "--candidate", program, "--metric", "lateness_p98_ns"],
        ],
    );
    insta::assert_snapshot!(all);
    assert!(!here.path().join("target").exists());
}

/// To the microsecond, and without waiting: nothing in it depends on the machine.
#[test]
fn on_a_virtual_clock_the_countdown_is_exactly_the_same_each_time() {
    let here = directory();
    let play = |executor| {
        run(here.path(), &["demo", "countdown", "--executor", executor, "--clock", "virtual"])
    };
    let heap = String::from_utf8(play("heap").stdout).expect("text");
    insta::assert_snapshot!(heap);
    for executor in ["heap", "heap-ready", "deque", "deque-nbio"] {
        let played = String::from_utf8(play(executor).stdout).expect("text");
        assert_eq!(played.replace(&format!("; {executor} "), "; heap "), heap);
    }
}

#[test]
fn a_run_on_a_virtual_clock_says_so() {
    let here = directory();
    let [heap, deque, floor] = ["heap", "deque", "floor"]
        .map(|executor| format!("countdown/timers=100,tick_us=1000000/{executor}"));
    let arguments = [
        "run",
        &heap,
        &deque,
        &floor,
        "--rounds=1",
        "--no-profile",
        "--clock=virtual",
        "--out=out",
    ];
    let output = run(here.path(), &arguments);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Countdown on a virtual clock"), "{said}");
    let found = fs::read_dir(here.path().join("out")).expect("the directory of the run");
    let mut paths = found.map(|entry| entry.expect("an entry").path());
    let lines = fs::read_to_string(paths.find(|path| path.is_file()).expect("a run file"));
    let lines = lines.expect("text");
    let mut lines = lines
        .lines()
        .map(|line| -> serde_json::Value { serde_json::from_str(line).expect("JSON") });
    assert_eq!(lines.next().expect("a header")["clock"], "virtual");
    let records: Vec<_> = lines.collect();
    assert_eq!(records.len(), 4, "three cells and the twin");
    for record in records {
        assert_eq!(record["outcome"]["outcome"], "ok", "{record}");
    }
}

#[test]
fn children_in_other_languages_get_one_line() {
    let cell = "squares/tasks=1_000,depth=10/tokio-multi-thread/w3";
    let output = run(directory().path(), &["spec", cell, "--iterations", "5"]);
    assert!(output.status.success());
    let line = String::from_utf8_lossy(&output.stdout);
    insta::assert_snapshot!(line);
}
