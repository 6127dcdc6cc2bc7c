//! Tails: the distribution of a cell's waits, as lines over the percentiles.
//!
//! The histograms of all good rounds of a cell are added up. A line ends where fewer than
//! [`LEAST_ABOVE`] values lie above, since what lies beyond is the luck of single values.

use std::cmp::Reverse;

use tminus_contract::Family;
use tminus_judge::rank::{Group, Ranking, Row};
use tminus_record::Run;

use crate::model::Records;
use crate::model::sizes::{groups, workloads};
use crate::words;
use crate::words::escape::clean;

/// The fewest values above the end of a line.
pub const LEAST_ABOVE: u64 = 10;

/// Points of a line in each factor of ten.
const STEPS: i32 = 16;

/// One distribution of the cells of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// The place of the group in the ranking.
    pub group: usize,
    /// The workload's id.
    pub workload: String,
    /// The workload with its parameters.
    pub subject: String,
    /// The name of the distribution, as the workload declares it.
    pub name: String,
    /// The meaning of its values; empty if the run does not say.
    pub about: String,
    /// A line for each executor with enough values, in the order of the group.
    pub lines: Vec<Line>,
}

/// The upper half of an executor's distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// Values in all rounds together.
    pub count: u64,
    /// Rounds that were added up.
    pub rounds: u32,
    /// From the median on: one in how many values lies above, and the value in nanoseconds; at
    /// least 1, so that it has a place on a logarithmic axis.
    pub points: Vec<(f64, f64)>,
}

impl Tail {
    /// Returns every distribution of each workload, at its largest size that has one.
    pub(crate) fn all(run: &Run, records: &Records<'_>, ranking: &Ranking) -> Vec<Self> {
        let mut found = Vec::new();
        for workload in workloads(ranking) {
            let facts = run.header.workloads.iter().find(|facts| facts.id == workload);
            let declared = facts.map(|facts| facts.distributions.as_slice()).unwrap_or_default();
            // The first of equals: the one whose other parameters are the plainest.
            let mut own: Vec<(usize, &Group)> = groups(ranking, workload).collect();
            own.sort_by_key(|(_, group)| Reverse(group.size));
            for (name, about) in declared {
                let of = |group: &(usize, &Group)| Self::of_group(records, *group, name, about);
                found.extend(own.iter().find_map(of));
            }
        }
        found
    }

    /// Makes the chart's data; `None` where no executor has enough values.
    fn of_group(
        records: &Records<'_>,
        (index, group): (usize, &Group),
        name: &str,
        about: &str,
    ) -> Option<Self> {
        let lines: Vec<Line> =
            group.rows.iter().filter_map(|row| Line::of(records, row, name)).collect();
        (!lines.is_empty()).then(|| Self {
            group: index,
            workload: group.workload.clone(),
            subject: words::group(group),
            name: name.into(),
            about: clean(about),
            lines,
        })
    }

    /// Returns one in how many values lies above the end of the longest line.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.lines.iter().filter_map(|line| line.points.last()).fold(2.0, |far, at| far.max(at.0))
    }
}

impl Line {
    /// Makes a line; `None` without enough values to show the median.
    fn of(records: &Records<'_>, row: &Row, name: &str) -> Option<Self> {
        let named = records.of(&row.cell).flat_map(|record| {
            let named = record.distributions.iter().filter(|known| known.name == name);
            // Only what decodes was stored; a record made by hand may hold something else.
            named.filter_map(|distribution| distribution.decode().ok())
        });
        let mut rounds = 1;
        let mut sum = None;
        for next in named {
            match &mut sum {
                None => sum = Some(next),
                // Refused where the bounds of a histogram made by hand are its own.
                Some(sum) => rounds += u32::from(sum.add(&next).is_ok()),
            }
        }
        let sum = sum?;
        let end = sum.len() as f64 / LEAST_ABOVE as f64;
        let at = |x: f64| (x, (sum.value_at_quantile(1.0 - 1.0 / x) as f64).max(1.0));
        (end >= 2.0).then(|| Self {
            name: words::executor(&row.cell),
            family: row.family,
            count: sum.len(),
            rounds,
            points: steps(end).into_iter().map(at).collect(),
        })
    }

    /// Returns the value that one in `x` values lies above, where the line reaches so far.
    #[must_use]
    pub fn at(&self, x: f64) -> Option<f64> {
        let found = self.points.iter().find(|point| (point.0 / x - 1.0).abs() < 1e-9);
        found.map(|point| point.1)
    }
}

/// Returns the steps from the median to `end`: even on a logarithmic axis, every power of ten among
/// them.
fn steps(end: f64) -> Vec<f64> {
    let step = |index: i32| 10f64.powf(f64::from(index) / f64::from(STEPS));
    let inner = (1..).map(step).skip_while(|x| *x <= 2.0).take_while(|x| *x < end);
    let mut all = vec![2.0];
    all.extend(inner);
    if end > 2.0 {
        all.push(end);
    }
    all
}

#[cfg(test)]
mod tests {
    use tminus_contract::resources::histogram;
    use tminus_record::Distribution;

    use super::*;
    use crate::testing::fixture;

    /// Returns the made-up run, with `values` in every round of one cell, and the tail of its
    /// group.
    fn tails(values: impl Iterator<Item = u64> + Clone) -> Vec<Tail> {
        let ranking = fixture::ranking();
        let mut run = fixture::run_of(&ranking);
        let mut histogram = histogram();
        values.for_each(|value| histogram.saturating_record(value));
        let own = run.records.iter_mut().filter(|record| {
            let cell = record.cell.to_string();
            cell.starts_with("countdown/timers=10000/") && cell.ends_with("/heap")
        });
        for record in own {
            record.distributions = vec![Distribution::of("lateness", &histogram)];
        }
        Tail::all(&run, &Records::of_run(&run), &ranking)
    }

    #[test]
    fn rounds_are_added_up_and_lines_end_at_ten_values() {
        let found = tails(1..=500);
        let [tail] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((tail.subject.as_str(), tail.lines.len()), ("Countdown, timers 10,000", 1));
        let line = &tail.lines[0];
        assert_eq!((line.name.as_str(), line.count, line.rounds), ("heap", 1_000, 2));
        assert_eq!(line.at(2.0), Some(250.0));
        assert_eq!(line.at(10.0), Some(450.0));
        // Of a thousand values ten lie above the 99th percentile.
        assert_eq!(line.points.last(), Some(&(100.0, 495.0)));
        assert!(line.points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
    }

    #[test]
    fn too_few_values_have_no_line_and_none_is_zero() {
        assert!(tails(1..=9).is_empty());
        let found = tails(std::iter::repeat_n(0, 10));
        assert_eq!(found[0].lines[0].points, [(2.0, 1.0)]);
    }
}
