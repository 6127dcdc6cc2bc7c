//! The work of a hog: what it computed, and when.

use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;

use crate::compute::compute;

/// The work of a hog.
#[derive(Clone, Copy)]
pub(super) struct Shift {
    slice: Duration,
    slices: u64,
    began: Option<Instant>,
    ended: Option<Instant>,
}

impl Shift {
    /// Makes one that has not begun.
    pub(super) fn new(slice: Duration) -> Self {
        Self { slice, slices: 0, began: None, ended: None }
    }

    /// Computes a slice.
    pub(super) fn compute(&mut self) {
        self.began.get_or_insert_with(Instant::now);
        compute(self.slice);
        self.slices += 1;
        self.ended = Some(Instant::now());
    }

    pub(super) fn slices(&self) -> u64 {
        self.slices
    }

    /// Refuses a shift that ended before it can have computed so much.
    pub(super) fn never_short(&self) -> Result<(), Wrong> {
        match self.slowdown() >= 1.0 {
            true => Ok(()),
            false => Err(Wrong::Answer("a hog ended before it can have computed".into())),
        }
    }

    /// Returns how long it took for each second that it computed.
    pub(super) fn slowdown(&self) -> f64 {
        let (Some(began), Some(ended)) = (self.began, self.ended) else { return 0.0 };
        let computed = self.slice.as_secs_f64() * crate::timekeeper::figure(self.slices);
        ended.saturating_duration_since(began).as_secs_f64() / computed
    }
}
