//! Suspicions against the figures of a row: they lie below those of the same work without an
//! executor, or the executor breaks a rule of the contract, with which figures are easily won.

use tminus_record::{Header, WorkloadFacts};

use super::group::ratio;
use super::measured::Measured;
use super::{Row, RowOutcome, Suspicion};

/// An executor that takes less than this share of every floor leaves something out. Loops that do
/// what the floor does come within a tenth of it, on either side.
const BELOW: f64 = 0.8;

/// Sets what is suspicious about the rows of a group, and what was verified of their executors.
pub(super) fn mark(
    rows: &mut [Row],
    header: &Header,
    facts: Option<&WorkloadFacts>,
    (metric, measured): (&str, &Measured<'_>),
) {
    // Only where the work fills the time does its floor bound the cost. Where the work waits, as
    // for timers, an executor that wakes once for many deadlines costs less than a floor that is
    // punctual.
    let first = facts.and_then(|facts| facts.metrics.first());
    let is_cost = metric.ends_with("_ns_per_op") && first.is_some_and(|it| it == "wall_ns_per_op");
    let has_value = |row: &&Row| row.outcome == RowOutcome::Ok && row.median.is_some();
    let floors: Vec<_> = rows
        .iter()
        .filter(|row| row.cell.is_floor())
        .filter(has_value)
        .map(|row| row.cell.clone())
        .collect();
    for row in rows.iter_mut().filter(|row| !row.cell.is_floor()) {
        let id = row.cell.id();
        let ratios = floors.iter().map(|floor| ratio(&id, &floor.id(), metric, measured));
        // The nearest of the floors, if the row lies below each of them.
        let nearest = ratios.zip(&floors).map(|(ratio, floor)| Some((ratio?, floor)));
        let nearest = nearest.collect::<Option<Vec<_>>>().unwrap_or_default().into_iter();
        let nearest = nearest.max_by(|a, b| a.0.median.total_cmp(&b.0.median));
        let below = nearest.filter(|(ratio, _)| match ratio.interval {
            Some(ends) => ends.high < BELOW,
            None => ratio.median < BELOW,
        });
        row.suspicions.extend(below.filter(|_| is_cost).map(|(ratio, floor)| {
            Suspicion::BelowFloor { floor: floor.executor.clone(), ratio: ratio.median }
        }));
        verify(row, header);
    }
}

/// Adds what the rules that were tried before the run say of the executor.
fn verify(row: &mut Row, header: &Header) {
    let column = row.cell.column();
    let Some(found) = header.verified.iter().find(|it| it.executor == column) else { return };
    let broken = found
        .broken
        .iter()
        .map(|(rule, reason)| Suspicion::Broken { rule: rule.clone(), reason: reason.clone() });
    row.suspicions.extend(broken);
    row.verified = Some(found.broken.is_empty());
    let not_promised = found.not_promised.iter();
    row.notes.extend(not_promised.map(|(rule, why)| format!("does not promise {rule}: {why}")));
    row.notes.extend(found.untried.iter().map(|(rule, why)| format!("{rule} not tried: {why}")));
}
