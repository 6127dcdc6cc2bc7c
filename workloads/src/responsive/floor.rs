//! The floor of `responsive`: one loop that computes, and ticks between two slices.

use std::thread;
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Responsive, Shift};

/// The hogs in turn, a slice each; a tick that is due comes before the next slice.
pub(super) struct Loop;

impl Floor<Responsive> for Loop {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a loop over the slices of all hogs, with a tick when one is due";

    fn stage(_: &Responsive) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Responsive,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let slices = workload.slices() * iterations;
        let mut ticks = workload.ticks(slices);
        let mut shifts: Vec<Shift> = (0..workload.hogs).map(|_| workload.shift()).collect();
        let running = meter.start();
        ticks.begin(Instant::now());
        for _ in 0..slices {
            for shift in &mut shifts {
                let now = Instant::now();
                if now >= ticks.last() + workload.tick {
                    ticks.add(now);
                }
                shift.compute();
            }
        }
        // The ticker sees the end of the hogs at its next tick.
        thread::sleep((ticks.last() + workload.tick).saturating_duration_since(Instant::now()));
        ticks.add(Instant::now());
        meter.stop(running, ticks.count());
        workload.verify(slices, &ticks, &shifts)?;
        workload.record(&ticks, &shifts, meter);
        Ok(())
    }
}
