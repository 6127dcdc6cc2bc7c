//! The matrix: executors down, groups across, slowdowns against the fastest inside.
//!
//! Made once from a [`Ranking`] for the heat map, the page and the Markdown, so that they cannot
//! differ. Geometric means only, over the groups that all compared executors have in common. Above 1
//! is worse, whatever the metric.

use std::ops::Range;

use tminus_harness::contract::Family;
use tminus_harness::rank::{Group, Interval, Ranking, Ratio, Row, RowOutcome, higher_is_better};

use crate::escape::clean;
use crate::words;

/// Slowdowns of every executor in every group.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The groups.
    pub columns: Vec<Column>,
    /// The executors; those with a mean first, the smallest mean first.
    pub rows: Vec<MatrixRow>,
    /// The columns that the geometric means are taken over.
    pub common: Vec<usize>,
}

/// A group as a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The workload's id.
    pub id: String,
    /// The workload's title.
    pub workload: String,
    /// The parameters in words.
    pub params: String,
    /// What is compared.
    pub metric: String,
    /// The name of the first parameter, which columns of a workload differ in most.
    pub param: String,
    /// Its value, short, and the other parameters in words.
    pub values: Vec<String>,
}

impl Column {
    /// Both parts on one line.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}, {}", self.workload, self.params)
    }
}

/// An executor as a row.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixRow {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// One entry a column.
    pub entries: Vec<Entry>,
    /// The geometric mean over the common columns; `None` where one of them is missing.
    pub mean: Option<f64>,
}

/// What stands where a row and a column meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The slowdown.
    Ratio {
        /// Against the fastest of the column.
        factor: Ratio,
        /// Its interval includes 1.
        about_best: bool,
    },
    /// Failed or excluded, and why.
    Reason(String),
    /// The run has no such cell.
    Missing,
}

impl Entry {
    fn ratio(&self) -> Option<Ratio> {
        match self {
            Self::Ratio { factor, .. } if factor.median > 0.0 => Some(*factor),
            Self::Ratio { .. } | Self::Reason(_) | Self::Missing => None,
        }
    }

    fn ln(&self) -> Option<f64> {
        self.ratio().map(|factor| factor.median.ln())
    }
}

/// How many times worse: a ratio of `metric`, turned over where more of it is better.
#[must_use]
pub fn slowdown(ratio: Ratio, metric: &str) -> Ratio {
    if !higher_is_better(metric) {
        return ratio;
    }
    let turned = |ends: Interval| Interval { low: 1.0 / ends.high, high: 1.0 / ends.low };
    Ratio { median: 1.0 / ratio.median, interval: ratio.interval.map(turned), ..ratio }
}

impl Matrix {
    /// What stands in the matrix for `row` of a group by `metric`.
    #[must_use]
    pub fn entry(row: &Row, metric: &str) -> Entry {
        match (&row.outcome, row.ratio) {
            (RowOutcome::Ok, Some(ratio)) => {
                Entry::Ratio { factor: slowdown(ratio, metric), about_best: row.about_best }
            }
            (RowOutcome::Failed(reason), _) => Entry::Reason(format!("failed: {}", clean(reason))),
            (RowOutcome::Excluded(reason), _) => {
                Entry::Reason(format!("excluded: {}", clean(reason)))
            }
            (RowOutcome::Ok, None) if row.rounds == 0 => {
                Entry::Reason("no round gave a value".into())
            }
            (RowOutcome::Ok, None) => {
                Entry::Reason("no ratio: a round measured 0, or there is none in common".into())
            }
        }
    }

    /// The matrix of `ranking`, without floors and the second of the A/A pair.
    #[must_use]
    pub fn of(ranking: &Ranking) -> Self {
        let mut rows: Vec<MatrixRow> = Vec::new();
        for row in ranking.groups.iter().flat_map(|group| &group.rows) {
            let name = words::executor(&row.cell);
            let wanted = !row.cell.is_floor() && !row.cell.twin;
            if wanted && !rows.iter().any(|known| known.name == name) {
                let entries = ranking.groups.iter().map(|group| entry(group, &name)).collect();
                rows.push(MatrixRow { name, family: row.family, entries, mean: None });
            }
        }
        let common = common_columns(&rows, ranking.groups.len());
        for row in &mut rows {
            row.mean = geometric_mean(row, &common);
        }
        rows.sort_by(|a, b| order_key(a).total_cmp(&order_key(b)));
        let column = |group: &Group| Column {
            id: clean(&group.workload),
            workload: clean(&group.title),
            params: words::params(&group.params),
            metric: words::metric(&group.metric, &group.op),
            param: words::param(first(group).0),
            values: values(group),
        };
        let columns = ranking.groups.iter().map(column).collect();
        Self { columns, rows, common }
    }

