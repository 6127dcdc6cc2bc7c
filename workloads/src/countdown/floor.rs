//! The floor of `countdown`: all deadlines are known, so they are sorted and waited for one by one.
//!
//! On a virtual clock waiting is looking at the next deadline.

use std::time::{Duration, Instant};

use tminus_contract::Clock;
use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::Countdown;
use super::verify::never_early;
use crate::timekeeper::{figure, nanos_between};

/// No state: the deadlines are chosen anew for each sample.
pub(super) struct Sorted;

impl Floor<Countdown> for Sorted {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "the deadlines sorted, one thread sleep for each that lies ahead";

    fn stage(_workload: &Countdown) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Countdown,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let delays: Vec<Duration> = workload.delays(meter.seed()).collect();
        let fires = workload.timers * (workload.ticks + 1);
        let room = usize::try_from(iterations * fires).expect("bounded by the parameters");
        let mut times = Vec::with_capacity(room);
        let mut overrun_ns = 0;
        let running = meter.start();
        for _ in 0..iterations {
            overrun_ns = count_down(workload, meter.clock(), &delays, &mut times);
        }
        meter.stop(running, iterations * fires);
        meter.metric("makespan_overrun_ns", figure(overrun_ns));
        for (deadline, woken) in times {
            never_early("a thread's sleep", nanos_between(woken, deadline))?;
            meter.record("lateness", nanos_between(deadline, woken));
        }
        Ok(())
    }
}

/// Waits for every deadline in turn and returns by how much the last was overrun. Sorting is timed
/// too: an executor has to bring the timers into order as well.
fn count_down(
    workload: &Countdown,
    clock: Clock,
    delays: &[Duration],
    times: &mut Vec<(Instant, Instant)>,
) -> u64 {
    let origin = Instant::now();
    let ticks = u32::try_from(workload.ticks).expect("bounded by the parameter");
    let mut deadlines: Vec<Instant> = delays
        .iter()
        .flat_map(|&delay| (0..=ticks).map(move |tick| origin + delay + workload.tick * tick))
        .collect();
    deadlines.sort_unstable();
    for &deadline in &deadlines {
        times.push((deadline, wait(clock, deadline)));
    }
    match (clock, deadlines.last()) {
        (Clock::Real, Some(&last)) => nanos_between(last, Instant::now()),
        _ => 0,
    }
}

/// Waits for `deadline` and returns the time after that.
fn wait(clock: Clock, deadline: Instant) -> Instant {
    if clock == Clock::Virtual {
        return deadline;
    }
    let mut now = Instant::now();
    while now < deadline {
        std::thread::sleep(deadline - now);
        now = Instant::now();
    }
    now
}
