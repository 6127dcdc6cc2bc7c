//! Three tasks take turns, live.

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};

/// Resumptions of each task: one to begin, and one after each yield.
const RESUMED: usize = 5;

/// Shows the letter of a task whenever it is resumed.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    line(&show, "three tasks yield four times each; a letter whenever one is resumed:");
    let (show, seen) = Seen::watch(show);
    let tasks = ["A ", "B ", "C "].map(|letter| {
        let shown = show.clone();
        executor.spawn(show.task(letter.trim(), async move {
            for _ in 1..RESUMED {
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
    seen.closing(executor, &show, &["A", "B", "C"].repeat(RESUMED), "letters");
    Ok(())
}
