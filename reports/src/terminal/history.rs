//! Many runs for a terminal: which there are, what a cell did over them, where it changed. Gives
//! text and prints nothing.

use std::collections::BTreeMap;

use tminus_history::{Change, Facts, Findings, Log, Series};

use crate::terminal::Style;
use crate::terminal::table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;
use crate::words::escape::terminal;
use crate::words::history::{commit, counts, place, range, since, size, unordered};
use crate::words::number::{self, Unit};
use crate::words::sources::date;

const RUNS: Columns = Columns {
    head: ["run", "day", "commit", "cells", "rounds", "CPU"],
    right: [true, false, false, true, true, false],
    name: 5,
    spare: 4,
};

/// Returns the runs as a table, ending in a line end.
#[must_use]
pub fn list(runs: &BTreeMap<i64, Facts>, style: &Style) -> String {
    let line = |(run, facts): (&i64, &Facts)| Line {
        cells: [
            run.to_string(),
            date(facts.started_unix_ns),
            commit(&facts.revision, facts.dirty, *run),
            facts.cells.to_string(),
            facts.rounds.to_string(),
            terminal(&facts.place.cpu),
        ],
        paint: "",
    };
    let mut out = String::new();
    push_table(&mut out, &RUNS, runs.iter().map(line).collect(), style);
    out
}

const CHANGES: Columns = Columns {
    head: ["change", "cell", "before", "after", "since", "commits"],
    right: [true, false, true, true, false, false],
    name: 1,
    spare: 4,
};

/// Returns what `check` found: a table for each metric and place, then what else changed between
/// the runs, then the counts.
#[must_use]
pub fn check(found: &Findings, style: &Style) -> String {
    let mut out = String::new();
    let alike = |a: &Change, b: &Change| (&a.metric, &a.place) == (&b.metric, &b.place);
    for changes in found.changes.chunk_by(alike) {
        let title =
            format!("{}, {}", words::metric(&changes[0].metric, "op"), place(&changes[0].place));
        push_wrapped_painted(&mut out, &terminal(&title), BOLD, style);
        push_table(&mut out, &CHANGES, changes.iter().map(line).collect(), style);
        differences(&mut out, changes, style);
        if let Some(text) = unordered(changes) {
            push_wrapped_painted(&mut out, &format!("  {text}"), RED, style);
        }
        out.push('\n');
    }
    push_wrapped_painted(&mut out, &counts(found), BOLD, style);
    let advice = "Advisory: the machine, too, changes between runs. A gate decides; the exit code here \
                  is 0 whatever is found.";
    push_wrapped(&mut out, advice, style);
    out
}

fn line(change: &Change) -> Line {
    let unit = Unit::of(&change.metric);
    Line {
        cells: [
            size(change),
            terminal(&change.cell),
            number::value(unit, change.before, None),
            number::value(unit, change.after, None),
            since(change),
            range(change),
        ],
        paint: paint(change),
    }
}

fn paint(change: &Change) -> &'static str {
    match change.is_worse() {
        Some(true) => RED,
        Some(false) => GREEN,
        None => "",
    }
}

/// Writes what else differs in the runs beside the changes, once for each pair of runs.
fn differences(out: &mut String, changes: &[Change], style: &Style) {
    let pairs: BTreeMap<(i64, i64), &Change> = changes
        .iter()
        .map(|change| ((change.last_before.run, change.first_after.run), change))
        .collect();
    for change in pairs.values().filter(|change| !change.differences.is_empty()) {
        let range = range(change);
        let text = format!("  {range}: {}", terminal(&change.differences.join("; ")));
        push_wrapped_painted(out, &text, DIM, style);
    }
}

const POINTS: Columns = Columns {
    head: ["run", "day", "commit", "median", "95 % interval", "change"],
    right: [true, false, false, true, true, false],
    name: 2,
    spare: 4,
};

/// Returns the series of `log`, each as a table of its newest `last` runs in which the changes of
/// `found` are marked.
#[must_use]
pub fn show(log: &Log, found: &Findings, last: usize, style: &Style) -> String {
    let mut out = String::new();
    for series in &log.series {
        let (metric, id) = (words::metric(&series.metric, "op"), series.cell.id());
        let version = match series.workload_version {
            0 | 1 => String::new(),
            version => format!(" (version {version} of the workload)"),
        };
        let title = format!("{id}{version}: {metric}, {}", place(&series.place));
        push_wrapped_painted(&mut out, &terminal(&title), BOLD, style);
        let hidden = series.points.len().saturating_sub(last);
        if hidden > 0 {
            let text =
                format!("{} before; `--last` shows more", words::count(hidden as u64, "run"));
            push_wrapped_painted(&mut out, &text, DIM, style);
        }
        push_table(&mut out, &POINTS, points(log, series, found, hidden), style);
        out.push('\n');
    }
    out
}

fn points(log: &Log, series: &Series, found: &Findings, hidden: usize) -> Vec<Line> {
    let unit = Unit::of(&series.metric);
    let own = found.changes.iter().filter(|change| change.is_of(series));
    let changes: BTreeMap<i64, &Change> = own.map(|it| (it.first_after.run, it)).collect();
    let line = |point: &tminus_history::Point| {
        let facts = &log.runs[&point.run];
        let change = changes.get(&point.run);
        let interval = point.interval.map(|ends| number::interval(unit, point.median, ends));
        Line {
            cells: [
                point.run.to_string(),
                date(facts.started_unix_ns),
                commit(&facts.revision, facts.dirty, point.run),
                number::value(unit, point.median, point.interval),
                interval.unwrap_or_default(),
                change.map(|change| size(change)).unwrap_or_default(),
            ],
            paint: change.map_or("", |change| paint(change)),
        }
    };
    series.points.iter().skip(hidden).map(line).collect()
}

#[cfg(test)]
mod tests;
