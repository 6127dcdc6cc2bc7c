//! `spawn_many`: what a task costs that has next to nothing to do: spawned, run once, joined.
//!
//! All tasks of an iteration are spawned before the first is joined, so as many are alive at once
//! wherever nothing else runs them meanwhile. They are spawned by the root, or by a thread that is
//! not the executor's, which then hands their handles over; the root joins them in both cases.

mod demo;
mod floor;
mod outside;

use std::hint::black_box;

use tminus_contract::channel::oneshot;
use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{Budget, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong};
use tminus_contract::{Executor, Join};

use crate::inline;
use outside::Outside;

/// See the [module documentation](self).
pub(crate) struct SpawnMany {
    tasks: u64,
    outside: bool,
}

impl Workload for SpawnMany {
    const INFO: Info = Info {
        id: "spawn_many",
        title: "Many spawns",
        about: "N tasks that do next to nothing are spawned, then joined",
        op: "task",
        version: 1,
        params: &[
            Param {
                name: "tasks",
                about: "tasks spawned before the first is joined",
                default: 1_000,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "outside",
                about: "1: a thread that is not the executor's spawns; 0: the root",
                default: 0,
                min: 0,
                max: 1,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "allocated_bytes_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["tasks=1000"],
            standard: &["tasks=1000", "tasks=1000,outside=1"],
            thorough: &[
                "tasks=10",
                "tasks=100",
                "tasks=1000",
                "tasks=10000",
                "tasks=100000",
                "tasks=1000,outside=1",
            ],
            verify: &["tasks=100", "tasks=100,outside=1"],
        },
    };

    const CATEGORY: &'static str = "price";

    /// The thread that spawns, where it is not the root that does.
    type Stage<E: Executor> = Option<Outside>;

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { tasks: params.value("tasks"), outside: params.value("outside") == 1 })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.tasks + 1, remote_spawn: self.outside, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, executor: E) -> Result<Option<Outside>, Wrong> {
        inline::refuse_spawn(executor).await?;
        self.thread()
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        outside: &mut Option<Outside>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut handles = Vec::with_capacity(self.room());
        let mut wrong = 0;
        let running = meter.start();
        for _ in 0..iterations {
            match outside {
                None => handles.extend(self.spawn_all(executor)),
                Some(outside) => handles = self.spawned_outside(executor, outside).await?,
            }
            for (index, handle) in (0..).zip(handles.drain(..)) {
                wrong += u64::from(handle.join().await? != index);
            }
        }
        meter.stop(running, self.tasks * iterations);
        Wrong::unless_equal("tasks that gave another value than theirs", 0, wrong)
    }

    async fn close<E: Executor>(
        &self,
        _executor: E,
        outside: Option<Outside>,
    ) -> Result<(), Wrong> {
        outside.map_or(Ok(()), Outside::end)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Blocks>(), FloorEntry::of::<floor::Hot>()]
    }
}

impl SpawnMany {
    fn room(&self) -> usize {
        usize::try_from(self.tasks).expect("bounded by the parameter")
    }

    fn thread(&self) -> Result<Option<Outside>, Wrong> {
        Ok(if self.outside { Some(Outside::start()?) } else { None })
    }

    fn spawn_all<E: Executor>(&self, executor: E) -> impl Iterator<Item = E::Join<u64>> + use<E> {
        (0..self.tasks).map(move |index| executor.spawn(answer(index)))
    }

    /// Has the thread outside spawn all tasks, and waits for their handles.
    async fn spawned_outside<E: Executor>(
        &self,
        executor: E,
        outside: &Outside,
    ) -> Result<Vec<E::Join<u64>>, Wrong> {
        let (sender, receiver) = oneshot();
        let spawn_all = self.spawn_all(executor);
        outside.run(executor.remote(move || sender.send(spawn_all.collect())));
        let handles: Option<Vec<_>> = receiver.await;
        handles.ok_or_else(|| Wrong::Answer("spawning from a thread outside failed".into()))
    }
}

/// Does a task's work: returns the value that tells it from the others.
async fn answer(index: u64) -> u64 {
    black_box(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LOSES_TASKS, RUNS_INLINE, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn tasks_are_counted() {
        let said = run::<SpawnMany, Test>("tasks=12", Clock::Real);
        assert_eq!(said.samples()[0].ops, 12);
    }

    #[test]
    fn the_floors_do_as_many() {
        for floor in ["floor", "floor-hot"] {
            for params in ["tasks=12", "tasks=12,outside=1"] {
                let said = run_floor::<SpawnMany>(params, floor);
                assert_eq!(said.samples()[0].ops, 12, "{floor} {params}");
            }
        }
    }

    #[test]
    fn a_spawn_that_runs_the_task_fails() {
        let said = run::<SpawnMany, Test<RUNS_INLINE>>("tasks=12", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("inside the call of spawn"), "{reason}");
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<SpawnMany, Test<LOSES_TASKS>>("tasks=12", Clock::Real);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn only_who_spawns_from_outside_needs_it() {
        let needs = |text| {
            let params = Params::parse(&SpawnMany::INFO, text).expect("bounds");
            SpawnMany::new(&params).expect("possible").needs()
        };
        assert!(!needs("tasks=5").remote_spawn && needs("tasks=5,outside=1").remote_spawn);
        assert_eq!(needs("tasks=5").tasks, 6);
    }

    #[test]
    fn the_demo_shows_that_spawned_tasks_run_later() {
        let shown = demo::<SpawnMany, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "the root spawns five tasks",
                "five tasks are spawned",
                "task 1 runs",
                "task 2 runs",
                "task 3 runs",
                "task 4 runs",
                "task 5 runs",
                "joined: 1 2 3 4 5",
                "(no thread outside reference can spawn: not declared by its author)",
                "(the classic order, 8 of 8 lines; reference promises first in, first out)",
            ]
        );
    }
}
