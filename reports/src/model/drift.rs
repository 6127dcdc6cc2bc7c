//! The order of a run: how each round stands against the usual, for each executor.
//!
//! A cell's value of a round is divided by the cell's median over rounds, so that cells of any cost
//! can stand together. What moves all executors alike is the machine; what moves one is its own.

use std::collections::BTreeMap;

use tminus_contract::Family;
use tminus_judge::rank::{self, Interval, Ranking, Ratio};
use tminus_judge::stats::{median, quantile};
use tminus_record::{Cell, Record};

use crate::model::Records;
use crate::words;

/// From so many cells on a round has quartiles.
const LEAST_CELLS: usize = 4;

/// How a run went, round by round.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// All cells together, floors too.
    pub all: Course,
    /// The cell of the A/A pair under both its names, against the median of the first, and their
    /// ratio.
    pub twin: Option<(Course, Course, Ratio)>,
    /// The executors, in the order of their first appearance in the ranking.
    pub executors: Vec<Course>,
    /// From the start of the first child to the end of the last.
    pub elapsed_ns: u64,
}

/// The rounds of some cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Whose.
    pub name: String,
    /// How it is drawn; `None` for all cells together.
    pub family: Option<Family>,
    /// The most cells that a round has.
    pub cells: usize,
    /// By round.
    pub points: Vec<Point>,
}

/// One round of some cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From 1.
    pub round: u32,
    /// The median over cells of the value against the cell's own median; above zero.
    pub ratio: f64,
    /// The quartiles over cells; `None` where there are too few.
    pub middle: Option<Interval>,
    /// Whether most of the processes were pushed off their core.
    pub disturbed: bool,
}

/// A value of one cell in one round.
#[derive(Clone, Copy)]
struct Value {
    round: u32,
    ratio: f64,
    disturbed: bool,
}

impl Drift {
    /// Returns the course; `None` where too few rounds gave a value.
    pub(crate) fn of(records: &Records<'_>, ranking: &Ranking) -> Option<Self> {
        let mut all: Vec<Value> = Vec::new();
        let mut executors: Vec<(String, Family, Vec<Value>)> = Vec::new();
        for group in &ranking.groups {
            for row in &group.rows {
                // Floors of every kind together: each has but a few cells.
                let name = match row.family {
                    Family::Floor => words::family(Family::Floor).to_owned(),
                    _ => words::executor(&row.cell),
                };
                let own = values(records, &row.cell, &group.metric, row.median);
                all.extend(&own);
                match executors.iter_mut().find(|known| known.0 == name) {
                    Some(known) => known.2.extend(own),
                    None => executors.push((name, row.family, own)),
                }
            }
        }
        let all = Course::of("all cells".into(), None, all).filter(|all| all.points.len() >= 2)?;
        let course = |(name, family, values)| Course::of(name, Some(family), values);
        Some(Self {
            all,
            twin: twin(records, ranking),
            executors: executors.into_iter().filter_map(course).collect(),
            elapsed_ns: elapsed_ns(records),
        })
    }

    /// Returns the courses in the order in which they are drawn, each with what it is drawn beside.
    pub(crate) fn panels(&self) -> Vec<Vec<&Course>> {
        let twin = self.twin.iter().map(|(first, second, _)| vec![first, second]);
        let executors = self.executors.iter().map(|course| vec![course]);
        std::iter::once(vec![&self.all]).chain(twin).chain(executors).collect()
    }
}

fn twin(records: &Records<'_>, ranking: &Ranking) -> Option<(Course, Course, Ratio)> {
    let twin = ranking.twin.as_ref()?;
    let same = |cell: &Cell| cell.id() == twin.cell.id();
    let mut rows = ranking
        .groups
        .iter()
        .flat_map(|group| group.rows.iter().map(move |row| (row, group.metric.as_str())));
    let (row, metric) = rows.find(|(row, _)| same(&row.cell))?;
    let course = |cell: Cell| {
        let own = values(records, &cell, metric, row.median);
        Course::of(words::executor(&cell), Some(row.family), own)
    };
    Some((course(row.cell.clone())?, course(Cell { twin: true, ..row.cell.clone() })?, twin.ratio))
}

fn elapsed_ns(records: &Records<'_>) -> u64 {
    let all = || records.all();
    let first = all().map(|record| record.started_unix_ns).min().unwrap_or(0);
    let end = |record: &Record| record.started_unix_ns.saturating_add(record.elapsed_ns);
    all().map(end).max().unwrap_or(0).saturating_sub(first)
}

