//! Many runs for a terminal: which there are, what a cell did over them, where it changed. Gives
//! text and prints nothing.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use tminus_harness::history::{Change, Facts, Findings, Log, Place, RunAt, Sequence, Series};
use tminus_harness::machine::UNKNOWN;
use tminus_harness::rank::Ratio;

use crate::escape::terminal;
use crate::number::{self, Unit};
use crate::sources::date;
use crate::text::Style;
use crate::text::table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;

const RUNS: Columns = Columns {
    head: ["run", "day", "commit", "cells", "rounds", "CPU"],
    right: [true, false, false, true, true, false],
    name: 5,
    spare: 4,
};

/// The runs as a table, ending in a line end.
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

/// What `check` found: a table for each metric and place, then what else changed between the runs,
/// then the counts.
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

/// The commits that the change lies between; both alone where it is not known which came first.
pub(crate) fn range(change: &Change) -> String {
    let between = if change.is_worse().is_some() { ".." } else { ", then " };
    format!("{}{between}{}", at(&change.last_before), at(&change.first_after))
}

/// The day since which it is so: of the commit, or else of the measuring.
pub(crate) fn since(change: &Change) -> String {
    let run = &change.first_after;
    let committed = run.committed_unix_s.filter(|_| change.sequence == Sequence::Commits);
    date(committed.map_or(run.started_unix_ns, |seconds| seconds.saturating_mul(1_000_000_000)))
}

/// What to know of changes of which it is not known which commit came first; `None` if there is
/// none.
pub(crate) fn unordered(changes: &[impl Borrow<Change>]) -> Option<&'static str> {
    let any = changes.iter().any(|change| change.borrow().is_worse().is_none());
    any.then_some(
        "In the order of measuring, which need not be that of the commits (\"A, then B\"): neither the runs \
         nor a repository here say when these commits were made. No change there is called better or worse.",
    )
}

/// The change in per cent; a factor where that is more telling.
pub(crate) fn size(change: &Change) -> String {
    match change.ratio {
        Some(median) => {
            let ratio = Ratio { median, interval: None, rounds: 0 };
            if median < 10.0 { number::change(&ratio) } else { number::factor(&ratio) }
        }
        None => "from or to 0".into(),
    }
}

/// What else is not the same in the runs beside the changes, once for each pair of runs.
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

/// How many changes there are, in how many series.
pub(crate) fn counts(found: &Findings) -> String {
    let short = match found.too_short {
        0 => String::new(),
        count => format!(" ({} with too few runs to show one)", number::whole(count as u64)),
    };
    format!(
        "{} in {} series{short} over {}",
        words::count(found.changes.len() as u64, "change"),
        number::whole(found.series as u64),
        words::count(found.runs as u64, "run"),
    )
}

const POINTS: Columns = Columns {
    head: ["run", "day", "commit", "median", "95 % interval", "change"],
    right: [true, false, false, true, true, false],
    name: 2,
    spare: 4,
};

/// The series of `log`, each as a table of its newest `last` runs in which the changes of `found`
/// are marked.
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
    let line = |point: &tminus_harness::history::Point| {
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

pub(crate) fn at(run: &RunAt) -> String {
    commit(&run.revision, run.dirty, run.run)
}

/// The beginning of the hash, with `+` for uncommitted changes; the run's number where there is
/// none.
pub(crate) fn commit(revision: &str, dirty: bool, run: i64) -> String {
    match revision {
        "" => format!("run {run}"),
        revision => {
            let short: String = revision.chars().take(9).collect();
            terminal(&short) + if dirty { "+" } else { "" }
        }
    }
}

/// Where and how, in one line that no other place has.
pub(crate) fn place(place: &Place) -> String {
    let clock = if place.virtual_clock { ", on a virtual clock" } else { "" };
    let cpu = match place.cpu.as_str() {
        "" | UNKNOWN => "unknown CPU",
        cpu => cpu,
    };
    let known = |before: &str, what: &str| match what {
        "" => String::new(),
        what => format!("{before}{what}"),
    };
    let cores = words::count(place.cores as u64, "core");
    let (target, allocator) =
        (known(" for ", &place.target), known(", allocator ", &place.allocator));
    format!("{cpu}, {cores}, {} build{target}{allocator}{clock}", place.profile)
}

#[cfg(test)]
mod tests;
