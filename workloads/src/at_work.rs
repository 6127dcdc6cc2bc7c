//! How many tasks are still at work beside a ticker, and since when.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many tasks are at work, and since when.
pub(crate) struct AtWork {
    left: AtomicU64,
    opened: OnceLock<Instant>,
}

impl AtWork {
    /// Makes so many that have not begun.
    pub(crate) fn new(tasks: u64) -> Self {
        Self { left: AtomicU64::new(tasks), opened: OnceLock::new() }
    }

    /// Keeps when the start line opened.
    pub(crate) fn open(&self, now: Instant) {
        self.opened.get_or_init(|| now);
    }

    /// Returns when the start line opened.
    pub(crate) fn opened(&self) -> Instant {
        *self.opened.get().expect("it is set before the start line opens")
    }

    /// Counts a task out.
    pub(crate) fn leave(&self) {
        self.left.fetch_sub(1, Ordering::Release);
    }

    pub(crate) fn any_left(&self) -> bool {
        self.left.load(Ordering::Acquire) > 0
    }
}
