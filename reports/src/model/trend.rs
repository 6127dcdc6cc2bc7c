//! One cell over many runs: a series of a history with the changes that were found in it.

use std::collections::BTreeMap;

use tminus_contract::Family;
use tminus_history as history;
use tminus_history::{Findings, Log, Series};
use tminus_judge::rank::Interval;
use tminus_judge::stats::mean;
use tminus_judge::verdict::Verdict;
use tminus_judge::versions::{Figure, Step, Tracked};

use crate::words;
use crate::words::escape::clean;
use crate::words::history::{commit, place};
use crate::words::sources::date;

/// A series of runs, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The id of the cell.
    pub cell: String,
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// The metric.
    pub metric: String,
    /// The runs, in the order of their commits; never none.
    pub points: Vec<Point>,
    /// The changes, in that order too.
    pub changes: Vec<Change>,
    /// Changes from or to 0, which has no place on a logarithmic axis.
    pub hidden_changes: usize,
    /// What the points are of.
    pub over: Over,
}

/// What a trend goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Runs of a history, by their commits.
    Runs,
    /// Releases of a crate that ran in turns.
    Releases,
}

impl Over {
    /// Returns the name of one of them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "run",
            Self::Releases => "release",
        }
    }
}

/// The figure of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The commit, or else the number of the run.
    pub label: String,
    /// The day, in UTC; none of a release.
    pub day: String,
    /// The median over rounds; above zero.
    pub median: f64,
    /// Its interval; `None` with too few rounds.
    pub interval: Option<Interval>,
}

/// A change of the series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The first run after it, counted from 0.
    pub at: usize,
    /// The mean of the medians from the change before it.
    pub before: f64,
    /// The mean of the medians up to the change after it.
    pub after: f64,
    /// Whether it is for the worse; `None` where it is not known which commit came first.
    pub worse: Option<bool>,
}

/// Returns the line below the chart of `series`: of which program and place, and since when.
#[must_use]
pub fn sources(log: &Log, series: &Series) -> String {
    let facts = |point: Option<&history::Point>| log.runs.get(&point?.run);
    let program = facts(series.points.last())
        .map_or_else(String::new, |facts| format!("tminus {} · ", facts.version));
    let since = facts(series.points.first())
        .map_or_else(String::new, |facts| format!(" · since {}", date(facts.started_unix_ns)));
    clean(&format!("{program}{}{since}", place(&series.place)))
}

impl Trend {
    /// Makes the trend of `series` of `log` with its changes among those `found`; `None` without a
    /// run that has a place on a logarithmic axis. A history does not know families.
    #[must_use]
    pub fn of(log: &Log, series: &Series, found: &Findings, family: Family) -> Option<Self> {
        let drawn = |point: &&history::Point| point.median > 0.0 && point.median.is_finite();
        let kept: Vec<&history::Point> = series.points.iter().filter(drawn).collect();
        let places: BTreeMap<i64, usize> =
            kept.iter().enumerate().map(|(index, point)| (point.run, index)).collect();
        let change = |change: &history::Change| {
            let at = *places.get(&change.first_after.run)?;
            let (before, after) = (change.before, change.after);
            let usable = before > 0.0 && after > 0.0 && at > 0;
            usable.then_some(Change { at, before, after, worse: change.is_worse() })
        };
        let own: Vec<&history::Change> =
            found.changes.iter().filter(|change| change.is_of(series)).collect();
        let mut changes: Vec<Change> = own.iter().copied().filter_map(change).collect();
        changes.sort_by_key(|change| change.at);
        let points: Vec<Point> = kept.iter().filter_map(|point| Point::of(log, point)).collect();
        let complete = !points.is_empty() && points.len() == kept.len();
        complete.then(|| Self {
            name: words::executor(&series.cell),
            cell: clean(series.cell.id().as_str()),
            family,
            metric: series.metric.clone(),
            points,
            hidden_changes: own.len() - changes.len(),
            over: Over::Runs,
            changes,
        })
    }

    /// Makes the trend of a cell over releases; `None` with a figure that has no place on a
    /// logarithmic axis.
    #[must_use]
    pub fn of_releases(tracked: &Tracked) -> Option<Self> {
        let usable = |ends: &Interval| ends.low > 0.0 && ends.high.is_finite();
        let point = |figure: &Figure| Point {
            label: clean(&figure.version),
            day: String::new(),
            median: figure.median,
            interval: figure.interval.filter(usable),
        };
        let points: Vec<Point> = tracked.figures.iter().map(point).collect();
        let has_place = |it: &Point| it.median > 0.0 && it.median.is_finite();
        let change = |step: &Step| {
            let at = tracked.figures.iter().position(|figure| figure.version == step.to)?;
            let before = step.medians[0];
            let after = before * step.judged.ratio.median;
            Some(Change { at, before, after, worse: Some(step.verdict == Verdict::Regressed) })
        };
        let changes = tracked.steps.iter().filter(|step| step.is_change()).filter_map(change);
        (!points.is_empty() && points.iter().all(has_place)).then(|| Self {
            cell: clean(tracked.cell.id().as_str()),
            name: words::executor(&tracked.cell),
            family: Family::Other,
            metric: tracked.metric.clone(),
            points,
            changes: changes.collect(),
            hidden_changes: 0,
            over: Over::Releases,
        })
    }

