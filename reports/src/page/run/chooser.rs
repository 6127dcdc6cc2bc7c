//! Which one for me? A table of answers; a script may show one of them alone.

use tminus_judge::rank::Standing;
use tminus_record::ExecutorFacts;

use super::book::Book;
use crate::model::advice::{Answer, Pick};
use crate::page::prelude::*;

/// Names in full in a tie; the others are counted.
const MAX_TIED: usize = 4;

/// Returns the section; empty where the run has none of the workloads that answer.
pub(super) fn section(book: &Book<'_>) -> Markup {
    html! {
        @if !book.answers.is_empty() {
            section aria-labelledby="choose" {
                h2 id="choose" { "Which one for me?" }
                p {
                    "One figure decides each line: the largest size of one workload that could be \
                     measured. All that are best or equivalent are named; noise may hide it of others. Loops \
                     of this project stand there for scale, not as candidates."
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
                @for answer in &book.answers { (radio("need", &answer.need.id, &answer.need.title)) }
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
    let metric = words::metric(&answer.need.metric, op);
    let unit = Unit::of(&answer.need.metric);
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
    let unit = Unit::of(&answer.need.metric);
    let Some(best) = picks.first() else { return html! { "not measured" } };
    let those = |standing| -> Vec<&Pick> {
        picks.iter().filter(|pick| pick.standing == standing).collect()
    };
    let (tied, open) = (those(Standing::Best), those(Standing::CannotTell));
    let next = picks.iter().find(|pick| pick.standing == Standing::Slower);
    // Where noise hides it of all, the one with the least stands there as what it is.
    let named = if tied.is_empty() { &open } else { &tied };
    let standing = named.first().map(|pick| words::standing(pick.standing)).unwrap_or_default();
    let more = named.len().saturating_sub(MAX_TIED);
    let open: Vec<&str> = if tied.is_empty() { &[][..] } else { &open[..] }
        .iter()
        .map(|pick| pick.name.as_str())
        .collect();
    let beside = words::metric(&answer.need.beside, &answer.group.op);
    html! {
        p {
            @for (at, pick) in named.iter().take(MAX_TIED).enumerate() {
                @if at > 0 { ", " }
                (name(book, pick))
            }
            @if more > 0 { " and " (more) " more" }
            @if tied.len() != 1 { " (" (standing) ")" }
            ": " span.pick[!tied.is_empty()] { (number::value(unit, best.value, best.interval)) }
            @if let Some(ends) = best.interval {
                span.sub { " (" (number::interval(unit, best.value, ends)) ")" }
            }
        }
        p.sub {
            @if !open.is_empty() { (words::standing(Standing::CannotTell)) " of " (open.join(", ")) "; " }
            @match next.and_then(|next| Some((next, next.ratio?))) {
                Some((next, ratio)) => {
                    "next " (next.name) " with " (number::factor(&ratio)) "; "
                }
                None => @if best.interval.is_none() { "too few rounds to tell ties; " }
            }
            @if let Some(value) = best.beside {
                (beside) " of " (best.name) " "
                (number::value(Unit::of(&answer.need.beside), value, None))
            }
        }
    }
}

/// Returns the name with a link to its section and what would keep one from choosing it; bold only
/// where it is best or equivalent.
fn name(book: &Book<'_>, pick: &Pick) -> Markup {
    let best = pick.standing == Standing::Best;
    let facts = book.run.header.executors.iter().find(|facts| facts.id == pick.executor);
    html! {
        @match book.anchor(&pick.executor) {
            Some(id) => a.pick[best] href={ "#" (id) } { (pick.name) },
            None => span.pick[best] { (pick.name) },
        }
        @if let Some(note) = facts.and_then(warning) { " " span.alarm { "(" (note) ")" } }
    }
}

/// Returns the warning of an executor's author about its end.
pub(super) fn warning(facts: &ExecutorFacts) -> Option<String> {
    facts.note.contains("discontinued").then(|| clean(&facts.note))
}
