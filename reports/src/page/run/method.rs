//! How the figures came about, in short, and the files that hold them.

use tminus_judge::rank::Ranking;
use tminus_record::Run;

use crate::draw::gallery::{Chart, Gallery};
use crate::page::prelude::*;

/// Returns the section on the method.
pub(super) fn section(run: &Run, ranking: &Ranking) -> Markup {
    html! {
        section aria-labelledby="method" {
            h2 id="method" { "Method, in short" }
            ul {
                li { "Each cell (workload, parameters, executor, workers) runs once a round in a fresh \
                      process; " (sources::rounds(run)) ", each in an order of its own, drawn with the seed "
                      (run.header.seed) "." }
                li { "A round gives one value a metric: the median of the child's timed batches, or \
                      its one timed region. Every sample is verified against the parameters; a wrong \
                      answer is a failure." }
                li { "Shown is the median over rounds with its exact 95 % order-statistic interval. \
                      The process is the replicate; samples inside one child never count as \
                      independent." }
                li { "Factors are medians of per-round ratios to the best executor, so that drift of \
                      the machine cancels." }
                li { (words::capital(&findings::standing_note(&ranking.limits))) "." }
                li { (margin(run)) }
                li { "Ranks are given as ranges where intervals overlap. Floors, the same work with no \
                      executor, are not ranked." }
                li { "Means over workloads are geometric, of medians against the least of each column, over \
                      the columns that the executors have in common; each column counts once. Yardsticks \
                      (floors, and a thread for each task) choose no columns. Two executors share places \
                      where their means cannot be told apart, and where leaving out a third would turn their \
                      order round." }
                li { "Figures have at most three significant digits, and no more than their interval \
                      allows; the ends of intervals are rounded outwards." }
            }
        }
    }
}

/// Returns why the margin is what it is.
fn margin(run: &Run) -> &'static str {
    match run.header.provenance.build.aligned {
        Some(true) => {
            "The margin of 2 % is twice what another order of the same functions in memory was seen to \
             do, where each begins a cache line, as in this program."
        }
        Some(false) | None => {
            "The margin of 4 % is what another order of the same functions in memory was seen to do, where \
             functions begin anywhere; it is 2 % for a program in which each begins a cache line."
        }
    }
}

/// Returns the section with links to all files.
pub(super) fn downloads(gallery: &Gallery, png: bool) -> Markup {
    let (summary, kinds): (_, &[&str]) = match png {
        true => ("Charts as SVG and PNG", &["light.svg", "dark.svg", "light.png", "dark.png"]),
        false => ("Charts as SVG", &["light.svg", "dark.svg"]),
    };
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
                summary { (summary) }
                @if gallery.not_drawn > 0 {
                    p.sub {
                        (words::count(gallery.not_drawn as u64, "table"))
                        " above have no picture: a run of so many would make thousands."
                    }
                }
                ul {
                    @for Chart { picture, .. } in &gallery.charts {
                        li {
                            (picture.title) ": "
                            @for (at, kind) in kinds.iter().enumerate() {
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
