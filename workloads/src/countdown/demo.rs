//! The classic countdown, live: A counts from 5, B from 3 after 2 ticks, C from 4 after 1.
//!
//! Here a sleep lasts one tick from **now**, as in the original, and not to a deadline fixed before:
//! so at each whole tick the countdown that started last comes first.

use std::time::Duration;

use tminus_harness::contract::{Executor, Join};
use tminus_harness::plan::Show;
use tminus_harness::workload::Wrong;

use crate::live::{clock_face, closing, line};

/// Plays the three countdowns and says how long they took.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let start = executor.now();
    let classic = [("A", 5, 0), ("B", 3, 2), ("C", 4, 1)];
    let tasks = classic.map(|(label, length, delay)| {
        let countdown = count_down(executor, show.clone(), label, length, delay);
        executor.spawn(show.task(label, countdown))
    });
    for task in tasks {
        task.join().await?;
    }
    let elapsed = clock_face(executor.now() - start);
    line(&show, format_args!("Total elapsed time is {elapsed}"));
    closing::<E>(&show);
    Ok(())
}

async fn count_down<E: Executor>(
    executor: E,
    show: Show,
    label: &'static str,
    length: u32,
    delay: u32,
) {
    let sleep = |ticks: u32| executor.sleep_until(executor.now() + show.tick * ticks);
    line(&show, format_args!("{label} waiting {delay} seconds before starting countdown"));
    let waited: Duration = sleep(delay).await;
    line(&show, format_args!("{label} starting after waiting {}", clock_face(waited)));
    for left in (1..=length).rev() {
        line(&show, format_args!("{label} T-minus {left}"));
        sleep(1).await;
    }
    line(&show, format_args!("{label} lift-off!"));
}
