//! Finds where series changed, and between which commits. No I/O.

use serde::{Deserialize, Serialize};
use tminus_judge::change::{ChangePoint, Options, change_points};
use tminus_judge::rank::higher_is_better;

use super::{Facts, Log, Place, Sequence, Series};

/// The version of [`Findings`] as JSON.
pub const SCHEMA: u32 = 1;

/// All changes of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Runs in the history.
    pub runs: usize,
    /// Series that were looked at.
    pub series: usize,
    /// Series with too few runs to show a change.
    pub too_short: usize,
    /// The changes, in the order of the series.
    pub changes: Vec<Change>,
}

/// One change of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The id of the cell.
    pub cell: String,
    /// The metric.
    pub metric: String,
    /// The place where the runs ran.
    pub place: Place,
    /// The mean of the runs' medians before.
    pub before: f64,
    /// The mean of the runs' medians after.
    pub after: f64,
    /// The mean after to the mean before; `None` where one is not above zero.
    pub ratio: Option<f64>,
    /// Whether it costs more after than before: a change for the worse, if the order is that of
    /// commits.
    pub worse: bool,
    /// The order that the runs stand in.
    #[serde(rename = "order")]
    pub sequence: Sequence,
    /// The p-value of the t-test, corrected for the places it was chosen from.
    pub p: f64,
    /// The last run before.
    pub last_before: RunAt,
    /// The first run after.
    pub first_after: RunAt,
    /// Other differences between these two runs: machine, compiler, crates of executors.
    pub differences: Vec<String>,
}

impl Change {
    /// Returns whether the change is for the worse; `None` where it is not known which commit came
    /// first.
    #[must_use]
    pub fn is_worse(&self) -> Option<bool> {
        let (before, after) = (&self.last_before.revision, &self.first_after.revision);
        let has_order = self.sequence == Sequence::Commits || before.is_empty() || after.is_empty();
        (has_order || before == after).then_some(self.worse)
    }

    /// Returns whether it is of `series`. A change does not name the version of its workload, but
    /// no run has two.
    #[must_use]
    pub fn is_of(&self, series: &Series) -> bool {
        let run = self.first_after.run;
        // What is cheap first: a site asks for each change of each series.
        self.metric == series.metric
            && self.cell.starts_with(series.cell.workload.as_str())
            && self.place == series.place
            && self.cell == series.cell.id().as_str()
            && series.points.iter().any(|point| point.run == run)
    }
}

/// A run beside a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAt {
    /// Its number.
    pub run: i64,
    /// When it began, in nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// The commit; empty where it is not known.
    pub revision: String,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
    /// When the commit was made, in seconds since the Unix epoch, where the run stored that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_unix_s: Option<u64>,
}

/// Returns the changes of every series of `log`.
#[must_use]
pub fn check(log: &Log, options: &Options) -> Findings {
    let least = 2 * options.min_runs.max(2);
    let too_short = log.series.iter().filter(|series| series.points.len() < least).count();
    let changes = log.series.iter().flat_map(|series| changes(log, series, options));
    Findings {
        schema: SCHEMA,
        runs: log.runs.len(),
        series: log.series.len(),
        too_short,
        changes: changes.collect(),
    }
}

fn changes(log: &Log, series: &Series, options: &Options) -> Vec<Change> {
    let medians: Vec<f64> = series.points.iter().map(|point| point.median).collect();
    let found = change_points(&medians, options).into_iter();
    found.filter_map(|change| of(log, series, &change)).collect()
}

fn of(log: &Log, series: &Series, change: &ChangePoint) -> Option<Change> {
    let run = |at: usize| {
        let run = series.points.get(at)?.run;
        Some((run, log.runs.get(&run)?))
    };
    let (last_before, first_after) = (run(change.at.checked_sub(1)?)?, run(change.at)?);
    let rises = change.after > change.before;
    Some(Change {
        cell: series.cell.id().into(),
        metric: series.metric.clone(),
        place: series.place.clone(),
        before: change.before,
        after: change.after,
        ratio: change.ratio(),
        worse: rises != higher_is_better(&series.metric),
        p: change.p,
        sequence: log.order.sequence(series),
        differences: last_before.1.differences(first_after.1),
        last_before: run_at(last_before),
        first_after: run_at(first_after),
    })
}

fn run_at((run, facts): (i64, &Facts)) -> RunAt {
    RunAt {
        run,
        started_unix_ns: facts.started_unix_ns,
        revision: facts.revision.clone(),
        dirty: facts.dirty,
        committed_unix_s: facts.committed_unix_s,
    }
}
