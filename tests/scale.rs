//! A measurement, not a test: what the verbs take for runs of many cells. Their time grows as the
//! number of cells does.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// As many as the quick profile has, and a hundred times as many.
const CELLS: [usize; 3] = [170, 1_700, 17_000];
const ROUNDS: usize = 6;
const EXECUTORS: usize = 10;

/// `cargo test --release --test scale -- --ignored --nocapture`; another program by `TMINUS=PATH`.
#[test]
#[ignore = "a measurement: minutes"]
#[expect(clippy::print_stdout, reason = "it is what a measurement is for")]
fn figures_of_runs_of_many_cells() {
    let here = tempfile::tempdir().expect("a directory");
    for cells in CELLS {
        let [a, b] = ["a", "b"].map(|name| format!("{name}-{cells}.jsonl"));
        write(&here.path().join(&a), cells, 0);
        write(&here.path().join(&b), cells, 1);
        let db = format!("{cells}.db");
        let verbs: [&[&str]; 5] = [
            &["rank", &a],
            &["compare", &a, &b],
            &["report", &a, "--out", "page"],
            &["history", "add", &a, &b, "--db", &db],
            &["site", "site", "--db", &db],
        ];
        for words in verbs {
            let (elapsed, peak_mib) = measured(here.path(), words);
            println!("{cells} cells: {:8} {elapsed:>10.2?}, {peak_mib} MiB at the peak", words[0]);
        }
    }
}

/// Returns how long the program takes, and its largest resident set in MiB.
fn measured(here: &Path, words: &[&str]) -> (Duration, u64) {
    let own = || env!("CARGO_BIN_EXE_tminus").into();
    let mut command = Command::new(std::env::var_os("TMINUS").unwrap_or_else(own));
    command.args(words).current_dir(here);
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let mut peak_kib = 0;
    while child.try_wait().expect("it ends").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak_kib = peak_kib.max(kib.unwrap_or(0));
        thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().expect("it ended").success(), "{words:?}");
    (started.elapsed(), peak_kib / 1024)
}

/// A run whose groups have ten executors each.
fn write(path: &Path, cells: usize, salt: u64) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("a file"));
    let cell = |index: usize| {
        let (size, executor) = (index / EXECUTORS + 1, index % EXECUTORS);
        json!({ "workload": "squares", "params": { "tasks": size }, "label": format!("tasks={size}"),
            "executor": format!("made-{executor}"), "workers": null })
    };
    let cells: Vec<Value> = (0..cells).map(cell).collect();
    let header = json!({
        "schema": 1, "seed": salt, "profile": "quick", "rounds": ROUNDS, "cells": cells,
        "exclusions": [], "executors": [],
        "workloads": [{ "id": "squares", "title": "Squares", "about": "", "op": "resumption",
            "version": 1, "metrics": ["wall_ns_per_op", "cpu_ns_per_op"], "distributions": [],
            "floors": [] }],
        "provenance": { "started_unix_ns": 1_790_000_000_000_000_000_u64 + salt,
            "build": { "profile": "release" }, "machine": { "cpu": "Made-up CPU", "cores": 2 } },
    });
    writeln!(file, "{header}").expect("written");
    for round in 0..ROUNDS {
        for (position, cell) in cells.iter().enumerate() {
            writeln!(file, "{}", record(cell, round, position, salt)).expect("written");
        }
    }
}

/// Ten samples and as many figures as a real one has.
fn record(cell: &Value, round: usize, position: usize, salt: u64) -> Value {
    let noise = |add: usize| (round * 104_729 + position * 7_919 + add * 31) as u64 % 97 + salt;
    let sample = |index| {
        let wall_ns = 20_000 + noise(index);
        json!({ "ops": 100, "iterations": 1, "wall_ns": wall_ns, "cpu_ns": wall_ns - 10,
            "voluntary_switches": 0, "involuntary_switches": 0, "allocations": 100,
            "allocated_bytes": 6400 })
    };
    let [label, executor] = ["label", "executor"].map(|name| cell[name].as_str().expect("text"));
    json!({
        "cell": format!("squares/{label}/{executor}"), "round": round, "position": position,
        "started_unix_ns": 1_790_000_000_000_000_000_u64 + (round * 1_000_000 + position) as u64,
        "elapsed_ns": 1, "outcome": { "outcome": "ok" },
        "samples": (0..10).map(sample).collect::<Vec<_>>(),
        "metrics": { "start_ns": 10_000 + noise(1), "rss_peak_bytes": 6_836_224,
            "rss_start_bytes": 5_005_312, "run_queue_wait_ns": noise(2),
            "threads_after_count": 1, "threads_before_count": 1, "threads_during_count": 1 },
    })
}
