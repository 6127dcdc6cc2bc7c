//! `sleep_until` from a timer that an executor already has.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

#[cfg(unix)]
use nix::sys::time::TimeSpec;
#[cfg(unix)]
use nix::time::{ClockId, clock_gettime};
use pin_project_lite::pin_project;

/// Waits for the sleep that `sleep` makes, and says how long that took since the first poll, which
/// is when it is made. A sleep whose deadline has passed is ready at once in most executors; the
/// contract wants one suspension, so a `yield_now` supplies it then, and only then.
///
/// It takes no more room than the sleep and 16 bytes: the memory of a sleeping task is a figure
/// that reports show.
pub fn waited<S, Y>(
    sleep: impl Fn() -> S + Send,
    yield_now: impl Fn() -> Y + Send,
) -> impl Future<Output = Duration> + Send
where
    S: Future + Send,
    Y: Future<Output = ()> + Send,
{
    Waited { phase: Phase::New { sleep }, yield_now, start_ns: 0 }
}

pin_project! {
    /// The future of [`waited`]. By hand, since an `async fn` keeps its arguments twice.
    struct Waited<F, G, S, Y> {
        #[pin]
        phase: Phase<F, S, Y>,
        // Mostly a function, which takes no room.
        yield_now: G,
        // Of the first poll, in eight bytes where an `Instant` takes sixteen.
        start_ns: u64,
    }
}

pin_project! {
    /// One after the other in the same place.
    #[project = PhaseNow]
    enum Phase<F, S, Y> {
        New { sleep: F },
        Asleep { #[pin] sleep: S },
        // The sleep was ready at once.
        Yielding { #[pin] yield_now: Y },
    }
}

impl<F, G, S, Y> Future for Waited<F, G, S, Y>
where
    F: Fn() -> S,
    G: Fn() -> Y,
    S: Future,
    Y: Future<Output = ()>,
{
    type Output = Duration;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Duration> {
        let mut this = self.project();
        match this.phase.as_mut().project() {
            PhaseNow::Asleep { sleep } => drop(ready!(sleep.poll(cx))),
            PhaseNow::Yielding { yield_now } => ready!(yield_now.poll(cx)),
            PhaseNow::New { sleep } => {
                *this.start_ns = now_ns();
                let sleep = sleep();
                this.phase.set(Phase::Asleep { sleep });
                if let PhaseNow::Asleep { sleep } = this.phase.as_mut().project() {
                    drop(ready!(sleep.poll(cx)));
                }
                this.phase.set(Phase::Yielding { yield_now: (this.yield_now)() });
                if let PhaseNow::Yielding { yield_now } = this.phase.as_mut().project() {
                    ready!(yield_now.poll(cx));
                }
            }
        }
        Poll::Ready(Duration::from_nanos(now_ns().saturating_sub(*this.start_ns)))
    }
}

/// Returns the monotonic clock: one reading and no subtraction, since arming a timer is timed.
#[cfg(unix)]
fn now_ns() -> u64 {
    // It cannot fail: `Instant` reads this clock too.
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap_or(TimeSpec::new(0, 0));
    now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64
}

/// Returns the nanoseconds since this process asked first.
#[cfg(not(unix))]
fn now_ns() -> u64 {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let since = FIRST.get_or_init(std::time::Instant::now).elapsed();
    since.as_secs() * 1_000_000_000 + u64::from(since.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{poll_fn, ready};
    use std::pin::pin;
    use std::task::Waker;
    use std::time::Instant;

    /// Is pending once.
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
        assert_eq!(suspensions(waited(|| ready(()), yield_now)), 1);
    }

    #[test]
    fn a_sleep_that_suspends_is_left_alone() {
        assert_eq!(suspensions(waited(yield_now, yield_now)), 1);
    }

    #[test]
    fn the_time_counts_from_the_first_poll() {
        let mut future = pin!(waited(yield_now, yield_now));
        let made = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Instant::now();
        assert!(future.as_mut().poll(&mut cx).is_pending());
        std::thread::sleep(Duration::from_millis(1));
        let Poll::Ready(told) = future.poll(&mut cx) else { panic!("it suspends once") };
        assert!(told >= Duration::from_millis(1) && told <= polled.elapsed() && made < polled);
    }

    #[test]
    fn it_takes_sixteen_bytes_more_than_the_sleep_at_most() {
        fn size<const N: usize>() -> usize {
            let sleep = |words: [u64; N]| async move {
                yield_now().await;
                std::hint::black_box(words);
            };
            let deadline = Instant::now();
            let future = waited(
                move || {
                    std::hint::black_box(deadline);
                    sleep([0; N])
                },
                yield_now,
            );
            size_of_val(&future) - size_of_val(&sleep([0; N]))
        }
        assert!(size::<4>() <= 16 && size::<64>() <= 16, "{} and {} B", size::<4>(), size::<64>());
    }
}
