//! Every series as a line, by place and workload, and every change.

use tminus_history::{Change, Series};

use super::address::anchor;
use super::{Book, spark, version};
use crate::page::changes;
use crate::page::prelude::*;
use crate::page::shell::named_table;
use crate::words::history::{place, since, size};

/// With more, the page grows too large to be read.
const MAX_CHANGES: usize = 500;

pub(super) fn main(book: &Book<'_>) -> Markup {
    let all: Vec<&Change> = book.site.found.changes.iter().collect();
    let short = book.site.found.too_short;
    let hidden = all.len().saturating_sub(MAX_CHANGES);
    let alike = |a: &Series, b: &Series| {
        (&a.place, &a.metric, &a.cell.workload) == (&b.place, &b.metric, &b.cell.workload)
    };
    let mut series: Vec<&Series> = book.site.log.series.iter().collect();
    series.sort_by_key(|it| (&it.place, &it.cell.workload, &it.metric));
    html! {
        @if !all.is_empty() {
            section aria-labelledby="changes" {
                h2 id="changes" { (words::count(all.len() as u64, "change")) }
                (changes(book, &all[..all.len() - hidden]))
                @if hidden > 0 {
                    p.sub { "and " (number::whole(hidden as u64)) " more; the page of each cell has its own" }
                }
            }
        }
        @if short > 0 {
            p.sub { (number::whole(short as u64)) " series with too few runs to show a change." }
        }
        @for group in series.chunk_by(|a, b| alike(a, b)) { (section(book, group)) }
    }
}

/// Returns the series of one workload in one place.
fn section(book: &Book<'_>, group: &[&Series]) -> Markup {
    let first = group[0];
    let id = anchor(&format!("{}\n{}", first.cell.workload, first.metric), &first.place);
    let metric = words::metric(&first.metric, "op");
    let subject = format!("{}: {metric}", clean(&first.cell.workload));
    let at = clean(&place(&first.place));
    let rows = html! { @for series in group { (row(book, series)) } };
    let heads = ["cell", "course", "#newest", "#95 % interval", "#runs", "#last change", "since"];
    html! {
        section aria-label={ (subject) " on " (at) } {
            h2 id=(id) { (subject) }
            (named_table(&format!("{subject}, {at}"), &at, &heads, &rows))
        }
    }
}

fn row(book: &Book<'_>, series: &Series) -> Markup {
    let unit = Unit::of(&series.metric);
    let id = series.cell.id();
    let last = series.points.last();
    let changes = book.changes_of(series);
    let interval = last.and_then(|it| Some(number::interval(unit, it.median, it.interval?)));
    html! {
        tr {
            th scope="row" { (link(book, id.as_str(), "")) (version(series)) }
            td { (spark::line(series, &changes)) }
            td.number { (last.map_or_else(|| "–".into(), |it| number::value(unit, it.median, it.interval))) }
            td.number { (interval.unwrap_or_else(|| "–".into())) }
            td.number { (series.points.len()) }
            @match changes.last() {
                Some(change) => {
                    td class=(changes::class(change)) { (size(change)) }
                    td { time { (since(change)) } }
                }
                None => { td.number { "–" } td {} }
            }
        }
    }
}

/// Returns a table of changes of any cells and places, for a page at the root.
pub(super) fn changes(book: &Book<'_>, all: &[&Change]) -> Markup {
    let name = |change: &Change| link(book, &change.cell, "");
    changes::table(all, "", Some(&name), book.has_places())
}

/// Returns the id of a cell, as a link to its page.
pub(super) fn link(book: &Book<'_>, id: &str, up: &str) -> Markup {
    html! {
        @match book.cell_pages.get(id) {
            Some(page) => a href={ (up) "cells/" (page) ".html" } { (clean(id)) },
            None => (clean(id)),
        }
    }
}
