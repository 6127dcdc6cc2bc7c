//! The times of a ticker's ticks, and the gaps between them.

use std::time::{Duration, Instant};

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::timekeeper::{figure, nanos_between};

/// When the ticker began, then when each tick came.
pub(crate) struct Ticks(Vec<Instant>);

impl Ticks {
    /// Makes room for so many, so that little is allocated while the clock runs.
    pub(crate) fn new(room: usize) -> Self {
        Self(Vec::with_capacity(room))
    }

    /// Sets the time that the first gap counts from.
    pub(crate) fn begin(&mut self, opened: Instant) {
        self.0.push(opened);
    }

    pub(crate) fn add(&mut self, now: Instant) {
        self.0.push(now);
    }

    /// Returns when the last tick came.
    pub(crate) fn last(&self) -> Instant {
        *self.0.last().expect("it has begun")
    }

    /// Returns how many ticks came after `from` and no later than `to`.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> usize {
        self.0[1..].iter().filter(|tick| **tick > from && **tick <= to).count()
    }

    /// Returns how many ticks came.
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64 - 1
    }

    /// Refuses a tick that came before it was due.
    pub(crate) fn never_early(&self, tick: Duration) -> Result<(), Wrong> {
        let early = self.0.windows(2).map(|pair| nanos_between(pair[1], pair[0] + tick));
        match early.max() {
            Some(0) => Ok(()),
            Some(early_ns) => Err(Wrong::Answer(format!("a tick came {early_ns} ns early"))),
            None => Err(Wrong::Answer("the ticker has not ticked".into())),
        }
    }

    /// Records every gap.
    pub(crate) fn record(&self, meter: &mut Meter) {
        for pair in self.0.windows(2) {
            meter.record("gap", nanos_between(pair[0], pair[1]));
        }
    }

    /// Returns the share of the ticks that came a whole tick late, or more.
    pub(crate) fn late(&self, tick: Duration) -> f64 {
        let late = self.0.windows(2).filter(|pair| pair[1] >= pair[0] + 2 * tick).count();
        figure(late as u64) / figure(self.count())
    }
}
