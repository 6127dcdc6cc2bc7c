//! The data that the page's script computes with: each round's values, so that a comparison with
//! another baseline is paired and has its interval as in the tables.
//!
//! Values keep seven significant digits; the page shows three.

use serde_json::{Value, json};
use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, RowOutcome, higher_is_better};
use tminus_record::Cell;

use super::book::Book;
use super::{marks, matrix};
use crate::model::lens::Lens;
use crate::model::matrix::{Entry, Matrix, MatrixRow};
use crate::page::prelude::*;
use crate::{draw, findings, words};

/// Returns the data as JSON that may stand in a `script` element: without `<`, and without the two
/// line ends that old scripts stumble over.
pub(super) fn json(book: &Book<'_>) -> String {
    let ranking = book.ranking;
    let workloads: Vec<&str> = sizes::workloads(ranking);
    let executors: Vec<Value> =
        book.lineup.iter().map(|(name, cell)| executor(book, name, cell)).collect();
    let groups: Vec<Value> =
        ranking.groups.iter().enumerate().map(|(at, _)| group(book, at, &workloads)).collect();
    let cells: Vec<Value> = ranking.groups.iter().map(|group| cells(book, group)).collect();
    let all = json!({
        "rounds": ranking.rounds,
        "steps": draw::matrix::STEPS,
        "limits": [ranking.limits.margin, ranking.limits.floor],
        "below": findings::BELOW_ONE,
        "workloads": workloads.iter().map(|id| clean(id)).collect::<Vec<_>>(),
        "executors": executors,
        "groups": groups,
        "cells": cells,
    });
    all.to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Returns the name of an executor and its workers in links.
pub(super) fn key(cell: &Cell) -> String {
    let workers = cell.workers.map(|count| format!("/w{count}")).unwrap_or_default();
    format!("{}{workers}", clean(&cell.executor))
}

fn executor(book: &Book<'_>, name: &str, cell: &Cell) -> Value {
    let row = book.matrix.rows.iter().find(|row| row.name == name);
    let (one, can) = matrix::abilities(book, cell);
    json!({
        "name": row.map_or_else(|| name.to_owned(), MatrixRow::label),
        "key": key(cell),
        "id": clean(&cell.executor),
        "yardstick": u8::from(row.is_none_or(|row| row.yardstick)),
        "family": marks::key(row.map_or(Family::Floor, |row| row.family)),
        "one": one,
        "can": can,
    })
}

/// Returns the metrics of a group, each once.
fn metrics<'a>(book: &Book<'a>, group: &'a Group) -> Vec<&'a str> {
    let facts = book.facts(&group.workload);
    let mut found: Vec<&str> = Vec::new();
    for metric in Lens::ALL.iter().filter_map(|lens| lens.metric(group, facts)) {
        if !found.contains(&metric) {
            found.push(metric);
        }
    }
    found
}

fn group(book: &Book<'_>, at: usize, workloads: &[&str]) -> Value {
    let group = &book.ranking.groups[at];
    let facts = book.facts(&group.workload);
    let column = &book.matrix.columns[at];
    let known = metrics(book, group);
    let lenses: serde_json::Map<String, Value> = Lens::ALL
        .iter()
        .filter_map(|lens| {
            let metric = lens.metric(group, facts)?;
            let index = known.iter().position(|known| *known == metric)?;
            Some((lens.key().to_owned(), json!(index)))
        })
        .collect();
    let metric = |name: &&str| {
        let unit = Unit::of(name).name();
        json!([words::metric(name, &group.op), unit, u8::from(higher_is_better(name))])
    };
    json!({
        "workload": workloads.iter().position(|id| *id == group.workload),
        "title": column.workload,
        "page": super::cells::address(book, at),
        "category": column.category,
        "params": column.params,
        "param": column.param,
        "values": column.values,
        "metrics": known.iter().map(metric).collect::<Vec<_>>(),
        "lens": lenses,
    })
}

/// Returns for each executor the values of each metric by round, or the reason why there are none,
/// or nothing where the run has no such cell.
fn cells<'a>(book: &Book<'a>, group: &'a Group) -> Value {
    let known = metrics(book, group);
    let row = |cell: &Cell| {
        let same = |row: &&Row| {
            row.cell.executor == cell.executor && row.cell.workers == cell.workers && !row.cell.twin
        };
        group.rows.iter().find(same)
    };
    let of = |(_, cell): &(String, &Cell)| {
        let Some(row) = row(cell) else { return Value::Null };
        let values: Vec<Value> = known.iter().map(|metric| values(book, row, metric)).collect();
        let has_none = values.iter().filter_map(Value::as_array).flatten().all(Value::is_null);
        match Matrix::entry(row, &group.metric) {
            Entry::Reason(reason) if row.outcome != RowOutcome::Ok || has_none => json!(reason),
            _ => values.into(),
        }
    };
    book.lineup.iter().map(of).collect()
}

fn values(book: &Book<'_>, row: &Row, metric: &str) -> Value {
    let mut out: Vec<Value> = Vec::new();
    for (round, value) in book.rounds.values(&row.cell.id(), metric) {
        // A round of a hostile file may have any number.
        let Ok(at) = usize::try_from(round) else { continue };
        if round < book.ranking.rounds.min(10_000) {
            out.resize(out.len().max(at + 1), Value::Null);
            out[at] = short(value);
        }
    }
    out.into()
}

/// Formats seven significant digits, as a whole number where that says as much.
fn short(value: f64) -> Value {
    if !value.is_finite() {
        return Value::Null;
    }
    // With the digits that are kept below, it is nothing.
    if value.abs() < 1e-12 {
        return json!(0);
    }
    let unit = 10f64.powi(value.abs().log10().floor() as i32 - 6);
    let rounded = (value / unit).round() * unit;
    if unit >= 1.0 && rounded.abs() < 9e15 {
        return json!(rounded as i64);
    }
    let decimals = usize::try_from(-(unit.log10().round() as i32)).unwrap_or(0).min(12);
    let text = format!("{rounded:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    serde_json::from_str(text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_digits_are_kept_in_few_bytes() {
        let text = |value: f64| short(value).to_string();
        assert_eq!(text(123_456_789.0), "123456800");
        assert_eq!(text(12_345.6), "12345.6");
        assert_eq!(text(1.5), "1.5");
        assert_eq!(text(650.126_789), "650.1268");
        assert_eq!(text(3.0), "3");
        assert_eq!(text(0.012_345_678_9), "0.01234568");
        assert_eq!(text(0.0), "0");
        assert_eq!(text(f64::NAN), "null");
    }
}
