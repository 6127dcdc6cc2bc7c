//! One value a record for each metric: the bridge from raw samples to statistics.

use std::collections::{BTreeMap, BTreeSet};

use tminus_contract::sample::Sample;
use tminus_record::{Distribution, Outcome, Record, Run, WorkloadFacts};

use crate::stats::median;

/// Which figures of a distribution are metrics, and their quantiles.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)];

/// Returns every metric of `record` by name, its unit last. The child is the replicate, so each
/// metric has one value a record:
///
/// - `wall_ns_per_op`, `cpu_ns_per_op`, `allocations_per_op`, `allocated_bytes_per_op`: the median
///   over the child's samples of what an op took. The median and not the sum, which drifts.
/// - `least_wall_ns_per_op`, `least_cpu_ns_per_op`: that of the fastest sample: the steadiest
///   figure where some batch of each child is undisturbed; a gate may decide by it.
/// - `<distribution>_p50_ns`, `_p90_ns`, `_p99_ns`, `_p999_ns`, `_max_ns` of each distribution.
/// - every figure that the child gave by name: `start_ns`, `rss_peak_bytes`, `jain_index_ratio`.
#[must_use]
pub fn derive(record: &Record) -> BTreeMap<String, f64> {
    let mut values = plain(record);
    for distribution in &record.distributions {
        // Only what decodes was stored; a record made by hand may hold something else.
        let Ok(histogram) = distribution.decode() else { continue };
        if histogram.is_empty() {
            continue;
        }
        let name = &distribution.name;
        for (quantile, at) in QUANTILES {
            values.insert(format!("{name}_{quantile}_ns"), as_f64(histogram.value_at_quantile(at)));
        }
        values.insert(format!("{name}_max_ns"), as_f64(histogram.max()));
    }
    values
}

/// Returns the one `metric` of `record`, as [`derive()`] gives it, at the cost of this one alone.
#[must_use]
pub fn value(record: &Record, metric: &str) -> Option<f64> {
    of_distribution(record, metric)
        .or_else(|| of_samples(record, metric))
        .or_else(|| record.metrics.get(metric).copied())
}

/// Returns a figure of a distribution: `lateness_p99_ns`, `lateness_max_ns`.
fn of_distribution(record: &Record, metric: &str) -> Option<f64> {
    let name = metric.strip_suffix("_ns")?;
    let of = |distribution: &Distribution| {
        let figure = name.strip_prefix(distribution.name.as_str())?.strip_prefix('_')?;
        let at = QUANTILES.iter().find(|(quantile, _)| *quantile == figure).map(|(_, at)| *at);
        if at.is_none() && figure != "max" {
            return None;
        }
        let histogram = distribution.decode().ok().filter(|histogram| !histogram.is_empty())?;
        Some(as_f64(at.map_or(histogram.max(), |at| histogram.value_at_quantile(at))))
    };
    // As in `derive`, the last of one name stands.
    record.distributions.iter().rev().find_map(of)
}

/// Returns what an op took in the samples.
fn of_samples(record: &Record, metric: &str) -> Option<f64> {
    let (name, is_least) = match metric.strip_prefix("least_") {
        Some(name) if is_time(name) => (name, true),
        Some(_) => return None,
        None => (metric, false),
    };
    let (_, field) = PER_OP.iter().find(|(known, _)| *known == name)?;
    let of_ops = of_ops(record, *field);
    match is_least {
        false => median(&of_ops),
        true => of_ops.into_iter().reduce(f64::min),
    }
}

/// Reads one count of a sample, if it was taken.
type Field = fn(&Sample) -> Option<u64>;

/// Counts that each sample has, by op.
const PER_OP: [(&str, Field); 4] = [
    ("wall_ns_per_op", |sample| Some(sample.wall_ns)),
    ("cpu_ns_per_op", |sample| Some(sample.cpu_ns).filter(|ns| *ns > 0)),
    ("allocations_per_op", |sample| sample.allocations),
    ("allocated_bytes_per_op", |sample| sample.allocated_bytes),
];

