//! Frees the batches of children that took turns from what their sweep had in common.
//!
//! A neighbour that comes for some milliseconds slows a sweep as a whole. So the logarithm of a
//! batch is taken for a sum: of its child, its sweep and noise. The two are told apart by medians,
//! as J. W. Tukey's median polish does (*Exploratory Data Analysis*, 1977, chapter 11). The figure
//! of a child is the median of its batches, each without what its sweep added; of two children
//! alone that is the median of the ratios of neighbouring batches. The middle sweep of a set adds
//! nothing, so figures stay nanoseconds of that round.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tminus_record::{Outcome, Record, Run};

use super::derive;
use crate::stats::median;

/// A set: when it was started, and its round.
type Set = (u64, u32);

/// What each sweep of a set added to the logarithm of a time.
type Added = Rc<[f64]>;

/// The sets of some runs.
#[derive(Debug, Default)]
pub(crate) struct Sweeps<'a> {
    sets: HashMap<Set, Vec<&'a Record>>,
    /// By set and metric, as far as they were asked for.
    added: RefCell<HashMap<(Set, &'static str), Added>>,
}

impl<'a> Sweeps<'a> {
    /// Makes those of `runs`, whose children may have taken turns with each other.
    pub(crate) fn of(runs: impl IntoIterator<Item = &'a Run>) -> Self {
        let mut sets: HashMap<Set, Vec<&Record>> = HashMap::new();
        for record in runs.into_iter().flat_map(|run| &run.records) {
            if let Some(set) = set_of(record).filter(|_| record.outcome == Outcome::Ok) {
                sets.entry(set).or_default().push(record);
            }
        }
        Self { sets, added: RefCell::default() }
    }

    /// Returns the figure of `record` in `metric`: of a time an op without what the sweeps added,
    /// of all else as [`derive::value`] does.
    pub(crate) fn value(&self, record: &Record, metric: &str) -> Option<f64> {
        let plain = || derive::value(record, metric);
        let Some(set) = set_of(record) else { return plain() };
        let Some((name, logs)) = derive::ln_times(record, metric) else { return plain() };
        let Some(added) = self.added(set, name) else { return plain() };
        let freed: Vec<f64> =
            logs.iter().zip(added.iter()).filter_map(|(ln, added)| Some((*ln)? - added)).collect();
        median(&freed).map(f64::exp).or_else(plain)
    }

    /// Returns the logarithm of the ratio of `ours` to `theirs` in `metric`, batch by batch: the
    /// median over their sweeps. `None` where they took no turns with each other, or not in a time.
    pub(crate) fn ln_ratio(ours: &Record, theirs: &Record, metric: &str) -> Option<f64> {
        set_of(ours).filter(|set| set_of(theirs) == Some(*set))?;
        let (ours, theirs) = (ln_times(ours, metric)?, ln_times(theirs, metric)?);
        let both =
            ours.iter().zip(&theirs).filter_map(|(ours, theirs)| Some((*ours)? - (*theirs)?));
        median(&both.collect::<Vec<_>>())
    }

    /// Returns what the sweeps of `set` added; `None` where a child ran alone.
    fn added(&self, set: Set, metric: &'static str) -> Option<Added> {
        let members = self.sets.get(&set).filter(|members| members.len() > 1)?;
        let mut known = self.added.borrow_mut();
        let new =
            || polish(&members.iter().filter_map(|it| ln_times(it, metric)).collect::<Vec<_>>());
        Some(Rc::clone(known.entry((set, metric)).or_insert_with(new)))
    }
}

fn set_of(record: &Record) -> Option<Set> {
    Some((record.set_unix_ns?, record.round))
}

fn ln_times(record: &Record, metric: &str) -> Option<Vec<Option<f64>>> {
    Some(derive::ln_times(record, metric)?.1)
}

/// Returns what each sweep adds to the logarithms of the `children`, of which each may lack
/// batches.
fn polish(children: &[Vec<Option<f64>>]) -> Added {
    let levels: Vec<f64> = children.iter().map(|logs| middle(logs.iter().flatten())).collect();
    let sweeps = children.iter().map(Vec::len).max().unwrap_or(0);
    let added: Vec<f64> = (0..sweeps)
        .map(|sweep| {
            let of = |(logs, level): (&Vec<Option<f64>>, &f64)| Some((*logs.get(sweep)?)? - level);
            middle(&children.iter().zip(&levels).filter_map(of).collect::<Vec<_>>())
        })
        .collect();
    let usual = middle(&added);
    added.into_iter().map(|it| it - usual).collect()
}