    /// Returns the stretches between changes: the first run, the first run beyond, and the mean.
    #[must_use]
    pub fn stretches(&self) -> Vec<(usize, usize, f64)> {
        let starts = std::iter::once(0).chain(self.changes.iter().map(|change| change.at));
        let ends = self.changes.iter().map(|change| change.at).chain([self.points.len()]);
        let level = |start: usize, end: usize| {
            let medians: Vec<f64> =
                self.points[start..end].iter().map(|point| point.median).collect();
            mean(&medians)
        };
        let stretch = |(start, end): (usize, usize)| Some((start, end, level(start, end)?));
        starts.zip(ends).filter_map(stretch).collect()
    }
}

impl Point {
    fn of(log: &Log, point: &history::Point) -> Option<Self> {
        let facts = log.runs.get(&point.run)?;
        let label = commit(&facts.revision, facts.dirty, point.run);
        let usable = |ends: &Interval| ends.low > 0.0 && ends.high.is_finite();
        Some(Self {
            label: clean(&label),
            day: date(facts.started_unix_ns),
            median: point.median,
            interval: point.interval.filter(usable),
        })
    }
}

#[cfg(test)]
mod tests {
    use tminus_history::{Commits, Facts, Place, check};
    use tminus_judge::change::Options;

    use super::*;
    use crate::testing::fixture;

    fn log(medians: &[f64]) -> Log {
        let place = Place::of(&fixture::run().header);
        let facts = |run: i64| Facts {
            started_unix_ns: 1_790_000_000_000_000_000 + run.unsigned_abs() * 86_400_000_000_000,
            revision: if run == 1 { String::new() } else { format!("{run:040x}") },
            dirty: run == 2,
            place: place.clone(),
            rustc: String::new(),
            version: String::new(),
            crates: BTreeMap::new(),
            rounds: 12,
            cells: 1,
            committed_unix_s: Some(run.unsigned_abs()),
            machine: None,
            build: None,
        };
        let point = |(run, median): (i64, &f64)| history::Point {
            run,
            median: *median,
            interval: Some(Interval { low: median * 0.99, high: median * 1.01 }),
            rounds: 12,
        };
        let series = Series {
            cell: fixture::cell("squares", "tasks", 1_000, "smol", Some(2)),
            workload_version: 1,
            metric: "wall_ns_per_op".into(),
            place: place.clone(),
            points: (1..).zip(medians).map(point).collect(),
        };
        let runs = (1..).zip(medians).map(|(run, _)| (run, facts(run))).collect();
        Log::new(runs, vec![series], &Commits::default())
    }

    fn trend(medians: &[f64]) -> Option<Trend> {
        let log = log(medians);
        let found = check(&log, &Options::default());
        Trend::of(&log, &log.series[0], &found, Family::Smol)
    }

    #[test]
    fn a_step_divides_two_stretches() {
        let wobble = |index: usize, level: f64| level + (index * 7 % 5) as f64 / 10.0;
        let medians: Vec<f64> =
            (0..24).map(|index| wobble(index, if index < 12 { 200.0 } else { 230.0 })).collect();
        let trend = trend(&medians).expect("has runs");
        assert_eq!((trend.name.as_str(), trend.points.len()), ("smol ×2", 24));
        assert_eq!(trend.points[0].label, "run 1");
        assert_eq!(trend.points[1].label, "000000000+");
        let [change] = trend.changes.as_slice() else { panic!("{:?}", trend.changes) };
        assert!(change.at == 12 && change.worse == Some(true), "{change:?}");
        let stretches = trend.stretches();
        assert_eq!((stretches[0].0, stretches[0].1), (0, 12));
        assert!((stretches[1].2 - 230.2).abs() < 0.1, "{stretches:?}");
    }

    #[test]
    fn runs_without_a_place_on_the_axis_are_left_out() {
        assert_eq!(trend(&[0.0, f64::NAN]), None);
        let trend = trend(&[0.0, 5.0, 6.0]).expect("has runs");
        assert_eq!((trend.points.len(), trend.changes.len()), (2, 0));
        assert_eq!(trend.stretches(), [(0, 2, 5.5)]);
    }
}