    /// The columns of each workload.
    #[must_use]
    pub fn spans(&self) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            match spans.last_mut() {
                Some(span) if self.columns[span.start].id == column.id => span.end += 1,
                _ => spans.push(index..index + 1),
            }
        }
        spans
    }

    /// Who leads among `rows`, which have means, the smallest first: the first, and all whose mean is
    /// not surely larger. `None` where there are too few rounds to tell any from the first.
    #[must_use]
    pub fn leaders<'a>(&self, rows: &[&'a MatrixRow]) -> Option<Vec<&'a MatrixRow>> {
        let (first, others) = rows.split_first()?;
        let behind: Vec<Option<bool>> =
            others.iter().map(|row| is_behind(row, first, &self.common)).collect();
        if !behind.is_empty() && behind.iter().all(Option::is_none) {
            return None;
        }
        let near = others.iter().zip(behind).filter(|(_, behind)| *behind != Some(true));
        Some(std::iter::once(*first).chain(near.map(|(row, _)| *row)).collect())
    }
}

/// The first parameter of a group, by its id: name and value.
fn first(group: &Group) -> (&str, &str) {
    group.params.split(',').next().and_then(|part| part.split_once('=')).unwrap_or(("", ""))
}

fn values(group: &Group) -> Vec<String> {
    let (name, value) = first(group);
    let value =
        value.parse().map_or_else(|_| value.into(), |value| words::param_short(name, value));
    let others = group.params.split(',').skip(1).map(words::params);
    std::iter::once(clean(&value)).chain(others).collect()
}

fn entry(group: &Group, name: &str) -> Entry {
    let of_name = |row: &&Row| !row.cell.twin && words::executor(&row.cell) == name;
    let row = group.rows.iter().find(of_name);
    row.map_or(Entry::Missing, |row| Matrix::entry(row, &group.metric))
}

/// The columns that means are taken over: those where nearly every executor has a figure. An
/// executor that fails in many columns must not shrink the set for all, so rows with figures in
/// fewer than half of the columns do not count.
fn common_columns(rows: &[MatrixRow], columns: usize) -> Vec<usize> {
    let has = |row: &&MatrixRow, column: usize| row.entries[column].ratio().is_some();
    let figures = |row: &&MatrixRow| (0..columns).filter(|column| has(row, *column)).count();
    let full: Vec<&MatrixRow> = rows.iter().filter(|row| figures(row) * 2 >= columns).collect();
    (0..columns).filter(|column| full.iter().all(|row| has(row, *column))).collect()
}

