//! Which one for me? A table of answers; a script may show one of them alone.

use maud::{Markup, html};
use tminus_harness::store::ExecutorFacts;

use super::book::Book;
use crate::advice::{Answer, Pick};
use crate::escape::clean;
use crate::number::{self, Unit};
use crate::words;

/// Names in full in a tie; the others are counted.
const MAX_TIED: usize = 4;

/// The section; empty where the run has none of the workloads that answer.
pub(super) fn section(book: &Book<'_>) -> Markup {
    html! {
        @if !book.answers.is_empty() {
            section aria-labelledby="choose" {
                h2 id="choose" { "Which one for me?" }
                p {
                    "One figure decides each line: the largest size of one workload that could be \
                     measured. Who cannot be told from the best is named with it. Loops of this project \
                     stand there for scale, not as candidates."
                }
                (controls(book))
                div.scroll tabindex="0" role="region" aria-label="Answers" {
                    table #answers {
                        thead {
                            tr {
                                th scope="col" { "my work" }
                                th scope="col" data-side="one" { "on one thread" }
                                th scope="col" data-side="many" { "on several threads" }
                                th scope="col" { "for scale" }
                            }
                        }
                        tbody { @for answer in &book.answers { (line(book, answer)) } }
                    }
                }
            }
        }
    }
}

fn controls(book: &Book<'_>) -> Markup {
    let radio = |name: &str, value: &str, label: &str| {
        html! {
            label { input type="radio" name=(name) value=(value) checked[value.is_empty()]; " " (label) }
        }
    };
    html! {
        form.controls #chooser hidden {
            fieldset {
                legend { "My work" }
                (radio("need", "", "show all"))
                @for answer in &book.answers { (radio("need", answer.need.id, answer.need.title)) }
            }
            fieldset {
                legend { "Threads" }
                (radio("side", "", "either"))
                (radio("side", "one", "one"))
                (radio("side", "many", "several"))
            }
        }
    }
}

fn line(book: &Book<'_>, answer: &Answer<'_>) -> Markup {
    let op = &answer.group.op;
    let metric = words::metric(answer.need.metric, op);
    let unit = Unit::of(answer.need.metric);
    html! {
        tr data-need=(answer.need.id) {
            th scope="row" {
                (answer.need.title)
                span.sub { "by " (metric) ", " (words::group(answer.group)) }
            }
            td data-side="one" { (side(book, answer, &answer.one)) }
            td data-side="many" { (side(book, answer, &answer.many)) }
            td.sub {
                @if let Some(pick) = &answer.for_scale {
                    (pick.name) ", a loop of this project: " (number::value(unit, pick.value, pick.interval))
                }
            }
        }
    }
}

fn side(book: &Book<'_>, answer: &Answer<'_>, picks: &[Pick]) -> Markup {
    let unit = Unit::of(answer.need.metric);
    let Some(best) = picks.first() else { return html! { "not measured" } };
    let tied: Vec<&Pick> = picks.iter().filter(|pick| pick.about_best).collect();
    let next = picks.iter().find(|pick| !pick.about_best);
    let more = tied.len().saturating_sub(MAX_TIED);
    let beside = words::metric(answer.need.beside, &answer.group.op);
    html! {
        p {
            @for (at, pick) in tied.iter().take(MAX_TIED).enumerate() {
                @if at > 0 { ", " }
                (name(book, pick))
            }
            @if more > 0 { " and " (more) " more" }
            @if tied.len() > 1 { " (about best)" }
            ": " b { (number::value(unit, best.value, best.interval)) }
            @if let Some(ends) = best.interval {
                span.sub { " (" (number::interval(unit, best.value, ends)) ")" }
            }
        }
        p.sub {
            @match next.and_then(|next| Some((next, next.ratio?))) {
                Some((next, ratio)) => {
                    "next " (next.name) " with " (number::factor(&ratio)) "; "
                }
                None => @if best.interval.is_none() { "too few rounds to tell ties; " }
            }
            @if let Some(value) = best.beside {
                (beside) " of " (best.name) " "
                (number::value(Unit::of(answer.need.beside), value, None))
            }
        }
    }
}

/// The name with a link to its section, and what would keep one from choosing it.
fn name(book: &Book<'_>, pick: &Pick) -> Markup {
    let facts = book.run.header.executors.iter().find(|facts| facts.id == pick.executor);
    html! {
        @match book.anchor(&pick.executor) {
            Some(id) => a.pick href={ "#" (id) } { (pick.name) },
            None => b { (pick.name) },
        }
        @if let Some(note) = facts.and_then(warning) { " " span.alarm { "(" (note) ")" } }
    }
}

/// What an executor's author says of its end.
pub(super) fn warning(facts: &ExecutorFacts) -> Option<String> {
    facts.note.contains("discontinued").then(|| clean(&facts.note))
}
