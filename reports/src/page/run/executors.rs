//! A section an executor: where it is strong, what it costs, what a reader must know of it, its
//! version and features.

use tminus_contract::{Family, Order, Workers};
use tminus_judge::rank::{Standing, higher_is_better};
use tminus_record::ExecutorFacts;

use super::book::Book;
use super::chooser::warning;
use super::{contract, marks};
use crate::model::conformance::Conformance;
use crate::model::portrait::{Cost, Portrait};
use crate::page::prelude::*;

/// Returns all of them, in the order of the run.
pub(super) fn section(book: &Book<'_>) -> Markup {
    html! {
        section aria-labelledby="executors" {
            h2 id="executors" { "Executors" }
            p {
                "Executors that people ship are held against each other here, the loops of this project \
                 against all. Strengths: best or equivalent in that field. Costs: furthest behind its best."
            }
            div.cards { @for portrait in &book.portraits { (card(book, portrait)) } }
        }
    }
}

fn card(book: &Book<'_>, portrait: &Portrait<'_>) -> Markup {
    let facts = portrait.facts;
    let id = book.anchor(&facts.id);
    // What was tried beside the run is more than what the run tried itself.
    let own = Conformance::of_run(book.run);
    let found = book.beside.conformance.or(own.as_ref());
    html! {
        article.card aria-labelledby=[id.as_ref()] {
            h3 id=[id.as_ref()] { (marks::mark(facts.family)) " " (clean(&facts.id)) }
            p.sub { (clean(&facts.name)) " · " (words::family(facts.family)) " · " (workers(facts)) }
            (details(portrait, found))
        }
    }
}

/// Returns what there is to say of an executor, under its name; pages of their own show it too.
pub(crate) fn details(portrait: &Portrait<'_>, found: Option<&Conformance>) -> Markup {
    let facts = portrait.facts;
    html! {
            @if let Some(warning) = warning(facts) { p.alarm { "Upstream: " (warning) } }
            dl {
                dt { "over all" }
                dd { (overall(portrait)) }
                dt { "strengths" }
                dd { (strengths(portrait)) }
                dt { "costs" }
                dd { (costs(portrait)) }
                @if !portrait.flags.is_empty() {
                    dt { "to know" }
                    dd { ul { @for flag in &portrait.flags { li { (flag) } } } }
                }
                dt { "promises" }
                dd { (order(facts)) }
                dt { "contract" }
                dd { (contract::told(facts, found)) }
                dt { "verified" }
                dd {
                    (number::whole(portrait.verified.0)) " of "
                    (words::count(portrait.verified.1, "round"))
                    @if let Some(start) = portrait.start_ns {
                        "; starts in " (number::value(Unit::Nanoseconds, start, None))
                    }
                }
                @if !facts.crates.is_empty() {
                    dt { "crates" }
                    dd { (crates(facts)) }
                }
            }
    }
}

fn workers(facts: &ExecutorFacts) -> &'static str {
    match facts.workers {
        Workers::One => "one thread",
        Workers::Many => "one worker and as many as cores",
        Workers::PerTask => "a thread for each task",
    }
}

fn order(facts: &ExecutorFacts) -> &'static str {
    match facts.order {
        Order::Task => "order within a task",
        Order::Fair => "fairness: each task once a round",
        Order::Fifo => "first in, first out",
    }
}

fn overall(portrait: &Portrait<'_>) -> Markup {
    html! {
        @for (at, (name, mean)) in portrait.means.iter().enumerate() {
            @if at > 0 { "; " }
            @if portrait.means.len() > 1 { (name) " " }
            @match mean {
                Some(mean) => { (number::plain(*mean)) "× the fastest" }
                None => { "no mean, since columns are missing" }
            }
        }
    }
}

fn strengths(portrait: &Portrait<'_>) -> Markup {
    let (groups, all) = &portrait.best;
    let field =
        if portrait.facts.family == Family::Hand { "all" } else { "those that people ship" };
    let best = words::standing(Standing::Best);
    let untold = match portrait.untold {
        0 => String::new(),
        count => format!(
            "; {} in {}",
            words::standing(Standing::CannotTell),
            number::whole(count as u64)
        ),
    };
    let titles = words::grouped(groups.iter().map(|group| (&group.title, ())));
    let named = titles.iter().map(|(title, all)| match all.len() {
        1 => clean(title),
        count => format!("{} in {count}", clean(title)),
    });
    let named: Vec<String> = named.collect();
    html! {
        @if groups.is_empty() {
            (best) " of " (field) " in none of " (words::count(*all as u64, "column")) (untold)
        } @else {
            (best) " of " (field) " in " (groups.len()) " of " (words::count(*all as u64, "column"))
            ": " (named.join(", ")) (untold)
        }
    }
}

fn costs(portrait: &Portrait<'_>) -> Markup {
    html! {
        @if portrait.costs.is_empty() {
            @if portrait.is_untold { "too few rounds to tell" }
            @else { "nowhere surely 1.5× its field or more" }
        } @else {
            ul {
                @for Cost { group, value, ratio, best, .. } in &portrait.costs {
                    @let than = if higher_is_better(&group.metric) { " below the best, " } else { " the best, " };
                    li {
                        b { (number::factor(ratio)) } (than)
                        (words::executor(&best.cell)) ", in " (words::group(group)) ": "
                        (number::value(Unit::of(&group.metric), *value, None))
                        " of " (words::metric(&group.metric, &group.op))
                    }
                }
            }
        }
    }
}

fn crates(facts: &ExecutorFacts) -> Markup {
    html! {
        @for (at, (name, version)) in facts.crates.iter().enumerate() {
            @let (version, features) = version.split_once(" [").unwrap_or((version, ""));
            @if at > 0 { "; " }
            b { (clean(name)) } " " (clean(version))
            @if !features.is_empty() { span.sub { " " (clean(features.trim_end_matches(']'))) } }
        }
    }
}
