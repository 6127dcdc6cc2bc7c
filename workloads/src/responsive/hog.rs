//! The hogs: what each computed, and how many are still at work.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;

use crate::compute::compute;

/// How many hogs are at work, and since when.
pub(super) struct Hogs {
    left: AtomicU64,
    opened: OnceLock<Instant>,
}

impl Hogs {
    /// Makes so many that have not begun.
    pub(super) fn new(hogs: u64) -> Self {
        Self { left: AtomicU64::new(hogs), opened: OnceLock::new() }
    }

    /// Keeps when the start line opened.
    pub(super) fn open(&self, now: Instant) {
        self.opened.get_or_init(|| now);
    }

    /// Returns when the start line opened.
    pub(super) fn opened(&self) -> Instant {
        *self.opened.get().expect("it is set before the start line opens")
    }

    /// Counts a hog out.
    pub(super) fn leave(&self) {
        self.left.fetch_sub(1, Ordering::Release);
    }

    pub(super) fn any_left(&self) -> bool {
        self.left.load(Ordering::Acquire) > 0
    }
}

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
