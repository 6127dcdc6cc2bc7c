//! The findings of the conformance suite about an executor, in its card: how many rules it keeps,
//! which it breaks, which it does not promise and why. Without findings, how to get some.

use std::collections::{BTreeMap, BTreeSet};

use tminus_record::ExecutorFacts;

use crate::model::conformance::{Conformance, Counts, Told, workers_of};
use crate::page::prelude::*;

/// Returns what there is to say of the contract.
pub(super) fn told(facts: &ExecutorFacts, found: Option<&Conformance>) -> Markup {
    let Some(told) = found.and_then(|found| found.of(facts)) else { return untried(facts) };
    let Told { counts, failed, not_promised, untried, others } = told;
    html! {
        @for (at, counts) in counts.iter().enumerate() {
            @if at > 0 { "; " }
            (line(counts))
        }
        @if !others.is_empty() { span.alarm { "; tried in another version than was measured: " (others.join(", ")) } }
        @if !failed.is_empty() {
            ul { @for (rule, reason) in &failed { li.alarm { b { (rule) } ": " (reason) } } }
        }
        (by_reason("Not promised, and why", &not_promised))
        (by_reason("Could not be tried, and why", &untried))
    }
}

fn by_reason(title: &str, reasons: &BTreeMap<String, BTreeSet<String>>) -> Markup {
    html! {
        @if !reasons.is_empty() {
            details {
                summary { (title) }
                ul {
                    @for (reason, rules) in reasons {
                        li { (reason) ": " (rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")) }
                    }
                }
            }
        }
    }
}

fn untried(facts: &ExecutorFacts) -> Markup {
    html! {
        "not tried beside this run; "
        code { "tminus verify --only rules --executor " (clean(&facts.id)) } " tries every rule"
    }
}

fn line(counts: &Counts) -> Markup {
    let Counts { workers, kept, failed, not_promised, untried } = counts;
    html! {
        @if let Some(count) = workers { "with " (workers_of(*count)) ": " }
        (words::count(*kept as u64, "rule")) " kept, " (number::whole(*failed as u64))
        " broken, " (number::whole(*not_promised as u64)) " not promised"
        @if *untried > 0 { ", " (number::whole(*untried as u64)) " could not be tried" }
    }
}
