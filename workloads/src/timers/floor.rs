//! The floor of `timers`: deadlines that are sorted and waited for, or a heap that forgets them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Timers, cancel};

/// No state: the deadlines are chosen anew for each sample.
pub(super) struct Bare;

impl Floor<Timers> for Bare {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "the deadlines sorted, one thread sleep for each that lies ahead; \
                                 to cancel, a binary heap that drops dead keys";

    fn stage(_workload: &Timers) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Timers,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        match workload.cancel {
            false => fire(workload, iterations, meter),
            true => arm_and_cancel(workload, iterations, meter),
        }
    }
}

/// Sorts and waits. Sorting is timed too, since an executor has to bring the timers into order as
/// well.
fn fire(workload: &Timers, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
    let delays: Vec<Duration> = workload.delays(meter.seed()).collect();
    let room = usize::try_from(workload.timers * iterations).expect("bounded by the parameters");
    let mut fires = Vec::with_capacity(room);
    let running = meter.start();
    for _ in 0..iterations {
        let first = Instant::now() + workload.lead();
        let mut deadlines: Vec<Instant> = delays.iter().map(|&delay| first + delay).collect();
        deadlines.sort_unstable();
        for deadline in deadlines {
            let mut now = Instant::now();
            while now < deadline {
                std::thread::sleep(deadline - now);
                now = Instant::now();
            }
            fires.push((deadline, now));
        }
    }
    meter.stop(running, workload.timers * iterations);
    workload.verify(iterations, &fires, meter)
}

fn arm_and_cancel(workload: &Timers, iterations: u64, meter: &mut Meter) -> Result<(), Wrong> {
    let delays: Vec<u64> = workload.delays(meter.seed()).map(nanos).collect();
    let mut places = vec![0; delays.len()];
    let mut heap = Heap::default();
    let mut round = |moment_ns: u64| {
        for (place, &delay_ns) in places.iter_mut().zip(&delays) {
            *place = heap.arm(moment_ns + delay_ns);
        }
        for &place in &places {
            heap.cancel(place);
        }
    };
    // Untimed, as in the executors' cells.
    round(0);
    let rounds = iterations * cancel::rounds(workload);
    let origin = Instant::now();
    let running = meter.start();
    for _ in 0..rounds {
        round(nanos(origin.elapsed()));
    }
    meter.stop(running, workload.timers * rounds);
    Wrong::unless_equal("keys that are left but a few dead ones", true, heap.keys.len() <= SWEEP)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Below this many dead keys a sweep is not worth it.
const SWEEP: usize = 64;

/// Deadlines in a binary heap, each with a place. A cancelled one is marked there, and swept out
/// once half of the keys are dead: cheaper than to look for it in the heap.
#[derive(Default)]
struct Heap {
    /// Deadline, then place.
    keys: BinaryHeap<Reverse<u128>>,
    live: Vec<bool>,
    free: Vec<u32>,
    dead: usize,
}

const PLACE_BITS: u32 = 32;

impl Heap {
    fn arm(&mut self, deadline_ns: u64) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.live.push(false);
            u32::try_from(self.live.len() - 1).expect("timers are bounded by the parameter")
        });
        self.live[place as usize] = true;
        self.keys.push(Reverse((u128::from(deadline_ns) << PLACE_BITS) | u128::from(place)));
        place
    }

    fn cancel(&mut self, place: u32) {
        self.live[place as usize] = false;
        self.dead += 1;
        if self.dead > SWEEP && self.dead * 2 > self.keys.len() {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        let Self { keys, live, free, dead } = self;
        keys.retain(|&Reverse(key)| {
            let place = (key & ((1 << PLACE_BITS) - 1)) as u32;
            if !live[place as usize] {
                free.push(place);
            }
            live[place as usize]
        });
        *dead = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_keys_leave_no_more_than_a_few_behind() {
        let mut heap = Heap::default();
        let kept = heap.arm(5);
        for deadline_ns in 0..10_000 {
            let place = heap.arm(deadline_ns);
            assert_ne!(place, kept);
            heap.cancel(place);
        }
        assert!(heap.keys.len() <= 2 * SWEEP + 2, "{} keys", heap.keys.len());
        assert!(heap.live.len() <= 2 * SWEEP + 2);
        let live = |key: &&Reverse<u128>| heap.live[(key.0 & ((1 << PLACE_BITS) - 1)) as usize];
        assert_eq!(heap.keys.iter().filter(live).count(), 1);
    }
}
