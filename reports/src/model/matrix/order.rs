//! The order of the matrix: means over the columns in common, and which of them are told apart.
//!
//! Nothing in it may depend on an executor that is not compared. So a mean is one of medians
//! against the least of the column, by which all others change alike when the least one leaves;
//! yardsticks choose no columns; and an order that turns round when a third executor leaves counts
//! as a tie.

use super::{Entry, MatrixRow};

/// Two executors that would change places without a third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The third.
    pub without: String,
    /// The two, in the order that they stand in.
    pub pair: [String; 2],
}

/// Returns the columns that means are taken over: those in which nearly every competitor has a
/// figure.
pub(super) fn common(rows: &[&MatrixRow]) -> Vec<usize> {
    let competitors = competitors(rows);
    let has = |row: &MatrixRow, column: usize| row.entries[column].ratio().is_some();
    columns(rows).filter(|column| competitors.iter().all(|row| has(row, *column))).collect()
}

/// Returns the rows that choose the columns: no yardsticks (a thread for each task takes no large
/// sizes), and none that has figures in less than half of them, which would shrink the set for all.
pub(super) fn competitors<'a>(rows: &[&'a MatrixRow]) -> Vec<&'a MatrixRow> {
    let all = columns(rows).count();
    let figures = |row: &MatrixRow| row.entries.iter().filter(|it| it.ratio().is_some()).count();
    let full = rows.iter().copied().filter(|row| figures(row) * 2 >= all && figures(row) > 0);
    let (yardsticks, competitors): (Vec<_>, Vec<_>) = full.partition(|row| row.yardstick);
    if competitors.is_empty() { yardsticks } else { competitors }
}

/// Returns the columns in which any of `rows` has a figure.
fn columns(rows: &[&MatrixRow]) -> impl Iterator<Item = usize> {
    let count = rows.first().map_or(0, |row| row.entries.len());
    (0..count).filter(|column| rows.iter().any(|row| row.entries[*column].ratio().is_some()))
}

/// Returns the geometric mean of how many times the least of each of the `common` columns `row`
/// takes.
pub(super) fn mean(rows: &[&MatrixRow], row: &MatrixRow, common: &[usize]) -> Option<f64> {
    let ln = |column: &usize| Some((row.entries[*column].level()? / least(rows, *column)?).ln());
    let logs: Option<Vec<f64>> = common.iter().map(ln).collect();
    let logs = logs.filter(|logs| !logs.is_empty())?;
    Some((logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

fn least(rows: &[&MatrixRow], column: usize) -> Option<f64> {
    rows.iter().filter_map(|row| row.entries[column].level()).min_by(f64::total_cmp)
}

/// Returns all pairs of competitors that would change places without a third executor, or one row
/// of it.
pub(super) fn flips(rows: &[&MatrixRow]) -> Vec<Flip> {
    let (own, competitors) = (common(rows), competitors(rows));
    let mut thirds: Vec<(&str, bool)> = Vec::new();
    for row in &competitors {
        for third in [(row.executor.as_str(), true), (row.name.as_str(), false)] {
            if !thirds.iter().any(|known| known.0 == third.0) {
                thirds.push(third);
            }
        }
    }
    let mut flips = Vec::new();
    for (third, is_executor) in thirds {
        let is_it = |row: &MatrixRow| if is_executor { &row.executor } else { &row.name } == third;
        let others: Vec<&MatrixRow> = rows.iter().copied().filter(|row| !is_it(row)).collect();
        let rest = common(&others);
        if rest != own {
            let left: Vec<&MatrixRow> =
                competitors.iter().copied().filter(|row| !is_it(row)).collect();
            let changed = changed([(rows, &own), (&others, &rest)], &left);
            flips.extend(changed.map(|pair| Flip { without: third.into(), pair }));
        }
    }
    flips
}

/// Returns the pairs of `left` whose order differs between two sets of rows with their common
/// columns; the one that is ahead in the first set stands first.
fn changed<'a>(
    sets: [(&'a [&'a MatrixRow], &'a [usize]); 2],
    left: &'a [&'a MatrixRow],
) -> impl Iterator<Item = [String; 2]> + 'a {
    let pairs = left
        .iter()
        .enumerate()
        .flat_map(move |(at, first)| left[at + 1..].iter().map(move |second| (*first, *second)));
    pairs.filter_map(move |(first, second)| {
        let [before, after] = sets.map(|(rows, common)| ahead(rows, first, second, common));
        let [a, b] = if before == Some(true) { [first, second] } else { [second, first] };
        (before != after).then(|| [a.name.clone(), b.name.clone()])
    })
}

/// Returns whether `first` has the smaller mean.
fn ahead(
    rows: &[&MatrixRow],
    first: &MatrixRow,
    second: &MatrixRow,
    common: &[usize],
) -> Option<bool> {
    Some(mean(rows, first, common)? < mean(rows, second, common)?)
}

/// Returns whether the mean of `row` over the `common` columns is surely larger than that of
/// `first`: the interval of what lies between them is above 0 on the log scale. `None` where a
/// ratio has no interval, for want of rounds.
///
/// That interval is joined from those of the ratios: G. Zou and A. Donner, *Construction of
/// confidence limits about effect measures*, Statistics in Medicine 27 (2008). The two ratios of a
/// column have their best in common and so err alike, which makes it rather too wide than too
/// narrow. None of them counts as better known than to the `margin`: the place of code in memory is
/// in no interval.
pub(super) fn is_behind(
    row: &MatrixRow,
    first: &MatrixRow,
    common: &[usize],
    margin: f64,
) -> Option<bool> {
    let (mut distance, mut squares) = (0.0, 0.0);
    let least = margin.ln();
    for column in common {
        let (own, best) = (&row.entries[*column], &first.entries[*column]);
        distance += (own.level()? / best.level()?).ln();
        let (own, best) = (own.ratio()?, best.ratio()?);
        squares += (own.median / own.interval?.low).ln().max(least).powi(2);
        squares += (best.interval?.high / best.median).ln().max(least).powi(2);
    }
    Some(distance > squares.sqrt())
}

impl Entry {
    pub(super) fn level(&self) -> Option<f64> {
        match self {
            Self::Ratio { level, .. } if *level > 0.0 && level.is_finite() => Some(*level),
            Self::Ratio { .. } | Self::Reason(_) | Self::Missing => None,
        }
    }
}
