//! The last step of a run: the counts of its cells, which the timed rounds know nothing of.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tminus_measure::profile::{self, Extent};
use tminus_measure::run::Children;
use tminus_measure::store::Writer;
use tminus_record::{Cell, CellId, Outcome, Run};

/// Counts what each cell of `run` does an op, unless its rounds failed or it is counted already,
/// and stores it. Returns whether all was counted: `false` if it was cancelled.
///
/// # Errors
/// The error that keeps counts from being stored; those before are safe.
pub(super) fn count(run: &Run, children: &Children, file: &mut Writer) -> anyhow::Result<bool> {
    let good = run.records.iter().filter(|record| record.outcome == Outcome::Ok);
    let good: HashSet<&CellId> = good.map(|record| &record.cell).collect();
    let is_due = |cell: &&Cell| {
        let id = cell.id();
        !cell.twin && good.contains(&id) && !run.counts.contains_key(&id)
    };
    let due: Vec<&Cell> = run.header.cells.iter().filter(is_due).collect();
    if !due.is_empty() {
        crate::cmd::say(format_args!("counting what {} cells do an op", due.len()));
    }
    let until = Instant::now() + allowance(run);
    for (counted, cell) in due.iter().enumerate() {
        if Instant::now() > until {
            let left = due.len() - counted;
            crate::cmd::say(format_args!(
                "{left} cells are not counted, since the time for that is over: `profile` counts any"
            ));
            break;
        }
        let Some(counts) = profile::count(&run.header, cell, children, Extent::Short) else {
            return Ok(false);
        };
        let counts = counts.unwrap_or_else(|reason| {
            crate::cmd::say(format_args!("not counted: {}: {reason}", cell.id()));
            profile::without(&reason)
        });
        file.append_counts(&cell.id(), &counts)?;
    }
    Ok(true)
}

/// Returns how long the pass may take: a tenth of what the run has taken, at least five seconds.
fn allowance(run: &Run) -> Duration {
    let spent_ns = run.records.iter().map(|record| record.elapsed_ns);
    let spent = Duration::from_nanos(spent_ns.fold(0, u64::saturating_add));
    (spent / 10).max(Duration::from_secs(5))
}