/// Returns the logarithm of what an op took in each batch, and the full name of `metric`, if that
/// is a time an op; `None` in the place of a batch without one.
pub(crate) fn ln_times(record: &Record, metric: &str) -> Option<(&'static str, Vec<Option<f64>>)> {
    let (name, field) = PER_OP.iter().find(|(name, _)| *name == metric && is_time(name))?;
    let ln = |sample: &Sample| {
        let value = as_f64(field(sample)?) / as_f64(sample.ops);
        (value.is_finite() && value > 0.0).then(|| value.ln())
    };
    Some((name, record.samples.iter().map(ln).collect()))
}

fn is_time(name: &str) -> bool {
    name.ends_with("_ns_per_op")
}

fn of_ops(record: &Record, field: Field) -> Vec<f64> {
    let samples = record.samples.iter().filter(|sample| sample.ops > 0);
    samples.filter_map(|sample| Some(as_f64(field(sample)?) / as_f64(sample.ops))).collect()
}

/// Returns the metrics that need no distribution.
fn plain(record: &Record) -> BTreeMap<String, f64> {
    let mut values = record.metrics.clone();
    for (name, field) in PER_OP {
        let of_ops = of_ops(record, field);
        if let Some(median) = median(&of_ops) {
            values.insert(name.into(), median);
        }
        if is_time(name) && !of_ops.is_empty() {
            let least = of_ops.into_iter().fold(f64::INFINITY, f64::min);
            values.insert(format!("least_{name}"), least);
        }
    }
    values
}

/// Metrics of every child, whatever its workload: by op, and by name.
const OF_ALL: [&str; 10] = [
    "wall_ns_per_op",
    "cpu_ns_per_op",
    "least_wall_ns_per_op",
    "least_cpu_ns_per_op",
    "allocations_per_op",
    "allocated_bytes_per_op",
    "start_ns",
    "rss_start_bytes",
    "rss_peak_bytes",
    "run_queue_wait_ns",
];

/// Returns the metrics that records of a workload have, as far as that is known before one is
/// there.
#[must_use]
pub fn expected(facts: &WorkloadFacts) -> BTreeSet<String> {
    let of_all = OF_ALL.iter().map(|name| (*name).to_owned());
    let figures = QUANTILES.iter().map(|(name, _)| *name).chain(["max"]);
    let of_distributions = figures.flat_map(|figure| {
        facts.distributions.iter().map(move |(name, _)| format!("{name}_{figure}_ns"))
    });
    of_all.chain(of_distributions).chain(facts.metrics.iter().cloned()).collect()
}

/// Returns the distribution and the quantile that `metric` is of: `("lateness", 0.99)` of
/// `lateness_p99_ns`.
#[must_use]
pub fn quantile_of(metric: &str) -> Option<(&str, f64)> {
    let name = metric.strip_suffix("_ns")?;
    QUANTILES
        .iter()
        .find_map(|(quantile, at)| Some((name.strip_suffix(quantile)?.strip_suffix('_')?, *at)))
}

/// Returns the names of all metrics that `run` has values of.
#[must_use]
pub fn metrics(run: &Run) -> BTreeSet<String> {
    let good = run.records.iter().filter(|record| record.outcome == Outcome::Ok);
    good.flat_map(|record| derive(record).into_keys()).collect()
}

/// Returns whether more of `metric` is better. By its name, since a run file must be readable by a
/// tminus that does not know its workloads: an index (fairness), a rate and the part that was
/// answered are better when higher; costs and times are not.
#[must_use]
pub fn higher_is_better(metric: &str) -> bool {
    ["_index_ratio", "_per_s", "answered_ratio"].iter().any(|end| metric.ends_with(end))
}

#[expect(clippy::cast_precision_loss, reason = "times and counts stay below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
