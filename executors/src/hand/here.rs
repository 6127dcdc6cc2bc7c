//! What this thread is doing: which loop it runs, which task, and what that task asked for.
//!
//! A constant thread-local without a destructor: reaching it is one instruction. A nested `run`
//! saves it and puts it back, so each level sees its own loop.

use std::cell::Cell;
use std::ptr;

use super::engine::Engine;
use super::word::Word;

/// The state of this thread; see the [module documentation](self).
pub(crate) struct Here {
    /// The loop that runs on this thread, the innermost if they nest, or null.
    /// Points to a loop that outlives its stay here: [`enter`] takes it out again.
    engine: Cell<*const Engine>,
    /// The task being polled, as long as it has not asked to be polled again; then, and between
    /// polls, `None`. A task asks by taking its own name out: one store to ask, one load to see.
    pub(crate) running: Cell<Option<Word>>,
}

thread_local! {
    static HERE: Here = const {
        Here { engine: Cell::new(ptr::null()), running: Cell::new(None) }
    };
}

/// Looks at the state of this thread.
#[inline]
pub(crate) fn here<R>(look: impl FnOnce(&Here) -> R) -> R {
    HERE.with(look)
}

/// Makes `engine` the loop of this thread while `body` runs; the one before comes back after it,
/// also when `body` panics.
pub(crate) fn enter<R>(engine: &Engine, body: impl FnOnce() -> R) -> R {
    struct Restore(*const Engine, Option<Word>);
    impl Drop for Restore {
        fn drop(&mut self) {
            here(|here| {
                here.engine.set(self.0);
                here.running.set(self.1);
            });
        }
    }
    let _restore = here(|here| Restore(here.engine.replace(engine), here.running.take()));
    body()
}

impl Here {
    /// The loop that runs on this thread, for as long as `self` is looked at.
    #[inline]
    pub(crate) fn engine(&self) -> Option<&Engine> {
        // SAFETY: `enter` set it from a reference that is live until it puts back what was there
        // before; `self` is only reachable inside `here`, which returns before that.
        unsafe { self.engine.get().as_ref() }
    }
}