impl Course {
    /// Returns the course; `None` where too few rounds gave a value.
    fn of(name: String, family: Option<Family>, values: Vec<Value>) -> Option<Self> {
        let mut rounds: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
        for value in values {
            rounds.entry(value.round).or_default().push(value);
        }
        let cells = rounds.values().map(Vec::len).max()?;
        let points = rounds.into_iter().filter_map(|(round, values)| Point::of(round, &values));
        Some(Self { name, family, cells, points: points.collect() })
    }
}

impl Point {
    fn of(round: u32, values: &[Value]) -> Option<Self> {
        let ratios: Vec<f64> = values.iter().map(|value| value.ratio).collect();
        let quartiles =
            || Some(Interval { low: quantile(&ratios, 0.25)?, high: quantile(&ratios, 0.75)? });
        let disturbed = values.iter().filter(|value| value.disturbed).count();
        Some(Self {
            round: round + 1,
            ratio: median(&ratios)?,
            middle: (ratios.len() >= LEAST_CELLS).then(quartiles).flatten(),
            disturbed: 2 * disturbed > values.len(),
        })
    }
}

fn values(records: &Records<'_>, cell: &Cell, metric: &str, median: Option<f64>) -> Vec<Value> {
    let Some(median) = median.filter(|median| *median > 0.0 && median.is_finite()) else {
        return Vec::new();
    };
    let value = |record: &Record| Value {
        round: record.round,
        ratio: rank::value(record, metric).unwrap_or(f64::NAN) / median,
        disturbed: record.samples.iter().any(|sample| sample.involuntary_switches > 0),
    };
    let all = records.of(cell).map(value);
    all.filter(|value| value.ratio > 0.0 && value.ratio.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    /// Returns the made-up run with six rounds, of which the third is a tenth slower and disturbed.
    fn drift() -> Drift {
        let ranking = fixture::ranking();
        let mut run = fixture::run_of(&ranking);
        let first: Vec<Record> =
            run.records.iter().filter(|record| record.round == 0).cloned().collect();
        let round = |round: u32| {
            first.iter().cloned().map(move |mut record| {
                record.round = round;
                for sample in record.samples.iter_mut().filter(|_| round == 2) {
                    sample.wall_ns += sample.wall_ns / 10;
                    sample.cpu_ns += sample.cpu_ns / 10;
                    sample.involuntary_switches = 1;
                }
                record
            })
        };
        run.records = (0..6).flat_map(round).collect();
        let twins: Vec<Record> = run
            .records
            .iter()
            .filter(|record| record.cell.to_string() == "squares/tasks=1000/tokio-current-thread")
            .map(|record| Record {
                cell: "squares/tasks=1000/tokio-current-thread/aa".parse().expect("an id"),
                ..record.clone()
            })
            .collect();
        run.records.extend(twins);
        Drift::of(&Records::of_run(&run), &ranking).expect("has rounds")
    }

    #[test]
    fn a_slow_round_is_slow_for_all() {
        let drift = drift();
        for course in drift.panels().into_iter().flatten() {
            assert_eq!(course.points.len(), 6, "{}", course.name);
            let usual = course.points[0].ratio;
            for point in &course.points {
                let expected = if point.round == 3 { 1.1 } else { 1.0 };
                assert!(
                    (point.ratio / usual - expected).abs() < 0.01,
                    "{}: {point:?}",
                    course.name
                );
                assert_eq!(point.disturbed, point.round == 3);
            }
        }
    }

    #[test]
    fn every_executor_and_the_pair_have_a_course() {
        let drift = drift();
        let names: Vec<&str> = drift.executors.iter().map(|course| course.name.as_str()).collect();
        assert!(names.contains(&"smol ×2") && names.contains(&"floor (no executor)"), "{names:?}");
        let (first, second, _) = drift.twin.as_ref().expect("there");
        assert_eq!(first.name, "tokio-current-thread");
        assert_eq!(second.name, "tokio-current-thread (again)");
        assert_eq!(first.points, second.points);
        assert!(drift.all.points.iter().all(|point| point.middle.is_some()));
        assert_eq!(first.points[0].middle, None);
    }

    #[test]
    fn one_round_has_no_order() {
        let ranking = fixture::ranking();
        let mut run = fixture::run_of(&ranking);
        run.records.retain(|record| record.round == 0);
        assert_eq!(Drift::of(&Records::of_run(&run), &ranking), None);
    }
}
