//! The ranking as JSON, version 1: `{"schema": 1, "cells": [...]}`, one object a cell.
//!
//! Figures are unrounded, `null` where there is none, and carry their unit in the metric's name.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tminus_judge::rank::{
    Contender, Crossing, Crossings, Group, Interval, Ranking, Ratio, Row, RowOutcome, SCHEMA,
    Scaled, Scaling, Speedup,
};

use crate::words;
use tminus_judge::verdict::Limits;

use crate::model::matrix::{Matrix, MatrixRow};

/// Returns `ranking` as a value. Times are in nanoseconds.
#[must_use]
pub fn ranking(ranking: &Ranking) -> Value {
    let cells =
        ranking.groups.iter().flat_map(|group| group.rows.iter().map(|row| cell(group, row)));
    let twin = ranking
        .twin
        .as_ref()
        .map(|twin| json!({ "cell": twin.cell.id().as_str(), "ratio": ratio(&twin.ratio) }));
    json!({
        "schema": SCHEMA,
        "rounds": ranking.rounds,
        "twin": twin,
        "limits": limits(&ranking.limits),
        "overall": overall(ranking),
        "crossings": ranking.crossings.iter().map(crossings).collect::<Vec<_>>(),
        "scaling": ranking.scalings.iter().map(scaling).collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    })
}

/// Returns [`ranking`](fn@ranking) as text for people and for `diff`, with a line end.
#[must_use]
pub fn pretty(all: &Ranking) -> String {
    format!("{:#}\n", ranking(all))
}

fn cell(group: &Group, row: &Row) -> Value {
    let (outcome, reason) = match &row.outcome {
        RowOutcome::Ok => ("ok", None),
        RowOutcome::Failed(reason) => ("failed", Some(reason)),
        RowOutcome::Excluded(reason) => ("excluded", Some(reason)),
    };
    json!({
        "cell": row.cell.id().as_str(),
        "workload": group.workload,
        "category": group.category,
        "params": row.cell.params,
        "label": group.params,
        "size": group.size,
        "op": group.op,
        "executor": row.cell.executor,
        "workers": row.cell.workers,
        "family": row.family,
        "floor": row.cell.is_floor(),
        "metric": group.metric,
        "median": row.median,
        "low": row.interval.map(|ends| ends.low),
        "high": row.interval.map(|ends| ends.high),
        "rounds": row.rounds,
        "disturbed_rounds": row.disturbed_rounds,
        "rank": row.rank.map(|(first, last)| [first, last]),
        "ratio": row.ratio.as_ref().map(ratio),
        "standing": row.standing,
        "about_best": row.is_best(),
        "yardstick": row.yardstick,
        "outcome": outcome,
        "reason": reason,
        "others": others(row),
        "notes": row.notes,
        "suspicions": row.suspicions.iter().map(words::suspicion).collect::<Vec<_>>(),
        "verified": row.verified,
    })
}

/// Returns the other figures of a row, and its counts: a figure of the rounds stands before a count
/// of that name.
fn others(row: &Row) -> Map<String, Value> {
    let counts = row.counts.values.iter().map(|(name, value)| (name.clone(), json!(value)));
    let others = row.others.iter().map(|(name, value)| (name.clone(), json!(value)));
    counts.chain(others).collect()
}

fn limits(limits: &Limits) -> Value {
    json!({ "margin": limits.margin, "floor": limits.floor, "too_loud": limits.lifted_too_far() })
}

/// Returns means and places over the groups that the executors have in common.
fn overall(ranking: &Ranking) -> Value {
    let matrix = Matrix::of(ranking);
    let groups = matrix.common.iter().map(|at| &ranking.groups[*at]);
    let groups: Vec<String> =
        groups.map(|group| format!("{}/{}", group.workload, group.params)).collect();
    let rows = ranking.groups.iter().flat_map(|group| &group.rows);
    let workers: HashMap<String, Option<usize>> =
        rows.map(|row| (words::executor(&row.cell), row.cell.workers)).collect();
    let executor = |row: &MatrixRow| {
        json!({
            "executor": row.executor,
            "workers": workers.get(&row.name).copied().flatten(),
            "mean": row.mean,
            "place": row.place.map(|(first, last)| [first, last]),
        })
    };
    let flips = matrix.flips.iter().map(|it| json!({ "pair": it.pair, "without": it.without }));
    json!({
        "groups": groups,
        "executors": matrix.rows.iter().map(executor).collect::<Vec<_>>(),
        "flips": flips.collect::<Vec<_>>(),
    })
}

/// Returns where executors change places over one parameter.
fn crossings(all: &Crossings) -> Value {
    let contender = |it: &Contender| json!({ "executor": it.executor, "workers": it.workers });
    let told = |it: &Crossing| {
        json!({
            "below": contender(&it.below),
            "above": contender(&it.above),
            "at": it.at,
            "low": it.interval.low,
            "high": it.interval.high,
            "factors": it.factors,
            "of_best": it.is_of_best,
        })
    };
    json!({
        "workload": all.workload,
        "param": all.param,
        "fixed": all.fixed,
        "metric": all.metric,
        "told": all.told.iter().map(told).collect::<Vec<_>>(),
        "open_pairs": all.open_pairs,
    })
}

/// Returns how executors scale with their workers.
fn scaling(all: &Scaling) -> Value {
    let count = |it: &Speedup| {
        json!({
            "workers": it.workers,
            "speedup": ratio(&it.ratio),
            "efficiency": ratio(&it.efficiency()),
            "effect": it.effect,
        })
    };
    let executor = |it: &Scaled| {
        let counts: Vec<Value> = it.counts.iter().map(count).collect();
        json!({ "executor": it.executor, "counts": counts })
    };
    json!({
        "workload": all.workload,
        "label": all.params,
        "cores": all.cores,
        "executors": all.executors.iter().map(executor).collect::<Vec<_>>(),
    })
}

fn ratio(ratio: &Ratio) -> Value {
    let end = |of: fn(Interval) -> f64| ratio.interval.map(of);
    json!({
        "median": ratio.median,
        "low": end(|ends| ends.low),
        "high": end(|ends| ends.high),
        "rounds": ratio.rounds,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::fixture;

    #[test]
    fn every_cell_is_an_object_with_the_promised_fields() {
        let ranking = fixture::ranking();
        let value = super::ranking(&ranking);
        assert_eq!(value["schema"], 1);
        let cells = value["cells"].as_array().expect("a list");
        let rows: usize = ranking.groups.iter().map(|group| group.rows.len()).sum();
        assert_eq!(cells.len(), rows);
        for cell in cells {
            for field in ["cell", "workload", "params", "executor", "metric", "outcome"] {
                assert!(!cell[field].is_null(), "{field} of {cell}");
            }
            match cell["outcome"].as_str().expect("text") {
                "ok" => assert!(cell["low"].as_f64() <= cell["median"].as_f64(), "{cell}"),
                "failed" | "excluded" => assert!(cell["reason"].is_string(), "{cell}"),
                other => panic!("unknown outcome {other}"),
            }
        }
        assert_eq!(cells[0]["params"]["timers"], 100);
    }

    #[test]
    fn one_cell_in_full() {
        let value = super::ranking(&fixture::ranking());
        let cells = value["cells"].as_array().expect("a list");
        let cell = cells.iter().find(|cell| cell["cell"] == "echo/connections=50/smol/w2");
        insta::assert_snapshot!(format!("{:#}", cell.expect("is there")));
    }
}
