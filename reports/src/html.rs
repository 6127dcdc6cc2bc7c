//! The page: one self-contained `index.html` that needs neither network nor scripts.
//!
//! Findings in sentences, whether to trust them, the matrix, a section a workload, what failed and
//! what was left out, the executors, the method, the files. All text from data goes through
//! [`clean`] and is escaped by `maud`; charts are inline SVG.

mod executors;
mod failures;
mod tables;
mod trust;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tminus_harness::rank::Ranking;
use tminus_harness::store::Run;

use crate::escape::clean;
use crate::findings;
use crate::font;
use crate::gallery::{Chart, Gallery, Kind, groups, workloads};
use crate::paint::{self, Theme};
use crate::picture::{Picture, slug};
use crate::{sources, words};

/// The page with the charts of `gallery`.
#[must_use]
pub fn page(run: &Run, ranking: &Ranking, gallery: &Gallery) -> String {
    let title = "Which async executor is faster";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="tminus";
                // The browser itself holds the page to its promise: nothing is fetched.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                // Without one, browsers ask the server for a picture of the site.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(style())) }
            }
            body {
                a.skip href="#main" { "Skip to the findings" }
                header {
                    p.brand { "tminus" }
                    h1 { (title) }
                    p.sub { (sources::line(run)) }
                    (contents(ranking))
                }
                main id="main" {
                    (in_short(ranking, gallery))
                    (trust::section(run, ranking))
                    (matrix(ranking, gallery))
                    @for id in workloads(ranking) { (workload(run, ranking, gallery, id)) }
                    (failures::section(run, ranking))
                    (executors::section(run))
                    (method(run))
                    (downloads(gallery))
                }
                footer { p { (sources::line(run)) } }
            }
        }
    };
    page.into_string()
}

fn style() -> String {
    let (light, dark) = (paint::properties(Theme::Light), paint::properties(Theme::Dark));
    format!(
        ":root{{{light}--stack:{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{}\n{}",
        font::STACK,
        paint::page_rules(),
        include_str!("html/style.css")
    )
}

fn anchor(workload: &str) -> String {
    format!("workload-{}", slug(workload))
}

fn title_of<'a>(ranking: &'a Ranking, workload: &str) -> &'a str {
    groups(ranking, workload).next().map_or("", |(_, group)| &group.title)
}

fn contents(ranking: &Ranking) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#short" { "In short" } }
                li { a href="#trust" { "Can I trust it?" } }
                li { a href="#matrix-section" { "Matrix" } }
                @for workload in workloads(ranking) {
                    @let id = anchor(workload);
                    li { a href={ "#" (id) } { (clean(title_of(ranking, workload))) } }
                }
                li { a href="#failures" { "Failed and left out" } }
                li { a href="#executors" { "Executors" } }
                li { a href="#method" { "Method" } }
                li { a href="#downloads" { "Downloads" } }
            }
        }
    }
}

/// One sentence for the whole and one for each workload, at its largest size.
fn in_short(ranking: &Ranking, gallery: &Gallery) -> Markup {
    html! {
        section aria-labelledby="short" {
            h2 id="short" { "In short" }
            p.verdict { (gallery.matrix().title) "." }
            ul.findings {
                @for group in findings::largest(ranking) {
                    li {
                        a href={ "#" (anchor(&group.workload)) } { (words::group(group)) }
                        ": " (findings::in_short(group)) "."
                    }
                }
            }
        }
    }
}

fn matrix(ranking: &Ranking, gallery: &Gallery) -> Markup {
    html! {
        section aria-labelledby="matrix-section" {
            h2 id="matrix-section" { "Matrix" }
            (figure(gallery.matrix()))
            details {
                summary { "The matrix as a table" }
                (tables::matrix(ranking))
            }
        }
    }
}

