//! Three tasks take turns, live.

use tminus_harness::contract::{Executor, Join};
use tminus_harness::plan::Show;
use tminus_harness::workload::Wrong;

use crate::live::{closing, line};

/// Shows the letter of a task whenever it is resumed.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    line(&show, "three tasks yield four times each; a letter whenever one is resumed:");
    let tasks = ["A ", "B ", "C "].map(|letter| {
        let shown = show.clone();
        executor.spawn(show.task(letter.trim(), async move {
            for _ in 0..4 {
                (shown.print)(letter);
                executor.yield_now().await;
            }
            (shown.print)(letter);
        }))
    });
    for task in tasks {
        task.join().await?;
    }
    line(&show, "");
    closing::<E>(&show);
    Ok(())
}
