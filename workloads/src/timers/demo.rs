//! Six timers, half of them cancelled, live.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join, Supply};

use crate::live::{Seen, clock_face, line};

/// When each timer is due, in quarters of a tick. Those at odd places are cancelled.
const DUE: [u32; 6] = [6, 4, 3, 2, 10, 8];

/// The lines where every timer fires when it is due.
const CLASSIC: [&str; 12] = [
    "timer 1 is due at *",
    "timer 1 is armed and cancelled",
    "timer 2 is due at *",
    "timer 3 is due at *",
    "timer 3 is armed and cancelled",
    "timer 4 is due at *",
    "timer 5 is due at *",
    "timer 5 is armed and cancelled",
    "timer 6 is due at *",
    "* timer 4 fires, * late",
    "* timer 2 fires, * late",
    "* timer 6 fires, * late",
];

/// Arms all six, out of order, and cancels three.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let start = executor.now();
    let can_cancel = !matches!(executor.info().capabilities.timeouts, Supply::Missing(_));
    let mut kept = Vec::new();
    for (number, quarters) in (1_u32..).zip(DUE) {
        let delay = show.tick / 4 * quarters;
        line(&show, format_args!("timer {number} is due at {}", clock_face(delay)));
        if number % 2 == 0 {
            let fires = fire(executor, show.clone(), number, start, delay);
            kept.push(executor.spawn(show.task(&format!("timer {number}"), fires)));
        } else {
            cancel(executor, &show, number, start + delay).await;
        }
    }
    for task in kept {
        task.join().await?;
    }
    let is_left = |line: &&str| can_cancel || !line.ends_with("cancelled");
    let classic: Vec<&str> = CLASSIC.into_iter().filter(is_left).collect();
    seen.closing(executor, &show, &classic, "lines");
    Ok(())
}

async fn fire<E: Executor>(executor: E, show: Show, number: u32, start: Instant, delay: Duration) {
    executor.sleep_until(start + delay).await;
    let now = executor.now() - start;
    let (now, late) = (clock_face(now), clock_face(now.saturating_sub(delay)));
    line(&show, format_args!("{now} timer {number} fires, {late} late"));
}

/// Arms a timer and drops it.
async fn cancel<E: Executor>(executor: E, show: &Show, number: u32, deadline: Instant) {
    if let Supply::Missing(reason) = executor.info().capabilities.timeouts {
        return line(show, format_args!("  not armed: {reason}"));
    }
    {
        let mut sleep = pin!(executor.sleep_until(deadline));
        poll_fn(|cx| {
            let _ = sleep.as_mut().poll(cx);
            Poll::Ready(())
        })
        .await;
    }
    line(show, format_args!("  timer {number} is armed and cancelled"));
}
