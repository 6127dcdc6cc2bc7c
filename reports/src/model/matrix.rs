//! The matrix: executors down, groups across, slowdowns against the fastest inside.
//!
//! Made once from a [`Ranking`] for the heat map, the page and the Markdown, so that they cannot
//! differ. Geometric means only, over the groups that all compared executors have in common. Above
//! 1 is worse, whatever the metric.

mod order;

pub use order::Flip;

use std::ops::Range;

use tminus_contract::Family;
use tminus_judge::rank::{
    Group, Interval, Ranking, Ratio, Row, RowOutcome, Standing, higher_is_better,
};
use tminus_judge::verdict::Limits;
use tminus_record::Cell;

use crate::words::escape::clean;
use crate::words::{self, number};

/// Slowdowns of every executor in every group.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The groups.
    pub columns: Vec<Column>,
    /// The executors: those that choose the columns in common by their means, then the others by
    /// name.
    pub rows: Vec<MatrixRow>,
    /// The columns that the geometric means are taken over.
    pub common: Vec<usize>,
    /// Whose order depends on a third: they count as tied.
    pub flips: Vec<Flip>,
    /// The limits by which executors are told apart.
    pub limits: Limits,
    /// The suspicions against figures, a sentence each.
    pub suspicions: Vec<String>,
}

/// A group as a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The workload's id.
    pub id: String,
    /// The workload's title.
    pub workload: String,
    /// The workload's category; empty where the run does not say.
    pub category: String,
    /// The parameters in words.
    pub params: String,
    /// The metric that is compared.
    pub metric: String,
    /// The name of the first parameter, which columns of a workload differ in most.
    pub param: String,
    /// Its value, short, and the other parameters in words.
    pub values: Vec<String>,
}

impl Column {
    /// Returns both parts on one line.
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
    /// The executor's id.
    pub executor: String,
    /// How it is drawn.
    pub family: Family,
    /// Whether something speaks against figures of it.
    pub suspect: bool,
    /// For scale alone: it chooses no columns and has no place.
    pub yardstick: bool,
    /// One entry a column.
    pub entries: Vec<Entry>,
    /// The geometric mean over the common columns; `None` where one of them is missing.
    pub mean: Option<f64>,
    /// The places over all that noise, layout and the choice of executors allow, from 1; `None`
    /// where it is not compared.
    pub place: Option<(u32, u32)>,
}

impl MatrixRow {
    /// Returns the name as tables show it: with a mark where something speaks against its figures.
    #[must_use]
    pub fn label(&self) -> String {
        if self.suspect { format!("{} {}", self.name, words::SUSPECT) } else { self.name.clone() }
    }
}

/// Returns whether something speaks against figures of the executor of `cell`.
fn is_suspect(ranking: &Ranking, cell: &Cell) -> bool {
    let column = cell.column();
    let mut rows = ranking.groups.iter().flat_map(|group| &group.rows);
    rows.any(|row| !row.suspicions.is_empty() && row.cell.column() == column)
}

/// The entry where a row and a column meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The slowdown.
    Ratio {
        /// Against the fastest of the column.
        factor: Ratio,
        /// How it stands to the best of the column.
        standing: Standing,
        /// Its own level, turned over where more is better.
        level: f64,
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

    /// Returns the slowdown as it stands in tables, without a mark: `1.25`.
    #[must_use]
    pub fn figure(&self) -> Option<String> {
        match self {
            Self::Ratio { factor, .. } => {
                Some(number::factor(factor).trim_end_matches('×').to_owned())
            }
            Self::Reason(_) | Self::Missing => None,
        }
    }

    /// Does as [`figure`](Self::figure), with the mark of what cannot be told: `1.2?`.
    #[must_use]
    pub fn marked(&self) -> Option<String> {
        let mark = if self.standing() == Some(Standing::CannotTell) { "?" } else { "" };
        Some(self.figure()? + mark)
    }

    /// Returns how it stands to the best of the column; `None` where it has no figure.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::Ratio { standing, .. } => Some(*standing),
            Self::Reason(_) | Self::Missing => None,
        }
    }
}

/// Returns how many times worse: a ratio of `metric`, turned over where more of it is better.
#[must_use]
pub fn slowdown(ratio: Ratio, metric: &str) -> Ratio {
    if !higher_is_better(metric) {
        return ratio;
    }
    let turned = |ends: Interval| Interval { low: 1.0 / ends.high, high: 1.0 / ends.low };
    Ratio { median: 1.0 / ratio.median, interval: ratio.interval.map(turned), ..ratio }
}