fn geometric_mean(row: &MatrixRow, common: &[usize]) -> Option<f64> {
    let logs: Option<Vec<f64>> = common.iter().map(|column| row.entries[*column].ln()).collect();
    let logs = logs.filter(|logs| !logs.is_empty())?;
    Some((logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

/// Whether the mean of `row` over the `common` columns is surely larger than that of `first`: the
/// interval of what lies between them is above 0 on the log scale. `None` where a ratio has no
/// interval, for want of rounds.
///
/// That interval is joined from those of the ratios: G. Zou and A. Donner, *Construction of confidence
/// limits about effect measures*, Statistics in Medicine 27 (2008). The two ratios of a column have
/// their best in common and so err alike, which makes it rather too wide than too narrow.
fn is_behind(row: &MatrixRow, first: &MatrixRow, common: &[usize]) -> Option<bool> {
    let (mut distance, mut squares) = (0.0, 0.0);
    for column in common {
        let own = row.entries[*column].ratio()?;
        let best = first.entries[*column].ratio()?;
        distance += (own.median / best.median).ln();
        squares += (own.median / own.interval?.low).ln().powi(2);
        squares += (best.interval?.high / best.median).ln().powi(2);
    }
    Some(distance > squares.sqrt())
}

/// By the mean; rows without one after all others, by their own geometric mean.
fn order_key(row: &MatrixRow) -> f64 {
    let own: Vec<f64> = row.entries.iter().filter_map(Entry::ln).collect();
    let own = if own.is_empty() { 700.0 } else { own.iter().sum::<f64>() / own.len() as f64 };
    row.mean.map_or(1e6 + own, f64::ln)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn rows_stand_by_their_mean_over_the_common_columns() {
        let matrix = Matrix::of(&fixture::ranking());
        assert!(!matrix.common.is_empty() && matrix.common.len() < matrix.columns.len());
        let means: Vec<f64> = matrix.rows.iter().filter_map(|row| row.mean).collect();
        assert!(means.is_sorted(), "{means:?}");
        assert!(matrix.rows.iter().all(|row| row.entries.len() == matrix.columns.len()));
        assert!(matrix.rows.iter().all(|row| row.family != Family::Floor));
    }

    #[test]
    fn the_mean_is_geometric() {
        let ratio = |median| Entry::Ratio {
            factor: Ratio { median, interval: None, rounds: 6 },
            about_best: false,
        };
        let row = MatrixRow {
            name: "a".into(),
            family: Family::Hand,
            entries: vec![ratio(1.0), ratio(4.0), Entry::Missing],
            mean: None,
        };
        let mean = geometric_mean(&row, &[0, 1]).expect("both are there");
        assert!((mean - 2.0).abs() < 1e-12, "{mean}");
        assert_eq!(geometric_mean(&row, &[0, 2]), None);
        assert_eq!(geometric_mean(&row, &[]), None);
    }

    #[test]
    fn failures_keep_their_reason() {
        let matrix = Matrix::of(&fixture::ranking());
        let row = matrix.rows.iter().find(|row| row.name == "futures-lite").expect("is there");
        let last = row.entries.last().expect("not empty");
        assert!(matches!(last, Entry::Reason(reason) if reason.starts_with("failed: hang")));
    }

    #[test]
    fn where_more_is_better_less_is_worse() {
        let (_, ranking) = fixture::fair();
        let matrix = Matrix::of(&ranking);
        // The fixture's executors are the less fair the later they stand.
        assert_eq!(matrix.rows[0].name, "heap");
        let measured = matrix.rows.iter().filter_map(|row| row.mean);
        assert!(measured.clone().all(|mean| mean > 0.99) && measured.fold(0.0, f64::max) > 2.0);
        let threads = matrix.rows.iter().find(|row| row.name == "threads").expect("is there");
        let Entry::Ratio { factor, about_best: false } = &threads.entries[1] else { panic!() };
        let ends = factor.interval.expect("12 rounds");
        assert!(ends.low < factor.median && factor.median < ends.high, "{factor:?}");
        assert!((factor.median / 2.6 - 1.0).abs() < 0.02, "{factor:?}");
    }

    #[test]
    fn a_missing_ratio_has_its_true_reason() {
        let (_, ranking) = fixture::fair();
        let reason = |row: &Row| match Matrix::entry(row, "jain_index_ratio") {
            Entry::Reason(reason) => reason,
            other => panic!("{other:?}"),
        };
        let named = |row: &&Row| row.cell.executor == fixture::UNFAIR_ONCE;
        let row = ranking.groups[0].rows.iter().find(named).expect("is there");
        assert!(row.rounds == fixture::ROUNDS && reason(row).contains("measured 0"));
        assert_eq!(reason(&Row { rounds: 0, ..row.clone() }), "no round gave a value");
    }

    #[test]
    fn columns_belong_to_the_workload_with_their_id() {
        let mut ranking = fixture::ranking();
        assert_eq!(Matrix::of(&ranking).spans(), [0..4, 4..7, 7..8, 8..11]);
        for group in &mut ranking.groups {
            group.title = "Alike".into();
        }
        assert_eq!(Matrix::of(&ranking).spans(), [0..4, 4..7, 7..8, 8..11]);
    }
}
