//! Whether a task runs inside the call that spawns it: then it is no task, and costs next to
//! nothing.

use std::cell::Cell;

thread_local! {
    /// Whether this thread is inside a call of `spawn`.
    static SPAWNING: Cell<bool> = const { Cell::new(false) };
}

/// Calls `spawn`; until it returns, [`is_under_way`] is true on this thread.
pub(crate) fn call<T>(spawn: impl FnOnce() -> T) -> T {
    SPAWNING.set(true);
    let spawned = spawn();
    SPAWNING.set(false);
    spawned
}

/// Returns whether this thread is inside a [`call`].
pub(crate) fn is_under_way() -> bool {
    SPAWNING.get()
}
