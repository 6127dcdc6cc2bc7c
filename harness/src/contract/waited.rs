//! `sleep_until` from a timer that an executor already has.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

/// Waits for `sleep` and says how long that took since the first poll. A sleep whose deadline has
/// passed is ready at once in most executors; the contract wants one suspension, so `yield_now`
/// supplies it then, and only then.
pub fn waited<S: Future, Y: Future<Output = ()>>(sleep: S, yield_now: Y) -> Waited<S, Y> {
    Waited { sleep, yield_now, start: None, stage: Stage::New }
}

pin_project! {
    /// The future of [`waited`]. By hand, since an `async fn` keeps its arguments twice, and the
    /// memory of a sleeping task is a figure that reports show.
    pub struct Waited<S, Y> {
        #[pin]
        sleep: S,
        #[pin]
        yield_now: Y,
        start: Option<Instant>,
        stage: Stage,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not yet polled.
    New,
    /// The sleep has suspended.
    Asleep,
    /// The sleep was ready at once.
    Yielding,
}

impl<S: Future, Y: Future<Output = ()>> Future for Waited<S, Y> {
    type Output = Duration;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Duration> {
        let this = self.project();
        let start = *this.start.get_or_insert_with(Instant::now);
        if *this.stage != Stage::Yielding {
            if this.sleep.poll(cx).is_pending() {
                *this.stage = Stage::Asleep;
                return Poll::Pending;
            }
            if *this.stage == Stage::Asleep {
                return Poll::Ready(start.elapsed());
            }
            *this.stage = Stage::Yielding;
        }
        ready!(this.yield_now.poll(cx));
        Poll::Ready(start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{poll_fn, ready};
    use std::pin::pin;
    use std::task::Waker;

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

    #[test]
    fn the_sleep_is_kept_once() {
        let sleep = [0_u64; 64];
        let future = waited(
            async move {
                std::hint::black_box(sleep);
            },
            yield_now(),
        );
        assert!(size_of_val(&future) < 2 * size_of_val(&sleep));
    }
}
