//! The doubts about a run: about its build, its noise, its rounds, its machine. Sentences
//! only; the facts that they come from stand beside them in `trust.rs`.

use std::collections::HashMap;

use tminus_judge::rank::{Interval, Ranking, Twin};
use tminus_record::machine::UNKNOWN;
use tminus_record::{Cell, CellId, Outcome, Profile, Record, Run};

use crate::page::prelude::*;
use crate::page::run::book::Book;

/// A pair whose interval reaches beyond this factor vouches for nothing: it is what an inconclusive
/// cell may hide before a gate says that it could not tell (`--detect`). Many a finding is smaller.
const USELESS: f64 = 1.05;

/// Beyond this factor the halves of a run are said to differ.
const DRIFT: f64 = 1.05;

/// Returns all that speaks against the run; nothing where nothing does.
pub(super) fn all(book: &Book<'_>) -> Vec<String> {
    let Book { run, ranking, .. } = book;
    let doubts = suspects(ranking);
    [doubts, origin(run), pair(run, ranking), rounds(run, ranking), course(book), machine(run)]
        .concat()
}

/// Returns what the A/A pair says, where it gives no reason for a warning.
pub(super) fn fine_pair(ranking: &Ranking) -> Option<String> {
    let twin = ranking.twin.as_ref()?;
    let verdict = match twin.ratio.interval {
        None => "too few rounds to say more",
        Some(ends) if is_fine(ends) => "noise makes no difference that can be told from none",
        Some(_) => return None,
    };
    Some(format!(
        "The A/A pair, {} run twice under two names, differs by {}: {verdict}.",
        clean(twin.cell.id().as_str()),
        number::change(&twin.ratio)
    ))
}

/// Returns whether the interval includes 1, and nothing that would matter beside it.
fn is_fine(ends: Interval) -> bool {
    ends.includes_one() && farther(ends) <= USELESS
}

/// Returns how far the farther end lies from 1, as a factor, whichever of the two comes out slower.
fn farther(ends: Interval) -> f64 {
    ends.high.max(1.0 / ends.low)
}

/// Lists executors that break rules or lie below floors, and those that were not tried.
fn suspects(ranking: &Ranking) -> Vec<String> {
    let suspects = words::suspicions(ranking).into_iter();
    let unverified = words::unverified(ranking).into_iter();
    suspects
        .map(|it| format!("Suspect: {it}."))
        .chain(unverified.map(|it| format!("Of all executors {it}.")))
        .collect()
}

fn origin(run: &Run) -> Vec<String> {
    let mut out = Vec::new();
    if run.header.provenance.build.profile == "debug" {
        out.push("Built without optimisation: these figures say nothing about speed.".into());
    }
    if run.header.profile == Profile::Imported {
        out.push(
            "Imported from another harness: no result was verified, the cells of a round may have \
             shared one process, and how it was all built is not known."
                .into(),
        );
    }
    out
}

fn pair(run: &Run, ranking: &Ranking) -> Vec<String> {
    let failure = failure_of_pair(run);
    let Some(twin) = &ranking.twin else {
        let has_one = run.header.cells.iter().any(|cell| cell.twin);
        return vec![match failure {
            Some(failure) => {
                format!("The A/A pair failed, so the noise of the run is unknown ({failure}).")
            }
            None if has_one => "No round has both of the A/A pair, so its noise is unknown.".into(),
            None => "The run has no A/A pair, so its noise is unknown.".into(),
        }];
    };
    let failure = failure.map(|failure| format!("The A/A pair failed in a round ({failure})."));
    noise(twin).into_iter().chain(failure).collect()
}

/// Returns what the pair says against the run.
fn noise(twin: &Twin) -> Option<String> {
    let ends = twin.ratio.interval.filter(|ends| !is_fine(*ends))?;
    let change = number::change(&twin.ratio);
    let farther = farther(ends);
    let limit = if farther < 10.0 {
        // In whole per cent, rounded up, but 1.05 is 5 and not 6 for its last bit.
        let tenths = ((farther - 1.0) * 1000.0).round() / 10.0;
        format!("{} %", tenths.ceil())
    } else {
        format!("{}×", number::plain(farther))
    };
    let what = if ends.includes_one() { "may differ" } else { "differs" };
    Some(format!(
        "The A/A pair {what} from itself by {change}: differences below {limit} cannot be trusted."
    ))
}

