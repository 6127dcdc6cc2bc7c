//! Which tasks are asleep: the roll that they sign, and the tasks themselves.
//!
//! It is not known beforehand how long an executor takes to put all tasks to sleep, and a task must
//! not end before all of them are. So a task that wakes before the roll was called sleeps on, each
//! time twice as long as the last; slow executors and busy machines need a few such naps, and the
//! readings are taken while all are asleep in any case.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tminus_contract::Executor;
use tminus_contract::channel::WakerCell;
use tminus_contract::workload::Wrong;

use crate::timekeeper::{Timekeeper, nanos_between};

/// Naps of a task before it gives up: the last is 2,048 times as long as the first.
const NAPS: u8 = 12;

/// The state that the tasks and the root share.
pub(super) struct Roll<E> {
    time: Timekeeper<E>,
    origin: Instant,
    /// The first nap of each task.
    nap: Duration,
    /// Tasks that sleep, or are about to in the same poll.
    asleep: AtomicU32,
    /// How many are expected to sleep.
    expected: AtomicU32,
    /// Tasks that ended before they were released.
    ended: AtomicU32,
    released: AtomicBool,
    root: WakerCell,
}

impl<E: Executor> Roll<E> {
    /// Makes a roll that no task has signed.
    pub(super) fn new(time: Timekeeper<E>, origin: Instant, nap: Duration) -> Self {
        let zero = || AtomicU32::new(0);
        Self {
            time,
            origin,
            nap,
            asleep: zero(),
            expected: zero(),
            ended: zero(),
            released: AtomicBool::new(false),
            root: WakerCell::new(),
        }
    }

    /// Sets how many tasks are expected from now on.
    pub(super) fn expect(&self, tasks: u32) {
        self.expected.store(tasks, Ordering::SeqCst);
    }

    /// Waits in the root until all expected tasks are asleep at once.
    pub(super) async fn all_asleep(&self) -> Result<(), Wrong> {
        poll_fn(|cx| {
            self.root.register(cx.waker());
            let (asleep, expected) = (load(&self.asleep), load(&self.expected));
            if load(&self.ended) > 0 {
                return Poll::Ready(Err(Wrong::Answer(format!(
                    "{asleep} of {expected} tasks were asleep at once when the first ended"
                ))));
            }
            if asleep == expected { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    }

    /// Lets each task end that wakes from now on.
    pub(super) fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }

    fn is_released(&self) -> bool {
        self.released.load(Ordering::SeqCst)
    }

    /// Ends without leave.
    fn leave(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        self.root.wake();
    }

    fn sign_in(&self) {
        let asleep = self.asleep.fetch_add(1, Ordering::SeqCst) + 1;
        if asleep == load(&self.expected) {
            self.root.wake();
        }
    }

    fn sign_out(&self) {
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }

    /// Returns when a nap of a task is over: not all at once, and in no order.
    fn deadline(&self, index: u32, nap: u8) -> Instant {
        let scattered = index.wrapping_mul(0x9E37_79B1) >> 16;
        self.origin + self.nap * ((2_u32 << nap) - 1) + self.nap / (4 << 16) * scattered
    }
}

fn load(count: &AtomicU32) -> u32 {
    count.load(Ordering::SeqCst)
}

/// Runs a task; returns by how much it was woken too early, in nanoseconds.
///
/// It holds no more than it must, since that is measured with it: the roll, its place and its nap.
#[expect(clippy::manual_async_fn, reason = "an async fn would hold its arguments twice")]
pub(super) fn sleeper<E: Executor>(
    executor: E,
    roll: Arc<Roll<E>>,
    index: u32,
) -> impl Future<Output = u64> + Send + 'static {
    async move {
        let mut nap = 0;
        loop {
            roll.sign_in();
            executor.sleep_until(roll.deadline(index, nap)).await;
            roll.sign_out();
            let early_ns = nanos_between(roll.time.now(), roll.deadline(index, nap));
            nap += 1;
            if early_ns == 0 && roll.is_released() {
                return 0;
            }
            if early_ns > 0 || nap == NAPS {
                roll.leave();
                return early_ns;
            }
        }
    }
}
