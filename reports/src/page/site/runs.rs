//! Every run, the newest commit first: when, of which commit, where, and what else was new in it.

use std::collections::{BTreeMap, BTreeSet};

use tminus_history::{Facts, Log, Place};

use super::Book;
use crate::page::prelude::*;
use crate::page::shell::table;
use crate::words::history::{commit, place};

/// With more, the page grows too large to be read.
const MAX_RUNS: usize = 2_000;
/// The most items that are named one by one.
const MAX_NEWS: usize = 6;

pub(super) fn main(book: &Book<'_>) -> Markup {
    let all = &book.site.log.runs;
    let order = in_order(book.site.log);
    let mut before: BTreeMap<&Place, &Facts> = BTreeMap::new();
    let news: Vec<String> = order
        .iter()
        .map(|(_, facts)| {
            before.insert(&facts.place, facts).map_or_else(String::new, |old| news(old, facts))
        })
        .collect();
    let has_news = news.iter().any(|news| !news.is_empty());
    let rows = html! {
        @for ((number, facts), news) in order.iter().zip(&news).rev().take(MAX_RUNS) {
            tr id={ "run-" (number) } {
                td.number { (number) }
                td { time { (sources::date(facts.started_unix_ns)) } }
                td { code { (clean(&commit(&facts.revision, facts.dirty, **number))) } }
                td.number { (facts.cells) }
                td.number { (facts.rounds) }
                @if book.has_places() { td { (clean(&place(&facts.place))) } }
                @if has_news { td.long { (clean(news)) } }
            }
        }
    };
    let mut heads = vec!["#run", "measured (UTC)", "commit", "#cells", "#rounds"];
    if book.has_places() {
        heads.push("place");
    }
    if has_news {
        heads.push("new in it");
    }
    let hidden = all.len().saturating_sub(MAX_RUNS);
    html! {
        section aria-label="Runs" {
            @if let (Some(only), false) = (book.places.first(), book.has_places()) {
                p { "All of " (clean(&place(only))) "." }
            }
            (table("Runs, the newest commit first; a + marks uncommitted changes", &heads, &rows))
            @if hidden > 0 { p.sub { "and " (words::count(hidden as u64, "older run")) } }
        }
    }
}

/// Returns the runs in the order of their commits.
pub(super) fn in_order(log: &Log) -> Vec<(&i64, &Facts)> {
    log.order.runs().iter().filter_map(|number| log.runs.get_key_value(number)).collect()
}

/// Returns the numbers of the runs that the page has.
pub(super) fn listed(log: &Log) -> BTreeSet<i64> {
    in_order(log).into_iter().rev().take(MAX_RUNS).map(|(number, _)| *number).collect()
}

/// Returns the number of a run for a page one folder down, as a link where the page of runs has it.
pub(super) fn link(book: &Book<'_>, number: i64) -> Markup {
    html! {
        @if book.listed_runs.contains(&number) { a href={ "../runs.html#run-" (number) } { (number) } }
        @else { (number) }
    }
}

/// Returns what differs from the run before at the same place.
fn news(old: &Facts, new: &Facts) -> String {
    let mut out = old.differences(new);
    let hidden = out.len().saturating_sub(MAX_NEWS);
    out.truncate(MAX_NEWS);
    if hidden > 0 {
        out.push(format!("{hidden} more"));
    }
    out.join("; ")
}
