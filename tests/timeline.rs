//! `tminus demo`: on whom it can be played, what it says of the order, and `--timeline`: who ran
//! when, as a file.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
mod support;

use std::fs;

use ends::{directory, refused, said};
use support::run;
use tminus_contract::trace::Trace;
use tminus_reports::data::schema;

#[test]
fn a_timeline_shows_round_robin() {
    let here = directory();
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
fn what_cannot_be_drawn_is_refused_before_it_is_played() {
    let here = directory();
    for (workload, file) in [("squares", "who.gif"), ("memory", "who.svg")] {
        let said = refused(here.path(), &["demo", workload, "-e", "deque", "--timeline", file]);
        assert!(
            said.contains(".svg, .png or .json") || said.contains("no picture shows"),
            "{said}"
        );
        assert!(!here.path().join(file).exists());
    }
}

#[test]
fn every_demo_but_one_has_a_timeline() {
    let here = directory();
    for workload in ["spinner", "echo", "ping_pong", "spawn_many", "timers", "countdown", "squares"]
    {
        let words = ["demo", workload, "-e", "heap", "--tick", "10ms", "--timeline", "who.json"];
        said(here.path(), &words);
        let text = fs::read_to_string(here.path().join("who.json")).expect("written");
        let trace: Trace = serde_json::from_str(&text).expect("a trace");
        assert!(!trace.resumptions.is_empty(), "{workload}");
    }
}

#[test]
fn a_demo_says_what_order_was_seen() {
    let here = directory();
    let last = |words: &[&str]| {
        let text = said(here.path(), &[&["demo"], words].concat());
        text.lines().last().expect("a line").to_owned()
    };
    assert_eq!(
        last(&["countdown", "-e", "heap", "--clock", "virtual"]),
        "(the classic order, 22 of 22 lines; heap promises first in, first out)"
    );
    assert_eq!(
        last(&["yield_many", "-e", "deque"]),
        "(the classic order, 15 of 15 letters; deque promises first in, first out)"
    );
    let many = last(&["squares", "-e", "smol/w2"]);
    let (seen, promised) = many.split_once("; smol promises ").expect("both");
    let (changed, classic) = (
        " of 45 lines in the classic order; changed places: `",
        "(the classic order, 45 of 45 lines",
    );
    assert!(seen.contains(changed) || seen == classic, "{many}");
    assert!(
        promised.ends_with("order between tasks)") || promised.ends_with("with one worker)"),
        "{many}"
    );
}

#[test]
fn a_demo_is_played_by_as_many_workers_as_there_can_be() {
    let here = directory();
    said(here.path(), &["demo", "squares", "-e", "smol/w2"]);
    said(here.path(), &["demo", "squares", "-e", "smol/w2", "--workers", "2"]);
    said(here.path(), &["demo", "squares", "-e", "heap", "--workers", "1"]);
    for (words, expected) in [
        (
            ["-e", "smol/w2", "--workers", "3"],
            "`smol/w2` and `--workers 3` differ: give one of them",
        ),
        (["-e", "heap", "--workers", "3"], "heap has one worker: leave the number out"),
        (["-e", "heap/w2", "--tick", "1"], "heap has one worker: leave the number out"),
        (["-e", "threads", "--workers", "2"], "threads has a worker for each task"),
        (["-e", "smol/2", "--tick", "1"], "`2`: expected a worker count from w1 to w1024"),
    ] {
        let said = refused(here.path(), &[&["demo", "squares"], &words[..]].concat());
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn on_a_virtual_clock_every_demo_plays_that_waits_for_time_alone() {
    let here = directory();
    let workloads = [
        "countdown",
        "spinner",
        "timers",
        "ping_pong",
        "memory",
        "squares",
        "yield_many",
        "spawn_many",
    ];
    for executor in ["heap", "heap-ready", "deque", "deque-nbio"] {
        for workload in workloads {
            said(here.path(), &["demo", workload, "-e", executor, "--clock", "virtual"]);
        }
    }
    assert_eq!(
        refused(here.path(), &["demo", "echo", "-e", "heap", "--clock", "virtual"]),
        "error: echo waits for sockets, for which no virtual clock can jump"
    );
    let said = refused(here.path(), &["demo", "spinner", "-e", "smol", "--clock", "virtual"]);
    assert!(
        said.contains(
            "smol does not run on a virtual clock; heap, heap-ready, deque and deque-nbio do"
        ),
        "{said}"
    );
}
