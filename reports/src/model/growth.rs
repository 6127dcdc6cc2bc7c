//! Cost against size: the groups of a workload over one parameter, as lines.
//!
//! Made from a [`Ranking`] for the chart and for the sentence that says whose cost grows.

use tminus_contract::Family;
use tminus_judge::rank::{Group, Interval, Ranking, Row, Span};

use crate::words;

/// One workload over one parameter, all others fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The workload's id.
    pub workload: String,
    /// The workload's title.
    pub title: String,
    /// The parameter on the x axis.
    pub param: String,
    /// The fixed parameters in words; empty if there are none.
    pub fixed: String,
    /// The name of one op.
    pub op: String,
    /// The metric on the y axis.
    pub metric: String,
    /// A line an executor, floors first, else in the order of their first appearance.
    pub lines: Vec<Line>,
}

/// An executor's cost over the sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// By size.
    pub points: Vec<Point>,
}

/// An executor's cost at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value of the parameter.
    pub size: u64,
    /// Over rounds; positive.
    pub median: f64,
    /// Of the median, where there were rounds enough.
    pub interval: Option<Interval>,
}

impl Growth {
    /// Returns every parameter of a workload for which the ranking has two values or more, with the
    /// other parameters fixed.
    #[must_use]
    pub fn all(ranking: &Ranking) -> Vec<Self> {
        Span::all(&ranking.groups).iter().filter_map(Self::of).collect()
    }

    fn of(span: &Span<'_>) -> Option<Self> {
        let (sizes, first) = (&span.groups, span.first());
        let mut lines: Vec<Line> = Vec::new();
        for row in sizes.values().flat_map(|group| &group.rows).filter(|row| !row.cell.twin) {
            let name = words::executor(&row.cell);
            if !lines.iter().any(|line| line.name == name) {
                let points = sizes.iter().filter_map(|(size, group)| point(*size, group, row));
                lines.push(Line { name, family: row.family, points: points.collect() });
            }
        }
        lines.retain(|line| !line.points.is_empty());
        // Of what is off or on, nothing grows.
        let grows = sizes.keys().any(|size| *size > 1);
        let enough = grows && lines.iter().any(|line| line.points.len() >= 2);
        // Parameters at their default are left out of ids, and so of titles.
        enough.then(|| Self {
            workload: first.workload.clone(),
            title: words::escape::clean(&first.title),
            param: span.param.clone(),
            fixed: words::params(&span.fixed()),
            op: first.op.clone(),
            metric: first.metric.clone(),
            lines,
        })
    }

    /// Returns the workload with the fixed parameters.
    #[must_use]
    pub fn subject(&self) -> String {
        if self.fixed.is_empty() {
            self.title.clone()
        } else {
            format!("{}, {}", self.title, self.fixed)
        }
    }

    /// Returns the sizes that any line has, ascending.
    #[must_use]
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> =
            self.lines.iter().flat_map(|line| &line.points).map(|point| point.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }
}

fn point(size: u64, group: &Group, like: &Row) -> Option<Point> {
    let same = |row: &&Row| {
        !row.cell.twin
            && row.cell.executor == like.cell.executor
            && row.cell.workers == like.cell.workers
    };
    let row = group.rows.iter().find(same)?;
    let median = row.median.filter(|median| *median > 0.0 && median.is_finite())?;
    let interval = row.interval.filter(|ends| ends.low > 0.0 && ends.high.is_finite());
    Some(Point { size, median, interval })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::fixture;

    /// Makes a group of two executors by these parameters.
    fn group(params: &[(&str, u64)]) -> Group {
        let row = |who: &str| {
            let mut cell = fixture::cell("work", "tasks", 10, who, None);
            let all: BTreeMap<&str, u64> = params.iter().copied().collect();
            cell.params = serde_json::from_value(serde_json::json!(all)).expect("a map");
            fixture::row(cell, Family::Smol, 100.0, 0.01)
        };
        fixture::group("work", "Work", "frame", "wall_ns_per_op", vec![row("a"), row("b")])
    }

    #[test]
    fn a_group_that_hides_the_parameter_takes_no_chart_away() {
        let mut all_out = group(&[("tasks", 99)]);
        fixture::exclude_all(&mut all_out);
        let groups = vec![
            group(&[("depth", 1), ("tasks", 10)]),
            all_out,
            group(&[("depth", 100), ("tasks", 10)]),
        ];
        let ranking = fixture::ranking_of(groups);
        let found = Growth::all(&ranking);
        let [growth] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((growth.param.as_str(), growth.sizes()), ("depth", vec![1, 100]));
    }
}
