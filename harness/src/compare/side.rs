//! A run as comparisons need it: a value for each cell, round and metric.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::plan::Cell;
use crate::rank::{self, higher_is_better};
use crate::record::Outcome;
use crate::store::{Header, Run};
use crate::verdict;

/// One run with what was derived of it.
pub(crate) struct Side<'a> {
    pub(crate) header: &'a Header,
    metric: Option<&'a str>,
    /// Cell to round to metrics; only rounds that went well.
    rounds: BTreeMap<String, BTreeMap<u32, BTreeMap<String, f64>>>,
    /// The first failure of each cell that has one.
    pub(crate) failed: BTreeMap<String, &'a str>,
}

impl<'a> Side<'a> {
    /// # Errors
    /// [`Error::Usage`] for a metric that no record has.
    pub(crate) fn of(run: &'a Run, metric: Option<&'a str>) -> Result<Self> {
        if let Some(metric) = metric {
            let known = rank::metrics(run);
            if !known.contains(metric) {
                return Err(Error::unknown("metric", metric, known.iter().map(String::as_str)));
            }
        }
        let (mut rounds, mut failed) = (BTreeMap::<_, BTreeMap<_, _>>::new(), BTreeMap::new());
        for record in &run.records {
            let id = record.cell.to_string();
            match &record.outcome {
                Outcome::Ok => {
                    rounds.entry(id).or_default().insert(record.round, rank::derive(record));
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

    /// Round to value.
    pub(crate) fn values(&self, id: &str, metric: &str) -> BTreeMap<u32, f64> {
        let rounds = self.rounds.get(id).into_iter().flatten();
        rounds.filter_map(|(round, values)| Some((*round, *values.get(metric)?))).collect()
    }

    /// What the A/A pair shows.
    pub(crate) fn twin_floor(&self) -> Option<f64> {
        let twin = self.header.cells.iter().find(|cell| cell.twin)?;
        let cell = Cell { twin: false, ..twin.clone() };
        let metric = self.metric(&cell);
        let of = |cell: &Cell| self.values(cell.id().as_str(), metric);
        let ln_ratios = ln_ratios(&of(&cell), &of(twin), metric);
        (!ln_ratios.is_empty()).then(|| verdict::floor(&ln_ratios))
    }
}

/// Candidate to baseline in each round that both have, positive where the candidate costs more.
pub(crate) fn ln_ratios(
    baseline: &BTreeMap<u32, f64>,
    candidate: &BTreeMap<u32, f64>,
    metric: &str,
) -> Vec<f64> {
    let sign = if higher_is_better(metric) { -1.0 } else { 1.0 };
    let positive = |value: &f64| *value > 0.0 && value.is_finite();
    let pairs = baseline.iter().filter_map(|(round, a)| Some((a, candidate.get(round)?)));
    let good = pairs.filter(|(a, b)| positive(a) && positive(b));
    good.map(|(a, b)| sign * (b.ln() - a.ln())).collect()
}
