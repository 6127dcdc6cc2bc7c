//! `memory`: what a sleeping task takes.
//!
//! The resident memory of one process is read with a tenth of the tasks asleep, and again with all
//! of them; the difference over the difference is a task's: what the executor takes anyway drops
//! out. A task is a future that knows its place and sleeps; its handle is kept, in memory that was
//! written before the first reading and so is not counted. All tasks must be asleep at once, and
//! all must wake and end.

mod demo;
mod floor;
mod roll;

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, resources};

use crate::timekeeper::{Timekeeper, figure};
use roll::{Roll, sleeper};

/// See the [module documentation](self).
pub(crate) struct Memory {
    tasks: u32,
}

impl Workload for Memory {
    const INFO: Info = Info {
        id: "memory",
        title: "Memory",
        about: "N tasks sleep at once: the memory of each",
        op: "task",
        version: 2,
        params: &[Param {
            name: "tasks",
            about: "tasks asleep at once, a tenth of them at the first reading",
            default: 10_000,
            min: 10,
            max: 10_000_000,
        }],
        metrics: &["task_memory_bytes", "task_peak_bytes", "cpu_ns_per_op"],
        distributions: &[],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["tasks=10000"],
            standard: &["tasks=10000"],
            thorough: &["tasks=10000", "tasks=100000"],
            verify: &["tasks=1000"],
        },
    };

    const CATEGORY: &'static str = "price";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("memory", "Memory first", "task_memory_bytes", "rss_peak_bytes")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let tasks = u32::try_from(params.value("tasks")).map_err(|error| error.to_string())?;
        Ok(Self { tasks })
    }

    fn needs(&self) -> Needs {
        Needs { timers: true, tasks: u64::from(self.tasks) + 1, ..Needs::default() }
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
        let time = Timekeeper::new(executor, meter.clock());
        let mut readings = [Reading::default(); 2];
        let running = meter.start();
        for _ in 0..iterations {
            readings = self.sleep_all(executor, time).await?;
        }
        meter.stop(running, u64::from(self.tasks) * iterations);
        report(&readings, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Deadlines>()]
    }
}

/// The memory of the process with so many tasks asleep.
#[derive(Clone, Copy, Default)]
struct Reading {
    tasks: u32,
    resident_bytes: f64,
    peak_bytes: f64,
}

impl Reading {
    /// Prepares a reading.
    fn of(tasks: u32) -> Self {
        Self { tasks, ..Self::default() }
    }

    fn take(&mut self) {
        self.resident_bytes = resources::rss_bytes();
        self.peak_bytes = resources::rss_peak_bytes();
    }
}

impl Memory {
    /// Returns how many tasks sleep at each reading.
    fn steps(&self) -> [u32; 2] {
        [self.tasks / 10, self.tasks]
    }

    /// Returns the first sleep: time to spawn all tasks, so that few executors need a second.
    fn nap(&self) -> Duration {
        Duration::from_nanos(u64::from(self.tasks) * 1_000 + 5_000_000)
    }

    /// Puts all tasks to sleep, takes the readings, and wakes them.
    async fn sleep_all<E: Executor>(
        &self,
        executor: E,
        time: Timekeeper<E>,
    ) -> Result<[Reading; 2], Wrong> {
        let roll = Arc::new(Roll::new(time, executor.now(), self.nap()));
        let mut readings = self.steps().map(Reading::of);
        // Filled with nothing, so that it is written and thereby resident.
        let mut tasks: Vec<Option<E::Join<_>>> = (0..self.tasks).map(|_| None).collect();
        let mut spawned = 0;
        for reading in &mut readings {
            roll.expect(reading.tasks);
            for index in spawned..reading.tasks {
                let task = sleeper(executor, roll.clone(), index);
                tasks[index as usize] = Some(executor.spawn(task));
            }
            spawned = reading.tasks;
            roll.all_asleep().await?;
            reading.take();
        }
        roll.release();
        for task in tasks.into_iter().flatten() {
            let early_ns = task.join().await?;
            Wrong::unless_equal("ns that a timer fired early", 0, early_ns)?;
        }
        Ok(readings)
    }
}

