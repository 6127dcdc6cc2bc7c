//! A call that blocks for ten ticks, and a ticker that goes on meanwhile, live.

use std::thread;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};

/// The lines where no tick is late: a call of 100 ms leaves a ticker of 10 ms its nine ticks.
pub(super) const CLASSIC: [&str; 11] = [
    "a call blocks a thread for ten ticks",
    "tick 1",
    "tick 2",
    "tick 3",
    "tick 4",
    "tick 5",
    "tick 6",
    "tick 7",
    "tick 8",
    "tick 9",
    "the call returned 42",
];

/// Plays nine ticks beside the call. A tick is a hundredth of that of the show.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let tick = show.tick / 100;
    line(&show, CLASSIC[0]);
    let start = executor.now();
    let shown = show.clone();
    let ticker = executor.spawn(show.task("ticker", async move {
        for number in 1..=9 {
            executor.sleep_until(start + tick * number).await;
            line(&shown, format_args!("        tick {number}"));
        }
    }));
    let shown = show.clone();
    let caller = executor.spawn(show.task("caller", async move {
        let work = move || {
            thread::sleep(tick * 10);
            42
        };
        let value = executor.spawn_blocking(work).await?;
        line(&shown, format_args!("the call returned {value}"));
        Ok::<_, Wrong>(())
    }));
    ticker.join().await?;
    caller.join().await??;
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}
