//! Rules of timers. Time is measured with the system's clock, never with what the executor says.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tminus_contract::{Erased, Executor, Join};

use super::kit::{Meeting, Trial, Verdict, ensure, joined, step, suspensions};

/// Deadlines that are traps: they are now, hardly later, or just off a millisecond.
const TRAPS_NS: [u64; 8] = [0, 1, 999, 1_000, 999_999, 1_000_000, 1_000_001, 1_499_999];

pub(super) fn never_early(trial: &Trial) -> Verdict {
    let count = trial.tasks(300);
    for _ in 0..trial.effort {
        let mut rng = trial.rng();
        let delays: Vec<Duration> = (0..count)
            .map(|_| match rng.u32(0..4) {
                0 => rng.choice(TRAPS_NS).unwrap_or(0),
                // The same for many, and otherwise at random.
                1 => 3_333_333,
                _ => rng.u64(0..20_000_000),
            })
            .map(Duration::from_nanos)
            .collect();
        trial.run(move |executor| all_in_time(executor, delays))?;
        trial.run(move |executor| one_by_one(executor, rng))?;
    }
    Ok(())
}

/// Tries whether a lone task is resumed soon after its timer fired, so that a timer that is hardly
/// early is seen.
async fn one_by_one(executor: Erased, mut rng: fastrand::Rng) -> Verdict {
    step("timers one by one");
    for _ in 0..40 {
        let delay = Duration::from_nanos(rng.u64(0..2_000_000));
        let deadline = Instant::now() + delay;
        executor.sleep_until(deadline).await;
        let early = deadline.saturating_duration_since(Instant::now());
        ensure!(early.is_zero(), "a timer for {delay:?} fired {early:?} early");
    }
    Ok(())
}

async fn all_in_time(executor: Erased, delays: Vec<Duration>) -> Verdict {
    step("hundreds of timers at once");
    let base = Instant::now();
    let start = |delay: Duration| {
        executor.spawn(async move {
            let deadline = base + delay;
            executor.sleep_until(deadline).await;
            deadline.saturating_duration_since(Instant::now())
        })
    };
    let all: Vec<_> = delays.iter().map(|delay| start(*delay)).collect();
    let mut worst = (Duration::ZERO, Duration::ZERO);
    for (delay, handle) in delays.into_iter().zip(all) {
        worst = worst.max((joined(handle).await?, delay));
    }
    let (early, delay) = worst;
    ensure!(early.is_zero(), "a timer for {delay:?} fired {early:?} early");
    Ok(())
}

pub(super) fn suspends(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let now = Instant::now();
        let past = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        let cases = [
            ("that passed a second ago", past),
            ("that is now", now),
            ("in a millisecond", Instant::now() + Duration::from_millis(1)),
        ];
        for (name, deadline) in cases {
            step("a sleep of one task alone");
            let (count, _) = suspensions(executor.sleep_until(deadline)).await;
            ensure!(count > 0, "a sleep until a deadline {name} did not suspend");
        }
        Ok(())
    })
}

pub(super) fn tells_waited(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for delay in [0, 1, 400, 1_000, 2_700, 5_000].map(Duration::from_micros) {
            step("a sleep that says how long it waited");
            let deadline = Instant::now() + delay;
            let mut sleep = pin!(executor.sleep_until(deadline));
            std::thread::sleep(Duration::from_micros(200));
            // The first poll starts its account, between these two.
            let (mut before, mut after) = (None, None);
            let told = poll_fn(|cx| {
                before.get_or_insert_with(Instant::now);
                let poll = sleep.as_mut().poll(cx);
                after.get_or_insert_with(Instant::now);
                poll
            })
            .await;
            let end = Instant::now();
            let most = before.map_or(Duration::ZERO, |before| end - before);
            let least = after.map_or(Duration::ZERO, |at| deadline.saturating_duration_since(at));
            ensure!(told >= least, "it waited {least:?} or longer, and said {told:?}");
            ensure!(told <= most, "it waited {most:?} or less, and said {told:?}");
        }
        Ok(())
    })
}

pub(super) fn overlap(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        let hour = Duration::from_secs(3600);
        let asleep = Meeting::new(21);
        for _ in 0..20 {
            let asleep = asleep.clone();
            let sleeper = executor.spawn(async move {
                asleep.arrive().await;
                executor.sleep_until(Instant::now() + hour).await;
            });
            sleeper.detach();
        }
        asleep.arrive().await;
        executor.yield_now().await;
        step("short sleeps beside others of an hour");
        for _ in 0..5 {
            executor.sleep_until(Instant::now() + Duration::from_millis(1)).await;
        }
        Ok(())
    })
}

pub(super) fn last_waker(trial: &Trial) -> Verdict {
    trial.run(|executor| async move {
        for micros in [0, 500, 2_000, 5_000] {
            let deadline = Instant::now() + Duration::from_micros(micros);
            let mut sleep = pin!(executor.sleep_until(deadline));
            let first = poll_fn(|_| {
                Poll::Ready(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())))
            });
            if first.await.is_pending() {
                step("a sleep that was polled with another waker before");
                sleep.await;
            }
        }
        Ok(())
    })
}

pub(super) fn dropped(trial: &Trial) -> Verdict {
    let count = trial.tasks(100);
    trial.run(move |executor| async move {
        let deadline = Instant::now() + Duration::from_millis(30);
        let hour = deadline + Duration::from_secs(3600);
        let start = |task: usize| {
            executor.spawn(async move {
                // Armed and dropped: before, at and after the deadline of the one that stays.
                for other in [deadline - Duration::from_millis(10), deadline, hour] {
                    once(executor.sleep_until(other)).await;
                }
                executor.sleep_until(deadline).await;
                task
            })
        };
        let all: Vec<_> = (0..count).map(start).collect();
        for (task, handle) in all.into_iter().enumerate() {
            step("sleeps beside others that were dropped");
            let value = joined(handle).await?;
            ensure!(value == task, "task {task} returned {value}");
        }
        Ok(())
    })
}

/// Polls `future` once, unless that blocks the thread, and drops it.
async fn once(future: impl Future) {
    let mut future = pin!(future);
    poll_fn(|cx| {
        drop(future.as_mut().poll(cx));
        Poll::Ready(())
    })
    .await;
}
