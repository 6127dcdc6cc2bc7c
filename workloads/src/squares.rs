//! `squares`: tasks of unequal length compute `n * n` and yield between.
//!
//! The cost of a resumption and nothing else: when the clock starts, all tasks are spawned and
//! stand ready (see [`StartLine`]). Each awaits `square` inside `sum_of_squares`; with a `depth`
//! beyond 1 it does so through further levels, and every resumption passes through all of them.

mod demo;
mod floor;
mod order;

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, Order};

use crate::start_line::StartLine;
use crate::timekeeper::figure;

/// See the [module documentation](self).
pub(crate) struct Squares {
    tasks: u64,
    terms: u64,
    depth: u64,
    /// The number of resumptions by which the tasks drew apart when their order was observed;
    /// `u64::MAX` if it was not.
    lag: AtomicU64,
}

impl Workload for Squares {
    const INFO: Info = Info {
        id: "squares",
        title: "Squares",
        about: "tasks of unequal length compute n*n and yield between",
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
                name: "depth",
                about: "levels that a resumption passes through",
                default: 1,
                min: 1,
                max: 1_000,
            },
            Param {
                name: "terms",
                about: "squares of a task on the average of 1, 2, ... 2 x terms - 1",
                default: 4,
                min: 1,
                max: 1_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["tasks=1000"],
            standard: &[
                "tasks=10",
                "tasks=1000",
                "tasks=10000",
                "tasks=1000,depth=10",
                "tasks=1000,depth=100",
            ],
            thorough: &[
                "tasks=10",
                "tasks=100",
                "tasks=1000",
                "tasks=10000",
                "tasks=100000",
                "tasks=1000,depth=10",
                "tasks=1000,depth=100",
            ],
            verify: &["tasks=100,depth=10"],
        },
    };

    const CATEGORY: &'static str = "classic";
    const ALWAYS_READY: bool = true;
    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("yields", "CPU-bound tasks that yield", "wall_ns_per_op", "cpu_ns_per_op")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let (tasks, terms) = (params.value("tasks"), params.value("terms"));
        let depth = params.value("depth");
        if tasks * depth > 20_000_000 {
            return Err("tasks x depth is beyond 20,000,000: the levels need more memory than a \
                        child has"
                .into());
        }
        Ok(Self { tasks, terms, depth, lag: AtomicU64::new(u64::MAX) })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: self.tasks + 1, ..Needs::default() }
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
        let start_line = StartLine::new(self.tasks);
        let handles: Vec<_> =
            self.jobs(iterations).map(|job| self.spawn(executor, &start_line, job)).collect();
        let mut sums = Vec::with_capacity(handles.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for handle in handles {
            sums.push(handle.join().await?);
        }
        meter.stop(running, self.resumptions(iterations));
        let lag = self.lag.load(Ordering::Relaxed);
        if lag != u64::MAX {
            meter.metric("resumption_lag_count", figure(lag));
        }
        self.verify(iterations, &sums)
    }

    async fn order<E: Executor>(&self, executor: E) -> Result<Option<Order>, Wrong> {
        let observed = order::observe(executor).await?;
        self.lag.store(observed.lag, Ordering::Relaxed);
        Ok(Some(observed.order))
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Inlined>(), FloorEntry::of::<floor::Boxed>()]
    }
}

impl Squares {
    /// Returns what each task is to do.
    fn jobs(&self, repeats: u64) -> impl Iterator<Item = Job> + use<> {
        let lengths = 2 * self.terms - 1;
        (0..self.tasks).map(move |index| Job {
            first: index % 1_000 + 1,
            terms: index % lengths + 1,
            repeats,
        })
    }

    fn spawn<E: Executor>(&self, executor: E, start_line: &StartLine, job: Job) -> E::Join<u64> {
        let yield_now = move || executor.yield_now();
        let start_line = start_line.clone();
        let task = async move {
            start_line.pass().await;
            sum_of_squares(job, yield_now).await
        };
        match self.depth {
            1 => executor.spawn(task),
            depth => executor.spawn(nested(task, depth)),
        }
    }

    /// Returns how often a task is resumed: after its yield for each square, and once to begin.
    fn resumptions(&self, iterations: u64) -> u64 {
        self.jobs(iterations).map(|job| job.terms * job.repeats + 1).sum()
    }

    fn verify(&self, iterations: u64, sums: &[u64]) -> Result<(), Wrong> {
        Wrong::unless_equal("tasks", self.tasks, sums.len() as u64)?;
        for (job, sum) in self.jobs(iterations).zip(sums) {
            let once: u64 = job.numbers().map(|n| n * n).sum();
            Wrong::unless_equal("a sum of squares", once * job.repeats, *sum)?;
        }
        Ok(())
    }
}

