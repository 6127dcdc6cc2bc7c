//! The matrix: executors down, groups across, slowdowns against the fastest inside.
//!
//! Made once from a [`Ranking`] for the heat map, the page and the Markdown, so that they cannot
//! differ. Geometric means only, over the groups that all compared executors have in common. Above 1
//! is worse, whatever the metric.

mod order;

pub use order::Flip;

use std::ops::Range;

use tminus_harness::contract::Family;
use tminus_harness::rank::{
    Group, Interval, Ranking, Ratio, Row, RowOutcome, Standing, higher_is_better,
};
use tminus_harness::verdict::Limits;

use crate::escape::clean;
use crate::{number, words};

/// Slowdowns of every executor in every group.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The groups.
    pub columns: Vec<Column>,
    /// The executors: those that choose the columns in common by their means, then the others by name.
    pub rows: Vec<MatrixRow>,
    /// The columns that the geometric means are taken over.
    pub common: Vec<usize>,
    /// Whose order depends on a third: they count as tied.
    pub flips: Vec<Flip>,
    /// What executors are told apart by.
    pub limits: Limits,
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
    /// The executor's id.
    pub executor: String,
    /// How it is drawn.
    pub family: Family,
    /// For scale alone: it chooses no columns and has no place.
    pub yardstick: bool,
    /// One entry a column.
    pub entries: Vec<Entry>,
    /// The geometric mean over the common columns; `None` where one of them is missing.
    pub mean: Option<f64>,
    /// The places over all that noise, layout and the choice of executors allow, from 1; `None` where
    /// it is not compared.
    pub place: Option<(u32, u32)>,
}

