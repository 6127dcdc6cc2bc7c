//! `timers`: timers alone, without the tasks around them.
//!
//! N timers with random deadlines within a span, each of which fires; or, with `cancel`, none of
//! which does: that is the life of a timeout. The tasks that wait for them are spawned before the
//! clock starts (see [`StartLine`]); `countdown` is what tasks and timers cost together. Deadlines
//! are the same for all cells of a round, and hardly two are alike: an executor that wakes the
//! process for each pays for being punctual with CPU, so the two figures are to be read together.

mod cancel;
mod demo;
mod floor;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use crate::timekeeper::{Timekeeper, nanos_between};

/// See the [module documentation](self).
pub(crate) struct Timers {
    timers: u64,
    span: Duration,
    cancel: bool,
}

impl Workload for Timers {
    const INFO: Info = Info {
        id: "timers",
        title: "Timers",
        about: "N timers with random deadlines fire, or are cancelled before",
        op: "timer",
        version: 1,
        params: &[
            Param {
                name: "timers",
                about: "timers that are pending at once",
                default: 1_000,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "span_us",
                about: "microseconds that their deadlines lie within",
                default: 100_000,
                min: 1,
                max: 10_000_000,
            },
            Param {
                name: "cancel",
                about: "0: each fires; 1: all are armed, then all are cancelled, again and again",
                default: 0,
                min: 0,
                max: 1,
            },
        ],
        metrics: &["cpu_ns_per_op", "lateness_p50_ns", "lateness_p99_ns", "wall_ns_per_op"],
        distributions: &[("lateness", "from the deadline to the wake, by the harness's clock")],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["timers=1000,cancel=1"],
            standard: &["timers=1000", "timers=1000,cancel=1"],
            thorough: &[
                "timers=100",
                "timers=1000",
                "timers=10000",
                "timers=100000",
                "timers=10,cancel=1",
                "timers=1000,cancel=1",
            ],
            verify: &["timers=100,span_us=10000", "timers=100,cancel=1"],
        },
    };

    const CATEGORY: &'static str = "price";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "latency-timers",
        "Latency first, of timers",
        "lateness_p99_ns",
        "cpu_ns_per_op",
    )];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let span = Duration::from_micros(params.value("span_us"));
        Ok(Self { timers: params.value("timers"), span, cancel: params.value("cancel") == 1 })
    }

    fn needs(&self) -> Needs {
        let tasks = if self.cancel { 1 } else { self.timers + 1 };
        Needs { timers: true, timeouts: self.cancel, tasks, ..Needs::default() }
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
        match self.cancel {
            false => self.fire(executor, iterations, meter).await,
            true => cancel::run(self, executor, iterations, meter).await,
        }
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Bare>()]
    }
}

impl Timers {
    /// Returns the delay from the earliest possible deadline to each timer's own, chosen by `seed`.
    fn delays(&self, seed: u64) -> impl Iterator<Item = Duration> + use<> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let span_ns = u64::try_from(self.span.as_nanos()).expect("bounded by the parameter");
        (0..self.timers).map(move |_| Duration::from_nanos(rng.u64(0..span_ns)))
    }

    /// Returns the time from the start to the earliest possible deadline: time to arm, so that
    /// lateness is the timers' own.
    fn lead(&self) -> Duration {
        Duration::from_nanos((self.timers * 500).max(5_000_000))
    }

    /// Fires every timer, in a task of its own.
    async fn fire<E: Executor>(
        &self,
        executor: E,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut runs = Vec::new();
        for _ in 0..iterations {
            let start_line = StartLine::new(self.timers);
            let run = self.spawn_all(executor, &start_line, meter);
            start_line.filled().await;
            runs.push((start_line, run));
        }
        let mut fires = Vec::with_capacity(runs.iter().map(|(_, run)| run.tasks.len()).sum());
        let running = meter.start();
        for (start_line, run) in runs {
            // Nothing else sets it: the tasks are still behind the start line.
            let _ = run.first.set(executor.now() + self.lead());
            start_line.open();
            for task in run.tasks {
                fires.push(task.join().await?);
            }
        }
        meter.stop(running, self.timers * iterations);
        self.verify(iterations, &fires, meter)
    }

    fn spawn_all<E: Executor>(
        &self,
        executor: E,
        start_line: &StartLine,
        meter: &Meter,
    ) -> Run<E::Join<(Instant, Instant)>> {
        let time = Timekeeper::new(executor, meter.clock());
        let first: Arc<OnceLock<Instant>> = Arc::default();
        let spawn = |delay| {
            let (start_line, first) = (start_line.clone(), first.clone());
            executor.spawn(async move {
                start_line.pass().await;
                let deadline = *first.get().expect("it is set before the start line opens") + delay;
                executor.sleep_until(deadline).await;
                (deadline, time.now())
            })
        };
        Run { tasks: self.delays(meter.seed()).map(spawn).collect(), first }
    }

    /// Verifies `fires`, the deadline and the wake of each timer.
    fn verify(
        &self,
        iterations: u64,
        fires: &[(Instant, Instant)],
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        Wrong::unless_equal("timers", self.timers * iterations, fires.len() as u64)?;
        for &(deadline, woken) in fires {
            never_early(deadline, woken)?;
            meter.record("lateness", nanos_between(deadline, woken));
        }
        Ok(())
    }
}

