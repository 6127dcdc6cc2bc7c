//! `third`: two tasks wake each other for ever, and a third is ready beside them.
//!
//! An executor that always runs the task that was woken last never comes to the third. Those that
//! do so have a budget, after which another task gets its turn; this counts the polls of the pair
//! from the one that wakes the third until that runs. First in, first out it is one. The pair ends
//! when the third has run often enough, or has been ready in vain for too long (`patience_ms`):
//! then it runs last of all, and that it starved is a figure and no failure. There is no floor: in
//! straight-line code no task waits for its turn.

mod demo;
mod scene;

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, Info, Needs, Param, Purpose, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use crate::timekeeper::figure;
use scene::{Record, Scene};

/// See the [module documentation](self).
pub(crate) struct Third {
    rounds: u64,
    patience: Duration,
}

impl Workload for Third {
    const INFO: Info = Info {
        id: "third",
        title: "Third",
        about: "two tasks wake each other for ever, and a third is ready beside them",
        op: "poll",
        version: 1,
        params: &[
            Param {
                name: "rounds",
                about: "times that the third is made ready",
                default: 200,
                min: 1,
                max: 100_000,
            },
            Param {
                name: "patience_ms",
                about: "milliseconds after which the third has starved, which ends the pair",
                default: 1_000,
                min: 1,
                max: 10_000,
            },
        ],
        metrics: &["polls_p50_count", "polls_max_count", "wait_p50_ns", "starved_count"],
        distributions: &[("wait", "from before the third is woken until it runs")],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["rounds=200"],
            standard: &["rounds=200"],
            thorough: &["rounds=200"],
            verify: &["rounds=20"],
        },
    };

    const CATEGORY: &'static str = "fairness";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("fairness", "A turn beside a busy pair", "polls_max_count", "wait_p50_ns")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let patience = Duration::from_millis(params.value("patience_ms"));
        Ok(Self { rounds: params.value("rounds"), patience })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 4, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _executor: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(3);
        let scene = Arc::new(Scene::new(self.rounds * iterations, self.patience));
        let pair = [0, 1].map(|me| {
            let (scene, start_line) = (scene.clone(), start_line.clone());
            executor.spawn(async move {
                start_line.pass().await;
                scene.member(me).await
            })
        });
        let (of_third, at_line) = (scene.clone(), start_line.clone());
        let third = executor.spawn(async move {
            at_line.pass().await;
            of_third.third().await;
        });
        let mut polls = 0;
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for member in pair {
            polls += member.join().await?;
        }
        third.join().await?;
        meter.stop(running, polls);
        let record = scene.end();
        self.verify(iterations, polls, &record)?;
        report(&record, self.patience, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }
}

impl Third {
    /// Verifies that the third ran once each time that it was made ready, never inside a wake, and
    /// that it came to an end before its time only where it had starved.
    fn verify(&self, iterations: u64, polls: u64, record: &Record) -> Result<(), Wrong> {
        Wrong::unless_equal("polls of the pair", record.polls, polls)?;
        Wrong::unless_equal("runs inside the call that woke the third", 0, record.inside)?;
        let runs = record.runs.len() as u64;
        Wrong::unless_equal("runs of the third", record.woken, runs)?;
        match record.starved(self.patience) {
            0 => Wrong::unless_equal("rounds", self.rounds * iterations, runs),
            starved => Wrong::unless_equal("rounds in which the third starved", 1, starved),
        }
    }
}

/// Keeps how many polls and how long the third waited.
fn report(record: &Record, patience: Duration, meter: &mut Meter) {
    let mut polls: Vec<u64> = record.runs.iter().map(|run| run.polls).collect();
    polls.sort_unstable();
    let (Some(most), Some(middle)) = (polls.last(), polls.get(polls.len() / 2)) else { return };
    meter.metric("polls_p50_count", figure(*middle));
    meter.metric("polls_max_count", figure(*most));
    meter.metric("starved_count", figure(record.starved(patience)));
    record.runs.iter().for_each(|run| meter.record("wait", run.waited_ns()));
}

#[cfg(test)]
mod tests {
    use super::scene::Run;
    use super::*;
    use crate::testing::{LOSES_TASKS, Test, WAKES_INLINE, WOKEN_FIRST, demo, run};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn first_in_first_out_the_third_runs_after_the_poll_that_wakes_it() {
        let said = run::<Third, Test>("rounds=30", Clock::Real);
        assert_eq!(said.recorded("wait"), 30);
        assert_eq!(said.metric("polls_p50_count"), Some(1.0));
        assert_eq!(said.metric("polls_max_count"), Some(1.0));
        assert_eq!(said.metric("starved_count"), Some(0.0));
        // The same each time: each member is polled in turn, and once more to end.
        let ops = said.samples()[0].ops;
        assert_eq!(run::<Third, Test>("rounds=30", Clock::Real).samples()[0].ops, ops);
        assert!(ops > 30 * scene::FEWEST_POLLS, "{ops}");
    }

    #[test]
    fn a_third_that_starves_is_a_figure_and_runs_last() {
        let said = run::<Third, Test<WOKEN_FIRST>>("rounds=3,patience_ms=5", Clock::Real);
        assert_eq!((said.metric("starved_count"), said.recorded("wait")), (Some(1.0), 1));
        let polls = said.metric("polls_max_count").expect("recorded");
        assert!(polls > 10.0 && polls <= figure(said.samples()[0].ops), "{polls}");
    }

    #[test]
    fn a_third_that_runs_inside_the_wake_fails() {
        let said = run::<Third, Test<WAKES_INLINE>>("rounds=3", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.starts_with("runs inside the call that woke the third"), "{reason}");
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Third, Test<LOSES_TASKS>>("rounds=3", Clock::Real);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn polls_and_runs_that_are_missing_fail() {
        let third = Third { rounds: 2, patience: Duration::from_millis(1) };
        let run = |waited| Run { polls: 1, waited };
        let quick = run(Duration::ZERO);
        let record = |runs: Vec<Run>, woken| Record { polls: 9, inside: 0, woken, runs };
        assert_eq!(third.verify(1, 9, &record(vec![quick; 2], 2)), Ok(()));
        assert!(third.verify(1, 8, &record(vec![quick; 2], 2)).is_err());
        assert!(third.verify(1, 9, &record(vec![quick; 1], 1)).is_err());
        assert!(third.verify(1, 9, &record(vec![quick; 1], 2)).is_err());
        assert!(third.verify(1, 9, &record(vec![quick; 3], 3)).is_err());
        assert_eq!(third.verify(1, 9, &record(vec![run(third.patience)], 1)), Ok(()));
        assert!(third.verify(1, 9, &record(vec![run(third.patience); 2], 2)).is_err());
    }

    #[test]
    fn the_demo_shows_the_turn_of_the_third() {
        let shown = demo::<Third, Test>(Clock::Virtual);
        let lines: Vec<&str> = shown.lines().map(str::trim_start).collect();
        assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
        assert!(shown.contains("(the classic order, 8 of 8 lines; "), "{shown}");
    }
}
