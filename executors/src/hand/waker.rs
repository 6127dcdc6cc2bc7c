//! Wakers: a [`Word`] and a vtable whose `clone` and `drop` do nothing.
//!
//! Three ways lead from a wake to a poll, the most frequent first:
//!
//! 1. the task that is running wakes itself: a name in [`Here`](super::here::Here);
//! 2. another task of the loop that runs on this thread: the table, then the ready queue;
//! 3. a task of any other loop, from any thread, at any time, also long after that loop has ended:
//!    the [inbox](super::inbox) of that loop.

use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::here::here;
use super::inbox;
use super::task::swallow;
use super::word::Word;

/// The vtable of every hand-written loop. A static, so that its address tells our wakers.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, ignore);

/// Returns the waker of the task `word`.
#[inline]
pub(crate) fn waker(word: Word) -> ManuallyDrop<Waker> {
    let data = ptr::without_provenance(word.bits() as usize);
    // SAFETY: the functions of VTABLE treat the data as a number and are thread-safe; the contract
    // of `RawWaker` asks for no more.
    ManuallyDrop::new(unsafe { Waker::new(data, &VTABLE) })
}

/// Returns the task that `waker` wakes, if it is one of ours.
#[inline]
pub(crate) fn word_of(waker: &Waker) -> Option<Word> {
    ptr::eq(waker.vtable(), &VTABLE).then(|| Word::from_bits(waker.data().addr() as u64)).flatten()
}

/// Polls the task of `waker` again in the next turn: `wake_by_ref`, with a short cut for the task
/// that is running: the waker at that address is the loop's own, and during a poll it is the
/// task's. Combinators bring wakers of their own, at other addresses.
#[inline]
pub(crate) fn again(waker: &Waker) {
    here(|here| {
        if ptr::eq(waker, here.waker.get()) {
            here.running.set(None);
        } else {
            waker.wake_by_ref();
        }
    });
}

fn clone(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

fn ignore(_data: *const ()) {}

/// Serves both `wake` and `wake_by_ref`: there is nothing to drop.
fn wake(data: *const ()) {
    if let Some(word) = Word::from_bits(data.addr() as u64) {
        wake_word(word);
    }
}

/// Wakes the task `word`, wherever it lives and if it still does.
pub(crate) fn wake_word(word: Word) {
    here(|here| {
        if here.running.get() == Some(word) {
            return here.running.set(None);
        }
        match here.engine() {
            Some(engine) if engine.id == word.home() => engine.wake(word),
            _ => inbox::wake(word),
        }
    });
}

/// A waker in eight bytes: a [`Word`], or the address of a boxed waker of someone else. Or an odd
/// number, which wakes nothing, for lists of free places.
#[derive(Debug)]
pub(crate) struct Compact(NonZeroU64);

impl Compact {
    /// Clones `waker`, which may run foreign code.
    pub(crate) fn new(waker: &Waker) -> Self {
        word_of(waker).map_or_else(|| Self::boxed(waker.clone()), Self::word)
    }

    fn boxed(waker: Waker) -> Self {
        let address = Box::into_raw(Box::new(waker)).expose_provenance() as u64;
        Self(NonZeroU64::new(address).expect("a box is never null"))
    }

    pub(crate) fn word(word: Word) -> Self {
        Self(NonZeroU64::new(word.bits()).expect("a word is never zero"))
    }

    pub(crate) fn link(number: u32) -> Self {
        Self(NonZeroU64::MIN | u64::from(number) << 1)
    }

    /// Returns the number of [`link`](Self::link).
    pub(crate) fn as_link(&self) -> Option<u32> {
        (self.as_word().is_none() && self.0.get() & 1 != 0).then_some((self.0.get() >> 1) as u32)
    }

    pub(crate) fn will_wake(&self, waker: &Waker) -> bool {
        match self.as_word() {
            Some(word) => word_of(waker) == Some(word),
            None => self.with_box(|held| held.will_wake(waker)) == Some(true),
        }
    }

    /// Runs foreign code if the waker is foreign: hold no borrow. If that panics, it is not the
    /// loop's affair.
    pub(crate) fn wake(self) {
        match self.as_word() {
            Some(word) => wake_word(word),
            None => drop(self.with_box(|held| guard(|| held.wake_by_ref()))),
        }
    }

    /// Returns the task of a hand-written loop that it wakes, if it does.
    pub(crate) fn as_word(&self) -> Option<Word> {
        Word::from_bits(self.0.get())
    }

    /// Returns the address of the box, if there is one.
    fn address(&self) -> Option<*mut Waker> {
        let boxed = self.as_word().is_none() && self.as_link().is_none();
        boxed.then(|| ptr::with_exposed_provenance_mut(self.0.get() as usize))
    }

    fn with_box<R>(&self, then: impl FnOnce(&Waker) -> R) -> Option<R> {
        // SAFETY: the address of a box that `new` leaked and exposed, which only `drop` frees.
        self.address().map(|waker| then(unsafe { &*waker }))
    }
}

impl From<Waker> for Compact {
    fn from(waker: Waker) -> Self {
        // Dropping a waker of ours does nothing.
        word_of(&waker).map_or_else(|| Self::boxed(waker), Self::word)
    }
}

impl Drop for Compact {
    fn drop(&mut self) {
        if let Some(waker) = self.address() {
            // SAFETY: as in `with_box`; this is the only place that frees it.
            let waker = unsafe { Box::from_raw(waker) };
            guard(|| drop(waker));
        }
    }
}

/// Runs foreign code that must not take the loop down.
fn guard(foreign: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(foreign)) {
        swallow(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;

    struct Count(std::sync::atomic::AtomicU32);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }

    #[test]
    fn a_waker_of_a_loop_that_never_was_is_harmless() {
        let waker = waker(Word::new(1000, 77, 3));
        let clone = ManuallyDrop::into_inner(waker).clone();
        assert_eq!(word_of(&clone), Some(Word::new(1000, 77, 3)));
        clone.wake_by_ref();
        std::thread::spawn(move || clone.wake()).join().unwrap();
    }

    #[test]
    fn a_foreign_waker_is_boxed_woken_and_freed() {
        let count = Arc::new(Count(0.into()));
        let waker = Waker::from(count.clone());
        let compact = Compact::new(&waker);
        assert!(compact.will_wake(&waker));
        assert!(!compact.will_wake(Waker::noop()));
        assert_eq!(compact.as_word(), None);
        compact.wake();
        drop(waker);
        assert_eq!(count.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert_eq!(Arc::strong_count(&count), 1);
    }

    #[test]
    fn an_own_waker_is_its_word() {
        let word = Word::new(1, 2, 3);
        let compact = Compact::new(&waker(word));
        assert_eq!((compact.as_word(), compact.as_link()), (Some(word), None));
        assert!(compact.will_wake(&waker(word)));
        assert!(!compact.will_wake(&waker(Word::new(1, 3, 3))));
    }

    #[test]
    fn a_link_wakes_nobody() {
        let link = Compact::link(u32::MAX);
        assert_eq!((link.as_word(), link.as_link()), (None, Some(u32::MAX)));
        assert!(!link.will_wake(Waker::noop()));
        link.wake();
    }
}
