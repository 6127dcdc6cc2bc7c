//! Judges two programs whose children ran in turns. No I/O.
//!
//! A session is three runs of the same cells and rounds: the baseline, a copy of it, the candidate.
//! The copy is the null control: what it shows is what this environment makes of no change at all.
//! A cell regressed if its interval lies beyond its margin, if that still counts among so many
//! cells, and if a second session, in the opposite order, says so again.

mod apart;
mod counts;
pub(crate) mod judge;
mod options;
mod outcome;

pub use apart::Apart;
pub use counts::{CountChange, Counted, OfCells, counted};
pub(crate) use options::ALPHA;
pub use options::{MAX_ROUNDS, Options};
pub use outcome::{Broken, End, Gate, Gated, SCHEMA, Tail};

use std::collections::BTreeSet;

use tminus_contract::error::Result;
use tminus_record::{Cell, Header, Outcome, Run};

use crate::compare::Without;
use crate::rank::{self, facts_of};
use crate::verdict::Verdict;

/// Three runs whose children ran in turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The program that is the yardstick.
    pub baseline: Run,
    /// The same program under another name.
    pub copy: Run,
    /// The program that is judged.
    pub candidate: Run,
}

/// Keeps the cells of `header` that a gate by `metric` can be about: those whose workloads have it.
///
/// # Errors
/// [`Error::Usage`](tminus_contract::error::Error::Usage) for a metric that none of them has.
pub fn keep_cells_with(metric: &str, header: &mut Header) -> Result<()> {
    let expected = |cell: &Cell| facts_of(header, &cell.workload).map(rank::expected);
    let of_cells: Vec<BTreeSet<String>> =
        header.cells.iter().map(|cell| expected(cell).unwrap_or_default()).collect();
    rank::ensure_known(metric, of_cells.iter().flatten().map(String::as_str).collect())?;
    let mut has = of_cells.iter().map(|names| names.contains(metric));
    header.cells.retain(|_| has.next().unwrap_or(false));
    Ok(())
}

/// Judges one session; what regressed in it is flagged.
///
/// # Errors
/// [`Error::Usage`](tminus_contract::error::Error::Usage) for a metric that no record has.
pub fn gate(first: &Session, options: &Options) -> Result<Gate> {
    let (mut cells, without) = judge::session(first, options)?;
    judge::correct(&mut cells, options);
    let biased = judge::biased(&cells, options);
    let cells: Vec<Gated> = cells.into_iter().map(|cell| cell.gated).collect();
    let broken = broken(first).into_iter().map(|cell| Broken { cell, again: None }).collect();
    let (end, options) = (End::Pass, options.clone());
    let (differences, lost, new) = (Vec::new(), Vec::new(), Vec::new());
    let schema = SCHEMA;
    let counts = Counted::default();
    let gate = Gate {
        schema,
        end,
        cells,
        without,
        broken,
        biased,
        differences,
        lost,
        new,
        counts,
        options,
    };
    Ok(Gate { end: self::end(&gate), ..gate })
}

/// Judges what `flagged` again by a second session, which ran the flagged cells in another order.
///
/// # Errors
/// As for [`gate`].
pub fn confirm(flagged: Gate, second: &Session) -> Result<Gate> {
    let (again, _) = judge::session(second, &flagged.options)?;
    let mut gate = flagged;
    for cell in gate.cells.iter_mut().filter(|cell| cell.verdict == Verdict::Regressed) {
        let found = again.iter().find(|other| other.gated.cell.id() == cell.cell.id());
        cell.confirmed = found.map(|found| found.gated.judged);
        if found.is_some_and(|found| found.gated.judged.verdict != Verdict::Regressed) {
            cell.verdict = Verdict::Inconclusive;
        }
    }
    for cell in judge::biased(&again, &gate.options) {
        if !gate.biased.contains(&cell) {
            gate.biased.push(cell);
        }
    }
    let broken = broken(second);
    gate.broken.iter_mut().for_each(|it| it.again = Some(broken.contains(&it.cell)));
    // What was slow and now fails has not become better.
    let slow = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let slow = slow.map(|cell| cell.cell.id().to_string()).filter(|cell| broken.contains(cell));
    gate.broken.extend(slow.map(|cell| Broken { cell, again: Some(true) }));
    gate.end = end(&gate);
    Ok(gate)
}