/// The tasks of one run, which wait at the start line.
struct Run<J> {
    /// The earliest possible deadline, known when the start line opens.
    first: Arc<OnceLock<Instant>>,
    tasks: Vec<J>,
}

/// Refuses a wake before its deadline.
fn never_early(deadline: Instant, woken: Instant) -> Result<(), Wrong> {
    match nanos_between(woken, deadline) {
        0 => Ok(()),
        early_ns => Err(Wrong::Answer(format!("a timer fired {early_ns} ns early"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FIRES_EARLY, LOSES_TASKS, SLEEPS_NOT, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn every_timer_is_counted_and_its_lateness_kept() {
        for clock in [Clock::Real, Clock::Virtual] {
            let said = run::<Timers, Test>("timers=50,span_us=2000", clock);
            assert_eq!((said.samples()[0].ops, said.recorded("lateness")), (50, 50));
        }
    }

    #[test]
    fn cancelled_timers_are_counted_and_have_no_lateness() {
        let said = run::<Timers, Test>("timers=50,cancel=1", Clock::Virtual);
        let ops = said.samples()[0].ops;
        assert!(ops >= 50 && ops.is_multiple_of(50), "{ops}");
        assert_eq!(said.recorded("lateness"), 0);
    }

    #[test]
    fn the_floor_does_the_same() {
        let said = run_floor::<Timers>("timers=50,span_us=2000", "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("lateness")), (50, 50));
        let said = run_floor::<Timers>("timers=50,cancel=1", "floor");
        assert!(said.samples()[0].ops.is_multiple_of(50));
    }

    #[test]
    fn an_early_timer_fails_with_the_amount() {
        let said = run::<Timers, Test<FIRES_EARLY>>("timers=5", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("300000 ns early"), "{reason}");
    }

    #[test]
    fn a_sleep_that_is_over_at_once_fails_in_both_ways() {
        for params in ["timers=5", "timers=5,cancel=1"] {
            let said = run::<Timers, Test<SLEEPS_NOT>>(params, Clock::Virtual);
            assert_eq!(said.failure().0, Failed::WrongAnswer, "{params}");
        }
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Timers, Test<LOSES_TASKS>>("timers=5", Clock::Virtual);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn only_cancelling_needs_timeouts_and_only_firing_tasks() {
        let needs = |text| {
            let params = Params::parse(&Timers::INFO, text).expect("bounds");
            Timers::new(&params).expect("possible").needs()
        };
        assert_eq!((needs("timers=5").tasks, needs("timers=5").timeouts), (6, false));
        assert_eq!((needs("cancel=1").tasks, needs("cancel=1").timeouts), (1, true));
    }

    #[test]
    fn the_demo_fires_in_the_order_of_deadlines_and_skips_the_cancelled() {
        let shown = demo::<Timers, Test>(Clock::Virtual);
        assert!(shown.contains("\n(the classic order, "), "{shown}");
        let fired: Vec<&str> = shown.lines().filter(|line| line.contains("fires")).collect();
        assert_eq!(
            fired,
            [
                "0:00:00.500000 timer 4 fires, 0:00:00.000000 late",
                "0:00:01.000000 timer 2 fires, 0:00:00.000000 late",
                "0:00:02.000000 timer 6 fires, 0:00:00.000000 late",
            ]
        );
    }
}
