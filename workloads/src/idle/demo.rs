//! Ten tasks that wait, and what a second costs, live.
//!
//! None sleeps: on a virtual clock the second would be over at once for them.

use std::time::Duration;

use tminus_contract::channel::oneshot;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use super::watch;
use crate::live::line;

/// Lets a second pass, then wakes all.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let mut waiting = Vec::new();
    for number in 0..10 {
        let (sender, word) = oneshot();
        let task = show.task(&format!("task {number}"), async move { word.await == Some(number) });
        waiting.push((sender, number, executor.spawn(task)));
    }
    line(&show, "ten tasks wait for a word, and a second passes:");
    let meter = watch::start(Meter::default(), 1)?.end().await?;
    let cpu = Duration::from_nanos(meter.samples.last().map_or(0, |sample| sample.cpu_ns));
    let wakeups = meter.metrics().first().map_or(0.0, |(_, value)| *value);
    line(&show, format_args!("{wakeups} wake-ups, {cpu:?} of CPU time"));
    for (sender, number, task) in waiting {
        sender.send(number);
        Wrong::unless_equal("the word came", true, task.join().await?)?;
    }
    line(&show, "all ten have their word");
    Ok(())
}
