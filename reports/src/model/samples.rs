//! The samples behind a median: every batch of every round, against the median of its executor.
//!
//! Where a workload is ranked by what an op takes and a round times several batches, a value is a
//! batch, the least that was timed; else it is a round, since no less has a value.

use tminus_contract::Family;
use tminus_contract::sample::Sample;
use tminus_judge::rank::{self, Group, Row};
use tminus_judge::stats::quantile;
use tminus_record::Record;

use crate::model::Records;
use crate::words;

/// The values of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The workload with its parameters.
    pub subject: String,
    /// The workload's id.
    pub workload: String,
    /// The metric of the values.
    pub metric: String,
    /// The name of one op.
    pub op: String,
    /// Whether a value is a batch of a round; else it is a whole round.
    pub batches: bool,
    /// The executors that have values, in the order of the group.
    pub spreads: Vec<Spread>,
}

/// The values of an executor.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// The median over rounds.
    pub median: f64,
    /// The values, ascending.
    pub values: Vec<Value>,
    /// Whether a round has several of them.
    pub batches: bool,
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// Against the median over rounds; above zero.
    pub ratio: f64,
    /// Whether the process was pushed off its core meanwhile.
    pub disturbed: bool,
}

impl Samples {
    /// Returns the values behind the ranking of `group`; `None` if there is none.
    pub(crate) fn of(records: &Records<'_>, group: &Group) -> Option<Self> {
        let spreads: Vec<Spread> =
            group.rows.iter().filter_map(|row| Spread::of(records, &group.metric, row)).collect();
        (!spreads.is_empty()).then(|| Self {
            subject: words::group(group),
            workload: group.workload.clone(),
            metric: group.metric.clone(),
            op: group.op.clone(),
            batches: spreads.iter().any(|spread| spread.batches),
            spreads,
        })
    }

    /// Returns what a value is of: `batch` or `round`.
    #[must_use]
    pub fn thing(&self) -> &'static str {
        if self.batches { "batch" } else { "round" }
    }
}

impl Spread {
    fn of(records: &Records<'_>, metric: &str, row: &Row) -> Option<Self> {
        let median = row.median.filter(|median| *median > 0.0 && median.is_finite())?;
        let rounds: Vec<Vec<Value>> =
            records.of(&row.cell).map(|record| values(record, metric)).collect();
        let batches = rounds.iter().any(|values| values.len() > 1);
        let mut values: Vec<Value> = rounds
            .into_iter()
            .flatten()
            .map(|value| Value { ratio: value.ratio / median, ..value })
            .filter(|value| value.ratio > 0.0 && value.ratio.is_finite())
            .collect();
        values.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        let name = words::executor(&row.cell);
        (!values.is_empty()).then_some(Self { name, family: row.family, median, values, batches })
    }

    /// Returns the ratio that the share `at` of the values lies below, between the nearest two.
    #[must_use]
    pub fn quantile(&self, at: f64) -> f64 {
        let ratios: Vec<f64> = self.values.iter().map(|value| value.ratio).collect();
        quantile(&ratios, at).unwrap_or(f64::NAN)
    }
}

/// Returns the field of a sample that the metric divides by its ops.
fn per_op(metric: &str) -> Option<fn(&Sample) -> u64> {
    match metric {
        "wall_ns_per_op" => Some(|sample| sample.wall_ns),
        "cpu_ns_per_op" => Some(|sample| sample.cpu_ns),
        _ => None,
    }
}

/// Returns the values of one round; `ratio` holds the value itself.
pub(crate) fn values(record: &Record, metric: &str) -> Vec<Value> {
    let is_disturbed = |sample: &Sample| sample.involuntary_switches > 0;
    match per_op(metric) {
        Some(field) => {
            let timed = record.samples.iter().filter(|sample| sample.ops > 0);
            let value = |sample: &Sample| Value {
                ratio: field(sample) as f64 / sample.ops as f64,
                disturbed: is_disturbed(sample),
            };
            timed.map(value).collect()
        }
        None => {
            let disturbed = record.samples.iter().any(is_disturbed);
            let value = rank::value(record, metric);
            value.map(|ratio| Value { ratio, disturbed }).into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    #[test]
    fn batches_stand_against_the_median_over_rounds() {
        let ranking = fixture::ranking();
        let mut run = fixture::run_of(&ranking);
        for record in &mut run.records {
            let first = record.samples.first().copied();
            for factor in [2, 3] {
                record.samples.extend(first.map(|sample| Sample {
                    cpu_ns: sample.cpu_ns * factor,
                    involuntary_switches: factor - 2,
                    ..sample
                }));
            }
        }
        let samples = Samples::of(&Records::of_run(&run), &ranking.groups[0]).expect("has values");
        assert_eq!((samples.subject.as_str(), samples.thing()), ("Countdown, timers 100", "batch"));
        let spread = samples.spreads.iter().find(|spread| spread.name == "heap").expect("there");
        // Two rounds of three batches each; the median of the made-up run is not that of its
        // records.
        let ratios: Vec<f64> = spread.values.iter().map(|value| value.ratio / 0.99).collect();
        for (ratio, expected) in ratios.iter().zip([1.0, 1.0, 2.0, 2.0, 3.0, 3.0]) {
            assert!((ratio - expected).abs() < 0.01, "{ratios:?}");
        }
        assert_eq!(spread.values.iter().filter(|value| value.disturbed).count(), 2);
        assert!((spread.quantile(0.5) / 0.99 - 2.0).abs() < 0.01);
    }

    #[test]
    fn where_no_batch_has_a_value_a_round_has_one() {
        let ranking = fixture::ranking();
        let mut run = fixture::run_of(&ranking);
        for record in &mut run.records {
            record.metrics.insert("cancel_p50_ns".into(), 2_000.0);
        }
        let group = ranking.groups.iter().find(|group| group.workload == "spinner").expect("there");
        let samples = Samples::of(&Records::of_run(&run), group).expect("has values");
        assert_eq!(samples.thing(), "round");
        assert!(samples.spreads.iter().all(|spread| spread.values.len() == 2));
        let bare = fixture::run_of(&ranking);
        assert!(Samples::of(&Records::of_run(&bare), group).is_none());
    }
}
