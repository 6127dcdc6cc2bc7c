//! A page an executor: where it is strong and what it costs in the newest run that has it, its
//! version and features over time, and its cells.

use tminus_history::{Facts, Series};
use tminus_judge::rank::{Rounds, Row};
use tminus_record::ExecutorFacts;

use super::{Book, Newest, runs, spark, trends, version};
use crate::Output;
use crate::model::matrix::{Matrix, slowdown};
use crate::model::portrait::{self, Portrait};
use crate::page::prelude::*;
use crate::page::run::executors::details;
use crate::page::shell::table;
use crate::words::history::place;

/// Returns the executors as a list of links.
pub(super) fn links(book: &Book<'_>) -> Markup {
    html! {
        ul.columns {
            @for (executor, page) in book.executor_pages.iter() {
                li {
                    a href={ "executors/" (page) ".html" } { (clean(executor)) }
                    @if let Some((_, facts)) = newest_with(book, executor) {
                        " " span.sub { (clean(&facts.name)) ", " (words::family(facts.family)) }
                    }
                }
            }
        }
    }
}

/// Returns the page of all.
pub(super) fn list(book: &Book<'_>) -> Markup {
    html! { section aria-label="Executors" { (links(book)) } }
}

pub(super) fn pages(book: &Book<'_>) -> Vec<Output> {
    let portraits: Vec<(&Newest, Vec<Portrait<'_>>)> =
        book.site.newest.iter().map(|newest| (newest, portraits(newest))).collect();
    let page = |(executor, page): (&str, &str)| {
        let found = portraits.iter().find_map(|(newest, all)| {
            Some((*newest, all.iter().find(|portrait| portrait.facts.id == executor)?))
        });
        let path = format!("executors/{page}.html");
        book.page(&path, "../", &clean(executor), &main(book, executor, found))
    };
    book.executor_pages.iter().map(page).collect()
}

fn portraits(newest: &Newest) -> Vec<Portrait<'_>> {
    let Newest { run, ranking, .. } = newest;
    portrait::portraits(run, ranking, &Rounds::of(run), &Matrix::of(ranking))
}

/// Returns the newest run that has the executor, and what that says of it.
pub(super) fn newest_with<'a>(
    book: &Book<'a>,
    executor: &str,
) -> Option<(&'a Newest, &'a ExecutorFacts)> {
    book.site.newest.iter().find_map(|newest| {
        let mut all = newest.run.header.executors.iter();
        Some((newest, all.find(|facts| facts.id == executor)?))
    })
}

fn main(book: &Book<'_>, executor: &str, found: Option<(&Newest, &Portrait<'_>)>) -> Markup {
    html! {
        @match found {
            Some((newest, portrait)) => {
                section aria-labelledby="portrait" {
                    h2 id="portrait" { "In the newest run" }
                    p.sub { (clean(&portrait.facts.name)) ", " (words::family(portrait.facts.family)) "; " (sources::line(&newest.run)) }
                    @if let Some(asked) = book.asked() { p { (asked) } }
                    div.portrait { (details(portrait, book.site.conformance)) }
                }
                (versions(book, portrait.facts))
            }
            None => p { "No newest run of any place has it; its cells of earlier runs are below." },
        }
        (cells(book, executor))
    }
}

/// Says since which run each of its crates has had the version and features that it has, and
/// before.
fn versions(book: &Book<'_>, facts: &ExecutorFacts) -> Markup {
    let runs = runs::in_order(book.site.log);
    let changes = |name: &String| {
        let known =
            runs.iter().filter_map(|(number, run)| Some((*number, run, run.crates.get(name)?)));
        let mut last: Option<&String> = None;
        let mut changes: Vec<(&i64, &Facts, &String)> = known
            .filter(|(_, _, version)| last.replace(*version) != Some(*version))
            .map(|(number, run, version)| (number, *run, version))
            .collect();
        changes.reverse();
        changes.truncate(20);
        changes
    };
    let rows = html! {
        @for name in facts.crates.keys() {
            @for (number, run, version) in changes(name) {
                tr {
                    th scope="row" { (clean(name)) }
                    td.long { (clean(version)) }
                    td { time { (sources::date(run.started_unix_ns)) } }
                    td.number { (runs::link(book, *number)) }
                }
            }
        }
    };
    let heads = ["crate", "version and features", "since (UTC)", "#run"];
    html! {
        @if !facts.crates.is_empty() {
            section aria-labelledby="versions" {
                h2 id="versions" { "Versions over time" }
                (table("Its crates, the newest version first", &heads, &rows))
            }
        }
    }
}

/// Lists its series, each with its slowdown in the newest run of its place.
fn cells(book: &Book<'_>, executor: &str) -> Markup {
    let mut series: Vec<&Series> =
        book.site.log.series.iter().filter(|series| series.cell.executor == executor).collect();
    series.sort_by_key(|series| &series.cell.workload);
    let rows = html! {
        @for series in &series {
            @let row = row_of(book, series);
            @let slowdown = row.and_then(|row| row.ratio).map(|ratio| slowdown(ratio, &series.metric));
            @let unit = Unit::of(&series.metric);
            @let last = series.points.last();
            tr {
                th scope="row" { (trends::link(book, series.cell.id().as_str(), "../")) (version(series)) }
                @if book.has_places() { td { (clean(&place(&series.place))) } }
                td { (words::metric(&series.metric, "op")) }
                td { (spark::line(series, &book.changes_of(series))) }
                td.number { (last.map_or_else(|| "–".into(), |it| number::value(unit, it.median, it.interval))) }
                td.number { (row.map(words::rank).unwrap_or_default()) }
                td.number { (slowdown.as_ref().map(number::factor).unwrap_or_default()) }
            }
        }
    };
    let mut heads = vec!["cell", "metric", "course", "#newest", "#rank", "#slowdown"];
    if book.has_places() {
        heads.insert(1, "place");
    }
    html! {
        @if !series.is_empty() {
            section aria-labelledby="cells" {
                h2 id="cells" { "Its cells" }
                (table("Rank and slowdown against the fastest are of the newest run of the place", &heads, &rows))
            }
        }
    }
}

/// Returns its row in the newest run of the series' place; nothing where that run is not of the
/// series, which another version of the workload makes too.
pub(super) fn row_of<'a>(book: &Book<'a>, series: &Series) -> Option<&'a Row> {
    let own = |newest: &&Newest| series.points.iter().any(|point| point.run == newest.number);
    let newest = book.site.newest.iter().find(own)?;
    let (metric, row) = book.rows.get(&newest.number)?.get(series.cell.id().as_str())?;
    (*metric == series.metric).then_some(*row)
}
