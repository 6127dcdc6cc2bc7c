//! Descriptors that must be closed again: sockets that an executor keeps after they were dropped
//! are found by counting.

use std::thread;
use std::time::Duration;

use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, resources};

/// The most looks for descriptors that are left, a millisecond apart.
const LOOKS: u32 = 2_000;

/// Waits until no more than `descriptors` are open.
///
/// # Errors
/// That more stay open.
pub(crate) async fn closed<E: Executor>(executor: E, descriptors: usize) -> Result<(), Wrong> {
    for look in 0..LOOKS {
        if resources::descriptors() <= descriptors {
            return Ok(());
        }
        // Some executors close a socket later than its task drops it.
        executor.yield_now().await;
        thread::sleep(if look < 10 { Duration::ZERO } else { Duration::from_millis(1) });
    }
    let open = resources::descriptors();
    Err(Wrong::differs("descriptors open at the end", descriptors, open))
}

/// Descriptors are counted in the whole process: where one test leaves some open, another that
/// counts meanwhile would find them.
#[cfg(test)]
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    use std::sync::{Mutex, PoisonError};
    static COUNTING: Mutex<()> = Mutex::new(());
    COUNTING.lock().unwrap_or_else(PoisonError::into_inner)
}
