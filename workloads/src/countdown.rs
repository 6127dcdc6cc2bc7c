//! `countdown`: many timers at once.
//!
//! N tasks: each waits for its delay, then ticks down its length with a sleep a tick. All deadlines
//! are fixed from one start, so that a late timer does not move the next. As in the original
//! (LESSON.md, step 2), where all tick on the whole second, timers share deadlines: about a hundred
//! each, so that waking the process, which costs more than firing a timer, is shared by as many at
//! every size. Which task is due when is random (the same for all cells of a round), so timers are
//! armed out of order. Every wake is timed with the harness's clock; nothing is sorted, counted or
//! recorded before the clock has stopped.

mod demo;
mod floor;
mod verify;

use std::time::{Duration, Instant};

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join, resources};

use crate::timekeeper::{Timekeeper, figure};

/// See the [module documentation](self).
pub(crate) struct Countdown {
    timers: u64,
    ticks: u64,
    tick: Duration,
    /// How many timers share a deadline, on the average.
    herd: u64,
    /// From the start to the earliest deadline: time to spawn, so that lateness is the timers' own.
    lead: Duration,
}

/// A task's part: the delay it waits for, and room for the times of its wakes.
struct Draft {
    delay: Duration,
    woken: Vec<Instant>,
}

/// The record of a task.
struct Fires {
    /// The first deadline; the others follow a tick apart.
    first: Instant,
    /// When the task ran first.
    begun: Instant,
    /// When each sleep was over.
    woken: Vec<Instant>,
    /// The sum of what the sleeps say they waited.
    waited: Duration,
}

/// One run of all tasks.
struct Run {
    origin: Instant,
    ended: Instant,
    tasks: Vec<Fires>,
}

/// Below this, the figures of the system are too coarse to tell a task's memory.
const MIN_TASKS_FOR_MEMORY: u64 = 10_000;

impl Workload for Countdown {
    const INFO: Info = Info {
        id: "countdown",
        title: "Countdown",
        about: "N tasks: each waits for its delay, then ticks down with a sleep a tick",
        op: "timer fired",
        version: 1,
        params: &[
            Param {
                name: "timers",
                about: "tasks, each with a timer pending",
                default: 1_000,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "ticks",
                about: "ticks of each task after its delay",
                default: 1,
                min: 0,
                max: 1_000,
            },
            Param {
                name: "tick_us",
                about: "length of a tick in microseconds; 0 is 20 ms, and from 14,000 timers on 1.5 us \
                        a timer, so that executors can keep up",
                default: 0,
                min: 0,
                max: 10_000_000,
            },
            Param {
                name: "herd",
                about: "timers that share a deadline, on the average; 1: hardly any do",
                default: 100,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &[
            "cpu_ns_per_op",
            "lateness_p50_ns",
            "lateness_p99_ns",
            "wall_ns_per_op",
            "makespan_overrun_ns",
        ],
        distributions: &[("lateness", "from the deadline to the wake, by the harness's clock")],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["timers=1000"],
            standard: &["timers=10", "timers=1000", "timers=10000"],
            thorough: &[
                "timers=10",
                "timers=10,tick_us=200000",
                "timers=100",
                "timers=1000",
                "timers=10000",
                "timers=100000",
                "timers=1000,ticks=5",
                "timers=1000,herd=1",
            ],
            verify: &["timers=100"],
        },
    };

    const CATEGORY: &'static str = "classic";

    const VIRTUAL_CLOCK: bool = true;

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("timers", "Many timers", "cpu_ns_per_op", "lateness_p50_ns")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let (timers, ticks) = (params.value("timers"), params.value("ticks"));
        if timers * (ticks + 1) > 20_000_000 {
            return Err("timers x (ticks + 1) is beyond 20,000,000: their times need more memory \
                        than a child has"
                .into());
        }
        let tick_ns = match params.value("tick_us") {
            0 => (timers * 1_500).max(20_000_000),
            tick_us => tick_us * 1_000,
        };
        let lead_ns = (timers * 750).max(10_000_000);
        let (tick, lead) = (Duration::from_nanos(tick_ns), Duration::from_nanos(lead_ns));
        Ok(Self { timers, ticks, tick, herd: params.value("herd"), lead })
    }

    fn needs(&self) -> Needs {
        Needs { timers: true, tasks: self.timers + 1, ..Needs::default() }
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
        verify::waited_time(executor, time).await?;
        let drafts: Vec<Vec<Draft>> = (0..iterations).map(|_| self.drafts(meter.seed())).collect();
        let mut runs = Vec::with_capacity(drafts.len());
        let rss_before = resources::rss_bytes();
        let running = meter.start();
        for drafts in drafts {
            runs.push(self.run(executor, time, drafts).await?);
        }
        meter.stop(running, iterations * self.timers * (self.ticks + 1));
        if self.timers >= MIN_TASKS_FOR_MEMORY {
            let grown_bytes = (resources::rss_peak_bytes() - rss_before).max(0.0);
            meter.metric("task_peak_growth_bytes", grown_bytes / figure(self.timers));
        }
        runs.iter().try_for_each(|run| verify::run(self, run, meter))
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Sorted>()]
    }
}