impl Matrix {
    /// Returns the entry of the matrix for `row` of a group by `metric`.
    #[must_use]
    pub fn entry(row: &Row, metric: &str) -> Entry {
        match (&row.outcome, row.ratio) {
            (RowOutcome::Ok, Some(ratio)) => {
                let median = row.median.unwrap_or(f64::NAN);
                let level = if higher_is_better(metric) { median.recip() } else { median };
                let standing = row.standing.unwrap_or(Standing::CannotTell);
                Entry::Ratio { factor: slowdown(ratio, metric), standing, level }
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

    /// Makes the matrix of `ranking`, without floors and the second of the A/A pair.
    #[must_use]
    pub fn of(ranking: &Ranking) -> Self {
        let mut rows: Vec<MatrixRow> = Vec::new();
        for row in ranking.groups.iter().flat_map(|group| &group.rows) {
            let name = words::executor(&row.cell);
            let wanted = !row.cell.is_floor() && !row.cell.twin;
            if wanted && !rows.iter().any(|known| known.name == name) {
                let entries = ranking.groups.iter().map(|group| entry(group, &name)).collect();
                rows.push(MatrixRow {
                    name,
                    executor: row.cell.executor.clone(),
                    family: row.family,
                    suspect: is_suspect(ranking, &row.cell),
                    yardstick: row.yardstick,
                    entries,
                    mean: None,
                    place: None,
                });
            }
        }
        let column = |group: &Group| Column {
            id: clean(&group.workload),
            workload: clean(&group.title),
            category: clean(&group.category),
            params: words::params(&group.params),
            metric: words::metric(&group.metric, &group.op),
            param: words::param(first(group).0),
            values: values(group),
        };
        let columns = ranking.groups.iter().map(column).collect();
        let limits = ranking.limits;
        let (common, flips) = (Vec::new(), Vec::new());
        let suspicions = words::suspicions(ranking);
        let mut matrix = Self { columns, rows, common, flips, limits, suspicions };
        matrix.set_order();
        matrix
    }

    /// Sets common columns, means, the order of the rows, and places.
    fn set_order(&mut self) {
        let rows: Vec<&MatrixRow> = self.rows.iter().collect();
        let (common, flips) = (order::common(&rows), order::flips(&rows));
        let means: Vec<Option<f64>> =
            rows.iter().map(|row| order::mean(&rows, row, &common)).collect();
        let competitors: Vec<String> =
            order::competitors(&rows).iter().map(|row| row.name.clone()).collect();
        for (row, mean) in self.rows.iter_mut().zip(means) {
            row.mean = mean;
        }
        (self.common, self.flips) = (common, flips);
        let key = |row: &MatrixRow| {
            let is_compared = competitors.contains(&row.name);
            row.mean.filter(|_| is_compared).unwrap_or(f64::INFINITY)
        };
        self.rows.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| a.name.cmp(&b.name)));
        let places: Vec<Option<(u32, u32)>> =
            self.rows.iter().map(|row| self.place(row, &competitors)).collect();
        for (row, place) in self.rows.iter_mut().zip(places) {
            row.place = place;
        }
    }

    /// Returns the places that `row` may have among the `competitors`.
    fn place(&self, row: &MatrixRow, competitors: &[String]) -> Option<(u32, u32)> {
        let is_compared = |row: &&MatrixRow| row.mean.is_some() && competitors.contains(&row.name);
        let others: Vec<&MatrixRow> = self.rows.iter().filter(is_compared).collect();
        let told: Vec<[Option<bool>; 2]> = others
            .iter()
            .filter(|other| other.name != row.name)
            .map(|other| [self.is_behind(row, other), self.is_behind(other, row)])
            .collect();
        let is_known = told.is_empty() || told.iter().flatten().any(Option::is_some);
        if !is_compared(&row) || !is_known {
            return None;
        }
        let count = |which: usize| told.iter().filter(|it| it[which] == Some(true)).count() as u32;
        Some((1 + count(0), others.len() as u32 - count(1)))
    }

    /// Returns whether `row` is surely behind `first`, whichever others take part.
    fn is_behind(&self, row: &MatrixRow, first: &MatrixRow) -> Option<bool> {
        let behind = order::is_behind(row, first, &self.common, self.limits.margin)?;
        let is_pair =
            |flip: &Flip| flip.pair.contains(&row.name) && flip.pair.contains(&first.name);
        Some(behind && !self.flips.iter().any(is_pair))
    }

    /// Returns the columns of each workload.
    #[must_use]
    pub fn spans(&self) -> Vec<Range<usize>> {
        self.alike(|column| &column.id)
    }

    /// Returns the columns of each category; none where all are of one.
    #[must_use]
    pub fn categories(&self) -> Vec<Range<usize>> {
        let spans = self.alike(|column| &column.category);
        if spans.len() > 1 { spans } else { Vec::new() }
    }

    /// Returns the ranges of columns that follow each other and are alike.
    fn alike(&self, of: impl Fn(&Column) -> &String) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            match spans.last_mut() {
                Some(span) if of(&self.columns[span.start]) == of(column) => span.end += 1,
                _ => spans.push(index..index + 1),
            }
        }
        spans
    }

    /// Returns the leaders among `rows`, which have means, the smallest first: the first, and all
    /// whose mean is not surely larger. `None` where there are too few rounds to tell any from the
    /// first.
    #[must_use]
    pub fn leaders<'a>(&self, rows: &[&'a MatrixRow]) -> Option<Vec<&'a MatrixRow>> {
        let (first, others) = rows.split_first()?;
        let behind: Vec<Option<bool>> =
            others.iter().map(|row| self.is_behind(row, first)).collect();
        if !behind.is_empty() && behind.iter().all(Option::is_none) {
            return None;
        }
        let near = others.iter().zip(behind).filter(|(_, behind)| *behind != Some(true));
        Some(std::iter::once(*first).chain(near.map(|(row, _)| *row)).collect())
    }
}

/// Returns the first parameter of a group, by its id: name and value.
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

#[cfg(test)]
mod tests;
