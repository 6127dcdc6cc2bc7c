//! A handful of tasks, spawned by the root and from outside, live.

use tminus_contract::channel::oneshot;
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join, Supply};

use super::outside::Outside;
use crate::live::{Seen, line};

/// The lines in the order of spawning; the last five are of the thread outside.
const CLASSIC: [&str; 13] = [
    "the root spawns five tasks",
    "five tasks are spawned",
    "task 1 runs",
    "task 2 runs",
    "task 3 runs",
    "task 4 runs",
    "task 5 runs",
    "joined: 1 2 3 4 5",
    "a thread outside spawns three tasks",
    "task 6 runs",
    "task 7 runs",
    "task 8 runs",
    "joined: 6 7 8",
];

/// Spawns five tasks here and three from a thread outside, and joins them.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    line(&show, "the root spawns five tasks");
    let tasks = (1..=5).map(|number| spawn(executor, &show, number)).collect();
    line(&show, "five tasks are spawned");
    join::<E>(tasks, &show).await?;
    let mut classic = CLASSIC.as_slice();
    let info = executor.info();
    match info.capabilities.remote_spawn {
        Supply::Missing(reason) => {
            classic = &CLASSIC[..8];
            line(&show, format_args!("(no thread outside {} can spawn: {reason})", info.id));
        }
        Supply::Own | Supply::Borrowed(_) => from_outside(executor, &show).await?,
    }
    seen.closing(executor, &show, classic, "lines");
    Ok(())
}

async fn from_outside<E: Executor>(executor: E, show: &Show) -> Result<(), Wrong> {
    line(show, "a thread outside spawns three tasks");
    let outside = Outside::start()?;
    let (sender, receiver) = oneshot();
    let for_tasks = show.clone();
    outside.run(executor.remote(move || {
        sender.send((6..=8).map(|number| spawn(executor, &for_tasks, number)).collect());
    }));
    let tasks: Option<Vec<_>> = receiver.await;
    join::<E>(tasks.unwrap_or_default(), show).await?;
    outside.end()
}

fn spawn<E: Executor>(executor: E, show: &Show, number: u32) -> E::Join<u32> {
    let shown = show.clone();
    executor.spawn(show.task(&format!("task {number}"), async move {
        line(&shown, format_args!("task {number} runs"));
        number
    }))
}

async fn join<E: Executor>(tasks: Vec<E::Join<u32>>, show: &Show) -> Result<(), Wrong> {
    let mut joined = String::from("joined:");
    for task in tasks {
        joined += &format!(" {}", task.join().await?);
    }
    line(show, joined);
    Ok(())
}
