//! Timers that are armed and cancelled: each is polled once, waits while its executor takes a turn,
//! and is dropped long before its deadline.
//!
//! All of them are the root's: there is no task to pay for but the one that yields twice a round.
//! The places for the sleeps are made before the clock starts, so no memory is asked for either,
//! but by the executor.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use tminus_contract::Executor;
use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use super::{Timers, never_early};
use crate::timekeeper::Timekeeper;

/// From now to the earliest deadline: a timeout as they are.
const FAR: Duration = Duration::from_secs(60);

/// Timers in an iteration at least, so that the region is milliseconds long.
const TIMERS: u64 = 50_000;

/// The sleep that is not cancelled.
const KEPT: Duration = Duration::from_millis(1);

/// Arms and cancels all timers, again and again; verifies that none was over, and that one sleep
/// that was armed before them all still comes in time.
pub(super) async fn run<E: Executor>(
    timers: &Timers,
    executor: E,
    iterations: u64,
    meter: &mut Meter,
) -> Result<(), Wrong> {
    let time = Timekeeper::new(executor, meter.clock());
    let sleep = |deadline| executor.sleep_until(deadline);
    let delays: Vec<Duration> = timers.delays(meter.seed()).collect();
    let mut sleeps: Vec<Place<_>> = delays.iter().map(|_| Box::pin(None)).collect();
    let kept_until = executor.now() + KEPT;
    let mut kept = pin!(sleep(kept_until));
    let kept_over = poll_fn(|cx| Poll::Ready(kept.as_mut().poll(cx).is_ready())).await;
    // Untimed: memory that the executor asks for once, and caches.
    let mut over = round(executor, &sleep, &delays, &mut sleeps).await;
    let rounds = iterations * rounds(timers);
    let running = meter.start();
    for _ in 0..rounds {
        over += round(executor, &sleep, &delays, &mut sleeps).await;
    }
    meter.stop(running, timers.timers * rounds);
    Wrong::unless_equal("sleeps of a minute that were over at once", 0, over)?;
    if !kept_over {
        kept.await;
    }
    never_early(kept_until, time.now())
}

/// Returns the rounds of an iteration.
pub(super) fn rounds(timers: &Timers) -> u64 {
    TIMERS.div_ceil(timers.timers)
}

type Place<S> = Pin<Box<Option<S>>>;

/// Arms every timer, lets the executor take a turn, cancels every timer and lets it take another;
/// gives how many were over when they were armed.
async fn round<E: Executor, S: Future<Output = Duration>>(
    executor: E,
    sleep_until: &impl Fn(Instant) -> S,
    delays: &[Duration],
    sleeps: &mut [Place<S>],
) -> u64 {
    let first = executor.now() + FAR;
    let mut over = 0;
    poll_fn(|cx| {
        for (sleep, &delay) in sleeps.iter_mut().zip(delays) {
            sleep.set(Some(sleep_until(first + delay)));
            let armed = sleep.as_mut().as_pin_mut().map(|sleep| sleep.poll(cx));
            over += u64::from(armed.is_some_and(|armed| armed.is_ready()));
        }
        Poll::Ready(())
    })
    .await;
    executor.yield_now().await;
    for sleep in sleeps {
        sleep.set(None);
    }
    executor.yield_now().await;
    over
}
