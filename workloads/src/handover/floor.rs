//! The floor of `handover`: a call, and then the computation.

use std::hint::black_box;
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Handover, LAST, Tally, record_last};
use crate::compute::compute;

/// What is handed over is a function, which is called at once.
pub(super) struct Call;

/// The part of the other task.
type Callback = fn(&mut Tally, u64);

impl Floor<Handover> for Call {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a call of the other's part, before the computation";

    fn stage(_: &Handover) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Handover,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let all = workload.all(iterations);
        let room = usize::try_from(all).map_err(|error| Wrong::Refused(error.to_string()))?;
        let (mut tally, mut times) = (Tally::default(), Vec::with_capacity(room));
        let callback = black_box(Tally::add as Callback);
        let running = meter.start();
        for value in 1..=all {
            let woken = Instant::now();
            let ran = Instant::now();
            callback(&mut tally, value);
            times.push((woken, ran));
            compute(workload.work);
        }
        meter.stop(running, all);
        workload.verify(iterations, &tally)?;
        let (woken, ran): (Vec<Instant>, Vec<Instant>) = times.into_iter().unzip();
        record_last(LAST, &woken, ran.into_iter().map(Some), meter)
    }
}
