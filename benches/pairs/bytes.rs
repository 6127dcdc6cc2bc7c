//! A sleeping task twice, as bytes: against the contract, and written for the executor alone.
//!
//! What differs is the size of the future, since no executor of these puts another one around it.
//! Allocators and executors round it up.

use std::future::Future;
use std::time::Instant;

use tminus::contract::Executor;
use tminus_executors::async_std::AsyncStd;
use tminus_executors::smol::Smol;
use tminus_executors::smol_local::SmolLocal;
use tminus_executors::tokio_current_thread::TokioCurrentThread;

/// The bytes of a sleeping task's future.
pub(crate) struct Sleeper {
    /// The executor.
    pub(crate) name: &'static str,
    /// Written against the contract.
    pub(crate) contract: usize,
    /// Written on the executor's own interface.
    pub(crate) native: usize,
}

/// Returns a sleeping task of each executor that has a native twin here.
pub(crate) fn sleepers() -> [Sleeper; 4] {
    let tokio = |deadline: Instant| tokio::time::sleep_until(deadline.into());
    let async_std = |deadline| async_std::task::sleep(deadline - Instant::now());
    [
        sleeper("tokio", TokioCurrentThread, tokio),
        sleeper("async-std", AsyncStd, async_std),
        sleeper("smol", Smol, smol::Timer::at),
        sleeper("async-executor", SmolLocal, async_io::Timer::at),
    ]
}

fn sleeper<E: Executor, F: Future>(
    name: &'static str,
    executor: E,
    sleep: impl FnOnce(Instant) -> F,
) -> Sleeper {
    let deadline = Instant::now();
    let contract = async move {
        executor.sleep_until(deadline).await;
    };
    let native = async move {
        sleep(deadline).await;
    };
    Sleeper { name, contract: size_of_val(&contract), native: size_of_val(&native) }
}
