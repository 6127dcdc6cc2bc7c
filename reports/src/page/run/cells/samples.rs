//! The samples of a cell: every batch drawn by its round, and the value of each round by metric.

use std::collections::BTreeMap;

use maud::PreEscaped;
use tminus_judge::rank::{Group, Row};
use tminus_record::Record;

use super::{Book, marks};
use crate::draw::ticks::{self, Scale};
use crate::model::samples::{Value, values};
use crate::page::prelude::*;
use crate::page::shell::named_table;
use crate::words::escape::xml;

/// The drawing in pixels: its size, and the room for labels at its left.
const SIZE: (f64, f64) = (760.0, 132.0);
const LEFT: f64 = 64.0;
/// The room above and below the points.
const PAD: f64 = 8.0;
/// Where there are more batches, a round is one point.
const MAX_POINTS: usize = 2_000;
/// Rounds in a table; `data.csv` has all.
const MAX_ROUNDS: usize = 100;

/// Returns the samples of `row`, of the group at a place in the ranking; nothing where it has none.
pub(super) fn of(book: &Book<'_>, at: usize, row: &Row) -> Markup {
    let group = &book.ranking.groups[at];
    let records: Vec<&Record> = book.records.of(&row.cell).collect();
    html! {
        @if records.is_empty() { p.sub { "No round gave a value." } } @else {
            (drawn(group, row, &records))
            (table(book, group, row, &records))
        }
    }
}

fn drawn(group: &Group, row: &Row, records: &[&Record]) -> Markup {
    let mut rounds: Vec<Vec<Value>> =
        records.iter().map(|record| values(record, &group.metric)).collect();
    let all = rounds.iter().map(Vec::len).sum::<usize>();
    if all > MAX_POINTS {
        rounds.iter_mut().for_each(median_alone);
    }
    let thing = if rounds.iter().any(|values| values.len() > 1) { "batch" } else { "round" };
    let every = rounds.iter().flatten().map(|value| value.ratio);
    let Some(ends) = ticks::bounds(every) else { return html! {} };
    let ends = ticks::padded(ends, 0.02, 1.005);
    let axis = Scale { ends, places: (SIZE.1 - PAD, PAD) };
    let metric = words::metric(&group.metric, &group.op);
    let disturbed = rounds.iter().flatten().any(|value| value.disturbed);
    let (width, height) = SIZE;
    let elements = labels(&axis, Unit::of(&group.metric)) + &points(&rounds, &axis, row);
    let name = format!("Samples of {}", words::executor(&row.cell));
    html! {
        figure {
            figcaption {
                span.sub {
                    (words::capital(&metric)) " of every " (thing) ", by round, on a log axis"
                    @if disturbed { "; small = the process was pushed off its core meanwhile" }
                    "."
                }
            }
            div.scroll tabindex="0" role="region" aria-label=(name) {
                svg aria-hidden="true" viewBox={ "0 0 " (width) " " (height) } width=(width)
                    height=(height) font-size="11" { (PreEscaped(elements)) }
            }
        }
    }
}

/// Leaves the value in the middle.
fn median_alone(values: &mut Vec<Value>) {
    values.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    *values = values.get(values.len() / 2).copied().into_iter().collect();
}

fn labels(axis: &Scale, unit: Unit) -> String {
    let mut out = String::new();
    for tick in ticks::log(axis.ends.0, axis.ends.1, 4, unit) {
        let y = tenth(axis.at(tick.value));
        out += &format!(
            "<path d=\"M{LEFT} {y}H{}\" class=\"s-grid\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\" \
             class=\"f-muted\">{}</text>",
            SIZE.0,
            LEFT - 6.0,
            y + 4.0,
            xml(&tick.label)
        );
    }
    out
}

/// Returns the batches of each round side by side, a round beside the other; those that were
/// disturbed apart.
fn points(rounds: &[Vec<Value>], axis: &Scale, row: &Row) -> String {
    let width = (SIZE.0 - LEFT) / rounds.len().max(1) as f64;
    let family = marks::key(row.family);
    let path = |disturbed: bool, size: f64| {
        let mut path = String::new();
        for (round, values) in rounds.iter().enumerate() {
            let apart = width * 0.8 / values.len().max(1) as f64;
            for (place, value) in values.iter().enumerate() {
                if value.disturbed == disturbed && value.ratio > 0.0 && value.ratio.is_finite() {
                    let x = LEFT + width * (round as f64 + 0.1) + apart * (place as f64 + 0.5);
                    path += &format!("M{} {}h0", tenth(x), tenth(axis.at(value.ratio)));
                }
            }
        }
        format!(
            "<path d=\"{path}\" class=\"s-{family}\" stroke-width=\"{size}\" stroke-linecap=\"round\"/>"
        )
    };
    path(false, 4.0) + &path(true, 2.0)
}

fn tenth(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// Returns the value that each round gave of each metric.
fn table(book: &Book<'_>, group: &Group, row: &Row, records: &[&Record]) -> Markup {
    let names: Vec<&str> = std::iter::once(group.metric.as_str())
        .chain(row.others.iter().map(|(name, _)| name.as_str()))
        .collect();
    let by_round = |name: &&str| -> BTreeMap<u32, f64> {
        book.rounds.values(&row.cell.id(), name).into_iter().collect()
    };
    let columns: Vec<BTreeMap<u32, f64>> = names.iter().map(by_round).collect();
    let mut heads = vec!["#round".to_owned()];
    heads.extend(names.iter().map(|name| format!("#{}", words::metric(name, &group.op))));
    heads.extend(["#batches".into(), "#disturbed".into()]);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let rows = html! {
        @for record in records.iter().take(MAX_ROUNDS) {
            tr {
                td.number { (record.round.saturating_add(1)) }
                @for (name, values) in names.iter().zip(&columns) {
                    td.number {
                        @if let Some(value) = values.get(&record.round) {
                            (number::value(Unit::of(name), *value, None))
                        }
                    }
                }
                td.number { (record.samples.len()) }
                td.number {
                    (record.samples.iter().filter(|it| it.involuntary_switches > 0).count())
                }
            }
        }
    };
    let name = format!("Rounds of {}", words::executor(&row.cell));
    let rounds = words::count(records.len() as u64, "round");
    let caption = match records.len() {
        all if all > MAX_ROUNDS => format!("The first {MAX_ROUNDS} of {rounds}; data.csv has all"),
        _ => format!("{rounds}; unrounded in data.csv"),
    };
    html! { details { summary { "Round by round" } (named_table(&name, &caption, &heads, &rows)) } }
}
