//! `chained_spawn`: each task spawns the next one and ends.
//!
//! One task is ready at a time, so an executor shows what a spawn costs that finds its queue empty:
//! where its tasks come from, and whether a worker that has nothing else to do takes the next one
//! at once. The shape is that of the bench of this name that tokio and async-executor have.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use tminus_contract::channel::{Sender, oneshot};
use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, Floor, FloorEntry, Info, Needs, Param, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, Order};

use crate::inline;
use crate::live::{Seen, line};

/// See the [module documentation](self).
pub(crate) struct ChainedSpawn {
    depth: u64,
}

impl Workload for ChainedSpawn {
    const INFO: Info = Info {
        id: "chained_spawn",
        title: "Chained spawns",
        about: "each task spawns the next one and ends",
        op: "spawn",
        version: 1,
        params: &[Param {
            name: "depth",
            about: "tasks in a chain",
            default: 1_000,
            min: 1,
            max: 1_000_000,
        }],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "allocated_bytes_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &[],
            standard: &["depth=1000"],
            thorough: &["depth=10", "depth=100", "depth=1000", "depth=10000", "depth=100000"],
            verify: &["depth=100"],
        },
    };

    const CATEGORY: &'static str = "price";

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { depth: params.value("depth") })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: 3, ..Needs::default() }
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
        let mut wrong = 0;
        let running = meter.start();
        for _ in 0..iterations {
            let (end, ended) = oneshot();
            spawn(executor, Link { left: self.depth, spawned: 0, end });
            wrong += u64::from(ended.await != Some(self.depth));
        }
        meter.stop(running, self.depth * iterations);
        Wrong::unless_equal("chains that had another length than theirs", 0, wrong)
    }

    /// Says nothing about order. Refuses an executor that runs a task inside the call that spawns
    /// it: each link of a chain would stand on the stack of the one before.
    async fn order<E: Executor>(&self, executor: E) -> Result<Option<Order>, Wrong> {
        let inside = Arc::new(AtomicBool::new(false));
        let (end, ended) = oneshot();
        spawn_watched(executor, Link { left: WATCHED, spawned: 0, end }, inside.clone());
        Wrong::unless_equal("tasks of the chain", WATCHED, ended.await.unwrap_or_default())?;
        let ran_inside = inside.load(Ordering::Relaxed);
        Wrong::unless_equal("a task ran inside the call of spawn", false, ran_inside)?;
        Ok(None)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        let (show, seen) = Seen::watch(show);
        line(&show, "the root spawns task 1");
        let (end, ended) = oneshot();
        spawn_shown(executor, show.clone(), Link { left: SHOWN, spawned: 0, end });
        let spawned = ended.await.unwrap_or_default();
        line(&show, format_args!("the last of {spawned} tasks has ended"));
        seen.closing(executor, &show, &CLASSIC, "lines");
        Ok(())
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<Blocks>()]
    }
}

/// The state that a task hands on to the next.
struct Link {
    left: u64,
    spawned: u64,
    end: Sender<u64>,
}

impl Link {
    /// Returns what the next task gets; none after the last one, which says how many there were.
    fn next(self) -> Option<Self> {
        let (left, spawned) = (self.left - 1, self.spawned + 1);
        if left == 0 {
            self.end.send(spawned);
            return None;
        }
        Some(Self { left, spawned, end: self.end })
    }
}

fn spawn<E: Executor>(executor: E, link: Link) {
    let task = async move {
        if let Some(next) = link.next() {
            spawn(executor, next);
        }
    };
    executor.spawn(task).detach();
}

/// Tasks of the chain in which calls of spawn are watched.
const WATCHED: u64 = 200;

fn spawn_watched<E: Executor>(executor: E, link: Link, inside: Arc<AtomicBool>) {
    let task = async move {
        if inline::is_watched() {
            inside.store(true, Ordering::Relaxed);
        }
        if let Some(next) = link.next() {
            spawn_watched(executor, next, inside);
        }
    };
    inline::watch(|| executor.spawn(task).detach());
}

/// Tasks of the demo.
const SHOWN: u64 = 4;

const CLASSIC: [&str; 9] = [
    "the root spawns task 1",
    "task 1 spawns task 2",
    "task 1 ends",
    "task 2 spawns task 3",
    "task 2 ends",
    "task 3 spawns task 4",
    "task 3 ends",
    "task 4 ends",
    "the last of 4 tasks has ended",
];

fn spawn_shown<E: Executor>(executor: E, show: Show, link: Link) {
    let number = link.spawned + 1;
    let shown = show.clone();
    let task = async move {
        if link.left == 1 {
            line(&shown, format_args!("task {number} ends"));
        }
        if let Some(next) = link.next() {
            line(&shown, format_args!("task {number} spawns task {}", number + 1));
            spawn_shown(executor, shown.clone(), next);
            line(&shown, format_args!("task {number} ends"));
        }
    };
    executor.spawn(show.task(&format!("task {number}"), task)).detach();
}

/// The memory of the tasks, one at a time, with nothing that runs them: a block as large as the
/// future and four words for what any executor keeps about a task, as in `spawn_many`.
struct Blocks;

impl Floor<ChainedSpawn> for Blocks {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "as many blocks of a task's size, allocated, filled and freed";

    fn stage(_: &ChainedSpawn) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &ChainedSpawn,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut wrong = 0;
        let running = meter.start();
        for _ in 0..iterations {
            let (end, ended) = oneshot();
            let mut link = Some(Link { left: workload.depth, spawned: 0, end });
            while let Some(held) = link {
                let block = black_box(Box::new(([held.left; 4], held)));
                link = block.1.next();
            }
            wrong += u64::from(!matches!(ready(ended), Some(spawned) if spawned == workload.depth));
        }
        meter.stop(running, workload.depth * iterations);
        Wrong::unless_equal("chains that had another length than theirs", 0, wrong)
    }
}

/// Returns what a future gives that is ready.
fn ready<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LOSES_TASKS, RUNS_INLINE, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn spawns_are_counted() {
        let said = run::<ChainedSpawn, Test>("depth=12", Clock::Real);
        assert_eq!(said.samples()[0].ops, 12);
    }

    #[test]
    fn the_floor_does_as_many() {
        let said = run_floor::<ChainedSpawn>("depth=12", "floor");
        assert_eq!(said.samples()[0].ops, 12);
    }

    #[test]
    fn tasks_that_run_inside_spawn_fail() {
        let said = run::<ChainedSpawn, Test<RUNS_INLINE>>("depth=12", Clock::Real);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("inside the call of spawn"), "{reason}");
    }

    #[test]
    fn a_chain_that_breaks_fails() {
        let said = run::<ChainedSpawn, Test<LOSES_TASKS>>("depth=12", Clock::Real);
        assert!(said.failure().1.contains("tasks of the chain"), "{:?}", said.failure());
    }

    #[test]
    fn the_demo_shows_that_a_task_ends_before_the_next_begins() {
        let shown = demo::<ChainedSpawn, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..9], CLASSIC);
        assert!(lines[9].starts_with("(the classic order, 9 of 9 lines; "), "{shown}");
    }
}
