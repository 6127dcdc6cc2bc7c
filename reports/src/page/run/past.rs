//! The history of this place: which cells changed, since when, and the newest of them
//! drawn. Only in pages that were given one.

use tminus_history::{Change, Facts};

use super::book::Book;
use crate::draw::gallery::Kind;
use crate::model::past::Past;
use crate::page::changes;
use crate::page::prelude::*;
use crate::words::history::{counts, place};

/// Changes in the table; `tminus history check` tells all.
const MAX_CHANGES: usize = 12;

/// Returns the section; nothing without a history.
pub(super) fn section(book: &Book<'_>) -> Markup {
    let Some(past) = book.beside.past else { return html! {} };
    html! {
        section aria-labelledby="history" {
            h2 id="history" { "Over time" }
            p { (runs(past)) }
            @if !past.log.series.is_empty() { (changed(book, past)) }
        }
    }
}

/// Says which runs of the place there are, and whether this is one of them.
fn runs(past: &Past) -> String {
    let mut starts: Vec<u64> = past.log.runs.values().map(started).collect();
    starts.sort_unstable();
    let [first, .., last] = starts[..] else {
        return format!(
            "The history has {} of {}: too few to show a change.",
            words::count(starts.len() as u64, "run"),
            clean(&place(&past.place))
        );
    };
    let this = match past.number {
        Some(number) => format!("This one is its run {number}."),
        None => "This one is not in it: `tminus history add` adds it.".into(),
    };
    format!(
        "{} of {}, {} to {} (UTC). {this}",
        words::count(starts.len() as u64, "run"),
        clean(&place(&past.place)),
        sources::date(first),
        sources::date(last)
    )
}

fn started(facts: &Facts) -> u64 {
    facts.started_unix_ns
}

fn changed(book: &Book<'_>, past: &Past) -> Markup {
    let all: Vec<&Change> = past.found.changes.iter().collect();
    let hidden = all.len().saturating_sub(MAX_CHANGES);
    html! {
        p { (counts(&past.found)) "." }
        @if !all.is_empty() {
            (changes::table(&all[..all.len() - hidden], "", Some(&|it| html! { (clean(&it.cell)) }), false))
        }
        @if hidden > 0 {
            p.sub { "and " (number::whole(hidden as u64)) " more; " code { "tminus history check" } " tells all." }
        }
        (book.figures.of_kind(Kind::Trend))
        p.sub {
            "Advisory: machines change too between runs. A gate, which runs both sides in turns, decides."
        }
    }
}
