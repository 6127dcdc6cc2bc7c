//! Computing, for tasks that keep a core busy: it looks at the clock until the time has passed.

use std::time::{Duration, Instant};

/// Keeps the core busy.
pub(crate) fn compute(slice: Duration) {
    let start = Instant::now();
    while start.elapsed() < slice {
        std::hint::spin_loop();
    }
}
