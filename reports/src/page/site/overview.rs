//! The first page: what the newest run says, what changed of late, where it was measured.

use tminus_history::{Change, Findings};

use super::{Book, Newest, executors, trends};
use crate::draw;
use crate::model::matrix::Matrix;
use crate::page::prelude::*;
use crate::page::shell::{figure, table};
use crate::words::history::{commit, place};

const MAX_CHANGES: usize = 12;

pub(super) fn main(book: &Book<'_>) -> Markup {
    html! {
        (tiles(book))
        @if let Some(newest) = book.site.newest.first() { (newest_run(book, newest)) }
        @else { p { "No newest run of any place has the metric that was asked for; earlier ones have." } }
        (changes(book))
        section aria-labelledby="executors" {
            h2 id="executors" { "Executors" }
            (executors::links(book))
        }
        (places(book))
    }
}

fn tiles(book: &Book<'_>) -> Markup {
    let found = book.site.found;
    let count =
        |worse: Option<bool>| found.changes.iter().filter(|it| it.is_worse() == worse).count();
    let tiles = [
        (book.site.log.runs.len(), "runs"),
        (book.cells.len(), "cells"),
        (book.executor_pages.iter().count(), "executors"),
        (count(Some(true)), "changes for the worse"),
        (count(Some(false)), "changes for the better"),
    ];
    let unordered = count(None);
    html! {
        ul.tiles {
            @for (count, what) in tiles { li { b { (number::whole(count as u64)) } (what) } }
            @if unordered > 0 {
                li { b { (number::whole(unordered as u64)) } "changes in the order of measuring" }
            }
        }
    }
}

/// Shows the newest run, in a sentence a workload and in its matrix.
fn newest_run(book: &Book<'_>, newest: &Newest) -> Markup {
    let Newest { run, ranking, .. } = newest;
    let picture = draw::matrix::draw(ranking, &sources::line(run));
    let shipped = findings::shipped(&Matrix::of(ranking));
    html! {
        section aria-labelledby="newest" {
            h2 id="newest" { "The newest run" }
            p.sub { (sources::line(run)) }
            p.verdict { (picture.title) "." @if let Some(shipped) = shipped { " " (shipped) "." } }
            @if let Some(asked) = book.asked() { p { (asked) } }
            ul.findings {
                @for group in sizes::largest(ranking) {
                    li { b { (words::group(group)) } ": " (findings::in_short(group)) "." }
                }
            }
            (figure(&picture, false))
        }
    }
}

fn changes(book: &Book<'_>) -> Markup {
    let mut all: Vec<&Change> = book.site.found.changes.iter().collect();
    let places = book.site.log.order.places();
    all.sort_by_key(|change| std::cmp::Reverse(places.get(&change.first_after.run).copied()));
    html! {
        section aria-labelledby="changes" {
            h2 id="changes" { "Changes of late" }
            @if all.is_empty() { p { (unchanged(book.site.found)) } } @else {
                (trends::changes(book, &all[..all.len().min(MAX_CHANGES)]))
            }
            @if all.len() > MAX_CHANGES {
                p.sub { a href="trends.html" { "All " (words::count(all.len() as u64, "change")) } }
            }
        }
    }
}

/// Says what it means that no change was found: too few runs show none, whatever happened.
fn unchanged(found: &Findings) -> String {
    let (short, all) = (number::whole(found.too_short as u64), number::whole(found.series as u64));
    match found.too_short {
        0 => "No series of this history changed.".into(),
        count if count == found.series => "No series has enough runs yet to show a change.".into(),
        _ => format!(
            "No change was found, and {short} of {all} series have too few runs to show one."
        ),
    }
}

/// Lists where runs were made: figures of two places stand in no series together.
fn places(book: &Book<'_>) -> Markup {
    let runs = &book.site.log.runs;
    let hidden = book.places.len().saturating_sub(book.site.newest.len());
    let rows = html! {
        @for newest in book.site.newest {
            @if let Some(facts) = runs.get(&newest.number) {
                tr {
                    th scope="row" { (clean(&place(&facts.place))) }
                    td.number { (runs.values().filter(|it| it.place == facts.place).count()) }
                    td { time { (sources::date(facts.started_unix_ns)) } }
                    td { (clean(&commit(&facts.revision, facts.dirty, newest.number))) }
                }
            }
        }
    };
    let heads = ["CPU, cores, build", "#runs", "newest, measured (UTC)", "commit"];
    html! {
        section aria-labelledby="places" {
            h2 id="places" { "Where it was measured" }
            (table("Places: only runs of one are compared", &heads, &rows))
            @if hidden > 0 {
                p.sub {
                    "and " (words::count(hidden as u64, "more place")) ", whose newest run is not shown in full; "
                    a href="runs.html" { "all runs" }
                }
            }
        }
    }
}
