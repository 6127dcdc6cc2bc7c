//! A task that wakes another and goes on, live.

use std::sync::Arc;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};
use crate::promise::Promise;

/// The lines of one worker: the woken task waits until the other does.
pub(super) const CLASSIC: [&str; 5] = [
    "the other waits",
    "the root wakes the other",
    "the root computes on",
    "the root waits",
    "the other runs",
];

/// Plays one handover.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let promise = Arc::new(Promise::new(1));
    let (shown, awaited) = (show.clone(), promise.clone());
    let other = executor.spawn(show.task("other", async move {
        line(&shown, "        the other waits");
        awaited.wait().await;
        line(&shown, "        the other runs");
    }));
    promise.awaited().await;
    line(&show, "the root wakes the other");
    promise.set(1);
    line(&show, "the root computes on");
    line(&show, "the root waits");
    other.join().await?;
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}
