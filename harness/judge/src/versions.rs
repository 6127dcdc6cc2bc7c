//! Judges many releases of a crate whose children ran in turns. No I/O.
//!
//! It is the gate generalised from two programs to many. Each release is held against the one
//! before it, and the last against the first, all by the rounds that they share. The null control
//! is a copy of the first release. A step is a change if its interval lies beyond the margin of its
//! cell, if that still counts among all steps of all cells, and if a second session, in the
//! opposite order, says so again.

mod judge;
mod outcome;

pub use outcome::{Failed, Figure, Release, SCHEMA, Step, Tracked, Versions};

use std::collections::BTreeSet;

use tminus_contract::error::Result;
use tminus_record::Run;

use crate::gate::Options;
use crate::verdict::Verdict;

/// Runs of releases whose children ran in turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Session<'a> {
    /// Their versions, in order; at least two.
    pub versions: &'a [String],
    /// A run of each.
    pub runs: Vec<Run>,
    /// That of a copy of the first.
    pub copy: Run,
}

/// Judges one session of the releases of the crate `name`. `releases` are all that were asked for.
///
/// # Errors
/// [`Error::Usage`](tminus_contract::error::Error::Usage) for a metric that no record has.
pub fn versions(
    name: &str,
    releases: &[Release],
    first: &Session<'_>,
    options: &Options,
) -> Result<Versions> {
    let (mut cells, without) = judge::session(first, options)?;
    judge::correct(&mut cells);
    let biased = judge::biased(&cells, options);
    Ok(Versions {
        schema: SCHEMA,
        name: name.into(),
        releases: releases.to_vec(),
        cells: cells.into_iter().map(|cell| cell.tracked).collect(),
        without,
        biased,
        options: options.clone(),
    })
}

/// Judges the changes of `found` again by a second session, which ran their cells in another order.
///
/// # Errors
/// As for [`versions`].
pub fn confirm(found: Versions, second: &Session<'_>) -> Result<Versions> {
    let (again, _) = judge::session(second, &found.options)?;
    let mut found = found;
    for cell in &mut found.cells {
        let Some(other) = again.iter().find(|it| it.tracked.cell.id() == cell.cell.id()) else {
            continue;
        };
        for step in cell.steps.iter_mut().chain(&mut cell.whole) {
            let all = other.tracked.steps.iter().chain(&other.tracked.whole);
            let same = all.into_iter().find(|it| it.from == step.from && it.to == step.to);
            if let (true, Some(same)) = (step.is_change(), same) {
                step.confirmed = Some(same.judged);
                if same.judged.verdict != step.verdict {
                    step.verdict = Verdict::Inconclusive;
                }
            }
        }
    }
    for cell in judge::biased(&again, &found.options) {
        if !found.biased.contains(&cell) {
            found.biased.push(cell);
        }
    }
    Ok(found)
}

/// Returns the cells whose further rounds could tell no more: each of their steps has a verdict, or
/// is neither suspected nor able to hide more than the limit of detection.
#[must_use]
pub fn decided(found: &Versions) -> BTreeSet<String> {
    let is_open = |cell: &Tracked| {
        let detect = found.options.detect_of(&cell.cell);
        cell.all().any(|step| step.is_suspected() || step.could_hide() > detect)
    };
    let closed = found.cells.iter().filter(|cell| !is_open(cell));
    let cells = closed.map(|cell| cell.cell.id().to_string());
    cells.chain(found.without.iter().map(|without| without.cell.clone())).collect()
}

/// Returns the cells with a change that a second session must find too; none where the null control
/// differs, since nothing can be believed then.
#[must_use]
pub fn flagged(found: &Versions) -> BTreeSet<String> {
    if !found.biased.is_empty() {
        return BTreeSet::new();
    }
    let cells = found.cells.iter().filter(|cell| cell.all().any(Step::is_change));
    cells.map(|cell| cell.cell.id().to_string()).collect()
}

#[cfg(test)]
mod tests;