/// The job of a task: the squares of `terms` numbers from `first` on, `repeats` times over.
#[derive(Clone, Copy)]
struct Job {
    first: u64,
    terms: u64,
    repeats: u64,
}

impl Job {
    fn numbers(self) -> std::ops::Range<u64> {
        self.first..self.first + self.terms
    }
}

async fn sum_of_squares<F: Future<Output = ()>>(job: Job, yield_now: impl Fn() -> F) -> u64 {
    let mut sum = 0;
    for _ in 0..job.repeats {
        for n in job.numbers() {
            sum += square(n, &yield_now).await;
        }
    }
    sum
}

async fn square<F: Future<Output = ()>>(n: u64, yield_now: &impl Fn() -> F) -> u64 {
    // The compiler must not replace the loop by the formula of its sum.
    let square = black_box(n) * n;
    yield_now().await;
    square
}

type Nested = Pin<Box<dyn Future<Output = u64> + Send>>;

/// Puts `task` under so many levels that there are `depth` of them.
///
/// Each level is boxed. That is how an `async fn` that awaits itself must be written, and without
/// it the compiler would merge the levels into one state machine: there would be no delegation left
/// to measure. A resumption enters by the outermost level and passes through all of them.
#[expect(clippy::redundant_async_block, reason = "a level is what is measured")]
fn nested(task: impl Future<Output = u64> + Send + 'static, depth: u64) -> Nested {
    let mut level: Nested = Box::pin(task);
    for _ in 1..depth {
        let inner = level;
        level = Box::pin(async move { inner.await });
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn resumptions_are_counted_exactly() {
        // 14 tasks of 1 to 7 squares, twice: 2 x 28 yields and 14 beginnings.
        for depth in [1, 2, 100] {
            let said = run::<Squares, Test>(&format!("tasks=14,depth={depth}"), Clock::Real);
            assert_eq!(said.samples()[0].ops, 70);
            assert_eq!(said.metric("resumption_lag_count"), Some(1.0));
        }
    }

    #[test]
    fn the_floors_do_the_same() {
        for floor in ["floor", "floor-boxed"] {
            let said = run_floor::<Squares>("tasks=14,depth=10", floor);
            assert_eq!(said.samples()[0].ops, 70);
        }
    }

    #[test]
    fn a_wrong_sum_fails() {
        let params = Params::parse(&Squares::INFO, "tasks=3").expect("bounds");
        let squares = Squares::new(&params).expect("possible");
        // 1; 4 + 9; 9 + 16 + 25; each twice.
        assert_eq!(squares.verify(2, &[2, 26, 100]), Ok(()));
        assert!(squares.verify(2, &[2, 26, 101]).is_err());
        assert!(squares.verify(2, &[2, 26]).is_err());
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Squares, Test<LOSES_TASKS>>("tasks=14", Clock::Real);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn another_order_than_declared_is_refused() {
        let said = run::<Squares, Test<LAST_IN_FIRST_OUT>>("tasks=14", Clock::Real);
        assert_eq!(said.failure().0, Failed::Order);
    }

    #[test]
    fn levels_beyond_memory_are_refused() {
        let params = Params::parse(&Squares::INFO, "tasks=1000000,depth=1000").expect("bounds");
        assert!(Squares::new(&params).is_err());
    }

    #[test]
    fn the_classic_interleavings_are_exact() {
        let shown = demo::<Squares, Test>(Clock::Real);
        let end = "(the classic order, 45 of 45 lines; reference promises first in, first out)\n";
        let shown = shown.strip_suffix(end).expect("the order is named at the end");
        let sections: Vec<String> = shown
            .replace("Computing square of  ", "")
            .split("\n\n")
            .map(|section| section.lines().skip(1).collect::<Vec<_>>().join("; "))
            .collect();
        assert_eq!(
            sections,
            [
                "1; 10; 2; 20; 3; 30; 4; 40; 5; 6; yielded 1, 100, 4, 400, 9, 900, 16, 1600, 25, 36",
                "1; 10; 2; 20; 3; 30; 4; 40; 5; 50; sum_of_squares [1, 2, 3, 4, 5] 55; \
                 sum_of_squares [10, 20, 30, 40, 50] 5500",
                "square 3; square 30; square 4; 25; square 40; 2500",
                "A; 1; B; 2; C; 3",
                "A; B; C; 1; 2; 3",
            ]
        );
    }
}
