//! A page a cell: what it did over the runs of each place, and where it changed; and its series as
//! CSV.

use tminus_history::{Change, Series};

use super::address::anchor;
use super::{Book, runs, version};
use crate::Output;
use crate::draw::trend;
use crate::model::trend::Trend;
use crate::page::changes::{self, class};
use crate::page::prelude::*;
use crate::page::shell::{figure, table};
use crate::words::escape::csv;
use crate::words::history::{commit, place, size};

/// Runs in the table of a page; the CSV has them all.
const MAX_RUNS: usize = 50;

pub(super) fn pages(book: &Book<'_>) -> Vec<Output> {
    let mut files = Vec::new();
    for (id, all) in &book.cells {
        let Some(name) = book.cell_pages.get(id) else { continue };
        let path = format!("cells/{name}.html");
        files.push(book.page(&path, "../", &clean(id), &main(book, all, name)));
        let bytes = table_of(book, all).into_bytes();
        files.push(Output { path: format!("cells/{name}.csv"), bytes });
    }
    files
}

fn main(book: &Book<'_>, all: &[&Series], name: &str) -> Markup {
    let cell = &all[0].cell;
    html! {
        p {
            @if let Some(page) = book.executor_pages.get(&cell.executor) {
                "Executor: " a href={ "../executors/" (page) ".html" } { (clean(&cell.executor)) } ". "
            }
            "All its runs: " a href={ (name) ".csv" } { (name) ".csv" } "."
        }
        @for series in all { (section(book, series, all.len() > 1)) }
    }
}

/// Makes the section of one series; where there are `several`, each name in it says which one it is
/// of.
fn section(book: &Book<'_>, series: &Series, several: bool) -> Markup {
    let title = format!("{}{}", words::metric(&series.metric, "op"), version(series));
    let id = anchor(&format!("{}\n{}", series.metric, series.workload_version), &series.place);
    let at = clean(&place(&series.place));
    let of = if several { format!(": {title}, {at}") } else { String::new() };
    let changes = book.changes_of(series);
    html! {
        section aria-labelledby={ (id) " " (id) "-place" } {
            h2 id=(id) { (title) }
            p.sub id={ (id) "-place" } { (at) "; " (words::count(series.points.len() as u64, "run")) }
            (chart(book, series, &id, &of))
            @if !changes.is_empty() { (changes::table(&changes, &of, None, false)) }
            @else if book.is_too_short(series) { p { "Too few runs yet to show a change." } }
            @else { p { "No change was found." } }
            (points(book, series, &changes, &of))
        }
    }
}

/// Returns the series as a picture; nothing where one run is all that there is to draw.
fn chart(book: &Book<'_>, series: &Series, id: &str, of: &str) -> Markup {
    let Book { site, .. } = book;
    let trend = Trend::of(site.log, series, site.found, book.family(&series.cell));
    let Some(trend) = trend.filter(|trend| trend.points.len() > 1) else { return html! {} };
    let left_out = series.points.len() - trend.points.len();
    let mut picture = trend::draw(&trend, &crate::model::trend::sources(site.log, series));
    // Several places have series of the same name.
    picture.name = format!("trend-{id}");
    picture.title += of;
    html! {
        (figure(&picture, true))
        @if left_out > 0 {
            p.sub { "Not drawn: " (words::count(left_out as u64, "run")) " without a value above 0." }
        }
    }
}

/// Returns the newest runs.
fn points(book: &Book<'_>, series: &Series, changes: &[&Change], of: &str) -> Markup {
    let unit = Unit::of(&series.metric);
    let hidden = series.points.len().saturating_sub(MAX_RUNS);
    let rows = html! {
        @for point in series.points[hidden..].iter().rev() {
            @let change = changes.iter().find(|it| it.first_after.run == point.run);
            tr {
                td.number { (runs::link(book, point.run)) }
                @if let Some(facts) = book.site.log.runs.get(&point.run) {
                    td { time { (sources::date(facts.started_unix_ns)) } }
                    td { code { (clean(&commit(&facts.revision, facts.dirty, point.run))) } }
                } @else { td {} td {} }
                td.number { (number::value(unit, point.median, point.interval)) }
                td.number {
                    @if let Some(ends) = point.interval { (number::interval(unit, point.median, ends)) }
                }
                @match change {
                    Some(change) => td class=(class(change)) { (size(change)) },
                    None => @if !changes.is_empty() { td {} },
                }
            }
        }
    };
    let mut heads = vec!["#run", "day (UTC)", "commit", "#median", "#95 % interval"];
    if !changes.is_empty() {
        heads.push("#change");
    }
    let caption = match hidden {
        0 => format!("Runs, the newest first{of}"),
        _ => format!("The newest {MAX_RUNS} runs; the CSV has all{of}"),
    };
    html! {
        details open[changes.is_empty() || hidden == 0] {
            summary { "Run by run" }
            (table(&caption, &heads, &rows))
        }
    }
}

/// Returns every run of every series of the cell in long form, with the unit in the name of the
/// metric.
fn table_of(book: &Book<'_>, all: &[&Series]) -> String {
    let mut out = String::from(
        "cell,metric,workload_version,place,run,started_unix_ns,revision,dirty,median,low,high,rounds\n",
    );
    for series in all {
        let id = series.cell.id();
        let start = [id.as_str(), &series.metric].map(csv).join(",");
        let start = format!("{start},{},{}", series.workload_version, csv(&place(&series.place)));
        for point in &series.points {
            let Some(facts) = book.site.log.runs.get(&point.run) else { continue };
            let (low, high) = point.interval.map_or((String::new(), String::new()), |ends| {
                (number::raw(ends.low), number::raw(ends.high))
            });
            out += &format!(
                "{start},{},{},{},{},{},{low},{high},{}\n",
                point.run,
                facts.started_unix_ns,
                csv(&facts.revision),
                facts.dirty,
                number::raw(point.median),
                point.rounds
            );
        }
    }
    out
}
