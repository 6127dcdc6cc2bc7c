//! The records of a run by their cells, and their metrics as they are asked for: all metrics of all
//! records would take more room than the records. No I/O.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use tminus_record::{CellId, Outcome, Record, Run};

use super::derive;
use super::sweeps::Sweeps;

/// Round and value of each record that has one.
type Values = Rc<[(u32, f64)]>;

/// The records of each cell in the order of writing, with the metrics that were derived so far.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    records: HashMap<&'a CellId, Vec<&'a Record>>,
    derived: RefCell<HashMap<&'a CellId, BTreeMap<String, Values>>>,
    sweeps: Sweeps<'a>,
}

impl<'a> Measured<'a> {
    /// Looks at every record of `run` once.
    pub(super) fn of(run: &'a Run) -> Self {
        let mut records: HashMap<&CellId, Vec<&Record>> = HashMap::new();
        for record in &run.records {
            records.entry(&record.cell).or_default().push(record);
        }
        Self { records, derived: RefCell::default(), sweeps: Sweeps::of([run]) }
    }

    /// Returns all records of `cell`.
    pub(super) fn records(&self, cell: &CellId) -> &[&'a Record] {
        self.records.get(cell).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns round and value of `metric` in each record of `cell` that went well.
    pub(super) fn values(&self, cell: &CellId, metric: &str) -> Values {
        let Some((id, records)) = self.records.get_key_value(cell) else { return Rc::default() };
        let mut derived = self.derived.borrow_mut();
        let of_cell = derived.entry(*id).or_default();
        if let Some(values) = of_cell.get(metric) {
            return Rc::clone(values);
        }
        let good = records.iter().filter(|record| record.outcome == Outcome::Ok);
        let value = |record: &&Record| Some((record.round, self.sweeps.value(record, metric)?));
        let values: Values = good.filter_map(value).collect();
        of_cell.insert(metric.into(), Rc::clone(&values));
        values
    }

    /// Returns whether any record has `metric`.
    pub(super) fn has(&self, metric: &str) -> bool {
        let mut all = self.records.values().flatten();
        all.any(|record| derive::value(record, metric).is_some())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tminus_record::{Distribution, testing as runs};

    use super::*;

    proptest! {
        /// One metric at a time, or all of them: the same values.
        #[test]
        fn a_metric_alone_is_what_it_is_among_all(
            times in proptest::collection::vec((1_u64..1_000_000, 0_u64..1_000, 0_u64..5), 0..6),
            lateness in proptest::collection::vec(1_u64..1_000_000_000, 0..9),
        ) {
            let mut record = runs::record(&runs::cell("heap"), 0, 7);
            record.samples = times
                .iter()
                .map(|(wall_ns, cpu_ns, ops)| tminus_contract::sample::Sample {
                    wall_ns: *wall_ns,
                    cpu_ns: *cpu_ns,
                    ops: *ops,
                    allocations: Some(*cpu_ns),
                    ..Default::default()
                })
                .collect();
            let mut histogram = tminus_contract::resources::histogram();
            lateness.iter().for_each(|ns| histogram.saturating_record(*ns));
            record.distributions.push(Distribution::of("lateness", &histogram));
            record.metrics.insert("start_ns".into(), 5.0);
            record.metrics.insert("lateness_kind_ns".into(), 6.0);
            let all = derive(&record);
            for (name, value) in &all {
                prop_assert_eq!(derive::value(&record, name), Some(*value), "{}", name);
            }
            for name in ["lateness_p75_ns", "least_allocations_per_op", "lateness", "cpu_ns_per_op"] {
                prop_assert_eq!(derive::value(&record, name), all.get(name).copied(), "{}", name);
            }
        }
    }
}
