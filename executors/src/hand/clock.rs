//! The clock of a loop: nanoseconds since the process first asked, real or virtual.
//!
//! All loops count from the same moment, so a deadline means the same wherever it was made. Only
//! the monotonic clock is read: steps of the wall clock do not exist here.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tminus_contract as contract;

/// A loop's clock.
pub(crate) struct Clock {
    epoch: Instant,
    kind: contract::Clock,
    /// The time at the start of the turn; never runs ahead of the real clock.
    now_ns: Cell<u64>,
}

impl Clock {
    pub(crate) fn new(kind: contract::Clock) -> Self {
        let clock = Self { epoch: epoch(), kind, now_ns: Cell::new(0) };
        clock.now_ns.set(to_ns(Instant::now()));
        clock
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.kind == contract::Clock::Virtual
    }

    /// Returns the time at the start of the turn: costs nothing and is never later than now.
    pub(crate) fn turn_ns(&self) -> u64 {
        self.now_ns.get()
    }

    /// Reads the clock (about 20 ns) for the turn that starts. A virtual clock stands still.
    pub(crate) fn tick(&self) -> u64 {
        if !self.is_virtual() {
            self.now_ns.set(ns_since(self.epoch, Instant::now()));
        }
        self.now_ns.get()
    }

    /// Moves a virtual clock on to `deadline_ns`.
    pub(crate) fn jump(&self, deadline_ns: u64) {
        debug_assert!(self.is_virtual());
        self.now_ns.set(self.now_ns.get().max(deadline_ns));
    }

    /// Returns the exact time.
    pub(crate) fn exact_ns(&self) -> u64 {
        if self.is_virtual() { self.now_ns.get() } else { ns_since(self.epoch, Instant::now()) }
    }

    /// Returns the exact time.
    pub(crate) fn now(&self) -> Instant {
        if self.is_virtual() {
            self.epoch + Duration::from_nanos(self.now_ns.get())
        } else {
            Instant::now()
        }
    }
}

/// Returns `instant` as loops count time; moments before the epoch are 0, those after 584 years the
/// last.
pub(crate) fn to_ns(instant: Instant) -> u64 {
    ns_since(epoch(), instant)
}

fn ns_since(epoch: Instant, instant: Instant) -> u64 {
    let since = instant.saturating_duration_since(epoch);
    since.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(since.subsec_nanos()))
}

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_by_jumps_and_never_back() {
        let clock = Clock::new(contract::Clock::Virtual);
        let start = clock.tick();
        assert_eq!(clock.tick(), start);
        clock.jump(start + 5);
        clock.jump(start);
        assert_eq!(clock.exact_ns(), start + 5);
        assert_eq!(to_ns(clock.now()), start + 5);
    }

    #[test]
    fn the_past_is_zero() {
        let _ = epoch();
        if let Some(past) = epoch().checked_sub(Duration::from_nanos(1)) {
            assert_eq!(to_ns(past), 0);
        }
    }
}
