//! A ticker, and a hog that does not yield at first, live.

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};

/// The lines of first in, first out: no tick comes until the hog yields.
pub(super) const CLASSIC: [&str; 10] = [
    "tick 1",
    "slice 1",
    "slice 2 without a yield",
    "slice 3 without a yield",
    "tick 2",
    "slice 4 after a yield",
    "tick 3",
    "slice 5 after a yield",
    "tick 4",
    "slice 6 after a yield",
];

/// Plays four ticks beside six slices.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let shown = show.clone();
    let ticker = executor.spawn(show.task("ticker", async move {
        for tick in 1..=4 {
            line(&shown, format_args!("tick {tick}"));
            executor.yield_now().await;
        }
    }));
    let shown = show.clone();
    let hog = executor.spawn(show.task("hog", async move {
        line(&shown, "        slice 1");
        for slice in 2..=3 {
            line(&shown, format_args!("        slice {slice} without a yield"));
        }
        for slice in 4..=6 {
            executor.yield_now().await;
            line(&shown, format_args!("        slice {slice} after a yield"));
        }
    }));
    ticker.join().await?;
    hog.join().await?;
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}