/// Returns bytes a task between two readings: resident, and at the peak.
fn slopes(first: &Reading, last: &Reading) -> (f64, f64) {
    let tasks = figure(u64::from(last.tasks - first.tasks));
    let slope = |first: f64, last: f64| (last - first).max(0.0) / tasks;
    (slope(first.resident_bytes, last.resident_bytes), slope(first.peak_bytes, last.peak_bytes))
}

/// Keeps the slopes as the figures of the cell.
fn report([first, last]: &[Reading; 2], meter: &mut Meter) {
    let (resident, peak) = slopes(first, last);
    meter.metric("task_memory_bytes", resident);
    meter.metric("task_peak_bytes", peak);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FIRES_EARLY, LOSES_TASKS, SLEEPS_NOT, Test, demo, run, run_floor};
    use tminus_contract::{Clock, Config};
    use tminus_measure::protocol::Failed;

    #[test]
    fn all_tasks_sleep_at_once_and_end() {
        let said = run::<Memory, Test>("tasks=2000", Clock::Virtual);
        assert_eq!(said.samples()[0].ops, 2_000);
        // How much it is cannot be told here, where other tests take memory meanwhile.
        for name in ["task_memory_bytes", "task_peak_bytes"] {
            assert!(said.metric(name).is_some_and(|bytes| bytes >= 0.0), "{name}");
        }
    }

    #[test]
    fn no_other_workload_means_something_else_by_its_metrics() {
        let said = run::<crate::countdown::Countdown, Test>("timers=10000", Clock::Virtual);
        assert!(said.metric("task_peak_growth_bytes").is_some_and(|bytes| bytes >= 0.0));
        for name in Memory::INFO.metrics.iter().filter(|name| name.starts_with("task_")) {
            assert_eq!(said.metric(name), None, "{name}");
        }
    }

    #[test]
    fn the_floor_sleeps_for_all_of_them() {
        let said = run_floor::<Memory>("tasks=1000", "floor");
        assert_eq!(said.samples()[0].ops, 1_000);
        assert!(said.metric("task_memory_bytes").is_some());
    }

    #[test]
    fn a_task_holds_little_more_than_its_sleep() {
        let of_ours = Test::run(&Config::workers(1), |executor: Test| async move {
            let now = executor.now();
            let time = Timekeeper::new(executor, Clock::Real);
            let roll = Arc::new(Roll::new(time, now, Duration::ZERO));
            let task = sleeper(executor, roll, 0);
            size_of_val(&task) - size_of_val(&executor.sleep_until(now))
        });
        // The roll, the place, the nap, and the state of the future: a task of the same program
        // without the contract keeps its deadline and its state, which is more.
        assert!(of_ours <= 16, "{of_ours} B");
    }

    #[test]
    fn the_slope_is_between_the_readings() {
        let reading =
            |tasks, resident_bytes, peak_bytes| Reading { tasks, resident_bytes, peak_bytes };
        let [first, last] = [reading(100, 1e6, 2e6), reading(1_000, 1.09e6, 2.18e6)];
        assert_eq!(slopes(&first, &last), (100.0, 200.0));
        // Memory that was given back meanwhile is no negative size.
        assert_eq!(slopes(&last, &reading(2_000, 1e6, 2.18e6)), (0.0, 0.0));
    }

    #[test]
    fn sleeps_that_are_no_sleeps_fail() {
        let said = run::<Memory, Test<SLEEPS_NOT>>("tasks=20", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("asleep at once"), "{reason}");
        let said = run::<Memory, Test<FIRES_EARLY>>("tasks=20", Clock::Virtual);
        assert!(said.failure().1.contains("early: expected 0, got "), "{:?}", said.failure());
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Memory, Test<LOSES_TASKS>>("tasks=20", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("of 2 tasks were asleep at once"), "{reason}");
    }

    #[test]
    fn the_demo_tells_the_memory_of_a_task() {
        let shown = demo::<Memory, Test>(Clock::Virtual);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert!(lines[0].starts_with("1000 tasks asleep: "), "{shown}");
        assert!(
            lines[1].starts_with("10000 tasks asleep: ")
                && lines[1].ends_with("B a task, in a box")
        );
        assert_eq!(lines[2], "all are awake again");
    }
}
