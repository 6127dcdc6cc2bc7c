//! The floor of `fan_out`: callbacks that are called.

use std::hint::black_box;
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{FanOut, LAST, Tally, record_last};

/// Every waiter adds its callback, and the value calls them all.
pub(super) struct Callbacks;

/// What a waiter does with the value.
type Callback = fn(&mut Tally, u64);

impl Floor<FanOut> for Callbacks {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a list of callbacks, filled by all waiters and called in a loop";

    fn stage(_: &FanOut) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &FanOut,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut tallies = vec![Tally::default(); workload.waiters];
        let mut callbacks: Vec<Callback> = Vec::with_capacity(workload.waiters);
        let room =
            usize::try_from(iterations).map_err(|error| Wrong::Refused(error.to_string()))?;
        let mut times = Vec::with_capacity(room);
        let running = meter.start();
        for value in 1..=iterations {
            callbacks.extend(tallies.iter().map(|_| black_box(Tally::add as Callback)));
            let set = Instant::now();
            for (callback, tally) in callbacks.drain(..).zip(&mut tallies) {
                callback(tally, value);
            }
            times.push((set, Instant::now()));
        }
        meter.stop(running, workload.waiters as u64 * iterations);
        workload.verify(iterations, &tallies)?;
        let (set, last): (Vec<Instant>, Vec<Instant>) = times.into_iter().unzip();
        record_last(LAST, &set, last.into_iter().map(Some), meter)
    }
}
