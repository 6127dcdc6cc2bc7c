//! `fan_out`: one value is set, and all tasks that wait for it are resumed.
//!
//! Each waiter counts the value and waits for the next one; when all wait again the root sets that.
//! So the cost of a waiter is its wait, its wake and its resumption, and the last one shows how
//! long a broadcast takes. The promise that they wait for is the workload's own. All waiters wait
//! before the clock starts.

mod demo;
mod floor;
mod order;

use std::sync::Arc;
use std::time::Instant;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join, Order};

use crate::promise::{Promise, Tally, record_last};

/// See the [module documentation](self).
pub(crate) struct FanOut {
    waiters: usize,
}

impl Workload for FanOut {
    const INFO: Info = Info {
        id: "fan_out",
        title: "Fan-out",
        about: "one value is set, and all tasks that wait for it are resumed",
        op: "waiter",
        version: 1,
        params: &[Param {
            name: "waiters",
            about: "tasks that wait for each value",
            default: 1_000,
            min: 1,
            max: 100_000,
        }],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "last_waiter_p50_ns"],
        distributions: &[("last_waiter", "from before a value is set until the last waiter runs")],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["waiters=1000"],
            standard: &["waiters=1", "waiters=1000"],
            thorough: &["waiters=1", "waiters=10", "waiters=100", "waiters=1000", "waiters=10000"],
            verify: &["waiters=100"],
        },
    };

    const CATEGORY: &'static str = "field";

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let waiters =
            usize::try_from(params.value("waiters")).map_err(|error| error.to_string())?;
        Ok(Self { waiters })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.waiters as u64 + 1, ..Needs::default() }
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
        let promises: Arc<Vec<Promise>> =
            Arc::new((0..iterations).map(|_| Promise::new(self.waiters)).collect());
        let wait = |_| executor.spawn(wait_for_all(promises.clone()));
        let waiters: Vec<_> = (0..self.waiters).map(wait).collect();
        let mut tallies = Vec::with_capacity(waiters.len());
        let (mut set, mut refused) = (Vec::with_capacity(promises.len()), 0);
        if let Some(first) = promises.first() {
            first.awaited().await;
        }
        let running = meter.start();
        for (promise, value) in promises.iter().zip(1..) {
            promise.awaited().await;
            set.push(Instant::now());
            refused += u64::from(!promise.set(value));
        }
        for waiter in waiters {
            tallies.push(waiter.join().await?);
        }
        meter.stop(running, self.waiters as u64 * iterations);
        Wrong::unless_equal("values that were refused", 0, refused)?;
        self.verify(iterations, &tallies)?;
        record_last(LAST, &set, promises.iter().map(Promise::last), meter)
    }

    /// Observes in which order waiters are resumed. Refuses an executor that resumes one inside the
    /// call that sets the value.
    async fn order<E: Executor>(&self, executor: E) -> Result<Option<Order>, Wrong> {
        order::observe(executor).await
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Callbacks>()]
    }
}

impl FanOut {
    /// Verifies the tallies of all waiters: each value came to each of them, once.
    fn verify(&self, iterations: u64, tallies: &[Tally]) -> Result<(), Wrong> {
        Wrong::unless_equal("waiters", self.waiters, tallies.len())?;
        let sum = iterations * (iterations + 1) / 2;
        tallies.iter().try_for_each(|tally| {
            Wrong::unless_equal("values of a waiter", iterations, tally.count)?;
            Wrong::unless_equal("sum of the values of a waiter", sum, tally.sum)
        })
    }
}

/// Waits for each value in turn.
async fn wait_for_all(promises: Arc<Vec<Promise>>) -> Tally {
    let mut tally = Tally::default();
    for promise in promises.iter() {
        tally.add(promise.wait().await);
        promise.resumed();
    }
    tally
}

/// What is recorded of each value, and what is said where it cannot be.
const LAST: (&str, &str) = ("last_waiter", "not all waiters of a value ran");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        LAST_IN_FIRST_OUT, LOSES_TASKS, Test, WAKES_INLINE, demo, run, run_floor,
    };
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn waiters_are_counted_and_the_last_is_timed() {
        for waiters in [1, 7] {
            let said = run::<FanOut, Test>(&format!("waiters={waiters}"), Clock::Real);
            assert_eq!((said.samples()[0].ops, said.recorded("last_waiter")), (waiters, 1));
        }
    }

    #[test]
    fn the_floor_calls_as_many() {
        let said = run_floor::<FanOut>("waiters=7", "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("last_waiter")), (7, 1));
    }

    #[test]
    fn a_value_that_came_twice_or_never_fails() {
        let fan_out = FanOut { waiters: 2 };
        let tally = |values: &[u64]| {
            let mut tally = Tally::default();
            values.iter().for_each(|value| tally.add(*value));
            tally
        };
        let good = tally(&[1, 2, 3]);
        assert_eq!(fan_out.verify(3, &[good, good]), Ok(()));
        assert!(fan_out.verify(3, &[good, tally(&[1, 2, 3, 3])]).is_err());
        assert!(fan_out.verify(3, &[good, tally(&[1, 3])]).is_err());
        assert!(fan_out.verify(3, &[good, tally(&[1, 2, 2])]).is_err());
        assert!(fan_out.verify(3, &[good]).is_err());
        let (now, mut meter) = (Instant::now(), Meter::new(0));
        assert!(record_last(LAST, &[now], [None].into_iter(), &mut meter).is_err());
    }

    #[test]
    fn a_waiter_that_runs_inside_set_fails() {
        let said = run::<FanOut, Test<WAKES_INLINE>>("waiters=7", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("inside the call that set the value"), "{reason}");
    }

    #[test]
    fn another_order_than_declared_is_refused() {
        let said = run::<FanOut, Test<LAST_IN_FIRST_OUT>>("waiters=7", Clock::Real);
        assert_eq!(said.failure().0, Failed::Order);
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<FanOut, Test<LOSES_TASKS>>("waiters=7", Clock::Real);
        // The waiters are never complete: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn the_demo_shows_that_set_runs_no_waiter() {
        let shown = demo::<FanOut, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
        assert!(shown.contains("(the classic order, 6 of 6 lines; "), "{shown}");
    }
}
