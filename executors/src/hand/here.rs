//! The state of this thread: which loop it runs, which task, and what that task asked for.
//!
//! A constant thread-local without a destructor: reaching it is one instruction. A nested `run`
//! saves it and puts it back, so each level sees its own loop.

use std::cell::Cell;
use std::ptr;
use std::task::Waker;

use super::engine::Engine;
use super::sync::own;
use super::word::Word;

/// The state of this thread; see the [module documentation](self).
pub(crate) struct Here {
    /// The loop that runs on this thread, the innermost if they nest, or null.
    /// Points to a loop that outlives its stay here: [`enter`] takes it out again.
    engine: Cell<*const Engine>,
    /// The task being polled. `None` once it has asked to be polled again, and between polls;
    /// [`Word::NOBODY`] once it has been cancelled. So a yield is one store, and one load tells the
    /// loop that it was one.
    pub(crate) running: Cell<Option<Word>>,
    /// The place of the waker that this loop gives to its polls; null while the task being polled
    /// has been cancelled. Only its address is looked at.
    pub(crate) waker: Cell<*const Waker>,
}

own! {
    static HERE: Here = Here {
        engine: Cell::new(ptr::null()),
        running: Cell::new(None),
        waker: Cell::new(ptr::null()),
    };
}

/// Looks at the state of this thread.
#[inline]
pub(crate) fn here<R>(look: impl FnOnce(&Here) -> R) -> R {
    HERE.with(look)
}

/// Makes `engine` the loop of this thread while `body` runs; the one before comes back after it,
/// also when `body` panics.
pub(crate) fn enter<R>(engine: &Engine, waker: *const Waker, body: impl FnOnce() -> R) -> R {
    struct Restore(*const Engine, Option<Word>, *const Waker);
    impl Drop for Restore {
        fn drop(&mut self) {
            here(|here| {
                here.engine.set(self.0);
                here.running.set(self.1);
                here.waker.set(self.2);
            });
        }
    }
    let _restore = here(|here| {
        Restore(here.engine.replace(engine), here.running.take(), here.waker.replace(waker))
    });
    body()
}

impl Here {
    /// Returns the loop that runs on this thread, for as long as `self` is looked at.
    #[inline]
    pub(crate) fn engine(&self) -> Option<&Engine> {
        // SAFETY: `enter` set it from a reference that is live until it puts back what was there
        // before; `self` is only reachable inside `here`, which returns before that.
        unsafe { self.engine.get().as_ref() }
    }
}