/// What stands where a row and a column meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The slowdown.
    Ratio {
        /// Against the fastest of the column.
        factor: Ratio,
        /// How it stands to the best of the column.
        standing: Standing,
        /// What it takes itself, turned over where more is better.
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

    /// The slowdown as it stands in tables, without a mark: `1.25`.
    #[must_use]
    pub fn figure(&self) -> Option<String> {
        match self {
            Self::Ratio { factor, .. } => {
                Some(number::factor(factor).trim_end_matches('×').to_owned())
            }
            Self::Reason(_) | Self::Missing => None,
        }
    }

    /// As [`figure`](Self::figure), with the mark of what cannot be told: `1.2?`.
    #[must_use]
    pub fn marked(&self) -> Option<String> {
        let mark = if self.standing() == Some(Standing::CannotTell) { "?" } else { "" };
        Some(self.figure()? + mark)
    }

    /// How it stands to the best of the column; `None` where it has no figure.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::Ratio { standing, .. } => Some(*standing),
            Self::Reason(_) | Self::Missing => None,
        }
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

    /// The matrix of `ranking`, without floors and the second of the A/A pair.
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
            params: words::params(&group.params),
            metric: words::metric(&group.metric, &group.op),
            param: words::param(first(group).0),
            values: values(group),
        };
        let columns = ranking.groups.iter().map(column).collect();
        let limits = ranking.limits;
        let mut matrix = Self { columns, rows, common: Vec::new(), flips: Vec::new(), limits };
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

    /// The places that `row` may have among the `competitors`.
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

    /// Whether `row` is surely behind `first`, whoever else takes part.
    fn is_behind(&self, row: &MatrixRow, first: &MatrixRow) -> Option<bool> {
        let behind = order::is_behind(row, first, &self.common, self.limits.margin)?;
        let is_pair =
            |flip: &Flip| flip.pair.contains(&row.name) && flip.pair.contains(&first.name);
        Some(behind && !self.flips.iter().any(is_pair))
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
            others.iter().map(|row| self.is_behind(row, first)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn rows_stand_by_their_mean_over_the_common_columns() {
        let matrix = Matrix::of(&fixture::ranking());
        assert!(!matrix.common.is_empty() && matrix.common.len() < matrix.columns.len());
        let competitors = matrix.rows.iter().filter(|row| !row.yardstick);
        let means: Vec<f64> = competitors.filter_map(|row| row.mean).collect();
        assert!(means.is_sorted(), "{means:?}");
        assert!(matrix.rows.iter().all(|row| row.entries.len() == matrix.columns.len()));
        assert!(matrix.rows.iter().all(|row| row.family != Family::Floor));
    }

    fn entry_of(level: f64) -> Entry {
        let interval = Some(Interval { low: level * 0.99, high: level * 1.01 });
        let factor = Ratio { median: level, interval, rounds: 12 };
        Entry::Ratio { factor, standing: Standing::Slower, level }
    }

    /// A matrix of rows with so much in each column; 0 is missing.
    fn made(rows: &[(&str, &[f64])]) -> Matrix {
        let row = |(name, levels): &(&str, &[f64])| MatrixRow {
            name: (*name).into(),
            executor: (*name).into(),
            family: Family::Other,
            yardstick: *name == "yardstick",
            entries: levels
                .iter()
                .map(|level| if *level > 0.0 { entry_of(*level) } else { Entry::Missing })
                .collect(),
            mean: None,
            place: None,
        };
        let mut matrix = Matrix {
            columns: Vec::new(),
            rows: rows.iter().map(row).collect(),
            common: Vec::new(),
            flips: Vec::new(),
            limits: Limits { margin: 1.04, floor: 1.0 },
        };
        matrix.set_order();
        matrix
    }

    fn order(matrix: &Matrix) -> Vec<(&str, Option<(u32, u32)>)> {
        matrix.rows.iter().map(|row| (row.name.as_str(), row.place)).collect()
    }

    #[test]
    fn the_mean_is_geometric_and_against_the_least_of_each_column() {
        let matrix = made(&[("a", &[2.0, 8.0]), ("b", &[1.0, 9.0]), ("c", &[4.0, 0.0])]);
        assert_eq!(matrix.common, [0]);
        let means: Vec<Option<f64>> = matrix.rows.iter().map(|row| row.mean).collect();
        assert_eq!(means, [Some(1.0), Some(2.0), Some(4.0)]);
        let matrix = made(&[("a", &[2.0, 8.0]), ("b", &[1.0, 16.0])]);
        let mean = matrix.rows[0].mean.expect("a figure in both");
        assert!((mean - 2.0_f64.sqrt()).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn a_yardstick_takes_no_column_and_has_no_place() {
        let rows: [(&str, &[f64]); 3] =
            [("yardstick", &[0.1, 0.0, 0.1]), ("a", &[1.0, 3.0, 1.0]), ("b", &[1.0, 1.0, 2.0])];
        let matrix = made(&rows);
        assert_eq!(matrix.common, [0, 1, 2]);
        assert_eq!(order(&matrix), [("b", Some((1, 1))), ("a", Some((2, 2))), ("yardstick", None)]);
        // And without others it is compared like any.
        assert_eq!(made(&rows[..1]).rows[0].place, Some((1, 1)));
    }

    #[test]
    fn who_would_change_places_without_a_third_is_tied() {
        // Without `c` the second column counts too, in which `b` is far ahead.
        let rows: [(&str, &[f64]); 3] =
            [("a", &[1.0, 9.0, 1.0]), ("b", &[2.0, 1.0, 2.0]), ("c", &[9.0, 0.0, 9.0])];
        let matrix = made(&rows);
        let pair = ["a", "b"].map(String::from);
        assert_eq!(matrix.flips, [Flip { without: "c".into(), pair }]);
        assert_eq!(order(&matrix), [("a", Some((1, 2))), ("b", Some((1, 2))), ("c", Some((3, 3)))]);
        let leaders = matrix.leaders(&matrix.rows.iter().collect::<Vec<_>>()).expect("intervals");
        assert_eq!(leaders.len(), 2);
        assert_eq!(order(&made(&rows[..2]))[0], ("b", Some((1, 1))));
    }

    #[test]
    fn what_layout_may_do_tells_no_two_apart() {
        // 2 % in each of two columns, all known to 1 %: code that lies elsewhere does as much.
        let near = made(&[("a", &[1.0, 1.0]), ("b", &[1.02, 1.02])]);
        assert_eq!(order(&near), [("a", Some((1, 2))), ("b", Some((1, 2)))]);
        let apart = made(&[("a", &[1.0, 1.0]), ("b", &[1.1, 1.1])]);
        assert_eq!(order(&apart), [("a", Some((1, 1))), ("b", Some((2, 2)))]);
    }

    /// Each executor of `run` left out in turn, as if it had never been measured.
    fn assert_no_third_decides(run: &tminus_harness::store::Run) {
        let whole = Matrix::of(&fixture::rank(run));
        let is_tied = |a: &MatrixRow, b: &MatrixRow| match (a.place, b.place) {
            (Some(a), Some(b)) => a.1 >= b.0 && b.1 >= a.0,
            _ => true,
        };
        for facts in &run.header.executors {
            let mut rest = run.clone();
            rest.header.cells.retain(|cell| cell.executor != facts.id);
            rest.header
                .exclusions
                .retain(|it| it.cell.as_str().split('/').nth(2) != Some(&facts.id));
            rest.records.retain(|it| it.cell.as_str().split('/').nth(2) != Some(&facts.id));
            let rest = Matrix::of(&fixture::rank(&rest));
            let of = |name: &str| whole.rows.iter().find(|row| row.name == name).expect("there");
            for (at, first) in rest.rows.iter().enumerate() {
                for second in &rest.rows[at + 1..] {
                    let (a, b) = (of(&first.name), of(&second.name));
                    let place = |it: &MatrixRow| whole.rows.iter().position(|row| row == it);
                    assert!(
                        place(a) < place(b) || is_tied(a, b),
                        "without {}: {} before {}",
                        facts.id,
                        a.name,
                        b.name
                    );
                }
            }
        }
    }

    #[test]
    fn no_two_change_places_without_a_third_unless_they_are_tied() {
        let run = fixture::measured();
        assert_no_third_decides(&run);
        // With cells that fail here and there, which take columns from all.
        for seed in 0..3_u64 {
            let mut run = run.clone();
            let ids: Vec<_> = run.header.cells.iter().map(tminus_harness::plan::Cell::id).collect();
            let fails = |at: usize| (at as u64 * 7_919 + seed * 104_729) % 23 == 0;
            let failed: Vec<_> =
                (0..ids.len()).filter(|at| fails(*at)).map(|at| &ids[at]).collect();
            run.records.retain(|record| !failed.contains(&&record.cell));
            assert_no_third_decides(&run);
        }
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
        let Entry::Ratio { factor, standing: Standing::Slower, .. } = &threads.entries[1] else {
            panic!()
        };
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
