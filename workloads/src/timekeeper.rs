//! The clock that workloads verify with.
//!
//! It never asks an executor what time it is, except where the executor's clock is a virtual one:
//! then there is no other.

use std::time::Instant;

use tminus_contract::{Clock, Executor};

/// The harness's own clock, or the virtual one of `E`.
#[derive(Clone, Copy)]
pub(crate) struct Timekeeper<E> {
    executor: E,
    clock: Clock,
}

impl<E: Executor> Timekeeper<E> {
    /// Makes the clock to verify `executor` with.
    pub(crate) fn new(executor: E, clock: Clock) -> Self {
        Self { executor, clock }
    }

    /// Returns the time.
    #[inline]
    pub(crate) fn now(self) -> Instant {
        match self.clock {
            Clock::Real => Instant::now(),
            Clock::Virtual => self.executor.now(),
        }
    }
}

/// Returns the nanoseconds from `earlier` to `later`; 0 where `later` is not later.
pub(crate) fn nanos_between(earlier: Instant, later: Instant) -> u64 {
    u64::try_from(later.saturating_duration_since(earlier).as_nanos()).unwrap_or(u64::MAX)
}

/// Returns a count or a number of nanoseconds as a figure of a cell.
#[expect(clippy::cast_precision_loss, reason = "rounding begins at 2^53")]
pub(crate) fn figure(value: u64) -> f64 {
    value as f64
}
