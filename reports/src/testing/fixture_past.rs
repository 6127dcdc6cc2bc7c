//! Data beside a made-up run in the tests: a history of its cells, and findings of the
//! conformance suite. The figures are invented; nothing here is measured.

use std::collections::BTreeMap;

use tminus_history::{Commits, Facts, Log, Place, Point, Series};
use tminus_judge::rank::{Interval, Ranking, Row};
use tminus_record::Run;

const DAY_NS: u64 = 86_400_000_000_000;

/// Returns a run a day, the last of which is `run`: the first of its cells changes a third before
/// the end of the history, the second a quarter before, the others wobble.
pub(crate) fn log(run: &Run, ranking: &Ranking, runs: i64) -> Log {
    let place = Place::of(&run.header);
    let facts = |number: i64| Facts {
        started_unix_ns: run.header.provenance.started_unix_ns
            - (runs - number).unsigned_abs() * DAY_NS,
        revision: format!("{number:04}{:036}", 0),
        dirty: false,
        place: place.clone(),
        rustc: "rustc 1.95.0".into(),
        version: "0.1.0".into(),
        crates: BTreeMap::new(),
        rounds: 12,
        cells: 100,
        committed_unix_s: Some(1_700_000_000 + number.unsigned_abs()),
        machine: None,
        build: None,
    };
    let ends = [runs - runs / 3, runs - runs / 4];
    let series = |(index, (metric, row)): (usize, (&String, &Row))| {
        let level = row.median.unwrap_or(1.0);
        let point = |run: i64| {
            let has_changed = ends.get(index).is_some_and(|end| run > *end);
            let wobble = 1.0 + (run * 7 % 5) as f64 / 500.0;
            let median = level * wobble * if has_changed { 1.25 } else { 1.0 };
            let interval = Interval { low: median * 0.99, high: median * 1.01 };
            Point { run, median, interval: Some(interval), rounds: 12 }
        };
        Series {
            cell: row.cell.clone(),
            workload_version: 1,
            metric: metric.clone(),
            place: place.clone(),
            points: (1..=runs).map(point).collect(),
        }
    };
    let rows = ranking.groups.iter().flat_map(|group| {
        let ranked = group.rows.iter().filter(|row| row.median.is_some() && !row.cell.is_floor());
        ranked.map(|row| (&group.metric, row))
    });
    let facts = (1..=runs).map(|run| (run, facts(run))).collect();
    Log::new(facts, rows.enumerate().map(series).collect(), &Commits::default())
}

/// A possible output of `tminus verify --json`.
pub(crate) const CONFORMANCE: &str = r#"{
  "schema": 1,
  "build": { "crates": { "smol": "1.0.0 [none]", "tokio-current-thread": "1.2.3 [rt, time]" } },
  "cells": [],
  "rules": [
    { "case": "conformance/join-gives-value/heap", "rule": "join-gives-value", "executor": "heap",
      "outcome": "excluded", "reason": "not on this machine" },
    { "case": "conformance/join-gives-value/tokio-current-thread", "rule": "join-gives-value",
      "executor": "tokio-current-thread", "outcome": "ok" },
    { "case": "conformance/join-gives-value/smol/w1", "rule": "join-gives-value",
      "executor": "smol/w1", "outcome": "ok" },
    { "case": "conformance/wake-race/smol/w1", "rule": "wake-race", "executor": "smol/w1",
      "outcome": "ok" },
    { "case": "conformance/wake-race/smol/w2", "rule": "wake-race", "executor": "smol/w2",
      "outcome": "failed", "kind": "contract", "reason": "a wake was lost",
      "stderr": "next: a wake\n" },
    { "case": "conformance/order-fair/smol/w2", "rule": "order-fair", "executor": "smol/w2",
      "outcome": "not-promised",
      "reason": "with several workers only the order within a task is promised" }
  ]
}"#;