fn middle<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    median(&values.into_iter().copied().collect::<Vec<_>>()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tminus_contract::sample::Sample;
    use tminus_record::testing::{cell, record, run};

    use super::*;

    /// Returns the record of a child whose batches took so many ns, in the set `at`.
    fn child(executor: &str, wall_ns: &[u64], at: Option<u64>) -> Record {
        let sample = |ns: &u64| Sample { ops: 1, iterations: 1, wall_ns: *ns, ..Sample::default() };
        Record {
            samples: wall_ns.iter().map(sample).collect(),
            set_unix_ns: at,
            ..record(&cell(executor), 0, 1)
        }
    }

    fn figures(records: Vec<Record>) -> Vec<f64> {
        let run = Run { records, ..run(&[]) };
        let sweeps = Sweeps::of([&run]);
        let of = |record| sweeps.value(record, "wall_ns_per_op").expect("a figure");
        run.records.iter().map(of).collect()
    }

    #[test]
    fn what_a_sweep_has_in_common_is_no_difference() {
        // A neighbour doubles three of five sweeps.
        let loud = |ns: u64| [2, 1, 2, 1, 2].map(|by| by * ns);
        let made = |set| {
            let of = |(name, ns)| child(name, &loud(ns), set);
            figures([("heap", 100), ("deque", 110), ("smol", 300)].map(of).into())
        };
        let found = made(Some(7));
        let is = |ratio: f64, expected: f64| (ratio - expected).abs() < 1e-9;
        assert!(is(found[1] / found[0], 1.1) && is(found[2] / found[0], 3.0), "{found:?}");
        // The middle sweep is a disturbed one: figures are those of that round.
        assert!(is(found[0], 200.0), "{found:?}");
        assert_eq!(made(None), [200.0, 220.0, 600.0], "children that ran alone keep their medians");
    }

    /// Of three children the noise of one alone moves only its own figure, and not by much.
    #[test]
    fn what_disturbs_one_child_is_not_taken_from_the_others() {
        let three = |first: &[u64]| {
            let others = [("deque", 110), ("smol", 300)];
            let others = others.map(|(name, ns)| child(name, &[ns; 5], Some(7)));
            figures([vec![child("heap", first, Some(7))], others.into()].concat())
        };
        let found = three(&[100, 900, 100, 900, 100]);
        assert!((found[1] / 110.0 - 1.0).abs() < 1e-9 && (found[0] / 100.0 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_child_alone_in_its_set_keeps_its_median() {
        assert_eq!(figures(vec![child("heap", &[1, 5, 9], Some(7))]), [5.0]);
        let apart = vec![child("heap", &[1, 5, 9], Some(7)), child("deque", &[2, 6, 8], Some(8))];
        assert_eq!(figures(apart), [5.0, 6.0]);
    }

    proptest! {
        /// Of two children: the median of the ratios of neighbours.
        #[test]
        fn two_children_are_compared_batch_by_batch(
            pairs in proptest::collection::vec((1_u64..1_000_000, 1_u64..1_000_000), 1..20),
        ) {
            let (ours, theirs): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
            let both = [("heap", ours), ("deque", theirs)];
            let found = figures(both.map(|(name, ns)| child(name, &ns, Some(1))).into());
            let ln = |(a, b): &(u64, u64)| (*a as f64 / *b as f64).ln();
            let expected = median(&pairs.iter().map(ln).collect::<Vec<_>>()).expect("a pair").exp();
            prop_assert!((found[0] / found[1] / expected - 1.0).abs() < 1e-9);
        }

        /// A factor on both batches of a sweep changes no ratio, whatever its size.
        #[test]
        fn no_factor_of_a_sweep_counts(
            rows in proptest::collection::vec((1_u64..2_000, 1_u64..2_000, 1_u64..50), 1..9),
        ) {
            let ratio = |is_loud: bool| {
                let by = |factor: u64| if is_loud { factor } else { 1 };
                let ours: Vec<u64> = rows.iter().map(|(ns, _, it)| ns * by(*it)).collect();
                let theirs: Vec<u64> = rows.iter().map(|(_, ns, it)| ns * by(*it)).collect();
                let both = [("heap", ours), ("deque", theirs)];
                let found = figures(both.map(|(name, ns)| child(name, &ns, Some(3))).into());
                found[0] / found[1]
            };
            prop_assert!((ratio(true) / ratio(false) - 1.0).abs() < 1e-9);
        }
    }
}
