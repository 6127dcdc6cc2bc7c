//! Runs that are made up: what a run file of two or a hundred cells looks like, with figures of
//! choice.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Formats a hash that begins with the number.
pub(crate) fn commit(number: u64) -> String {
    format!("{number:04}{:036}", 0)
}

/// What a made-up run is made of.
pub(crate) struct Made {
    pub(crate) number: u64,
    pub(crate) cells: usize,
    pub(crate) wall_ns: u64,
    pub(crate) commit: String,
}

impl Made {
    pub(crate) fn new(number: u64, wall_ns: u64) -> Self {
        Self { number, cells: 2, wall_ns, commit: commit(number) }
    }

    /// Returns the lines of its file.
    pub(crate) fn text(&self) -> String {
        let executor = |index: usize| format!("made-{index}");
        let cell = |index| {
            json!({ "workload": "squares", "params": { "tasks": 10 }, "label": "tasks=10",
                "executor": executor(index), "workers": null })
        };
        let cells: Vec<Value> = (0..self.cells).map(cell).collect();
        let header = json!({
            "schema": 1, "seed": self.number, "profile": "quick", "rounds": 6, "cells": cells,
            "exclusions": [], "executors": [],
            "workloads": [{ "id": "squares", "title": "Squares", "about": "", "op": "resumption",
                "version": 1, "metrics": ["wall_ns_per_op", "cpu_ns_per_op"],
                "distributions": [], "floors": [] }],
            "provenance": {
                "started_unix_ns": 1_790_000_000_000_000_000 + self.number * 3_600_000_000_000,
                "git": { "revision": self.commit, "dirty": false,
                    "committed_unix_s": 1_790_000_000 + self.number * 3_600 },
                "build": { "profile": "release" }, "machine": { "cpu": "Made-up CPU", "cores": 2 },
            },
        });
        let records = (0..6).flat_map(|round| (0..self.cells).map(move |index| (round, index)));
        let record =
            |(round, index): (u64, usize)| self.record(round, &executor(index)).to_string();
        let lines = std::iter::once(header.to_string()).chain(records.map(record));
        lines.map(|line| line + "\n").collect()
    }

    /// Ten samples and as many metrics as a real one has. The first cell changes, the others do
    /// not.
    fn record(&self, round: u64, executor: &str) -> Value {
        let wall_ns = if executor == "made-0" { self.wall_ns } else { 50_000 };
        // Noise of a few per mille that differs from run to run, and nothing drawn.
        let noise = |salt: u64| (self.number * 7919 + round * 104_729 + salt * 31) % 97;
        let sample = |index| {
            let wall_ns = wall_ns + noise(index);
            json!({ "ops": 100, "iterations": 1, "wall_ns": wall_ns, "cpu_ns": wall_ns - 10,
                "voluntary_switches": 0, "involuntary_switches": 0,
                "allocations": 100, "allocated_bytes": 6400 })
        };
        json!({
            "cell": format!("squares/tasks=10/{executor}"), "round": round, "position": 0,
            "started_unix_ns": 0, "elapsed_ns": 1, "outcome": { "outcome": "ok" },
            "samples": (0..10).map(sample).collect::<Vec<_>>(),
            "metrics": { "start_ns": 10_000 + noise(1), "rss_peak_bytes": 6_836_224,
                "rss_start_bytes": 5_005_312, "run_queue_wait_ns": noise(2),
                "threads_after_count": 1, "threads_before_count": 1, "threads_during_count": 1 },
        })
    }

    pub(crate) fn write(&self, directory: &Path) -> PathBuf {
        let path = directory.join(format!("made-{}.jsonl", self.number));
        fs::write(&path, self.text()).expect("a file");
        path
    }
}
