//! The tables of the page: the matrix, and a group with all its metrics.

use maud::{Markup, html};
use tminus_harness::rank::{Group, Ranking, Row};
use tminus_harness::store::Run;

use crate::escape::clean;
use crate::matrix::{Entry, Matrix};
use crate::number::{self, Unit};
use crate::words;

/// The matrix of slowdowns.
pub(super) fn matrix(ranking: &Ranking) -> Markup {
    let matrix = Matrix::of(ranking);
    html! {
        div.scroll tabindex="0" role="region" aria-label="The matrix as a table" {
            table {
                caption { "Slowdown against the fastest executor of each column; bold is about best" }
                thead {
                    tr {
                        th scope="col" { "executor" }
                        @for column in &matrix.columns {
                            th.number scope="col" { (column.title()) br; span.sub { (column.metric) } }
                        }
                        th.number scope="col" {
                            "geometric mean of " (words::count(matrix.common as u64, "column"))
                        }
                    }
                }
                tbody {
                    @for row in &matrix.rows {
                        tr {
                            th scope="row" { (row.name) }
                            @for entry in &row.entries { (matrix_cell(entry)) }
                            td.number { (row.mean.map_or_else(|| "–".into(), number::plain)) }
                        }
                    }
                }
            }
        }
    }
}

fn matrix_cell(entry: &Entry) -> Markup {
    match entry {
        Entry::Ratio { factor, about_best: true } => {
            html! { td.number { b { (number::factor(factor)) } } }
        }
        Entry::Ratio { factor, about_best: false } => {
            html! { td.number { (number::factor(factor)) } }
        }
        Entry::Reason(reason) => html! { td.number title=(clean(reason)) { "–" } },
        Entry::Missing => html! { td {} },
    }
}

/// A group: every row with its median, interval, factor, other metrics, rounds and remarks.
pub(super) fn group(run: &Run, group: &Group) -> Markup {
    let metric = words::metric(&group.metric, &group.op);
    let others = other_metrics(group);
    let name = words::group(group);
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Table: " (name) } {
            table {
                caption { (name) ": medians over rounds" }
                thead {
                    tr {
                        th.number scope="col" { "rank" }
                        th scope="col" { "executor" }
                        th.number scope="col" { (metric) }
                        th.number scope="col" { "95 % interval" }
                        th.number scope="col" { "factor to the best" }
                        @for other in &others {
                            th.number scope="col" { (words::metric(other, &group.op)) }
                        }
                        th.number scope="col" { "rounds" }
                        th.number scope="col" { "disturbed" }
                        th scope="col" { "remarks" }
                    }
                }
                tbody { @for row in &group.rows { (table_row(run, group, row, &others)) } }
            }
        }
    }
}

/// The other metrics of a group in the order of their first appearance.
fn other_metrics(group: &Group) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in group.rows.iter().flat_map(|row| &row.others) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn table_row(run: &Run, group: &Group, row: &Row, others: &[&str]) -> Markup {
    let unit = Unit::of(&group.metric);
    let median = row.median.map(|median| (median, row.interval));
    let value = median.map(|(median, ends)| number::value(unit, median, ends));
    let interval = median.and_then(|(median, ends)| Some(number::interval(unit, median, ends?)));
    let other = |name: &str| {
        let value = row.others.iter().find(|(known, _)| known == name)?.1;
        Some(number::value(Unit::of(name), value, None))
    };
    html! {
        tr.best[row.about_best].floor[row.cell.is_floor()] {
            td.number { (words::rank(row)) }
            th scope="row" { (words::executor(&row.cell)) }
            td.number { (value.unwrap_or_else(|| "–".into())) }
            td.number { (interval.unwrap_or_default()) }
            td.number { (row.ratio.as_ref().map(number::factor).unwrap_or_default()) }
            @for name in others { td.number { (other(name).unwrap_or_default()) } }
            td.number { (row.rounds) }
            td.number { (row.disturbed_rounds) }
            td { (remarks(run, row)) }
        }
    }
}

/// What is particular to the cell; what an executor's author says of it stands in its own table.
fn remarks(run: &Run, row: &Row) -> String {
    let mut remarks: Vec<String> = Vec::new();
    if row.about_best {
        remarks.push("about best".into());
    }
    if let Some((word, reason)) = words::reason(row) {
        remarks.push(format!("{word}: {reason}"));
    }
    let known = |note: &&String| run.header.executors.iter().any(|facts| facts.note == **note);
    remarks.extend(row.notes.iter().filter(|note| !known(note)).map(|note| clean(note)));
    remarks.join("; ")
}
