//! Wakers that count, around those of an executor.
//!
//! A `RawWaker`, since `Wake` does not tell of clones and drops.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::tally::{Event, count};
use super::task::Task;

/// The waker of an executor, and the task that it wakes.
struct Shim {
    inner: Waker,
    task: Arc<Task>,
}

/// The waker of a task, the same one for as long as the executor gives the same and it is held: an
/// executor or a future that compares wakers sees what it would see without.
///
/// It is not kept here: an executor's waker may hold the task, which would then hold itself.
#[derive(Default)]
pub(super) struct Stable(Weak<Shim>);

impl Stable {
    /// Returns the waker of `task` around `inner`.
    pub(super) fn of(&mut self, inner: &Waker, task: &Arc<Task>) -> Borrowed {
        let held = self.0.upgrade().filter(|shim| shim.inner.will_wake(inner));
        let shim = held.unwrap_or_else(|| {
            let shim = Arc::new(Shim { inner: inner.clone(), task: task.clone() });
            self.0 = Arc::downgrade(&shim);
            shim
        });
        let data = Arc::as_ptr(&shim).cast();
        // SAFETY: the functions of VTABLE are thread-safe, since `Shim` is `Send` and `Sync`. The
        // waker is never dropped, so it need not own its count: `shim` outlives it.
        let waker = ManuallyDrop::new(unsafe { Waker::new(data, &VTABLE) });
        Borrowed { waker, _shim: shim }
    }
}

/// The waker of one poll: to make and to drop it is none of what is counted.
pub(super) struct Borrowed {
    waker: ManuallyDrop<Waker>,
    _shim: Arc<Shim>,
}

impl Deref for Borrowed {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.waker
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, discard);

fn clone(data: *const ()) -> RawWaker {
    count(Event::WakerClone);
    // SAFETY: `data` is of an `Arc<Shim>` that is alive, since a waker of it is.
    unsafe { Arc::increment_strong_count(data.cast::<Shim>()) };
    RawWaker::new(data, &VTABLE)
}

fn wake(data: *const ()) {
    wake_by_ref(data);
    // SAFETY: as above; this waker is consumed, and its count with it.
    drop(unsafe { Arc::from_raw(data.cast::<Shim>()) });
}

fn wake_by_ref(data: *const ()) {
    // SAFETY: as above; the count stays the waker's.
    let shim = ManuallyDrop::new(unsafe { Arc::from_raw(data.cast::<Shim>()) });
    shim.task.wake();
    shim.inner.wake_by_ref();
}

fn discard(data: *const ()) {
    count(Event::WakerDrop);
    // SAFETY: as above; this waker ends, and its count with it.
    drop(unsafe { Arc::from_raw(data.cast::<Shim>()) });
}
