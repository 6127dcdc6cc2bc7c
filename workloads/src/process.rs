//! `process`: child processes started, fed through a pipe, and awaited.
//!
//! Each child is a shell that reads a line, writes it back and ends with the exit code that it was
//! given. It waits for its input, so it ends when its parent does. What it does itself takes a
//! millisecond or two, and none of its CPU time counts: what is left is starting it, two pipes and
//! an exit that some thread has to hear of.

mod child;
mod demo;
mod floor;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::start_line::StartLine;
use child::{Line, Seen};

/// See the [module documentation](self).
pub(crate) struct Processes {
    at_once: u64,
}

impl Workload for Processes {
    const INFO: Info = Info {
        id: "process",
        title: "Processes",
        about: "child processes started, fed through a pipe, and awaited",
        op: "child",
        version: 1,
        params: &[Param {
            name: "at_once",
            about: "tasks with a child each",
            default: 1,
            min: 1,
            max: 1_000,
        }],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 100_000_000, batches: 4 },
        sizes: Sizes {
            // Figures of the system more than of executors: for those who ask.
            quick: &[],
            standard: &[],
            thorough: &["at_once=1", "at_once=16"],
            verify: &["at_once=3"],
        },
    };

    const CATEGORY: &'static str = "classic";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("process", "Child processes", "wall_ns_per_op", "cpu_ns_per_op")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        Ok(Self { at_once: params.value("at_once") })
    }

    fn needs(&self) -> Needs {
        Needs {
            processes: self.at_once,
            tasks: self.at_once + 1,
            // Two ends of its own and the two of the child until it has them, and one for its exit.
            descriptors: 5 * self.at_once,
            ..Needs::default()
        }
    }

    async fn stage<E: Executor>(&self, _: E) -> Result<(), Wrong> {
        child::shell_is_there()
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        _: &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(self.at_once);
        let start = |task| {
            let start_line = start_line.clone();
            executor.spawn(async move {
                start_line.pass().await;
                let mut seen = Vec::new();
                for iteration in 0..iterations {
                    let line = Line::new(task * iterations + iteration);
                    seen.push(child::run(executor, line).await?);
                }
                Ok::<_, Wrong>(seen)
            })
        };
        let tasks: Vec<_> = (0..self.at_once).map(start).collect();
        let mut seen = Vec::with_capacity(tasks.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for task in tasks {
            seen.push(task.join().await?);
        }
        meter.stop(running, self.at_once * iterations);
        let seen = seen.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        self.verify(iterations, &seen)
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Loop>()]
    }
}

impl Processes {
    /// Verifies that each child gave back its line and ended with its code.
    fn verify(&self, iterations: u64, seen: &[Seen]) -> Result<(), Wrong> {
        Wrong::unless_equal("children", self.at_once * iterations, seen.len() as u64)?;
        seen.iter().try_for_each(Seen::check)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::testing::{CORRUPTS_OUTPUT, HIDES_EXITS, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::Clock;

    #[test]
    fn children_are_counted() {
        assert_eq!(run::<Processes, Test>("at_once=3", Clock::Real).samples()[0].ops, 3);
        assert_eq!(run_floor::<Processes>("at_once=3", "floor").samples()[0].ops, 3);
    }

    #[test]
    fn wrong_bytes_wrong_codes_and_lost_tasks_fail() {
        let said = run::<Processes, Test<CORRUPTS_OUTPUT>>("at_once=2", Clock::Real);
        assert!(said.failure().1.starts_with("the line of a child"), "{:?}", said.failure());
        let said = run::<Processes, Test<HIDES_EXITS>>("at_once=2", Clock::Real);
        assert!(said.failure().1.starts_with("the exit code of a child"), "{:?}", said.failure());
        let said = run::<Processes, Test<LOSES_TASKS>>("at_once=3", Clock::Real);
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn a_child_too_few_fails() {
        assert!(Processes { at_once: 1 }.verify(1, &[]).is_err());
    }

    #[test]
    fn the_demo_hears_hello() {
        let shown = demo::<Processes, Test>(Clock::Real);
        assert!(shown.starts_with("hello is written to cat\n"), "{shown}");
        assert!(shown.contains("cat gives back hello\nits exit code is 0\n"), "{shown}");
    }
}
