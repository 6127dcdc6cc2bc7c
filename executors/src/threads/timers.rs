//! The deadlines that the task of a thread sleeps for; the thread parks until the earliest
//! deadline.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

thread_local! {
    /// The deadlines that the task of this thread sleeps for, told apart by a number.
    static TIMERS: RefCell<BTreeMap<(Instant, u64), Waker>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// The number of the next timer: one for all threads, since a sleep may be dropped on another
/// thread than the one that polled it, and must find nothing of that thread's there.
static NEXT_TIMER: AtomicU64 = AtomicU64::new(0);

/// Parks until the earliest deadline or a wake; wakes what is due.
pub(super) fn park() {
    let earliest = TIMERS.with_borrow(|timers| timers.keys().next().copied());
    let Some(key @ (deadline, _)) = earliest else { return thread::park() };
    let now = Instant::now();
    if now < deadline {
        return thread::park_timeout(deadline - now);
    }
    if let Some(waker) = TIMERS.with_borrow_mut(|timers| timers.remove(&key)) {
        waker.wake();
    }
}

/// Waits for a deadline in the thread that polls it.
pub(super) struct Sleep {
    deadline: Instant,
    /// Its number in `TIMERS`, from the first poll on.
    timer: Option<u64>,
}

impl Sleep {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { deadline, timer: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        let next = || NEXT_TIMER.fetch_add(1, Ordering::Relaxed);
        let timer = *self.timer.get_or_insert_with(next);
        TIMERS.with_borrow_mut(|timers| timers.insert((self.deadline, timer), cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            TIMERS.with_borrow_mut(|timers| timers.remove(&(self.deadline, timer)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_sleep_that_is_dropped_on_another_thread_takes_no_timer_of_that_one() {
        let deadline = Instant::now() + Duration::from_secs(3600);
        let polled = move || {
            let mut sleep = Sleep::until(deadline);
            let mut cx = Context::from_waker(Waker::noop());
            assert!(Pin::new(&mut sleep).poll(&mut cx).is_pending());
            sleep
        };
        let foreign = thread::spawn(polled).join().unwrap();
        let left = thread::spawn(move || {
            let own = polled();
            drop(foreign);
            let left = TIMERS.with_borrow(BTreeMap::len);
            drop(own);
            (left, TIMERS.with_borrow(BTreeMap::len))
        });
        assert_eq!(left.join().unwrap(), (1, 0));
    }
}
