//! Whether the timers kept the contract, and how late they were.
//!
//! Nothing here runs while the clock does. Lateness is recorded, never judged; an early timer is a
//! failure, with the amount.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tminus_contract::Executor;
use tminus_contract::sample::Meter;
use tminus_contract::workload::Wrong;

use super::{Countdown, Fires, Run};
use crate::timekeeper::{Timekeeper, figure, nanos_between};

/// How long the sleep is that is checked exactly.
const CHECKED_SLEEP: Duration = Duration::from_millis(1);

/// Sleeps once and compares exactly what the sleep says it waited with the time from its first poll
/// to its deadline.
///
/// The clock is read **after** the first poll: whatever happens to the thread before, an honest
/// sleep has waited at least from there. Timed tasks cannot afford that second reading, so theirs
/// is checked in sum only.
pub(super) async fn waited_time<E: Executor>(
    executor: E,
    time: Timekeeper<E>,
) -> Result<(), Wrong> {
    let deadline = executor.now() + CHECKED_SLEEP;
    let mut sleep = pin!(executor.sleep_until(deadline));
    let mut polled_by = None;
    let waited = poll_fn(|cx| {
        let poll: Poll<Duration> = sleep.as_mut().poll(cx);
        polled_by.get_or_insert_with(|| time.now());
        poll
    })
    .await;
    never_early("the checked sleep", nanos_between(time.now(), deadline))?;
    let polled_by = polled_by.expect("a future that completed was polled");
    let asked = deadline.saturating_duration_since(polled_by);
    if waited < asked {
        return Err(Wrong::Answer(format!(
            "sleep_until returned {waited:?}, but it was asked to wait {asked:?}"
        )));
    }
    Ok(())
}

/// Verifies a run and records how late its timers were.
pub(super) fn run(countdown: &Countdown, run: &Run, meter: &mut Meter) -> Result<(), Wrong> {
    Wrong::unless_equal("tasks", countdown.timers, run.tasks.len() as u64)?;
    let (mut waited, mut asked) = (Duration::ZERO, Duration::ZERO);
    for (index, task) in run.tasks.iter().enumerate() {
        asked += self::task(countdown, index, task, meter)?;
        waited += task.waited;
    }
    // A task that is pushed off its core just before it sleeps really waits less than it meant to;
    // half of the sum is far below what that can do.
    if waited < asked / 2 {
        return Err(Wrong::Answer(format!(
            "the sleeps returned {waited:?} in sum, but were asked to wait {asked:?}"
        )));
    }
    let first = run.tasks.iter().map(|task| task.first).max();
    let span = countdown.tick * u32::try_from(countdown.ticks).expect("bounded by the parameter");
    let ideal_end = first.map_or(run.origin, |first| first + span);
    meter.metric("makespan_overrun_ns", figure(nanos_between(ideal_end, run.ended)));
    Ok(())
}

/// Verifies a task; returns how long its sleeps were asked to wait.
fn task(
    countdown: &Countdown,
    index: usize,
    task: &Fires,
    meter: &mut Meter,
) -> Result<Duration, Wrong> {
    Wrong::unless_equal("timers of a task", countdown.ticks + 1, task.woken.len() as u64)?;
    let mut asked = Duration::ZERO;
    let mut deadline = task.first;
    let mut before = task.begun;
    for (tick, &woken) in task.woken.iter().enumerate() {
        let name = format_args!("timer {tick} of task {index}");
        never_early(name, nanos_between(woken, deadline))?;
        if woken < before {
            return Err(Wrong::Order(format!("{name} fired before the one it follows")));
        }
        meter.record("lateness", nanos_between(deadline, woken));
        asked += deadline.saturating_duration_since(before);
        before = woken;
        deadline += countdown.tick;
    }
    Ok(asked)
}

/// Refuses a wake `early_ns` before its deadline.
pub(super) fn never_early(what: impl std::fmt::Display, early_ns: u64) -> Result<(), Wrong> {
    match early_ns {
        0 => Ok(()),
        _ => Err(Wrong::Answer(format!("{what} fired {early_ns} ns early"))),
    }
}
