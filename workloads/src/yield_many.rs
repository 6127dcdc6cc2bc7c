//! `yield_many`: many tasks that do nothing but yield.
//!
//! The smallest resumption there is: a wake, a trip through the queue, a poll. `squares` does some
//! work between two yields and may pass through many levels; here there is nothing else to pay for.
//! When the clock starts all tasks are spawned and stand ready (see [`StartLine`]).

mod demo;
mod floor;

use std::future::Future;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use crate::suspends::refuse_ready_yield;

/// See the [module documentation](self).
pub(crate) struct YieldMany {
    tasks: u64,
    yields: u64,
}

impl Workload for YieldMany {
    const INFO: Info = Info {
        id: "yield_many",
        title: "Many yields",
        about: "N tasks that do nothing but yield",
        op: "resumption",
        version: 1,
        params: &[
            Param {
                name: "tasks",
                about: "tasks that take turns",
                default: 1_000,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "yields",
                about: "yields of each task in an iteration",
                default: 10,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["tasks=1000"],
            standard: &["tasks=10", "tasks=1000", "tasks=10000"],
            thorough: &["tasks=10", "tasks=100", "tasks=1000", "tasks=10000", "tasks=100000"],
            verify: &["tasks=100"],
        },
    };

    const CATEGORY: &'static str = "price";

    const ALWAYS_READY: bool = true;

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { tasks: params.value("tasks"), yields: params.value("yields") })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.tasks + 1, ..Needs::default() }
    }

    /// Checks that a yield suspends, before the clock starts: resumptions are counted, and a yield
    /// that completes at once is none.
    async fn stage<E: Executor>(&self, executor: E) -> Result<(), Wrong> {
        refuse_ready_yield(executor).await
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(self.tasks);
        let yields = self.yields * iterations;
        let spawn = |_| {
            let start_line = start_line.clone();
            executor.spawn(async move {
                start_line.pass().await;
                yield_often(yields, || executor.yield_now()).await
            })
        };
        let handles: Vec<_> = (0..self.tasks).map(spawn).collect();
        let mut counts = Vec::with_capacity(handles.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for handle in handles {
            counts.push(handle.join().await?);
        }
        meter.stop(running, self.resumptions(iterations));
        self.verify(iterations, &counts)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![
            FloorEntry::of::<floor::Inlined>(),
            FloorEntry::of::<floor::Boxed>(),
            FloorEntry::of::<floor::Heap<floor::PushPop>>(),
            FloorEntry::of::<floor::Heap<floor::Replace>>(),
        ]
    }
}

impl YieldMany {
    /// Returns how often a task is resumed: after each yield, and once to begin.
    fn resumptions(&self, iterations: u64) -> u64 {
        self.tasks * (self.yields * iterations + 1)
    }

    /// Verifies `counts`, the yields that each task counted.
    fn verify(&self, iterations: u64, counts: &[u64]) -> Result<(), Wrong> {
        Wrong::unless_equal("tasks", self.tasks, counts.len() as u64)?;
        let yields = self.yields * iterations;
        counts.iter().try_for_each(|&count| Wrong::unless_equal("yields of a task", yields, count))
    }
}

/// Does a task's work; returns how often it yielded.
async fn yield_often<F: Future<Output = ()>>(yields: u64, yield_now: impl Fn() -> F) -> u64 {
    let mut count = 0;
    while count < yields {
        yield_now().await;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LOSES_TASKS, Test, YIELDS_NOT, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn resumptions_are_counted_exactly() {
        let said = run::<YieldMany, Test>("tasks=7,yields=3", Clock::Real);
        assert_eq!(said.samples()[0].ops, 7 * 4);
    }

    #[test]
    fn the_floors_do_the_same() {
        for floor in ["floor", "floor-boxed", "floor-heap", "floor-heap-replace"] {
            let said = run_floor::<YieldMany>("tasks=7,yields=3", floor);
            assert_eq!(said.samples()[0].ops, 7 * 4, "{floor}");
        }
    }

    #[test]
    fn a_task_that_yielded_too_seldom_fails() {
        let many = YieldMany { tasks: 2, yields: 3 };
        assert_eq!(many.verify(2, &[6, 6]), Ok(()));
        assert!(many.verify(2, &[6, 5]).is_err());
        assert!(many.verify(2, &[6]).is_err());
    }

    #[test]
    fn a_yield_that_does_not_suspend_fails() {
        let said = run::<YieldMany, Test<YIELDS_NOT>>("tasks=7", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert_eq!(reason, "yield_now suspended: expected true, got false");
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<YieldMany, Test<LOSES_TASKS>>("tasks=7", Clock::Real);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn the_demo_shows_the_turns() {
        let shown = demo::<YieldMany, Test>(Clock::Real);
        assert_eq!(
            shown,
            "three tasks yield four times each; a letter whenever one is resumed:\n\
             A B C A B C A B C A B C A B C \n\
             (the classic order, 15 of 15 letters; reference promises first in, first out)\n"
        );
    }
}