fn workload(run: &Run, ranking: &Ranking, gallery: &Gallery, workload: &str) -> Markup {
    let facts = run.header.workloads.iter().find(|facts| facts.id == workload);
    let id = anchor(workload);
    // The others are among the downloads: inline they would take the page beyond its size.
    let is_shown = |chart: &&Chart| matches!(chart.kind, Kind::Growth | Kind::Ranked);
    let shown = gallery.of_workload(workload).filter(is_shown);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (clean(title_of(ranking, workload))) }
            @if let Some(facts) = facts {
                p { (sentence(&facts.about)) " One op is one " (clean(&facts.op)) "." }
                @if !facts.floors.is_empty() {
                    p.sub {
                        "Floors, the same work with no executor: "
                        @for (at, (id, about)) in facts.floors.iter().enumerate() {
                            @if at > 0 { "; " }
                            b { (clean(id)) } ", " (clean(about))
                        }
                        "."
                    }
                }
            }
            @for chart in shown {
                @if let (Kind::Ranked, Some(index)) = (chart.kind, chart.group) {
                    @let group = &ranking.groups[index];
                    h3 { (words::group(group)) }
                    (figure(&chart.picture))
                    details {
                        summary { "Table: " (words::group(group)) }
                        (tables::group(run, group))
                    }
                } @else {
                    (figure(&chart.picture))
                }
            }
        }
    }
}

/// Text that begins with a capital and ends in a full stop.
fn sentence(text: &str) -> String {
    let text = clean(text);
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// A chart that scrolls inside its own frame where the page is narrow, between its texts.
fn figure(picture: &Picture) -> Markup {
    html! {
        figure {
            figcaption {
                b { (picture.title) }
                span.sub { (picture.subtitle) }
            }
            div.scroll tabindex="0" role="region" aria-label={ "Chart: " (picture.title) } {
                (PreEscaped(picture.inline()))
            }
            @for note in &picture.notes { p.note { (note) } }
        }
    }
}

fn method(run: &Run) -> Markup {
    let rounds = words::count(run.header.rounds.into(), "round");
    html! {
        section aria-labelledby="method" {
            h2 id="method" { "Method, in short" }
            ul {
                li { "Each cell (workload, parameters, executor, workers) runs once a round in a fresh \
                      process; " (rounds) ", each in an order of its own, drawn with the seed "
                      (run.header.seed) "." }
                li { "A round gives one value a metric: the median of the child's timed batches, or \
                      its one timed region. Every sample is verified against the parameters; a wrong \
                      answer is a failure." }
                li { "Shown is the median over rounds with its exact 95 % order-statistic interval. \
                      The process is the replicate; samples inside one child never count as \
                      independent." }
                li { "Factors are medians of per-round ratios to the best executor, so that drift of \
                      the machine cancels. About best: the 95 % interval of that ratio includes 1." }
                li { "Ranks are given as ranges where intervals overlap. Floors, the same work with no \
                      executor, are not ranked." }
                li { "Means over workloads are geometric, over the columns that the executors have in \
                      common; each column counts once." }
                li { "Figures have at most three significant digits, and no more than their interval \
                      allows; the ends of intervals are rounded outwards." }
            }
        }
    }
}

fn downloads(gallery: &Gallery) -> Markup {
    let link = |path: &str, text: &str| html! { a href=(path) { (text) } };
    html! {
        section aria-labelledby="downloads" {
            h2 id="downloads" { "Downloads" }
            ul {
                li { (link("data.csv", "data.csv")) ": one row a cell, round and metric, unrounded" }
                li { (link("ranking.json", "ranking.json")) ": medians, intervals, ratios and ranks" }
                li { (link("report.md", "report.md")) ": the tables as Markdown" }
            }
            details {
                summary { "Charts as SVG and PNG" }
                ul {
                    @for Chart { picture, .. } in &gallery.charts {
                        li {
                            (picture.title) ": "
                            @for (at, kind) in ["light.svg", "dark.svg", "light.png", "dark.png"].iter().enumerate() {
                                @if at > 0 { ", " }
                                (link(&format!("charts/{}-{kind}", picture.name), &kind.replace('.', " ")))
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
