//! A section a workload: what happens, how cost grows, and each size as a table of dots; the
//! largest that was measured is open, the others say their finding and open on demand.

use super::book::Book;
use super::{anchor, counts, dots, title_of};
use crate::page::prelude::*;

/// Returns the section of `workload`.
pub(super) fn section(book: &Book<'_>, workload: &str) -> Markup {
    let id = anchor(book.ranking, workload);
    let groups: Vec<usize> = sizes::groups(book.ranking, workload).map(|(at, _)| at).collect();
    let largest = sizes::largest_of(book.ranking, workload).map(|(at, _)| at);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (clean(title_of(book.ranking, workload))) }
            (about(book, workload))
            (book.figures.of_workload(workload))
            (crossings(book, workload))
            @for at in groups {
                @let group = &book.ranking.groups[at];
                details.group open[largest == Some(at)] {
                    summary { h3 { (findings::ranked_title(group)) } }
                    (dots::table(book, at))
                    (counts::table(group))
                    (book.figures.of_group(at))
                }
            }
        }
    }
}

/// Crossings of one workload and parameter that are said.
const MOST_CROSSINGS: usize = 5;

/// Lists which executors change places as a parameter grows.
fn crossings(book: &Book<'_>, workload: &str) -> Markup {
    let all: Vec<_> =
        book.ranking.crossings.iter().filter(|all| all.workload == workload).collect();
    if all.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Crossings" }
        p.sub { (words::capital(findings::CROSSINGS_NOTE)) "." }
        ul.findings {
            @for all in all {
                @for told in findings::crossings_told(all, MOST_CROSSINGS) {
                    li { (findings::crossings_subject(all)) ": " (told) "." }
                }
            }
        }
    }
}

fn about(book: &Book<'_>, workload: &str) -> Markup {
    let Some(facts) = book.facts(workload) else { return html! {} };
    html! {
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
}

/// Makes a sentence of a text: a capital first, a full stop last.
pub(super) fn sentence(text: &str) -> String {
    format!("{}.", words::capital(clean(text).trim_end_matches('.')))
}
