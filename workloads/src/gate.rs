//! Lets tasks stand in the ready queue before the clock starts.
//!
//! A cell that measures resumptions must not measure spawning too: the share of spawning would
//! change with the number of iterations. So its tasks yield until the gate opens. That needs no
//! wakers, so no executor is favoured by how it wakes; and the resumption in which a task finds the
//! gate open is the first one that counts.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often the root yields before it no longer waits for all tasks to arrive.
const PATIENCE_YIELDS: u32 = 100_000;

/// A gate that tasks wait at. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<State>);

#[derive(Default)]
struct State {
    arrived: AtomicU64,
    open: AtomicBool,
}

impl Gate {
    /// Waits in a task until the gate is open.
    pub(crate) async fn pass<F: Future<Output = ()>>(self, yield_now: impl Fn() -> F) {
        self.0.arrived.fetch_add(1, Ordering::Relaxed);
        while !self.0.open.load(Ordering::Acquire) {
            yield_now().await;
        }
    }

    /// Waits in the root until `tasks` tasks stand at the gate.
    ///
    /// An executor that resumes whoever yielded last never lets them arrive; after
    /// [`PATIENCE_YIELDS`] it is measured with what it left undone, and fails by its order if it
    /// promised a better one.
    pub(crate) async fn filled<F: Future<Output = ()>>(
        &self,
        tasks: u64,
        yield_now: impl Fn() -> F,
    ) {
        for _ in 0..PATIENCE_YIELDS {
            if self.0.arrived.load(Ordering::Relaxed) >= tasks {
                break;
            }
            yield_now().await;
        }
    }

    /// Opens the gate for good.
    pub(crate) fn open(&self) {
        self.0.open.store(true, Ordering::Release);
    }
}
