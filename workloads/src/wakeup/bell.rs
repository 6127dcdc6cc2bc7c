//! The bell: a thread rings it, and a task waits for it, again and again.
//!
//! The thread rings when the task has heard the last ring and waits for the next one, so no ring
//! is overwritten.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;

use crate::inline;
use crate::timekeeper::nanos_between;

/// See the [module documentation](self).
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<State>,
    /// Tells the thread that the task waits.
    awaited: Condvar,
}

#[derive(Default)]
struct State {
    /// The ring that is not heard yet, and when it came.
    rung: Option<(u64, Instant)>,
    heard: u64,
    waiting: Option<Waker>,
}

/// A ring as the task heard it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Which it is.
    pub(super) ring: u64,
    /// From before the wake until the task ran.
    pub(super) latency_ns: u64,
    /// Whether the task ran inside the call that woke it.
    pub(super) inside: bool,
}

impl Bell {
    /// Starts the thread, which rings so often, each time `delay` after the task has begun to wait.
    pub(super) fn start(self: &Arc<Self>, rings: u64, delay: Duration) -> Result<Ringer, Wrong> {
        let bell = self.clone();
        let ring_all = move || (0..rings).for_each(|ring| bell.ring_after(delay, ring));
        let thread = thread::Builder::new().name("ringer".into()).spawn(ring_all)?;
        Ok(Ringer(thread))
    }

    fn ring_after(&self, delay: Duration, ring: u64) {
        let is_early = |state: &mut State| state.heard < ring || state.waiting.is_none();
        let state = self.awaited.wait_while(self.state(), is_early);
        drop(state.unwrap_or_else(PoisonError::into_inner));
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        self.ring(ring);
    }

    fn ring(&self, ring: u64) {
        let waiting = {
            let mut state = self.state();
            state.rung = Some((ring, Instant::now()));
            state.waiting.take()
        };
        // Outside the lock: the task may run before `wake` returns.
        if let Some(waiting) = waiting {
            inline::watch(|| waiting.wake());
        }
    }

    /// Waits for the next ring.
    pub(super) async fn wait(&self) -> Heard {
        poll_fn(|cx| self.poll_wait(cx)).await
    }

    /// Returns the ring that came, or has `cx` woken by the next one.
    pub(super) fn poll_wait(&self, cx: &Context<'_>) -> Poll<Heard> {
        let mut state = self.state();
        if let Some((ring, rung)) = state.rung.take() {
            let latency_ns = nanos_between(rung, Instant::now());
            state.heard += 1;
            return Poll::Ready(Heard { ring, latency_ns, inside: inline::is_watched() });
        }
        state.waiting = Some(cx.waker().clone());
        drop(state);
        self.awaited.notify_one();
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that rings.
pub(super) struct Ringer(JoinHandle<()>);

impl Ringer {
    /// Waits until the thread, which has rung for the last time, has ended.
    pub(super) fn end(self) -> Result<(), Wrong> {
        self.0.join().map_err(|_| Wrong::Panic("the thread that wakes panicked".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Wake;

    /// Polls inside the call that wakes, as no executor may.
    struct Inline(Arc<Bell>, Mutex<Option<Heard>>);

    impl Wake for Inline {
        fn wake(self: Arc<Self>) {
            let waker = Waker::from(self.clone());
            if let Poll::Ready(heard) = self.0.poll_wait(&Context::from_waker(&waker)) {
                *self.1.lock().expect("no test panics here") = Some(heard);
            }
        }
    }

    #[test]
    fn a_ring_is_heard_once_and_counts_from_before_the_wake() {
        let bell = Bell::default();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(bell.poll_wait(&cx), Poll::Pending);
        bell.ring(7);
        thread::sleep(Duration::from_millis(2));
        let Poll::Ready(heard) = bell.poll_wait(&cx) else { panic!("it was rung") };
        assert_eq!((heard.ring, heard.inside), (7, false));
        assert!(heard.latency_ns >= 2_000_000, "{heard:?}");
        assert_eq!(bell.poll_wait(&cx), Poll::Pending);
    }

    #[test]
    fn a_task_that_runs_inside_the_call_that_wakes_it_is_seen() {
        let bell = Arc::new(Bell::default());
        let inline = Arc::new(Inline(bell.clone(), Mutex::default()));
        let waker = Waker::from(inline.clone());
        assert_eq!(bell.poll_wait(&Context::from_waker(&waker)), Poll::Pending);
        bell.start(1, Duration::ZERO).expect("a thread").end().expect("it rings");
        let heard = inline.1.lock().expect("no test panics here");
        assert!(heard.is_some_and(|heard| heard.inside), "{heard:?}");
    }
}
