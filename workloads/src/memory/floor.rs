//! The floor of `memory`: what must be known of a sleeper is when to wake it.

use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Memory, Reading, report};

/// No state: the deadlines are made anew for each sample.
pub(super) struct Deadlines;

impl Floor<Memory> for Deadlines {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a sorted array of deadlines, eight bytes each, slept through";

    fn stage(_workload: &Memory) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Memory,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut readings = [Reading::default(); 2];
        let running = meter.start();
        for _ in 0..iterations {
            readings = sleep_all(workload)?;
        }
        meter.stop(running, u64::from(workload.tasks) * iterations);
        report(&readings, meter);
        Ok(())
    }
}

fn sleep_all(workload: &Memory) -> Result<[Reading; 2], Wrong> {
    let origin = Instant::now();
    let nap_ns = u64::try_from(workload.nap().as_nanos()).expect("bounded by the parameter");
    let mut readings = workload.steps().map(Reading::of);
    // Room for all of them at once, so that no array of the first reading is left behind; memory
    // that was not written is not resident.
    let room = usize::try_from(workload.tasks).expect("tasks are counted in memory");
    let mut deadlines_ns: Vec<u64> = Vec::with_capacity(room);
    for reading in &mut readings {
        let more = deadlines_ns.len() as u64..u64::from(reading.tasks);
        // In no order, as those of tasks.
        deadlines_ns
            .extend(more.map(|index| nap_ns + index.wrapping_mul(0x9E37_79B1) % nap_ns / 4));
        deadlines_ns.sort_unstable();
        reading.take();
    }
    let mut woken = 0;
    for &deadline_ns in &deadlines_ns {
        let mut asleep = Duration::from_nanos(deadline_ns).saturating_sub(origin.elapsed());
        while !asleep.is_zero() {
            std::thread::sleep(asleep);
            asleep = Duration::from_nanos(deadline_ns).saturating_sub(origin.elapsed());
        }
        woken += 1;
    }
    Wrong::unless_equal("deadlines slept through", workload.tasks, woken)?;
    Ok(readings)
}
