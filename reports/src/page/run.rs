//! The page: one self-contained `index.html` that needs no network and says all without scripts.
//!
//! Verdict and findings in sentences, which executor for which work, whether to trust the figures,
//! the matrix, a section a workload, a section an executor, what failed and what was left out, the
//! method, the files. All text from data goes through [`clean`] and is escaped by `maud`; charts
//! are inline SVG. The one script (`script.rs`) filters, sorts and compares; it knows only the data
//! that the page holds, and the page's own policy allows no other script and no request.

mod book;
mod cells;
mod chooser;
mod contract;
mod counts;
mod data;
mod dots;
pub(crate) mod executors;
mod failures;
mod figures;
mod marks;
mod matrix;
mod method;
mod past;
mod short;
mod trust;
mod workloads;

use maud::{DOCTYPE, PreEscaped};
use tminus_judge::rank::Ranking;
use tminus_record::Run;

use crate::draw::font;
use crate::draw::gallery::Gallery;
use crate::draw::paint::{self, Theme};
use crate::draw::picture::slug;
use crate::model::sizes::{groups, workloads};
use crate::page::prelude::*;
use crate::page::script::SCRIPT;
use crate::page::{policy, shell};
use crate::{Beside, Output};
use book::Book;

/// Returns the page with the charts of `gallery` and what there is `beside` the run.
#[must_use]
pub fn page(run: &Run, ranking: &Ranking, gallery: &Gallery, beside: &Beside<'_>) -> String {
    let book = Book::of(run, ranking, gallery, beside);
    let title = "Which async executor is faster";
    let style = style();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (shell::head(title, &policy::of(&style, SCRIPT), &style))
            body {
                a.skip href="#main" { "Skip to the findings" }
                (marks::definitions())
                header {
                    p.brand { "tminus " button #theme type="button" hidden { "dark" } }
                    h1 { (title) }
                    p.sub { (sources::line(run)) }
                    (contents(&book))
                }
                main id="main" {
                    (short::section(&book))
                    (chooser::section(&book))
                    (trust::section(&book))
                    (matrix::section(&book))
                    @for id in workloads(ranking) { (workloads::section(&book, id)) }
                    (executors::section(&book))
                    (past::section(&book))
                    (failures::section(run, ranking))
                    (method::section(run, ranking))
                    (method::downloads(gallery, beside.png))
                }
                footer { p { (sources::line(run)) } }
                div #tip role="tooltip" hidden {}
                script #data type="application/json" { (PreEscaped(data::json(&book))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Returns the pages of the cells of the run, which stand in `cells/` beside its page.
#[must_use]
pub fn cells(run: &Run, ranking: &Ranking, gallery: &Gallery, beside: &Beside<'_>) -> Vec<Output> {
    cells::pages(&Book::of(run, ranking, gallery, beside))
}

fn style() -> String {
    let (light, dark) = (paint::properties(Theme::Light), paint::properties(Theme::Dark));
    format!(
        ":root{{color-scheme:light dark;{light}--stack:{}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}:root[data-theme=light]{{color-scheme:light}}}}\n\
         {}\n{}\n{}\n{}",
        font::STACK,
        paint::page_rules(),
        paint::heat_rules(),
        shell::BASE,
        include_str!("css/run.css")
    )
}

/// Returns the id of the section of a workload. What was imported may have workloads that differ
/// only in letters that ids have none of: those after the first are told apart by a dot and a
/// number, and no slug has a dot.
fn anchor(ranking: &Ranking, workload: &str) -> String {
    let own = slug(workload);
    let all = workloads(ranking);
    let before = all.iter().take_while(|other| **other != workload);
    match before.filter(|other| slug(other) == own).count() {
        0 => format!("workload-{own}"),
        before => format!("workload-{own}.{}", before + 1),
    }
}

fn title_of<'a>(ranking: &'a Ranking, workload: &str) -> &'a str {
    groups(ranking, workload).next().map_or("", |(_, group)| &group.title)
}

fn contents(book: &Book<'_>) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#short" { "In short" } }
                @if !book.answers.is_empty() { li { a href="#choose" { "Which one for me?" } } }
                li { a href="#trust" { "Can I trust it?" } }
                li { a href="#matrix-section" { "Matrix" } }
                @for workload in workloads(book.ranking) {
                    @let id = anchor(book.ranking, workload);
                    li { a href={ "#" (id) } { (clean(title_of(book.ranking, workload))) } }
                }
                li { a href="#executors" { "Executors" } }
                @if book.beside.past.is_some() { li { a href="#history" { "Over time" } } }
                li { a href="#failures" { "Failed and left out" } }
                li { a href="#method" { "Method" } }
                li { a href="#downloads" { "Downloads" } }
            }
        }
    }
}

#[cfg(test)]
mod tests;
