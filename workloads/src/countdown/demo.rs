//! The classic countdown, live: A counts from 5, B from 3 after 2 ticks, C from 4 after 1.
//!
//! Here a sleep lasts one tick from **now**, as in the original, and not to a deadline fixed
//! before: so at each whole tick the countdown that started last comes first.

use std::time::Duration;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, clock_face, line};

/// The lines of the original.
const CLASSIC: [&str; 22] = [
    "A waiting 0 seconds before starting countdown",
    "B waiting 2 seconds before starting countdown",
    "C waiting 1 seconds before starting countdown",
    "A starting after waiting *",
    "A T-minus 5",
    "C starting after waiting *",
    "C T-minus 4",
    "A T-minus 4",
    "B starting after waiting *",
    "B T-minus 3",
    "C T-minus 3",
    "A T-minus 3",
    "B T-minus 2",
    "C T-minus 2",
    "A T-minus 2",
    "B T-minus 1",
    "C T-minus 1",
    "A T-minus 1",
    "B lift-off!",
    "C lift-off!",
    "A lift-off!",
    "Total elapsed time is *",
];

/// Plays the three countdowns and says how long they took.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
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
    seen.closing(executor, &show, &CLASSIC, "lines");
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
