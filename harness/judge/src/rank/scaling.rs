//! How much faster executors become with more workers, in the time of an op. No I/O.

use serde::{Deserialize, Serialize};
use tminus_contract::Family;
use tminus_record::{Header, WorkloadFacts};

use super::measured::Measured;
use super::{Group, Ratio, Row, RowOutcome, facts_of, group};
use crate::ratio::Limits;

/// Times an op takes, by which scaling is told: of a workload that does not declare it, time says
/// how long it waits.
const METRIC: &str = "wall_ns_per_op";

/// Counts of workers that tell how an executor scales: a run has two of them unasked, and a line
/// through two points tells no more than their cells.
const FEWEST: usize = 3;

/// The executors of a group with several counts of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The workload's id.
    pub workload: String,
    /// Its title.
    pub title: String,
    /// The parameters as ids show them.
    pub params: String,
    /// The name of one op.
    pub op: String,
    /// The cores of the machine; 0 where that was not stored.
    pub cores: usize,
    /// In the order of their time with one worker.
    pub executors: Vec<Scaled>,
}

/// An executor with several counts of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// Its id.
    pub executor: String,
    /// How it is drawn.
    pub family: Family,
    /// By the count of workers, of which the first is one.
    pub counts: Vec<Speedup>,
}

/// An executor with so many workers, against itself with one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speedup {
    /// The workers.
    pub workers: usize,
    /// How many times as fast it is, paired by round.
    pub ratio: Ratio,
    /// Whether that is sure.
    pub effect: Effect,
}

/// The effect of more workers than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The whole interval lies above 1 by more than the limits.
    Faster,
    /// The interval allows for either, or for no difference.
    CannotTell,
    /// The whole interval lies below 1 by more than the limits.
    Slower,
}

impl Effect {
    fn of(ratio: &Ratio, limits: Limits) -> Self {
        match ratio.interval {
            Some(ends) if ends.low > limits.effective() => Self::Faster,
            Some(ends) if ends.high < limits.effective().recip() => Self::Slower,
            _ => Self::CannotTell,
        }
    }
}

impl Speedup {
    /// Returns the share of each worker that is used: the speed-up over the number of workers.
    #[must_use]
    pub fn efficiency(&self) -> Ratio {
        #[expect(clippy::cast_precision_loss, reason = "few workers")]
        let workers = self.workers as f64;
        let interval = self.ratio.interval.map(|ends| (ends.low / workers, ends.high / workers));
        Ratio {
            median: self.ratio.median / workers,
            interval: interval.map(super::Interval::from),
            rounds: self.ratio.rounds,
        }
    }
}

/// Returns the scaling in each group whose workload is one of time.
pub(super) fn scalings(
    header: &Header,
    groups: &[Group],
    limits: Limits,
    measured: &Measured<'_>,
) -> Vec<Scaling> {
    let is_timed = |facts: &WorkloadFacts| facts.metrics.iter().any(|metric| metric == METRIC);
    let timed = groups.iter().filter(|it| facts_of(header, &it.workload).is_some_and(is_timed));
    let scaling = |group: &Group| {
        let ones = good(group).filter(|row| row.cell.workers == Some(1));
        let executors: Vec<Scaled> =
            ones.filter_map(|one| scaled(group, one, limits, measured)).collect();
        (!executors.is_empty()).then(|| Scaling {
            workload: group.workload.clone(),
            title: group.title.clone(),
            params: group.params.clone(),
            op: group.op.clone(),
            cores: header.provenance.machine.cores,
            executors,
        })
    };
    timed.filter_map(scaling).collect()
}

fn good(group: &Group) -> impl Iterator<Item = &Row> {
    group.rows.iter().filter(|row| row.outcome == RowOutcome::Ok && !row.cell.twin)
}

fn scaled(group: &Group, one: &Row, limits: Limits, measured: &Measured<'_>) -> Option<Scaled> {
    let executor = one.cell.executor.clone();
    let own = good(group).filter(|row| row.cell.executor == executor);
    let speedup = |row: &Row| {
        let workers = row.cell.workers?;
        // The time with one over the time with more.
        let ratio = group::ratio(&one.cell.id(), &row.cell.id(), METRIC, measured)?;
        Some(Speedup { workers, ratio, effect: Effect::of(&ratio, limits) })
    };
    let mut counts: Vec<Speedup> = own.filter_map(speedup).collect();
    counts.sort_by_key(|it| it.workers);
    (counts.len() >= FEWEST).then_some(Scaled { executor, family: one.family, counts })
}

#[cfg(test)]
mod tests {
    use tminus_record::testing::{cell, run};
    use tminus_record::{Cell, Filter, Run};

    use super::*;
    use crate::rank::{Ranking, rank};

    /// Returns a run of executors with so many workers, each of which took times of its own.
    fn made(cells: &[(&str, usize, u64)]) -> Run {
        let cells = cells.iter().map(|(executor, workers, time)| {
            let own = Cell { workers: Some(*workers), ..cell(executor) };
            (own, (0..6).map(|round| time + round).collect())
        });
        run(&cells.collect::<Vec<_>>())
    }

    fn ranked(run: &Run) -> Ranking {
        rank(run, &Filter::default(), None).expect("it has times")
    }

    #[test]
    fn workers_make_it_faster_or_slower_than_one() {
        let mut run = made(&[
            ("many", 1, 100_000),
            ("many", 2, 50_000),
            ("many", 4, 49_000),
            ("worse", 1, 90_000),
            ("worse", 2, 91_000),
            ("worse", 4, 180_000),
            ("few", 1, 100_000),
            ("few", 2, 100_000),
        ]);
        run.header.provenance.machine.cores = 2;
        let ranking = ranked(&run);
        let [scaling] = ranking.scalings.as_slice() else { panic!("{:?}", ranking.scalings) };
        assert_eq!((scaling.params.as_str(), scaling.cores), ("tasks=10", 2));
        let [worse, many] = scaling.executors.as_slice() else { panic!("{scaling:?}") };
        use Effect::{CannotTell, Faster, Slower};
        let effects = |it: &Scaled| it.counts.iter().map(|it| it.effect).collect::<Vec<_>>();
        assert_eq!(
            (many.executor.as_str(), effects(many)),
            ("many", vec![CannotTell, Faster, Faster])
        );
        // 1 % is no difference.
        assert_eq!(
            (worse.executor.as_str(), effects(worse)),
            ("worse", vec![CannotTell, CannotTell, Slower])
        );
        let two = many.counts[1];
        let is = |value: f64, expected: f64| (value / expected - 1.0).abs() < 1e-3;
        assert!(two.workers == 2 && is(two.ratio.median, 2.0), "{two:?}");
        assert!(is(two.efficiency().median, 1.0) && is(many.counts[2].efficiency().median, 0.51));
    }

    #[test]
    fn a_workload_that_waits_or_has_no_single_worker_does_not_scale() {
        let all = [("many", 1, 100), ("many", 2, 50), ("many", 4, 25)];
        let mut waits = made(&all);
        waits.header.workloads[0].metrics = vec!["cpu_ns_per_op".into()];
        assert_eq!(ranked(&waits).scalings, []);
        assert_eq!(ranked(&made(&all[1..])).scalings, []);
        // Five rounds have no interval, so nothing is told.
        let mut few = made(&all);
        few.records.retain(|record| record.round < 5);
        let told = &ranked(&few).scalings[0].executors[0].counts;
        assert!(told.iter().all(|it| it.effect == Effect::CannotTell), "{told:?}");
    }
}
