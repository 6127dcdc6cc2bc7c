//! The order in which waiters are resumed, observed in a small untimed instance.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tminus_contract::workload::Wrong;
use tminus_contract::{Executor, Join, Order};

use crate::inline;
use crate::promise::Promise;

/// Waiters of the instance.
const WAITERS: usize = 20;

/// The value that they wait for.
const VALUE: u64 = 42;

/// Resumes waiters; returns the strongest order in which that happened. Says nothing where they did
/// not run first in, first out on an executor that is fair: each runs once, which shows no rounds.
pub(super) async fn observe<E: Executor>(executor: E) -> Result<Option<Order>, Wrong> {
    let scene = Arc::new(Scene::new());
    let wait = |_| {
        let scene = scene.clone();
        executor.spawn(async move { scene.wait().await })
    };
    let waiters: Vec<_> = (0..WAITERS).map(wait).collect();
    scene.promise.awaited().await;
    inline::watch(|| scene.promise.set(VALUE));
    for waiter in waiters {
        Wrong::unless_equal("the value of a waiter", VALUE, waiter.join().await?)?;
    }
    Wrong::unless_equal("the value of a late waiter", VALUE, scene.promise.wait().await)?;
    let promised = executor.info().capabilities.order;
    Ok(match scene.is_in_order()? {
        true => Some(Order::Fifo),
        false if promised == Order::Fair => None,
        false => Some(Order::Task),
    })
}

/// The state that the waiters and the root share.
struct Scene {
    promise: Promise,
    /// Waiters that have come.
    came: AtomicUsize,
    /// The place at which each waiter came, in the order of their resumptions.
    resumed: Mutex<Vec<usize>>,
    /// A waiter ran inside the call that set the value.
    inside: AtomicBool,
}

impl Scene {
    fn new() -> Self {
        Self {
            promise: Promise::new(WAITERS),
            came: AtomicUsize::new(0),
            resumed: Mutex::default(),
            inside: AtomicBool::new(false),
        }
    }

    async fn wait(&self) -> u64 {
        let place = self.came.fetch_add(1, Ordering::SeqCst);
        let value = self.promise.wait().await;
        if inline::is_watched() {
            self.inside.store(true, Ordering::SeqCst);
        }
        self.resumed.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        value
    }

    /// Returns whether the waiters were resumed in the order in which they came.
    fn is_in_order(&self) -> Result<bool, Wrong> {
        let inside = self.inside.load(Ordering::SeqCst);
        Wrong::unless_equal("a waiter ran inside the call that set the value", false, inside)?;
        let resumed = self.resumed.lock().unwrap_or_else(PoisonError::into_inner);
        Wrong::unless_equal("waiters that were resumed", WAITERS, resumed.len())?;
        Ok(resumed.is_sorted())
    }
}