impl Countdown {
    /// Returns the tasks' delays, chosen by `seed`.
    fn drafts(&self, seed: u64) -> Vec<Draft> {
        let room = usize::try_from(self.ticks + 1).expect("bounded by the parameter");
        let delays = self.delays(seed);
        delays.map(|delay| Draft { delay, woken: Vec::with_capacity(room) }).collect()
    }

    /// Returns the delay from the start to each task's first deadline: one of so many that divide a
    /// tick evenly.
    fn delays(&self, seed: u64) -> impl Iterator<Item = Duration> + use<> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let tick_ns = u64::try_from(self.tick.as_nanos()).expect("bounded by the parameter");
        let (lead, deadlines) = (self.lead, self.timers.div_ceil(self.herd));
        let delay_ns = move |place| tick_ns * place / deadlines;
        (0..self.timers).map(move |_| lead + Duration::from_nanos(delay_ns(rng.u64(0..deadlines))))
    }

    /// Runs the timed part: spawns every task and waits for them all.
    async fn run<E: Executor>(
        &self,
        executor: E,
        time: Timekeeper<E>,
        drafts: Vec<Draft>,
    ) -> Result<Run, Wrong> {
        let mut tasks = Vec::with_capacity(drafts.len());
        let mut handles = Vec::with_capacity(drafts.len());
        let origin = executor.now();
        for Draft { delay, woken } in drafts {
            let task =
                Fires { first: origin + delay, begun: origin, woken, waited: Duration::ZERO };
            handles.push(executor.spawn(count_down(executor, time, task, self.ticks, self.tick)));
        }
        for handle in handles {
            tasks.push(handle.join().await?);
        }
        Ok(Run { origin, ended: time.now(), tasks })
    }
}

/// Runs a task: the delay, then the ticks.
async fn count_down<E: Executor>(
    executor: E,
    time: Timekeeper<E>,
    mut fires: Fires,
    ticks: u64,
    tick: Duration,
) -> Fires {
    fires.begun = time.now();
    let mut deadline = fires.first;
    for _ in 0..=ticks {
        fires.waited += executor.sleep_until(deadline).await;
        fires.woken.push(time.now());
        deadline += tick;
    }
    fires
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        FIRES_EARLY, LAST_IN_FIRST_OUT, LOSES_TASKS, Test, WAITS_NOT, demo, run, run_floor,
    };
    use tminus_contract::Clock;
    use tminus_measure::protocol::Failed;

    #[test]
    fn every_timer_is_counted_and_its_lateness_kept() {
        for clock in [Clock::Real, Clock::Virtual] {
            let said = run::<Countdown, Test>("timers=50,ticks=3,tick_us=2000", clock);
            assert_eq!(said.samples()[0].ops, 200);
            assert_eq!(said.recorded("lateness"), 200);
            assert!(said.metric("makespan_overrun_ns").is_some());
        }
    }

    #[test]
    fn the_floor_fires_as_many() {
        let said = run_floor::<Countdown>("timers=50,ticks=3,tick_us=2000", "floor");
        assert_eq!((said.samples()[0].ops, said.recorded("lateness")), (200, 200));
    }

    #[test]
    fn an_early_timer_fails_with_the_amount() {
        let said = run::<Countdown, Test<FIRES_EARLY>>("timers=5", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("300000 ns early"), "{reason}");
    }

    #[test]
    fn a_wait_that_is_not_told_fails() {
        let said = run::<Countdown, Test<WAITS_NOT>>("timers=5", Clock::Virtual);
        let (kind, reason) = said.failure();
        assert_eq!(kind, Failed::WrongAnswer);
        assert!(reason.contains("asked to wait 1ms"), "{reason}");
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Countdown, Test<LOSES_TASKS>>("timers=5", Clock::Virtual);
        assert_eq!(said.failure().0, Failed::WrongAnswer);
    }

    #[test]
    fn too_many_timers_for_the_memory_are_refused() {
        let params = Params::parse(&Countdown::INFO, "timers=1000000,ticks=100").expect("bounds");
        assert!(Countdown::new(&params).is_err());
    }

    #[test]
    fn the_classic_countdown_comes_in_the_classic_order() {
        let shown = demo::<Countdown, Test>(Clock::Virtual);
        let closing =
            "(the classic order, 22 of 22 lines; reference promises first in, first out)\n";
        assert!(shown.ends_with(closing), "{shown}");
        let order: Vec<String> =
            shown.lines().take(22).map(|line| line.replace("T-minus ", "")).collect();
        let ticks = order[4..].iter().filter(|line| !line.contains("starting")).cloned();
        let ticks: Vec<String> = ticks.collect();
        assert_eq!(
            ticks.join(","),
            "A 5,C 4,A 4,B 3,C 3,A 3,B 2,C 2,A 2,B 1,C 1,A 1,B lift-off!,C lift-off!,A lift-off!,\
             Total elapsed time is 0:00:05.000000"
        );
        assert_eq!(order[0], "A waiting 0 seconds before starting countdown");
        assert_eq!(order[8], "B starting after waiting 0:00:02.000000");
    }

    #[test]
    fn a_last_in_first_out_heap_gives_other_lines() {
        let honest = demo::<Countdown, Test>(Clock::Virtual);
        let other = demo::<Countdown, Test<LAST_IN_FIRST_OUT>>(Clock::Virtual);
        assert_ne!(honest, other);
        assert!(other.contains("of 22 lines in the classic order; changed places: `"), "{other}");
    }
}
