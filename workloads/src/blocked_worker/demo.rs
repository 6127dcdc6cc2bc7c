//! A task that blocks its thread beside a ticker, live.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{CancelJoin, Executor};

use crate::live::line;

const TICK: Duration = Duration::from_millis(10);
const BLOCK: Duration = Duration::from_millis(200);

/// Blocks three times, for twenty ticks each.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let ticks = Arc::new(AtomicU64::new(0));
    let count = ticks.clone();
    let ticker = executor.spawn_cancellable(show.task("ticker", async move {
        loop {
            executor.sleep_until(executor.now() + TICK).await;
            count.fetch_add(1, Ordering::Relaxed);
        }
    }));
    line(&show, format_args!("a ticker ticks every {TICK:?}, and this task blocks its thread:"));
    for block in 1..=3 {
        executor.sleep_until(executor.now() + 3 * TICK).await;
        let (before, began) = (ticks.load(Ordering::Relaxed), Instant::now());
        thread::sleep(BLOCK);
        let came = ticks.load(Ordering::Relaxed) - before;
        let took = began.elapsed().as_millis();
        line(&show, format_args!("block {block}, {took} ms: {came} ticks came meanwhile"));
    }
    ticker.cancel().await;
    Ok(())
}
