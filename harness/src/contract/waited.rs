//! `sleep_until` from a timer that an executor already has.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::{Duration, Instant};

/// Waits for `sleep` and says how long that took since the first poll. A sleep whose deadline has
/// passed is ready at once in most executors; the contract wants one suspension, so `yield_now`
/// supplies it then, and only then.
pub async fn waited(sleep: impl Future, yield_now: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    let mut sleep = pin!(sleep);
    let mut suspended = false;
    poll_fn(|cx| {
        let poll = sleep.as_mut().poll(cx);
        suspended |= poll.is_pending();
        poll
    })
    .await;
    if !suspended {
        yield_now.await;
    }
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;
    use std::task::{Context, Poll, Waker};

    /// Pending once.
    async fn yield_now() {
        let mut yielded = false;
        poll_fn(|_| match std::mem::replace(&mut yielded, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    fn suspensions(future: impl Future) -> u32 {
        let mut future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        let mut count = 0;
        while future.as_mut().poll(&mut cx).is_pending() {
            count += 1;
        }
        count
    }

    #[test]
    fn a_sleep_that_is_ready_suspends_once() {
        assert_eq!(suspensions(waited(ready(()), yield_now())), 1);
    }

    #[test]
    fn a_sleep_that_suspends_is_left_alone() {
        assert_eq!(suspensions(waited(yield_now(), yield_now())), 1);
    }
}
