//! Whether a task runs inside a call that is only to make it ready: that of `spawn`, or one that
//! wakes it. Then it is a function that is called, and costs next to nothing.

use std::cell::Cell;
use std::sync::Arc;

use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::promise::Promise;

thread_local! {
    /// Whether this thread is inside such a call.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `ready`; until it returns, [`is_watched`] is true on this thread.
pub(crate) fn watch<T>(ready: impl FnOnce() -> T) -> T {
    WATCHED.set(true);
    let result = ready();
    WATCHED.set(false);
    result
}

/// Returns whether this thread is inside a call of [`watch`].
pub(crate) fn is_watched() -> bool {
    WATCHED.get()
}

/// Refuses an executor whose `spawn` runs the task inside the call.
///
/// # Errors
/// The mistake.
pub(crate) async fn refuse_spawn<E: Executor>(executor: E) -> Result<(), Wrong> {
    let handle = watch(|| executor.spawn(async { is_watched() }));
    Wrong::unless_equal("the task ran inside the call of spawn", false, handle.join().await?)
}

/// Refuses an executor that runs a task inside the call that wakes it.
///
/// # Errors
/// The mistake.
pub(crate) async fn refuse_wake<E: Executor>(executor: E) -> Result<(), Wrong> {
    let promise = Arc::new(Promise::new(1));
    let awaited = promise.clone();
    let handle = executor.spawn(async move {
        awaited.wait().await;
        is_watched()
    });
    promise.awaited().await;
    // The task may still be in the poll that woke this one.
    executor.yield_now().await;
    watch(|| promise.set(1));
    Wrong::unless_equal("the task ran inside the call that woke it", false, handle.join().await?)
}
