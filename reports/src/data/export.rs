//! A run in the formats of services that keep a history of benchmarks and raise alarms.
//!
//! Each cell is one benchmark and each metric of its workload one measure of it, with the median
//! over rounds and its 95 % interval. A cell without a good round is left out: these formats have
//! no place for a reason.

use std::collections::BTreeMap;

use serde::Serialize;
use tminus_judge::rank::{Summary, higher_is_better, summaries};
use tminus_record::Run;

use crate::words::escape;
use crate::words::number::{Unit, raw};

/// One entry of github-action-benchmark's `customSmallerIsBetter`, see
/// <https://github.com/benchmark-action/github-action-benchmark>.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Benchmark {
    /// Cell and metric.
    pub name: String,
    /// `ns`, `bytes`, `ratio` or `count`.
    pub unit: &'static str,
    /// The median over rounds.
    pub value: f64,
    /// The 95 % interval, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Shown beside the value.
    pub extra: String,
}

/// One measure in Bencher's metric format (BMF), see
/// <https://bencher.dev/docs/reference/bencher-metric-format/>.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// The median over rounds.
    pub value: f64,
    /// The ends of the 95 % interval, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_value: Option<f64>,
    /// See `lower_value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper_value: Option<f64>,
}

/// Returns the run for github-action-benchmark: only metrics of which less is better, which is what
/// that format says of all it holds.
#[must_use]
pub fn github_action_benchmark(run: &Run) -> Vec<Benchmark> {
    let figures = figures(run).into_iter().filter(|figure| !higher_is_better(&figure.metric));
    let benchmark = |Figure { cell, metric, summary }: Figure| Benchmark {
        unit: Unit::of(&metric).name(),
        name: format!("{cell} {metric}"),
        value: summary.estimate.value,
        range: summary
            .estimate
            .interval
            .map(|(low, high)| format!("{} to {}", raw(low), raw(high))),
        extra: format!("median of {} rounds, each a process; 95 % interval", summary.rounds),
    };
    figures.map(benchmark).collect()
}

/// Returns the run for Bencher: benchmark to measure to figure. Names of measures are slugs, as
/// Bencher wants them: `wall-ns-per-op`.
#[must_use]
pub fn bencher(run: &Run) -> BTreeMap<String, BTreeMap<String, Measure>> {
    let mut benchmarks: BTreeMap<String, BTreeMap<String, Measure>> = BTreeMap::new();
    for Figure { cell, metric, summary: Summary { estimate, .. } } in figures(run) {
        let measure = Measure {
            value: estimate.value,
            lower_value: estimate.interval.map(|(low, _)| low),
            upper_value: estimate.interval.map(|(_, high)| high),
        };
        benchmarks.entry(cell).or_default().insert(metric.replace('_', "-"), measure);
    }
    benchmarks
}

/// A metric of a cell over all its rounds.
struct Figure {
    cell: String,
    metric: String,
    summary: Summary,
}

/// Returns figures in the order of the header's cells and of each workload's metrics; the second
/// name of the A/A pair is no benchmark.
fn figures(run: &Run) -> Vec<Figure> {
    let summaries = summaries(run);
    let mut figures = Vec::new();
    for cell in run.header.cells.iter().filter(|cell| !cell.twin) {
        let id = cell.id();
        let Some(metrics) = summaries.get(&id) else { continue };
        let facts = run.header.workloads.iter().filter(|facts| facts.id == cell.workload);
        for name in facts.flat_map(|facts| &facts.metrics) {
            if let Some(summary) = metrics.get(name) {
                figures.push(Figure {
                    cell: escape::clean(id.as_str()),
                    metric: escape::clean(name),
                    summary: *summary,
                });
            }
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use tminus_record::Outcome;

    use super::*;
    use crate::testing::fixture;

    #[test]
    fn every_cell_and_metric_stands_in_both_formats() {
        let run = fixture::run();
        let (github, bencher) = (github_action_benchmark(&run), bencher(&run));
        assert!(!github.is_empty());
        for Benchmark { name, value, .. } in &github {
            let (cell, metric) = name.split_once(' ').expect("cell and metric");
            let measure = bencher[cell][&metric.replace('_', "-")];
            assert!((measure.value - value).abs() < f64::EPSILON, "{name}");
            assert!(measure.lower_value.is_none_or(|low| low <= *value), "{name}");
            assert!(measure.upper_value.is_none_or(|high| high >= *value), "{name}");
        }
        let shown = serde_json::to_string_pretty(&(&github[..3], bencher.iter().next()));
        insta::assert_snapshot!(shown.expect("JSON"));
    }

    #[test]
    fn cells_that_failed_and_twins_are_no_benchmarks() {
        let mut run = fixture::run();
        for record in &mut run.records {
            record.outcome = Outcome::Excluded { reason: "made up".into() };
        }
        assert!(github_action_benchmark(&run).is_empty());
        assert!(bencher(&run).is_empty());
        let names = bencher(&fixture::run());
        assert!(!names.keys().any(|cell| cell.ends_with("/aa")));
    }

    #[test]
    fn hostile_names_are_harmless() {
        let run = fixture::run_of(&fixture::hostile());
        let text = serde_json::to_string(&(github_action_benchmark(&run), bencher(&run)));
        let text = text.expect("JSON");
        assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'), "{text}");
    }
}
