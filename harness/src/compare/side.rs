//! A run as comparisons need it: a value for each cell, round and metric.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use crate::error::Result;
use crate::plan::Cell;
use crate::protocol::Distribution;
use crate::rank;
use crate::record::{Outcome, Record};
use crate::store::{Header, Run};
use crate::verdict;

/// A record and its metrics.
type Round<'a> = (&'a Record, BTreeMap<String, f64>);

/// One run with what was derived of it.
pub(crate) struct Side<'a> {
    pub(crate) header: &'a Header,
    metric: Option<&'a str>,
    /// Cell to round to the record and its metrics; only rounds that went well.
    rounds: BTreeMap<String, BTreeMap<u32, Round<'a>>>,
    /// The first failure of each cell that has one.
    pub(crate) failed: BTreeMap<String, &'a str>,
}

impl<'a> Side<'a> {
    /// # Errors
    /// [`Error::Usage`] for a metric that no record has.
    pub(crate) fn of(run: &'a Run, metric: Option<&'a str>) -> Result<Self> {
        if let Some(metric) = metric {
            let known = rank::metrics(run);
            // Where every child failed there is none, and that is another matter.
            if !known.is_empty() {
                rank::ensure_known(metric, known.iter().map(String::as_str).collect())?;
            }
        }
        let (mut rounds, mut failed) = (BTreeMap::<_, BTreeMap<_, _>>::new(), BTreeMap::new());
        for record in &run.records {
            let id = record.cell.to_string();
            match &record.outcome {
                Outcome::Ok => {
                    let round = (record, rank::derive(record));
                    rounds.entry(id).or_default().insert(record.round, round);
                }
                Outcome::Failed { reason, .. } | Outcome::Excluded { reason } => {
                    failed.entry(id).or_insert(reason.as_str());
                }
            }
        }
        Ok(Self { header: &run.header, metric, rounds, failed })
    }

    /// The metric that `cell` is judged by.
    pub(crate) fn metric(&self, cell: &Cell) -> &'a str {
        rank::metric_of(self.metric, rank::facts_of(self.header, &cell.workload))
    }

    /// The metrics that the workload of `cell` declares.
    pub(crate) fn declared(&self, cell: &Cell) -> &'a [String] {
        rank::facts_of(self.header, &cell.workload).map_or(&[], |facts| &facts.metrics)
    }

    /// Round to value.
    pub(crate) fn values(&self, id: &str, metric: &str) -> BTreeMap<u32, f64> {
        let rounds = self.rounds.get(id).into_iter().flatten();
        rounds.filter_map(|(round, (_, values))| Some((*round, *values.get(metric)?))).collect()
    }

    /// How many rounds the cell was run for, with or without a value in each.
    pub(crate) fn rounds(&self, id: &str) -> usize {
        let last = self.rounds.get(id).and_then(|rounds| rounds.keys().next_back());
        last.map_or(0, |last| *last as usize + 1)
    }

    /// Round to the distribution `name`.
    pub(crate) fn distributions(&self, id: &str, name: &str) -> BTreeMap<u32, &'a Distribution> {
        let rounds = self.rounds.get(id).into_iter().flatten();
        let of = |record: &'a Record| record.distributions.iter().find(|it| it.name == name);
        rounds.filter_map(|(round, (record, _))| Some((*round, of(record)?))).collect()
    }

    /// What the A/A pair shows.
    pub(crate) fn twin_floor(&self) -> Option<f64> {
        let twin = self.header.cells.iter().find(|cell| cell.twin)?;
        let cell = Cell { twin: false, ..twin.clone() };
        let metric = self.metric(&cell);
        let pair =
            Evidence::paired([(self, cell.id().as_str()), (self, twin.id().as_str())], metric);
        (pair.rounds() > 0).then(|| verdict::floor(&pair))
    }
}
