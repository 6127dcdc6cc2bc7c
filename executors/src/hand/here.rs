//! What this thread is doing: which loop it runs, which task, and what that task asked for.
//!
//! A constant thread-local without a destructor: reaching it is one instruction. A nested `run`
//! saves it and puts it back, so each level sees its own loop.

use std::cell::Cell;
use std::ptr;

use super::engine::Engine;

/// The running task asks to be polled again: it yielded, or woke itself.
pub(crate) const AGAIN: u8 = 1;
/// The running task has been cancelled; its future is dropped once its poll has returned.
pub(crate) const CANCEL: u8 = 2;

/// The state of this thread; see the [module documentation](self).
pub(crate) struct Here {
    /// The loop that runs on this thread, the innermost if they nest, or null.
    /// Points to a loop that outlives its stay here: [`enter`] takes it out again.
    engine: Cell<*const Engine>,
    /// The bits of the word of the task being polled, or 0 between polls.
    pub(crate) running: Cell<u64>,
    /// [`AGAIN`] and [`CANCEL`]: what the task being polled asked for so far.
    pub(crate) asked: Cell<u8>,
}

thread_local! {
    static HERE: Here = const {
        Here { engine: Cell::new(ptr::null()), running: Cell::new(0), asked: Cell::new(0) }
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
    struct Restore(*const Engine, u64, u8);
    impl Drop for Restore {
        fn drop(&mut self) {
            here(|here| {
                here.engine.set(self.0);
                here.running.set(self.1);
                here.asked.set(self.2);
            });
        }
    }
    let _restore = here(|here| {
        Restore(here.engine.replace(engine), here.running.replace(0), here.asked.replace(0))
    });
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

    /// Whether `engine` is the loop that runs here.
    pub(crate) fn is(&self, engine: &Engine) -> bool {
        ptr::eq(self.engine.get(), engine)
    }

    /// Notes what the running task asks for.
    #[inline]
    pub(crate) fn ask(&self, what: u8) {
        self.asked.set(self.asked.get() | what);
    }
}
