//! `responsive`: a ticker beside tasks that compute.
//!
//! A task is only responsive if the others yield often enough: the ticker wants to run every tick,
//! while hogs compute in slices and yield between two. It ticks until the last hog has ended. A
//! tick is due one tick after the last one **came**, as a frame of `spinner` is; the first counts
//! from when the start line opens, so a hog that runs first shows too. With one worker a gap cannot
//! be shorter than a slice; with several it shows whether a free one takes over the timers.

mod demo;
mod floor;
mod hog;

use std::sync::Arc;
use std::time::Duration;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::at_work::AtWork;
use crate::sleepers::Sleepers;
use crate::start_line::StartLine;
use crate::suspends::refuse_ready_yield;
use crate::ticks::Ticks;
use crate::timekeeper::{Timekeeper, figure};
use hog::Shift;

/// See the [module documentation](self).
pub(crate) struct Responsive {
    slice: Duration,
    hogs: u64,
    sleepers: u64,
    tick: Duration,
    work: Duration,
}

impl Workload for Responsive {
    const INFO: Info = Info {
        id: "responsive",
        title: "Responsive",
        about: "a ticker beside tasks that compute in slices",
        op: "tick",
        version: 1,
        params: &[
            Param {
                name: "slice_us",
                about: "microseconds that a hog computes without a yield",
                default: 1_000,
                min: 1,
                max: 10_000_000,
            },
            Param { name: "hogs", about: "tasks that compute", default: 1, min: 1, max: 1_000 },
            Param {
                name: "sleepers",
                about: "further tasks that are asleep all the time",
                default: 0,
                min: 0,
                max: 1_000_000,
            },
            Param {
                name: "tick_us",
                about: "microseconds from a tick to the next",
                default: 1_000,
                min: 10,
                max: 1_000_000,
            },
            Param {
                name: "work_us",
                about: "microseconds that each hog computes in all",
                default: 100_000,
                min: 10,
                max: 10_000_000,
            },
        ],
        metrics: &["gap_max_ns", "gap_p99_ns", "late_ticks_ratio", "hog_slowdown_ratio"],
        distributions: &[("gap", "from a tick to the next")],
        budget: Budget::Once,
        sizes: Sizes {
            quick: &["slice_us=1000,work_us=30000"],
            standard: &["slice_us=1000", "slice_us=100000"],
            thorough: &[
                "slice_us=100",
                "slice_us=1000",
                "slice_us=10000",
                "slice_us=100000",
                "slice_us=1000,hogs=2",
                "slice_us=1000,sleepers=1000",
            ],
            verify: &["slice_us=1000,work_us=5000,sleepers=3"],
        },
    };

    const CATEGORY: &'static str = "fairness";

    const PURPOSES: &'static [Purpose] = &[Purpose::new(
        "responsive",
        "Responsive while others compute",
        "gap_max_ns",
        "hog_slowdown_ratio",
    )];

    type Stage<E: Executor> = Sleepers<E>;

    fn new(params: &Params) -> Result<Self, String> {
        let micros = |name| Duration::from_micros(params.value(name));
        let (slice, work, hogs) = (micros("slice_us"), micros("work_us"), params.value("hogs"));
        if slice > work {
            return Err("slice_us must fit into work_us".into());
        }
        if work.as_secs_f64() * figure(hogs) > 60.0 {
            return Err("work_us x hogs is beyond a minute".into());
        }
        let sleepers = params.value("sleepers");
        Ok(Self { slice, hogs, sleepers, tick: micros("tick_us"), work })
    }

    fn needs(&self) -> Needs {
        let tasks = self.hogs + self.sleepers + 2;
        Needs { timers: true, cancel: self.sleepers > 0, tasks, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, executor: E) -> Result<Sleepers<E>, Wrong> {
        refuse_ready_yield(executor).await?;
        Ok(Sleepers::spawn(executor, self.sleepers).await)
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        _: &mut Sleepers<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new(self.hogs + 1);
        let hogs = Arc::new(AtWork::new(self.hogs));
        let slices = self.slices() * iterations;
        let (first, at_work, ticks) = (start_line.clone(), hogs.clone(), self.ticks(slices));
        let (time, tick) = (Timekeeper::new(executor, meter.clock()), self.tick);
        let ticker = executor.spawn(async move {
            first.pass().await;
            tick_beside(&at_work, executor, time, ticks, tick).await
        });
        let spawn = |_| {
            let (start_line, hogs, mut shift) = (start_line.clone(), hogs.clone(), self.shift());
            executor.spawn(async move {
                start_line.pass().await;
                shift.compute();
                while shift.slices() < slices {
                    executor.yield_now().await;
                    shift.compute();
                }
                hogs.leave();
                shift
            })
        };
        let working: Vec<_> = (0..self.hogs).map(spawn).collect();
        let mut shifts = Vec::with_capacity(working.len());
        start_line.filled().await;
        let running = meter.start();
        hogs.open(time.now());
        start_line.open();
        for hog in working {
            shifts.push(hog.join().await?);
        }
        let ticks = ticker.join().await?;
        meter.stop(running, ticks.count());
        self.verify(slices, &ticks, &shifts)?;
        self.record(&ticks, &shifts, meter);
        Ok(())
    }

    async fn close<E: Executor>(&self, _: E, sleepers: Sleepers<E>) -> Result<(), Wrong> {
        sleepers.end().await
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Loop>()]
    }
}

impl Responsive {
    /// Returns the slices of a hog in an iteration.
    fn slices(&self) -> u64 {
        u64::try_from(self.work.as_nanos() / self.slice.as_nanos()).expect("bounded")
    }

    fn shift(&self) -> Shift {
        Shift::new(self.slice)
    }

    /// Makes room for the ticks that one worker has time for.
    fn ticks(&self, slices: u64) -> Ticks {
        let work_ns = self.slice.as_nanos() * u128::from(slices * self.hogs);
        Ticks::new(usize::try_from(work_ns / self.tick.as_nanos()).unwrap_or(0) + 2)
    }

    /// Verifies that no tick came early, and that each hog computed all of its slices.
    fn verify(&self, slices: u64, ticks: &Ticks, shifts: &[Shift]) -> Result<(), Wrong> {
        ticks.never_early(self.tick)?;
        Wrong::unless_equal("hogs", self.hogs, shifts.len() as u64)?;
        shifts.iter().try_for_each(|shift| {
            Wrong::unless_equal("slices of a hog", slices, shift.slices())?;
            shift.never_short()
        })
    }

    /// Records the gaps between ticks, and what the hogs paid.
    fn record(&self, ticks: &Ticks, shifts: &[Shift], meter: &mut Meter) {
        ticks.record(meter);
        meter.metric("late_ticks_ratio", ticks.late(self.tick));
        let slowdowns: f64 = shifts.iter().map(Shift::slowdown).sum();
        meter.metric("hog_slowdown_ratio", slowdowns / figure(shifts.len() as u64));
    }
}

/// Ticks until no hog is left.
async fn tick_beside<E: Executor>(
    hogs: &AtWork,
    executor: E,
    time: Timekeeper<E>,
    mut ticks: Ticks,
    tick: Duration,
) -> Ticks {
    ticks.begin(hogs.opened());
    while hogs.any_left() {
        let due = ticks.last() + tick;
        executor.sleep_until(due).await;
        ticks.add(time.now());
        if ticks.last() < due {
            // A sleep that never suspends must not keep the hogs away for ever.
            break;
        }
    }
    ticks
}

#[cfg(test)]
mod tests;
