//! A page a group beside the page of a run: of each cell its samples, the source of its workload
//! and of its executor, and the command that runs it again. Every row of a table and every entry of
//! the matrix leads here, so all of that is two clicks from any figure. Holds no script.

mod again;
mod samples;
mod source;

use tminus_judge::rank::{Group, Row};
use tminus_record::ExecutorFacts;

use super::book::Book;
use super::workloads::sentence;
use super::{anchor, marks};
use crate::Output;
use crate::draw::picture::slug;
use crate::page::prelude::*;
use crate::page::shell::Shell;

/// Returns the pages of all groups.
pub(super) fn pages(book: &Book<'_>) -> Vec<Output> {
    let page = |(at, group): (usize, &Group)| Output {
        path: address(book, at),
        bytes: page(book, at, group).into_bytes(),
    };
    book.ranking.groups.iter().enumerate().map(page).collect()
}

/// Returns the path of the page of the group at a place in the ranking, from the page of the run.
pub(super) fn address(book: &Book<'_>, at: usize) -> String {
    let group = &book.ranking.groups[at];
    let label = group.rows.first().map_or("", |row| row.cell.label.as_str());
    let name = slug(&format!("{} {label}", group.workload));
    format!("cells/{at}-{name}.html")
}

/// Returns the id that a cell has within its page, by its row; `None` for a name that stands twice,
/// as only a made-up run has it.
pub(super) fn id(book: &Book<'_>, group: &Group, row: &Row) -> Option<String> {
    let name = words::executor(&row.cell);
    let first = group.rows.iter().find(|other| words::executor(&other.cell) == name)?;
    if !std::ptr::eq(first, row) {
        return None;
    }
    match book.lineup.iter().position(|(known, _)| *known == name) {
        Some(at) => Some(format!("e{at}")),
        None => Some("again".into()).filter(|_| row.cell.twin),
    }
}

/// Returns the link to a cell, from the page of the run.
pub(super) fn link(book: &Book<'_>, at: usize, row: &Row) -> Option<String> {
    let id = id(book, &book.ranking.groups[at], row)?;
    Some(format!("{}#{id}", address(book, at)))
}

fn page(book: &Book<'_>, at: usize, group: &Group) -> String {
    let title = words::group(group);
    let back = format!("../index.html#{}", anchor(book.ranking, &group.workload));
    let bar = vec![("../index.html".into(), "The run", false), (back, "Workload", false)];
    let footer = sources::line(book.run);
    let main = html! {
        p { (findings::ranked_title(group)) "." }
        (origin(book, group))
        ul.columns aria-label="Cells" {
            @for row in &group.rows {
                @if let Some(id) = id(book, group, row) {
                    li { a href={ "#" (id) } { (words::executor(&row.cell)) } }
                }
            }
        }
        @for row in &group.rows { (cell(book, at, group, row)) }
    };
    let subtitle = "Every sample of every cell, their sources, and how to run each again";
    Shell { title: &title, subtitle, bar, footer: &footer }.page(&main)
}

/// Says what happens in the workload, and where that is written.
fn origin(book: &Book<'_>, group: &Group) -> Markup {
    let Some(facts) = book.facts(&group.workload) else { return html! {} };
    html! {
        p { (sentence(&facts.about)) }
        p { "Source of the workload, of version " (facts.version) ": "
            (source::link(&book.run.header.provenance.build, &facts.module)) "." }
    }
}

fn cell(book: &Book<'_>, at: usize, group: &Group, row: &Row) -> Markup {
    let unit = Unit::of(&group.metric);
    let id = id(book, group, row);
    html! {
        section aria-label=(words::executor(&row.cell)) {
            h2.name id=[id] { (words::executor(&row.cell)) }
            p {
                @if let Some(median) = row.median {
                    (words::metric(&group.metric, &group.op)) " "
                    b { (number::value(unit, median, row.interval)) }
                    @if let Some(ends) = row.interval {
                        " (" (number::interval(unit, median, ends)) ")"
                    }
                    ", median of " (words::count(row.rounds.into(), "round")) "."
                }
                @if let Some((word, reason)) = words::reason(row) {
                    " " (words::capital(word)) ": " (reason) "."
                }
            }
            (samples::of(book, at, row))
            p { "Source of " (kind(row)) ": " (executor_source(book, group, row)) "." }
            (again::told(book.run, &row.cell))
        }
    }
}

fn kind(row: &Row) -> &'static str {
    if row.cell.is_floor() { "the floor" } else { "the executor" }
}

/// Returns the source of the executor, and its crates; a floor stands with its workload.
fn executor_source(book: &Book<'_>, group: &Group, row: &Row) -> Markup {
    let header = &book.run.header;
    let build = &header.provenance.build;
    if row.cell.is_floor() {
        let module = book.facts(&group.workload).map_or("", |facts| &facts.module);
        return source::link(build, module);
    }
    let facts: Option<&ExecutorFacts> =
        header.executors.iter().find(|facts| facts.id == row.cell.executor);
    let Some(facts) = facts else { return html! { "not stored" } };
    html! {
        (source::link(build, &facts.module))
        @for (name, version) in &facts.crates { "; " (source::package(build, name, version)) }
    }
}
