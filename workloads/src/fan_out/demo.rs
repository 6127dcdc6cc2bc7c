//! A value that two tasks wait for, and one that comes late, live.

use std::sync::Arc;

use tminus_contract::show::Show;
use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join};

use crate::live::{Seen, line};
use crate::promise::Promise;

/// The classic lines: setting the value runs no waiter.
pub(super) const CLASSIC: [&str; 6] = [
    "the root sets 7",
    "7 is set",
    "waiter 1 got 7",
    "waiter 2 got 7",
    "a late waiter got 7",
    "a second value is refused",
];

/// Sets a value, and then another.
pub(super) async fn play<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
    let (show, seen) = Seen::watch(show);
    let promise = Arc::new(Promise::new(2));
    let wait = |name: &'static str| {
        let (promise, shown) = (promise.clone(), show.clone());
        executor.spawn(show.task(name, async move {
            let value = promise.wait().await;
            line(&shown, format_args!("{name} got {value}"));
        }))
    };
    let waiters = [wait("waiter 1"), wait("waiter 2")];
    promise.awaited().await;
    line(&show, "the root sets 7");
    promise.set(7);
    line(&show, "7 is set");
    for waiter in waiters {
        waiter.join().await?;
    }
    wait("a late waiter").join().await?;
    line(&show, if promise.set(8) { "a second value is set" } else { "a second value is refused" });
    seen.closing(executor, &show, &CLASSIC, "lines");
    Ok(())
}
