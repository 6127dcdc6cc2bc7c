//! A value that many tasks wait for: it is set once, and wakes them in the order of their coming.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use crate::timekeeper::nanos_between;

/// See the [module documentation](self).
pub(crate) struct Promise {
    /// How many tasks wait before it is set.
    waiters: usize,
    state: Mutex<State>,
    /// Waiters that have run since.
    resumed: AtomicUsize,
    /// When the last of them ran.
    last: OnceLock<Instant>,
}

#[derive(Default)]
struct State {
    value: Option<u64>,
    waiting: Vec<Waker>,
    root: Option<Waker>,
}

impl Promise {
    /// Makes a promise with room for so many waiters.
    pub(crate) fn new(waiters: usize) -> Self {
        let waiting = Vec::with_capacity(waiters);
        let state = Mutex::new(State { waiting, ..State::default() });
        Self { waiters, state, resumed: AtomicUsize::new(0), last: OnceLock::new() }
    }

    /// Waits in a task for the value; one that comes late has it at once.
    pub(crate) async fn wait(&self) -> u64 {
        let mut place = None;
        poll_fn(|cx| self.poll_wait(&mut place, cx)).await
    }

    /// Returns the value, or has `cx` woken when it is set. The last of the waiters wakes the root.
    fn poll_wait(&self, place: &mut Option<usize>, cx: &Context<'_>) -> Poll<u64> {
        let mut state = self.state();
        if let Some(value) = state.value {
            return Poll::Ready(value);
        }
        match *place {
            // Polled again though it was not woken: some executors do.
            Some(place) => state.waiting[place].clone_from(cx.waker()),
            None => {
                *place = Some(state.waiting.len());
                state.waiting.push(cx.waker().clone());
            }
        }
        let root = if state.waiting.len() == self.waiters { state.root.take() } else { None };
        drop(state);
        if let Some(root) = root {
            root.wake();
        }
        Poll::Pending
    }

    /// Waits in the root until all waiters wait.
    pub(crate) async fn awaited(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.waiting.len() == self.waiters {
                return Poll::Ready(());
            }
            state.root = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Sets the value and wakes all waiters; false, and nothing else, if it has one.
    pub(crate) fn set(&self, value: u64) -> bool {
        let waiting = {
            let mut state = self.state();
            if state.value.is_some() {
                return false;
            }
            state.value = Some(value);
            std::mem::take(&mut state.waiting)
        };
        // Outside the lock: `wake` may run foreign code.
        waiting.into_iter().for_each(Waker::wake);
        true
    }

    /// Counts a waiter that runs; the last one takes the time.
    #[inline]
    pub(crate) fn resumed(&self) {
        if self.resumed.fetch_add(1, Ordering::Relaxed) + 1 == self.waiters {
            self.last.get_or_init(Instant::now);
        }
    }

    /// Returns when the last waiter ran, if all have.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.last.get().copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records in `distribution` the time from setting each value until its last waiter ran.
///
/// # Errors
/// `missing`, where one of them did not run.
pub(crate) fn record_last(
    (distribution, missing): (&'static str, &str),
    set: &[Instant],
    last: impl Iterator<Item = Option<Instant>>,
    meter: &mut Meter,
) -> Result<(), Wrong> {
    for (set, last) in set.iter().zip(last) {
        let last = last.ok_or_else(|| Wrong::Answer(missing.into()))?;
        meter.record(distribution, nanos_between(*set, last));
    }
    Ok(())
}

/// The values that came to a waiter.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) sum: u64,
}

impl Tally {
    /// Adds a value that came.
    #[inline]
    pub(crate) fn add(&mut self, value: u64) {
        self.count += 1;
        self.sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Wake;

    /// Notes its number when it is woken.
    struct Note(usize, Arc<Mutex<Vec<usize>>>);

    impl Wake for Note {
        fn wake(self: Arc<Self>) {
            self.1.lock().expect("no test panics here").push(self.0);
        }
    }

    #[test]
    fn a_value_is_set_once_and_wakes_in_the_order_of_coming() {
        let (promise, woken) = (Promise::new(3), Arc::<Mutex<Vec<usize>>>::default());
        let mut places = [None; 3];
        // The first is polled once more.
        for waiter in [2, 0, 1, 2] {
            let waker = Waker::from(Arc::new(Note(waiter, woken.clone())));
            let cx = Context::from_waker(&waker);
            assert_eq!(promise.poll_wait(&mut places[waiter], &cx), Poll::Pending);
        }
        assert!(promise.set(7) && !promise.set(8));
        assert_eq!(*woken.lock().expect("no test panics here"), [2, 0, 1]);
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(promise.poll_wait(&mut places[0], &cx), Poll::Ready(7));
    }

    #[test]
    fn who_comes_late_has_the_value_at_once() {
        let promise = Promise::new(0);
        assert!(promise.set(7));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(pin!(promise.wait()).poll(&mut cx), Poll::Ready(7));
    }

    #[test]
    fn the_last_of_the_waiters_is_timed() {
        let promise = Promise::new(2);
        promise.resumed();
        assert_eq!(promise.last(), None);
        promise.resumed();
        assert!(promise.last().is_some_and(|last| last <= Instant::now()));
    }
}
