//! The matrix as a table in the colours of the heat map, with the controls that a script gives
//! life.

use tminus_contract::Family;
use tminus_judge::rank::Standing;

use super::book::Book;
use super::workloads::sentence;
use super::{cells, marks};
use crate::draw;
use crate::model::advice;
use crate::model::lens::Lens;
use crate::model::matrix::{Entry, Matrix};
use crate::page::prelude::*;

/// The capabilities that executors can be filtered by: key and words.
pub(super) const CAPABILITIES: [(&str, &str); 4] = [
    ("timers", "timers of its own"),
    ("io", "sockets of its own"),
    ("cancel", "cancelling of its own"),
    ("fifo", "first in, first out"),
];

/// Returns the section.
pub(super) fn section(book: &Book<'_>) -> Markup {
    html! {
        section aria-labelledby="matrix-section" {
            h2 id="matrix-section" { "Matrix" }
            (controls(book))
            figure.wide {
                figcaption {
                    b #matrix-title { (book.gallery.matrix().title) }
                    span.sub #matrix-note { (sentence(&findings::matrix_note(&book.matrix))) }
                    span.sub { (sentence(&findings::standing_note(&book.matrix.limits))) }
                }
                div.scroll tabindex="0" role="region" aria-label="Matrix of slowdowns" {
                    (table(book))
                }
                (legend())
                p.note #matrix-flips hidden[findings::flips(&book.matrix).is_none()] {
                    (findings::flips(&book.matrix).unwrap_or_default())
                }
                p.note #matrix-below hidden[findings::below_one(&book.matrix).is_none()] {
                    (findings::BELOW_ONE)
                }
                p.note { (crate::words::sources::line(book.run)) }
            }
            p.sub #status aria-live="polite" {}
        }
    }
}

fn table(book: &Book<'_>) -> Markup {
    let matrix = &book.matrix;
    html! {
        table.heat #matrix {
            (heads(matrix))
            tbody {
                @for row in &matrix.rows {
                    tr {
                        th scope="row" { (marks::mark(row.family)) " " (row.label()) }
                        @for (at, entry) in row.entries.iter().enumerate() {
                            (cell(entry, link(book, at, &row.name)))
                        }
                        td.mean { (row.mean.map_or_else(|| "–".into(), number::plain)) }
                        td.place { (words::place(row.place)) }
                    }
                }
            }
        }
    }
}

/// Returns the heads of all columns.
fn heads(matrix: &Matrix) -> Markup {
    html! {
        thead {
            @if !matrix.categories().is_empty() { (categories(matrix)) }
            tr {
                td {}
                @for span in matrix.spans() {
                    @let column = &matrix.columns[span.start];
                    th.over scope="colgroup" colspan=(span.len()) {
                        (column.workload)
                        span.sub { (column.metric) @if !column.param.is_empty() { ", by " (column.param) } }
                    }
                }
                td colspan="2" {}
            }
            tr {
                th scope="col" { "executor" }
                @for column in &matrix.columns {
                    th scope="col" {
                        @for (at, value) in column.values.iter().enumerate() {
                            @if at > 0 { br; }
                            (value)
                        }
                    }
                }
                th scope="col" { "geometric mean" }
                th scope="col" { "place" }
            }
        }
    }
}

/// Returns the heads over the columns of each category.
fn categories(matrix: &Matrix) -> Markup {
    html! {
        tr {
            td {}
            @for span in matrix.categories() {
                th.category scope="colgroup" colspan=(span.len()) {
                    (matrix.columns[span.start].category)
                }
            }
            td colspan="2" {}
        }
    }
}

/// Returns the link to the cell of an executor in the group at a place in the ranking.
fn link(book: &Book<'_>, at: usize, executor: &str) -> Option<String> {
    let rows = &book.ranking.groups.get(at)?.rows;
    let row = rows.iter().find(|row| !row.cell.twin && words::executor(&row.cell) == executor)?;
    cells::link(book, at, row)
}

fn cell(entry: &Entry, link: Option<String>) -> Markup {
    let linked = |text: Markup| match &link {
        Some(link) => html! { a href=(link) { (text) } },
        None => text,
    };
    match entry {
        Entry::Ratio { factor, standing, .. } => {
            let step = draw::matrix::step(factor.median);
            let best = if *standing == Standing::Best { " best" } else { "" };
            html! { td class={ "h" (step) (best) } { (linked(html! { (entry.marked().unwrap_or_default()) })) } }
        }
        Entry::Reason(reason) => html! { td { (linked(html! { abbr title=(reason) { "–" } })) } },
        Entry::Missing => html! { td {} },
    }
}

fn legend() -> Markup {
    let ends = draw::matrix::STEPS.iter().map(|end| number::axis(number::Unit::Ratio, *end));
    html! {
        ul.legend aria-label="Colours by slowdown" {
            @for (step, end) in ends.enumerate() { li class={ "h" (step) } { "< " (end) } }
            li class={ "h" (draw::matrix::STEPS.len()) } { "more" }
        }
    }
}

fn controls(book: &Book<'_>) -> Markup {
    let mut families: Vec<Family> = book.matrix.rows.iter().map(|row| row.family).collect();
    families.sort_unstable();
    families.dedup();
    let check = |name: &str, value: &str, on: bool, label: Markup| {
        html! { label { input type="checkbox" name=(name) value=(value) checked[on]; " " (label) } }
    };
    let option = |value: &str, label: &str| html! { option value=(value) { (label) } };
    html! {
        form.controls #controls hidden {
            div.row {
                label { "Metric " select name="metric" {
                    @for lens in Lens::ALL { (option(lens.key(), lens.label())) }
                } }
                label { "Compared with " select name="base" {
                    (option("", "the fastest shown, in each column"))
                    @for (name, cell) in &book.lineup { (option(&super::data::key(cell), name)) }
                } }
                label { "Threads " select name="threads" {
                    (option("", "all"))
                    (option("one", "one thread"))
                    (option("many", "several threads"))
                } }
            }
            fieldset {
                legend { "Families" }
                @for family in families {
                    (check("family", &marks::key(family), true, html! {
                        (marks::mark(family)) " " (words::family(family))
                    }))
                }
            }
            fieldset {
                legend { "Only with" }
                @for (key, label) in CAPABILITIES { (check("can", key, false, html! { (label) })) }
            }
            details #weights {
                summary { "Weigh the workloads: how much does each count in the geometric mean?" }
                div.row {
                    @for workload in crate::model::sizes::workloads(book.ranking) {
                        label {
                            (crate::words::escape::clean(super::title_of(book.ranking, workload))) " "
                            input type="number" name="weight" min="0" max="100" step="any" value="1"
                                data-workload=(crate::words::escape::clean(workload));
                        }
                    }
                }
                p.sub { "Each column counts with the weight of its workload; with 0 it is left out." }
            }
            button type="reset" { "Show everything again" }
        }
    }
}

/// Returns whether a cell's executor works on one thread, and which capabilities it has.
pub(super) fn abilities(book: &Book<'_>, cell: &tminus_record::Cell) -> (bool, Vec<&'static str>) {
    let one = advice::is_one_thread(book.run, cell);
    let facts = book.run.header.executors.iter().find(|facts| facts.id == cell.executor);
    let has = |key: &str| {
        facts.is_some_and(|facts| match key {
            "fifo" => facts.order == tminus_contract::Order::Fifo,
            part => !facts.borrows.contains_key(part) && !facts.missing.contains_key(part),
        })
    };
    (one, CAPABILITIES.iter().map(|(key, _)| *key).filter(|key| has(key)).collect())
}
