//! What the program does with names, filters, places and numbers that are nearly right.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
mod support;

use std::fs;
use std::process::Stdio;

use ends::{directory, refused, said};
use support::{command, run};

#[test]
fn the_values_of_one_parameter_are_a_union() {
    let here = directory();
    let ids = said(
        here.path(),
        &["list", "cells", "-w", "ping_pong", "-e", "heap", "-p", "pairs=1,pairs=8,pairs=32"],
    );
    let expected = [1, 8, 32].map(|pairs| format!("ping_pong/pairs={pairs}/heap\n"));
    assert_eq!(ids, expected.concat() + "ping_pong/pairs=1/heap/aa\n");
}

#[test]
fn lists_honour_filters() {
    let here = directory();
    let firsts = |words: &[&str]| -> Vec<String> {
        let text = said(here.path(), words);
        let lines = text.lines().filter(|line| !line.starts_with(' '));
        lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(firsts(&["list", "executors", "smol"]), ["EXECUTOR", "smol", "smol-local"]);
    assert_eq!(firsts(&["list", "executors", "-e", "heap"]), ["EXECUTOR", "heap"]);
    assert_eq!(firsts(&["list", "executors", "squares/*/threads"]), ["EXECUTOR", "threads"]);
    assert_eq!(firsts(&["list", "workloads", "squares"]), ["squares"]);
    assert_eq!(firsts(&["list", "workloads", "-p", "pairs=3"]), ["ping_pong"]);
    let all = firsts(&["list", "rules"]);
    assert_eq!(firsts(&["list", "rules", "-e", "heap"]), all);
    assert_eq!(firsts(&["list", "rules", "wake-race"]), ["RULE", "wake-race"]);
    let json = said(here.path(), &["list", "rules", "wake-race", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["rules"].as_array().map(Vec::len), Some(1));
    for (words, expected) in [
        (
            &["list", "executors", "floor"][..],
            "error: no executor matches these filters: see `tminus list executors`",
        ),
        (&["list", "rules", "-e", "hepa"], "error: unknown executor `hepa`: did you mean `heap`?"),
        (
            &["list", "rules", "xyz"],
            "error: no rule matches these filters: see `tminus list rules`",
        ),
        (
            &["list", "rules", "-w", "squares"],
            "error: rules have no workload and no parameters: choose by `--executor` or a part of a rule's name",
        ),
    ] {
        assert_eq!(refused(here.path(), words), expected);
    }
}

#[test]
fn names_in_the_wrong_place_lead_to_the_right_one() {
    let here = directory();
    let tokios = "did you mean `tokio-current-thread` or `tokio-multi-thread`?";
    let cases: [(&[&str], &str); 17] = [
        (&["run", "quick"], "it is a profile: did you mean `--profile quick`?"),
        (&["run", "-e", "tokio"], tokios),
        (&["demo", "squares", "-e", "tokio"], tokios),
        (&["verify", "wake-race"], "it is a rule: did you mean `tminus verify --rule wake-race`?"),
        (&["run", "-e", "zzzz"], "see `tminus list executors`"),
        (&["run", "-w", "zzzz"], "see `tminus list workloads`"),
        (&["verify", "--rule", "zzzz"], "see `tminus list rules`"),
        (&["spec", "echo/zzzz=1/heap"], "see `tminus list workloads echo`"),
        (&["list", "heap"], "to choose among the cells: `tminus list cells heap`"),
        (&["demo", "squares"], "--executor <ID>; see `tminus list executors`"),
        (&["rank", "yield_many"], "`tminus rank latest -w yield_many`"),
        (&["rank", "heap"], "`tminus rank latest -e heap`"),
        (&["rank", "squares/*/heap"], "`tminus rank latest 'squares/*/heap'`"),
        (&["report", "squares"], "`tminus report latest -w squares`"),
        (
            &["rank", "gone.jsonl"],
            "no such file; a run is a file, a directory that holds some, or `latest`",
        ),
        (&["compare", "a"], "the newest run is `latest`: `tminus compare RUN_A latest`"),
        (&["rank"], "target/tminus: no run yet"),
    ];
    for (words, expected) in cases {
        let said = refused(here.path(), words);
        assert!(said.contains(expected), "{words:?}: {said}");
    }
}

#[test]
fn a_number_that_is_out_of_range_is_told_its_range() {
    let here = directory();
    let cases: [(&[&str], &str); 14] = [
        (
            &["run", "--deadline", "-3"],
            "invalid value '-3' for '--deadline <TIME>': expected a time from 1ms to 1day",
        ),
        (&["run", "--deadline", "0"], "expected a time from 1ms"),
        (&["verify", "--deadline", "-1s"], "expected a time from 1ms"),
        (&["run", "--memory-limit", "-1"], "expected a whole number from 16 to"),
        (&["run", "--seed", "-1"], "expected a whole number from 0 on"),
        (&["run", "--rounds", "-1"], "expected a whole number from 1 to 10000"),
        (
            &["compare", "a", "b", "--margin", "-1%"],
            "expected a percentage above 0 and up to 100, for example `1%`",
        ),
        (&["report", "--compare", "a", "b", "--margin", "-1%"], "expected a percentage above 0"),
        (&["gate", "--patch", "tokio=1", "--budget", "-5m"], "expected a time from"),
        (&["gate", "--patch", "tokio=1", "--detect", "-5%"], "expected a percentage above 0"),
        (&["history", "check", "--max-p", "-0.1"], "expected a number between 0 and 1"),
        (&["history", "show", "--last", "-1"], "expected a whole number from 1"),
        (&["demo", "squares", "-e", "heap", "--tick", "-1"], "expected a time from 1ms to 1m"),
        (
            &["spec", "squares/tasks=1/heap", "--iterations", "-1"],
            "expected a whole number from 1 on",
        ),
    ];
    for (words, expected) in cases {
        let said = refused(here.path(), words);
        assert!(said.contains(expected), "{words:?}: {said}");
    }
}

#[test]
fn times_are_read_with_their_units() {
    let here = directory();
    for deadline in ["20s", "20000ms", "1m", "20"] {
        let words = ["verify", "squares/tasks=2/heap", "--deadline", deadline];
        assert!(said(here.path(), &words).contains("1 ok"), "{deadline}");
    }
    let short = run(
        here.path(),
        &["verify", "countdown/timers=1,tick_us=5000000/heap", "--deadline", "100ms"],
    );
    assert_eq!(short.status.code(), Some(1), "{short:?}");
    assert!(String::from_utf8_lossy(&short.stdout).contains("the deadline of 100ms"), "{short:?}");
}

#[test]
fn runs_are_found_and_kept_where_the_workspace_has_them() {
    let here = directory();
    fs::write(here.path().join("Cargo.lock"), "").expect("written");
    let below = here.path().join("crate/src");
    fs::create_dir_all(&below).expect("made");
    let run_of = |at: &std::path::Path| {
        let output = run(at, &["run", "squares/tasks=2/heap", "--rounds", "1"]);
        assert!(output.status.success(), "{output:?}");
    };
    run_of(here.path());
    for words in [
        &["rank"][..],
        &["rank", "latest"],
        &["compare", "latest", "latest"],
        &["history", "add", "latest"],
    ] {
        said(&below, words);
    }
    assert!(here.path().join("target/tminus/history.db").is_file());
    run_of(&below);
    assert!(!below.join("target").exists() && !here.path().join("crate/target").exists());
    let kept = fs::read_dir(here.path().join("target/tminus")).expect("there");
    let is_run = |name: &str| name.ends_with(".jsonl");
    let kept = kept.filter(|it| is_run(&it.as_ref().expect("there").file_name().to_string_lossy()));
    assert_eq!(kept.count(), 2);
}

#[test]
fn a_verb_without_its_own_verb_shows_help() {
    let output = run(directory().path(), &["history"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("\nUsage: tminus history") && !said.contains("error:"), "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_report_of_a_pipe_needs_a_place() {
    let here = directory();
    for words in [&["report", "/dev/stdin"][..], &["report", "--compare", "a", "/dev/stdin"]] {
        let said = refused(here.path(), words);
        let expected = "error: /dev/stdin: no plain file, so a report has no place beside it: choose one with `--out DIR`";
        assert_eq!(said, expected);
    }
    let cell = ["run", "squares/tasks=2/heap", "--rounds", "1", "--out", "out"];
    assert!(run(here.path(), &cell).status.success());
    let path = fs::read_dir(here.path().join("out")).expect("there");
    let path = path.map(|it| it.expect("there").path()).find(|it| it.is_file()).expect("a run");
    let mut command = command(here.path(), &["report", "/dev/stdin", "--out", "page"]);
    command.stdin(Stdio::from(fs::File::open(path).expect("there")));
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(here.path().join("page/index.html").is_file());
}

#[test]
fn at_40_columns_lines_are_wrapped_and_no_name_is_cut() {
    let here = directory();
    let narrow = |words: &[&str]| {
        let output = command(here.path(), words).env("COLUMNS", "40").output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let cell = "squares/tasks=2/tokio-multi-thread/w1";
    let ran = ["run", cell, "squares/tasks=2/futures-local-pool", "--rounds", "1", "--out", "out"];
    assert!(run(here.path(), &ran).status.success());
    for words in [
        &["list", "executors"][..],
        &["list", "workloads"],
        &["list", "rules"],
        &["list", "cells", "--profile", "quick", "-w", "squares"],
        &["verify", "squares/tasks=100000/threads", cell],
        &["doctor"],
        &["rank", "out"],
        &["rank", "--help"],
        &["--help"],
    ] {
        let text = narrow(words);
        // clap does not wrap the line of the usage.
        let long = |line: &&str| line.chars().count() > 40 && !line.starts_with("Usage: ");
        for line in text.lines().filter(long) {
            // A word that is longer than the line is whole.
            assert_eq!(line.split_whitespace().count(), 1, "{words:?}: {line}");
        }
        assert!(!text.contains('…'), "{words:?}: {text}");
    }
    assert!(narrow(&["rank", "out"]).contains("tokio-multi-thread/w1"));
}