/// Returns the first failure of the pair under either name, with the cell.
fn failure_of_pair(run: &Run) -> Option<String> {
    let twin = run.header.cells.iter().find(|cell| cell.twin)?;
    let ids = [Cell { twin: false, ..twin.clone() }.id(), twin.id()];
    let mut of_pair = run.records.iter().filter(|record| ids.contains(&record.cell));
    of_pair.find_map(|record| match &record.outcome {
        Outcome::Ok => None,
        Outcome::Failed { reason, .. } | Outcome::Excluded { reason } => {
            Some(format!("{}: {}", clean(record.cell.as_str()), clean(reason)))
        }
    })
}

fn rounds(run: &Run, ranking: &Ranking) -> Vec<String> {
    let mut out: Vec<String> = stopped(run).into_iter().collect();
    if run.header.profile == Profile::Quick {
        out.push("The quick profile: few rounds and few sizes, for a first look only.".into());
    } else if ranking.rounds < 6 {
        out.push("Fewer than six rounds give no 95 % interval and so no rank.".into());
    }
    out
}

/// Returns where the run was cut off; nothing where every cell has its rounds, or failed and may
/// have been given up. Imported cells need not have as many as others.
fn stopped(run: &Run) -> Option<String> {
    if run.header.profile == Profile::Imported {
        return None;
    }
    let mut last: HashMap<&CellId, &Record> = HashMap::new();
    for record in &run.records {
        let known = last.entry(&record.cell).or_insert(record);
        if record.round > known.round {
            *known = record;
        }
    }
    let rounds_of = |cell: &Cell| match last.get(&cell.id()) {
        Some(record) => (record.outcome == Outcome::Ok).then(|| record.round + 1),
        None => Some(0),
    };
    let whole = run.header.cells.iter().filter_map(rounds_of).min()?;
    let begun = run.rounds();
    if whole >= run.header.rounds {
        return None;
    }
    let [last, asked] = [begun, run.header.rounds].map(|rounds| number::whole(rounds.into()));
    Some(if whole == begun {
        format!("The run stopped after {last} of {asked} rounds.")
    } else {
        format!("The run stopped in round {last} of {asked}.")
    })
}

/// Describes how the rounds went.
fn course(book: &Book<'_>) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(drift) = super::drift(book).filter(|drift| drift.ln().abs() > DRIFT.ln()) {
        out.push(format!(
            "The machine drifted by {} from the first half of the rounds to the second; ratios are \
             paired inside rounds, so they hold, but medians mix both.",
            super::percent(drift)
        ));
    }
    let (disturbed, rounds) = super::disturbed(book.ranking);
    if disturbed * 5 > rounds {
        out.push(format!(
            "{} of {} of cells were pushed off their core at least once: other work was running.",
            number::whole(disturbed),
            words::count(rounds, "round")
        ));
    }
    out
}

fn machine(run: &Run) -> Vec<String> {
    let machine = &run.header.provenance.machine;
    let mut out = Vec::new();
    if let Some(load) = machine.load_1min.filter(|load| *load > 0.5 * machine.cores.max(1) as f64) {
        out.push(format!("The machine was busy when the run began: load {}.", number::plain(load)));
    }
    if let Some(governor) = machine.governor.as_ref().filter(|name| *name != "performance") {
        out.push(format!("The frequency governor is `{}`: clock rates vary.", clean(governor)));
    }
    if let Some(hypervisor) = machine.hypervisor.as_ref().filter(|name| *name != UNKNOWN) {
        out.push(format!(
            "A virtual machine ({}): other guests may take time unseen.",
            clean(hypervisor)
        ));
    }
    // `cores` is cut to the limit already; older run files store nothing else.
    let cpus = machine.cpus.max(machine.cores) as f64;
    if let Some(limit) = machine.cpu_limit_cores.filter(|limit| *limit < cpus) {
        out.push(format!("A limit of {} cores throttles longer work.", number::plain(limit)));
    }
    out
}

#[cfg(test)]
mod tests;
