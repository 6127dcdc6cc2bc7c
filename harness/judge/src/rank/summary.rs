//! Every metric of every cell over its rounds, for what keeps or exports a run.

use std::collections::{BTreeMap, HashMap};

use tminus_record::{CellId, Outcome, Run};

use super::derive::derive;
use super::sweeps::Sweeps;
use crate::stats::{CONFIDENCE, Estimate, median_interval};

/// A metric of a cell over its rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The median over rounds with its interval.
    pub estimate: Estimate,
    /// Rounds that gave a value.
    pub rounds: usize,
}

/// Returns every metric of each cell of `run` by its name, over the rounds that went well.
#[must_use]
pub fn summaries(run: &Run) -> HashMap<&CellId, BTreeMap<String, Summary>> {
    let mut cells: HashMap<&CellId, BTreeMap<String, Vec<f64>>> = HashMap::new();
    let sweeps = Sweeps::of([run]);
    for record in run.records.iter().filter(|record| record.outcome == Outcome::Ok) {
        let of_cell = cells.entry(&record.cell).or_default();
        for (metric, value) in derive(record) {
            let value = sweeps.value(record, &metric).unwrap_or(value);
            if value.is_finite() {
                of_cell.entry(metric).or_default().push(value);
            }
        }
    }
    let summary = |(metric, values): (String, Vec<f64>)| {
        let estimate = median_interval(&values, CONFIDENCE)?;
        Some((metric, Summary { estimate, rounds: values.len() }))
    };
    let of_cell = |(cell, metrics): (_, BTreeMap<String, Vec<f64>>)| {
        (cell, metrics.into_iter().filter_map(summary).collect())
    };
    cells.into_iter().map(of_cell).collect()
}
