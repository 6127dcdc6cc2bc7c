//! `handover`: a task wakes another and computes on without a yield.
//!
//! Programs do so all the time: a message is sent, and the sender goes on. How late the woken task
//! is says where the executor put it: with one worker it waits for the whole computation; with
//! several a free worker may take it, unless it stands in a slot that no other worker looks at. The
//! root hands over, by a promise of the workloads' own, and waits until the other task waits again.
//! Then it yields: a chain of tasks that wake each other is what executors with such a slot limit,
//! and a handover is to begin with a turn of the executor, not at some place in a chain.

mod demo;
mod floor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::compute::compute;
use crate::inline;
use crate::promise::{Promise, Tally, record_last};

/// See the [module documentation](self).
pub(crate) struct Handover {
    work: Duration,
    handovers: u64,
}

impl Workload for Handover {
    const INFO: Info = Info {
        id: "handover",
        title: "Handover",
        about: "a task wakes another and computes on without a yield",
        op: "handover",
        version: 2,
        params: &[
            Param {
                name: "work_us",
                about: "microseconds that the task computes after it has woken the other",
                default: 50,
                min: 0,
                max: 1_000_000,
            },
            Param {
                name: "handovers",
                about: "handovers of an iteration",
                default: 10,
                min: 1,
                max: 10_000,
            },
        ],
        metrics: &["delay_p50_ns", "delay_p99_ns", "cpu_ns_per_op", "wall_ns_per_op"],
        distributions: &[("delay", "from before a task is woken until it runs")],
        budget: Budget::Batches { total_ns: 20_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["work_us=50"],
            standard: &["work_us=0", "work_us=50"],
            thorough: &["work_us=0", "work_us=50", "work_us=1000"],
            verify: &["work_us=50"],
        },
    };

    const CATEGORY: &'static str = "fairness";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "handover",
        "A task that wakes and goes on",
        "delay_p50_ns",
        "cpu_ns_per_op",
    )];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let work = Duration::from_micros(params.value("work_us"));
        Ok(Self { work, handovers: params.value("handovers") })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 2, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, executor: E) -> Result<(), Wrong> {
        inline::refuse_wake(executor).await
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let promises = self.promises(iterations);
        let mut woken = Vec::with_capacity(promises.len());
        let other = executor.spawn(take_all(promises.clone()));
        promises[0].awaited().await;
        let running = meter.start();
        for (promise, value) in promises.iter().zip(1..) {
            promise.awaited().await;
            executor.yield_now().await;
            woken.push(Instant::now());
            promise.set(value);
            compute(self.work);
        }
        let tally = other.join().await?;
        meter.stop(running, self.all(iterations));
        self.verify(iterations, &tally)?;
        record_last(LAST, &woken, promises.iter().map(Promise::last), meter)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Call>()]
    }
}

impl Handover {
    fn all(&self, iterations: u64) -> u64 {
        self.handovers * iterations
    }

    /// Makes a promise for each handover.
    fn promises(&self, iterations: u64) -> Arc<Vec<Promise>> {
        Arc::new((0..self.all(iterations)).map(|_| Promise::new(1)).collect())
    }

    /// Verifies that each value came, once.
    fn verify(&self, iterations: u64, tally: &Tally) -> Result<(), Wrong> {
        let all = self.all(iterations);
        Wrong::unless_equal("handovers", all, tally.count)?;
        Wrong::unless_equal("sum of the values", all * (all + 1) / 2, tally.sum)
    }
}

/// Takes each value in turn, as the other task.
async fn take_all(promises: Arc<Vec<Promise>>) -> Tally {
    let mut tally = Tally::default();
    for promise in promises.iter() {
        let value = promise.wait().await;
        promise.resumed();
        tally.add(value);
    }
    tally
}

/// What is recorded of each value, and what is said where it cannot be.
const LAST: (&str, &str) = ("delay", "a task that was woken did not run");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, Test, WAKES_INLINE, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn handovers_are_counted_and_each_delay_is_kept() {
        for work_us in [0, 20] {
            let params = format!("work_us={work_us},handovers=7");
            let said = run::<Handover, Test>(&params, Clock::Real);
            assert_eq!((said.samples()[0].ops, said.recorded("delay")), (7, 7));
            let said = run::<Handover, Test<LAST_IN_FIRST_OUT>>(&params, Clock::Real);
            assert_eq!((said.samples()[0].ops, said.recorded("delay")), (7, 7));
        }
    }

    #[test]
    fn the_floor_hands_over_as_often() {
        let said = run_floor::<Handover>("work_us=20,handovers=7", "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("delay")), (7, 7));
    }

    #[test]
    fn the_task_computes_after_each_handover() {
        let said = run::<Handover, Test>("work_us=1000,handovers=3", Clock::Real);
        assert!(said.samples()[0].wall_ns >= 3_000_000, "{:?}", said.samples());
    }

    #[test]
    fn a_task_that_runs_inside_the_call_that_wakes_it_fails() {
        let said = run::<Handover, Test<WAKES_INLINE>>("handovers=3", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("inside the call that woke it: expected false"), "{reason}");
    }

    #[test]
    fn a_value_that_came_twice_or_never_fails() {
        let workload = Handover { work: Duration::ZERO, handovers: 3 };
        let verified = |values: &[u64]| {
            let mut tally = Tally::default();
            values.iter().for_each(|value| tally.add(*value));
            workload.verify(1, &tally)
        };
        assert_eq!(verified(&[1, 2, 3]), Ok(()));
        assert!(verified(&[1, 2]).is_err());
        assert!(verified(&[1, 2, 3, 3]).is_err());
        assert!(verified(&[1, 2, 2]).is_err());
        let (now, mut meter) = (Instant::now(), Meter::new(0));
        assert!(record_last(LAST, &[now], [None].into_iter(), &mut meter).is_err());
    }

    #[test]
    fn the_demo_shows_that_the_woken_task_waits() {
        let shown = demo::<Handover, Test>(Clock::Virtual);
        let lines: Vec<&str> = shown.lines().map(str::trim_start).collect();
        assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
        assert!(shown.contains("(the classic order, 5 of 5 lines; "), "{shown}");
    }
}