/// Returns the cells whose further rounds could not change how the gate ends: those with a verdict,
/// and those that are inconclusive, but neither suspected nor able to hide more than the limit of
/// detection.
#[must_use]
pub fn decided(gate: &Gate) -> BTreeSet<String> {
    let is_open = |cell: &Gated| cell.is_open(&gate.options) || cell.is_suspected();
    let closed = gate.cells.iter().filter(|cell| !is_open(cell));
    let cells = closed.map(|cell| cell.cell.id().to_string());
    cells.chain(gate.without.iter().map(|without| without.cell.clone())).collect()
}

/// Returns the cells that one session flags. A second session must flag them too.
#[must_use]
pub fn flagged(gate: &Gate) -> BTreeSet<String> {
    let cells = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let broken = gate.broken.iter().map(|broken| broken.cell.clone());
    cells.map(|cell| cell.cell.id().to_string()).chain(broken).collect()
}

/// Returns the cells that the candidate does not complete, and the baseline or its copy does. A
/// child that calls itself excluded does not complete its cell either: one that leaks until the
/// system refuses it reports that too.
fn broken(session: &Session) -> BTreeSet<String> {
    let failed = |run: &Run| -> BTreeSet<String> {
        let failed = run.records.iter().filter(|it| it.outcome != Outcome::Ok);
        failed.map(|record| record.cell.to_string()).collect()
    };
    let theirs = &failed(&session.baseline) | &failed(&session.copy);
    &failed(&session.candidate) - &theirs
}

/// Returns `gate` with the cells and features that its programs do not have in common.
#[must_use]
pub fn with_apart(gate: Gate, apart: &Apart) -> Gate {
    let mut gate = gate;
    let names = |these: &[Without]| these.iter().map(|it| it.cell.clone()).collect::<Vec<_>>();
    gate.differences.clone_from(&apart.differences);
    gate.lost = if apart.is_forced { Vec::new() } else { names(&apart.lost) };
    gate.new = names(&apart.new);
    gate.without.extend(apart.lost.iter().chain(&apart.new).cloned());
    gate.end = end(&gate);
    gate
}

/// Returns `gate` with what exact counts say of the change.
#[must_use]
pub fn with_counts(gate: Gate, counts: Counted) -> Gate {
    let mut gate = Gate { counts, ..gate };
    gate.end = end(&gate);
    gate
}

/// One cell in this many may be unsteady in a gate that passes, and one without a comparison. New
/// ones do not count: the baseline cannot have them.
const UNSTEADY: usize = 5;

fn end(gate: &Gate) -> End {
    let cells = &gate.cells;
    let is_unsteady = |cell: &Gated| cell.is_unsteady(&gate.options);
    let unsteady = cells.iter().filter(|cell| is_unsteady(cell)).count();
    let hides = |cell: &Gated| {
        let is_excused = is_unsteady(cell) && unsteady * UNSTEADY <= cells.len();
        cell.is_open(&gate.options) && !is_excused
    };
    let without = gate.without.len().saturating_sub(gate.new.len());
    let mut regressed = cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let broken = |again| gate.broken.iter().any(|broken| broken.again == again);
    match () {
        // Counts are the same on any machine.
        () if gate.counts.has_failed() => End::Regressed,
        () if !gate.biased.is_empty() => End::Unfit,
        () if regressed.clone().any(|cell| cell.confirmed.is_some()) => End::Regressed,
        () if broken(Some(true)) => End::Regressed,
        () if regressed.next().is_some() || broken(None) => End::Flagged,
        () if cells.iter().any(hides) || broken(Some(false)) => End::Inconclusive,
        () if !gate.lost.is_empty() || cells.is_empty() => End::Inconclusive,
        () if without * UNSTEADY > cells.len() + without => End::Inconclusive,
        () => End::Pass,
    }
}

#[cfg(test)]
mod tests;
