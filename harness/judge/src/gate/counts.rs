//! Exact counts of two programs, judged as exact: another number is another program, so one
//! allocation more an op is a finding, without any statistics and apart from times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_record::{CellId, Counts, Quality};

/// What exact counts say of a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// Whether what grew makes the gate fail.
    pub fails: bool,
    /// Counts that differ, those that grew first.
    pub changes: Vec<CountChange>,
    /// Counts of all cells that are exact in both programs.
    pub compared: usize,
    /// Why cells were not compared: the reason and how many.
    pub without: BTreeMap<String, usize>,
}

/// A count that differs between baseline and candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountChange {
    /// The cell.
    pub cell: String,
    /// The count: `syscalls_write_per_op`.
    pub name: String,
    /// Of the baseline, an op.
    pub before: f64,
    /// Of the candidate, an op.
    pub after: f64,
}

impl CountChange {
    /// Returns whether the candidate does more.
    #[must_use]
    pub fn grew(&self) -> bool {
        self.after > self.before
    }
}

/// Counts of each cell, or why there are none.
pub type OfCells = BTreeMap<CellId, Result<Counts, String>>;

/// Compares the exact counts of two programs. A count that one of them lacks is 0 where the other
/// counts the same kind: a system call that is new has no name in the baseline.
#[must_use]
pub fn counted(baseline: &OfCells, candidate: &OfCells, fails: bool) -> Counted {
    let mut all = Counted { fails, ..Counted::default() };
    for (cell, before) in baseline {
        let Some(after) = candidate.get(cell) else { continue };
        match (before, after) {
            (Ok(before), Ok(after)) => all.add(cell, before, after),
            (Err(reason), _) => *all.without.entry(format!("baseline: {reason}")).or_default() += 1,
            (_, Err(reason)) => {
                *all.without.entry(format!("candidate: {reason}")).or_default() += 1
            }
        }
    }
    all.changes.sort_by(|a, b| b.grew().cmp(&a.grew()).then(a.cell.cmp(&b.cell)));
    all
}

impl Counted {
    fn add(&mut self, cell: &CellId, before: &Counts, after: &Counts) {
        let names = before
            .values
            .keys()
            .chain(after.values.keys().filter(|name| !before.values.contains_key(*name)));
        for name in names {
            let pair = exact(before, name).zip(exact(after, name));
            let Some((before, after)) = pair else { continue };
            self.compared += 1;
            if differ(before, after) {
                let (cell, name) = (cell.to_string(), name.clone());
                self.changes.push(CountChange { cell, name, before, after });
            }
        }
    }

    /// Returns whether a count grew, and that is to fail.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.fails && self.changes.iter().any(CountChange::grew)
    }
}

/// Returns the count `name` if it is exact.
fn exact(counts: &Counts, name: &str) -> Option<f64> {
    counts.of(name).filter(|(_, quality)| *quality == Quality::Exact).map(|(value, _)| value)
}

/// Returns whether two counts an op are of different totals: both are quotients of whole numbers.
fn differ(before: f64, after: f64) -> bool {
    (before - after).abs() > 1e-9 * before.abs().max(after.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: &[(&str, f64, Quality)]) -> OfCells {
        let mut counts = Counts::default();
        values.iter().for_each(|(name, value, quality)| counts.add(name, *value, *quality));
        [("squares/tasks=10/heap".parse().expect("an id"), Ok(counts))].into()
    }

    const EXACT: Quality = Quality::Exact;

    #[test]
    fn one_allocation_more_is_a_change_and_noise_is_none() {
        let before = counts(&[
            ("allocations_per_op", 1.0, EXACT),
            ("polls_per_op", 1.0 / 3.0, EXACT),
            ("voluntary_switches_per_op", 1.0, Quality::Indicative),
        ]);
        let after = counts(&[
            ("allocations_per_op", 1.001, EXACT),
            ("polls_per_op", 2.0 / 6.0, EXACT),
            ("voluntary_switches_per_op", 9.0, Quality::Indicative),
        ]);
        let found = counted(&before, &after, true);
        assert_eq!(found.compared, 2);
        assert_eq!(found.changes.len(), 1);
        assert_eq!(
            (found.changes[0].name.as_str(), found.changes[0].grew()),
            ("allocations_per_op", true)
        );
        assert!(found.has_failed());
        assert!(!counted(&before, &after, false).has_failed());
        assert!(!counted(&after, &before, true).has_failed(), "fewer allocations fail nothing");
        assert_eq!(counted(&before, &before, true).changes, []);
    }

    #[test]
    fn a_system_call_of_a_new_name_is_one_more_where_calls_were_counted() {
        let before = counts(&[("syscalls_per_op", 0.0, EXACT)]);
        let after =
            counts(&[("syscalls_per_op", 1.0, EXACT), ("syscalls_write_per_op", 1.0, EXACT)]);
        let names: Vec<String> =
            counted(&before, &after, true).changes.into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["syscalls_per_op", "syscalls_write_per_op"]);
        let uncounted = counts(&[]);
        assert_eq!(counted(&uncounted, &after, true).changes, []);
    }

    #[test]
    fn what_has_no_counts_says_why() {
        let good = counts(&[("polls_per_op", 1.0, EXACT)]);
        let bad: OfCells = good.keys().map(|id| (id.clone(), Err("no such mode".into()))).collect();
        let found = counted(&bad, &good, true);
        assert_eq!(found.without, BTreeMap::from([("baseline: no such mode".to_owned(), 1)]));
        assert_eq!(found.compared, 0);
        assert!(!found.has_failed());
    }
}
