//! Cost against size: the groups of a workload over one parameter, as lines.
//!
//! Made from a [`Ranking`] for the chart and for the sentence that says whose cost grows.

use std::collections::{BTreeMap, HashMap};

use tminus_contract::Family;
use tminus_judge::rank::{Group, Interval, Ranking, Row};

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

/// A workload, the parameter that changes, and the values of the others.
type Key = (String, String, Vec<(String, u64)>);

impl Growth {
    /// Returns every parameter of a workload for which the ranking has two values or more, with the
    /// other parameters fixed.
    #[must_use]
    pub fn all(ranking: &Ranking) -> Vec<Self> {
        let mut keys: Vec<Key> = Vec::new();
        let mut sizes: HashMap<Key, BTreeMap<u64, &Group>> = HashMap::new();
        for group in &ranking.groups {
            let all = params(group);
            for (param, size) in &all {
                // Where all was left out, a group knows no more than its id, which hides defaults.
                let fixed = all.iter().filter(|(name, _)| name != param).cloned().collect();
                let key = (group.workload.clone(), param.clone(), fixed);
                let known = sizes.entry(key.clone()).or_insert_with(|| {
                    keys.push(key);
                    BTreeMap::new()
                });
                known.insert(*size, group);
            }
        }
        keys.iter().filter_map(|key| Self::of(key, &sizes[key])).collect()
    }

    fn of(key: &Key, sizes: &BTreeMap<u64, &Group>) -> Option<Self> {
        let (workload, param, _) = key;
        let first = sizes.values().next()?;
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
        let grows = sizes.len() >= 2 && sizes.keys().any(|size| *size > 1);
        let enough = grows && lines.iter().any(|line| line.points.len() >= 2);
        // Parameters at their default are left out of ids, and so of titles.
        let shown = words::params(&first.params);
        let fixed = shown.split(", ").filter(|part| !part.starts_with(&words::param(param)));
        enough.then(|| Self {
            workload: workload.clone(),
            title: crate::words::escape::clean(&first.title),
            param: param.clone(),
            fixed: fixed.collect::<Vec<_>>().join(", "),
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

fn params(group: &Group) -> Vec<(String, u64)> {
    let first = group.rows.first();
    let params = first.map(|row| row.cell.params.iter().map(|(name, value)| (name.into(), value)));
    params.into_iter().flatten().collect()
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
    use tminus_judge::rank::SCHEMA;

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
        let ranking = Ranking {
            schema: SCHEMA,
            groups,
            twin: None,
            rounds: fixture::ROUNDS,
            limits: fixture::LIMITS,
        };
        let found = Growth::all(&ranking);
        let [growth] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((growth.param.as_str(), growth.sizes()), ("depth", vec![1, 100]));
    }
}
