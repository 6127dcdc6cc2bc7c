//! A run as comparisons need it: a value for each cell, round and metric.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use tminus_contract::error::Result;
use tminus_record::{Cell, Distribution, Header, Outcome, Record, Run};

use crate::rank;
use crate::rank::sweeps::Sweeps;

/// One run by its cells. Metrics are derived when they are asked for: all of all records would take
/// more room than the records.
pub(crate) struct Side<'a> {
    pub(crate) header: &'a Header,
    metric: Option<&'a str>,
    /// The ids of all cells.
    cells: HashSet<String>,
    /// Cell to round to the record; only rounds that went well.
    rounds: HashMap<&'a str, BTreeMap<u32, &'a Record>>,
    sweeps: Rc<Sweeps<'a>>,
    /// The first failure of each cell that has one.
    pub(crate) failed: HashMap<&'a str, &'a str>,
}

impl<'a> Side<'a> {
    /// Makes the side of `run`, whose children took turns as `sweeps` says.
    ///
    /// # Errors
    /// [`Error::Usage`] for a metric that no record has.
    pub(crate) fn of(
        run: &'a Run,
        metric: Option<&'a str>,
        sweeps: &Rc<Sweeps<'a>>,
    ) -> Result<Self> {
        let has = |metric| run.records.iter().any(|record| is_good(record, metric));
        if let Some(metric) = metric.filter(|metric| !has(metric)) {
            let known = rank::metrics(run);
            // Where every child failed there is none, and that is another matter.
            if !known.is_empty() {
                rank::ensure_known(metric, known.iter().map(String::as_str).collect())?;
            }
        }
        let mut rounds: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        let mut failed = HashMap::new();
        for record in &run.records {
            let id = record.cell.as_str();
            match &record.outcome {
                Outcome::Ok => {
                    rounds.entry(id).or_default().insert(record.round, record);
                }
                Outcome::Failed { reason, .. } | Outcome::Excluded { reason } => {
                    failed.entry(id).or_insert(reason.as_str());
                }
            }
        }
        let cells = run.header.cells.iter().map(|cell| cell.id().into()).collect();
        let sweeps = Rc::clone(sweeps);
        Ok(Self { header: &run.header, metric, cells, rounds, sweeps, failed })
    }

    /// Returns whether the run has this cell.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.cells.contains(id)
    }

    /// Returns the metric that `cell` is judged by.
    pub(crate) fn metric(&self, cell: &Cell) -> &'a str {
        rank::metric_of(self.metric, rank::facts_of(self.header, &cell.workload))
    }

    /// Returns the metrics that the workload of `cell` declares.
    pub(crate) fn declared(&self, cell: &Cell) -> &'a [String] {
        rank::facts_of(self.header, &cell.workload).map_or(&[], |facts| &facts.metrics)
    }

    /// Returns the value of each round.
    pub(crate) fn values(&self, id: &str, metric: &str) -> BTreeMap<u32, f64> {
        let rounds = self.rounds.get(id).into_iter().flatten();
        rounds.filter_map(|(round, it)| Some((*round, self.sweeps.value(it, metric)?))).collect()
    }

    /// Returns what was recorded of a round that went well.
    pub(crate) fn record(&self, id: &str, round: u32) -> Option<&'a Record> {
        self.rounds.get(id)?.get(&round).copied()
    }

    /// Returns how many rounds the cell was run for, with or without a value in each.
    pub(crate) fn rounds(&self, id: &str) -> usize {
        let last = self.rounds.get(id).and_then(|rounds| rounds.keys().next_back());
        last.map_or(0, |last| *last as usize + 1)
    }

    /// Returns the distribution `name` of each round.
    pub(crate) fn distributions(&self, id: &str, name: &str) -> BTreeMap<u32, &'a Distribution> {
        let rounds = self.rounds.get(id).into_iter().flatten();
        let of = |record: &'a Record| record.distributions.iter().find(|it| it.name == name);
        rounds.filter_map(|(round, record)| Some((*round, of(record)?))).collect()
    }
}

/// Returns whether the record went well and has the metric.
fn is_good(record: &Record, metric: &str) -> bool {
    record.outcome == Outcome::Ok && rank::value(record, metric).is_some()
}
