//! The times of the ticks, and the gaps between them.

use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::timekeeper::{figure, nanos_between};

/// When the start line opened, then when each tick came.
pub(super) struct Ticks(Vec<Instant>);

impl Ticks {
    /// Makes room for so many, so that little is allocated while the clock runs.
    pub(super) fn new(room: usize) -> Self {
        Self(Vec::with_capacity(room))
    }

    /// Sets the time that the first gap counts from.
    pub(super) fn begin(&mut self, opened: Instant) {
        self.0.push(opened);
    }

    pub(super) fn add(&mut self, now: Instant) {
        self.0.push(now);
    }

    /// Returns when the last tick came.
    pub(super) fn last(&self) -> Instant {
        *self.0.last().expect("it has begun")
    }

    /// Returns how many ticks came.
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64 - 1
    }

    /// Refuses a tick that came before it was due.
    pub(super) fn never_early(&self, tick: Duration) -> Result<(), Wrong> {
        let early = self.0.windows(2).map(|pair| nanos_between(pair[1], pair[0] + tick));
        match early.max() {
            Some(0) => Ok(()),
            Some(early_ns) => Err(Wrong::Answer(format!("a tick came {early_ns} ns early"))),
            None => Err(Wrong::Answer("the ticker has not ticked".into())),
        }
    }

    /// Records every gap, and how many ticks came a whole tick late, or more.
    pub(super) fn record(&self, tick: Duration, meter: &mut Meter) {
        let mut late = 0;
        for pair in self.0.windows(2) {
            meter.record("gap", nanos_between(pair[0], pair[1]));
            late += u64::from(pair[1] >= pair[0] + 2 * tick);
        }
        meter.metric("late_ticks_ratio", figure(late) / figure(self.count()));
    }
}
