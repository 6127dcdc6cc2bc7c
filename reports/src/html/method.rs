//! How the figures came about, in short, and the files that hold them.

use maud::{Markup, html};
use tminus_harness::store::Run;

use crate::gallery::{Chart, Gallery};
use crate::{sources, words};

/// The section on the method.
pub(super) fn section(run: &Run) -> Markup {
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

/// The section with links to all files.
pub(super) fn downloads(gallery: &Gallery) -> Markup {
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
