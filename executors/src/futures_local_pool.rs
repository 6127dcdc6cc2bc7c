//! `LocalPool` of the futures crate: tasks on one thread.
//!
//! <https://docs.rs/futures/latest/futures/executor/struct.LocalPool.html>
//!
//! Driven as its authors recommend: tasks are spawned through the `LocalSpawner` with a
//! `RemoteHandle`, and `run_until` turns the loop; its own future awaits only the handle of the
//! spawned root. `RemoteHandle` cancels when it is dropped but cannot wait until the future has
//! been dropped, so cancelling comes from the contract. The crate has no `yield_now`; this uses
//! futures-lite's, which wakes itself and returns `Pending`, as users write it by hand. Timers and
//! sockets are those of async-io, whose thread handles their events and wakes this one.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::time::{Duration, Instant};

use futures::channel::oneshot::Canceled;
use futures::executor::{LocalPool, LocalSpawner};
use futures::future::{FutureExt, RemoteHandle};
use futures::task::LocalSpawnExt;
use futures_lite::future::yield_now;
use tminus_contract::{
    CancelJoin, Canceller, Capabilities, Config, Executor, Family, Join, JoinError, Order, Process,
    Supply, Workers, cancellable,
};

use crate::borrowed;
use crate::processes::start_process;

/// `futures-local-pool`.
#[derive(Clone, Copy, Debug)]
pub struct FuturesLocalPool;

thread_local! {
    /// The way into the pool of this thread while [`Executor::run`] is in progress.
    static SPAWNER: RefCell<Option<LocalSpawner>> = const { RefCell::new(None) };
}

fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> Handle<T> {
    SPAWNER.with_borrow(|spawner| {
        let spawner = spawner.as_ref().expect("futures-local-pool spawns only inside its own run");
        Handle(spawner.spawn_local_with_handle(future).expect("the pool lives until run returns"))
    })
}

impl Executor for FuturesLocalPool {
    const ID: &'static str = "futures-local-pool";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "futures LocalPool",
        family: Family::Futures,
        workers: Workers::One,
        timers: Supply::Borrowed("async-io"),
        io: Supply::Borrowed("async-io"),
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Missing("a LocalSpawner stays on the thread of its pool"),
        timeouts: Supply::Own,
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        // The thread of async-io stays.
        threads_end: false,
        crates: &["futures", "futures-executor", "futures-util", "async-io"],
        feature: "futures",
        note: "",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[(
        "order-fifo-mixed",
        "a spawned task joins the queue when the set is polled next, after a yield that came later",
    )];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = borrowed::Listener;
    type Stream = borrowed::Stream;

    // Start and shutdown: the pool is dropped with the tasks that are left in it.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let mut pool = LocalPool::new();
        SPAWNER.set(Some(pool.spawner()));
        let root = spawn(async move { root(Self).await });
        let result = pool.run_until(root.join());
        SPAWNER.set(None);
        drop(pool);
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(future)
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (future, canceller) = cancellable(future);
        CancelHandle { handle: spawn(future), canceller }
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls: borrowed.

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        borrowed::spawn_blocking(work)
    }

    // Timers, borrowed.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        borrowed::sleep_until(deadline)
    }

    // IO, borrowed.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<borrowed::Listener>> + Send + 'static {
        borrowed::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<borrowed::Stream>> + Send + 'static {
        borrowed::connect(address)
    }

    // Processes, borrowed.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

/// A task of the futures crate, on either of its executors.
#[derive(Debug)]
pub struct Handle<T>(pub(crate) RemoteHandle<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    // A task that panicked, or that was dropped with its pool, panics where it is awaited.
    async fn join(self) -> Result<T, JoinError> {
        let result = AssertUnwindSafe(self.0).catch_unwind().await;
        result.map_err(|payload| match payload.is::<Canceled>() {
            true => JoinError::Cancelled,
            false => JoinError::Panicked(payload),
        })
    }

    fn detach(self) {
        self.0.forget();
    }
}

/// A task of the futures crate that can be cancelled.
pub struct CancelHandle<T> {
    pub(crate) handle: Handle<Option<T>>,
    pub(crate) canceller: Canceller,
}

impl<T: Send + 'static> Join<T> for CancelHandle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.handle.join().await?.ok_or(JoinError::Cancelled)
    }

    fn detach(self) {
        self.handle.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for CancelHandle<T> {
    async fn cancel(self) -> Option<T> {
        self.canceller.cancel();
        self.handle.join().await.ok().flatten()
    }
}
