//! Tasks that are asleep beside the work: their deadlines lie far ahead, and none is ever due.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tminus_contract::channel::WakerCell;
use tminus_contract::workload::Wrong;
use tminus_contract::{CancelJoin, Executor};

/// How far ahead their deadlines lie: beyond the end of every child.
const FAR: Duration = Duration::from_secs(3_600);

/// Tasks that are asleep until they are ended.
pub(crate) struct Sleepers<E: Executor>(Vec<E::CancelJoin<()>>);

impl<E: Executor> Sleepers<E> {
    /// Spawns so many and waits until all are asleep. No two have the same deadline.
    pub(crate) async fn spawn(executor: E, count: u64) -> Self {
        let roll = Arc::new(Roll::new(count));
        let earliest = executor.now() + FAR;
        let spawn = |number| {
            let (roll, deadline) = (roll.clone(), earliest + Duration::from_micros(number));
            executor.spawn_cancellable(async move {
                roll.sign_in();
                executor.sleep_until(deadline).await;
            })
        };
        let tasks = (0..count).map(spawn).collect();
        roll.filled().await;
        Self(tasks)
    }

    /// Cancels all of them.
    ///
    /// # Errors
    /// That a sleep was over before.
    pub(crate) async fn end(self) -> Result<(), Wrong> {
        let mut woken = 0_u64;
        for task in self.0 {
            woken += u64::from(task.cancel().await.is_some());
        }
        Wrong::unless_equal("sleepers that woke by themselves", 0, woken)
    }
}

/// Tasks that wait, or will have begun to before they are polled again, and the root that waits
/// for the last of them.
pub(crate) struct Roll {
    expected: u64,
    signed: AtomicU64,
    root: WakerCell,
}

impl Roll {
    /// Makes a roll for so many tasks.
    pub(crate) fn new(expected: u64) -> Self {
        Self { expected, signed: AtomicU64::new(0), root: WakerCell::new() }
    }

    /// Counts a task in; the last one wakes the root.
    pub(crate) fn sign_in(&self) {
        if self.signed.fetch_add(1, Ordering::SeqCst) + 1 == self.expected {
            self.root.wake();
        }
    }

    /// Waits in the root until all have signed in.
    pub(crate) async fn filled(&self) {
        poll_fn(|cx| self.poll_filled(cx)).await;
    }

    fn poll_filled(&self, cx: &Context<'_>) -> Poll<()> {
        self.root.register(cx.waker());
        match self.signed.load(Ordering::SeqCst) == self.expected {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SLEEPS_NOT, Test};
    use tminus_contract::Config;

    fn ended<const MUTANT: usize>() -> Result<(), Wrong> {
        Test::<MUTANT>::run(&Config::workers(1), |executor| async move {
            Sleepers::spawn(executor, 3).await.end().await
        })
    }

    #[test]
    fn sleepers_sleep_until_they_are_ended() {
        assert_eq!(ended::<0>(), Ok(()));
        let wrong = ended::<SLEEPS_NOT>().expect_err("they wake");
        assert_eq!(wrong.to_string(), "sleepers that woke by themselves: expected 0, got 3");
    }
}
