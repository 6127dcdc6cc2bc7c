//! bevy_tasks: the task pool of the Bevy game engine, on async-executor.
//!
//! <https://docs.rs/bevy_tasks>, 0.20 with `multi_threaded` and `async-io`. Driven as Bevy does:
//! one global pool for the process, whose threads turn the loop of async-io while they wait; timers
//! and sockets are async-io's. The pool cannot be taken down, so its threads stay after `run`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::time::{Duration, Instant};

use bevy_tasks::{ComputeTaskPool, Task, TaskPoolBuilder, block_on};
use futures_lite::FutureExt;
use futures_lite::future::yield_now;
use tminus_contract::{
    CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Process, Supply,
    Workers,
};

use crate::borrowed::{self, Listener, Stream};
use crate::processes::start_process;

/// Bevy's compute task pool.
#[derive(Clone, Copy, Debug)]
pub struct BevyTasks;

impl Executor for BevyTasks {
    const ID: &'static str = "bevy-tasks";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "bevy_tasks",
        family: Family::Other,
        workers: Workers::Many,
        timers: Supply::Borrowed("async-io"),
        io: Supply::Borrowed("async-io"),
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["bevy_tasks", "async-executor", "async-task", "async-io"],
        feature: "exotic",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the first run of the process makes the pool, for good.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let workers = config.workers;
        ComputeTaskPool::get_or_init(|| TaskPoolBuilder::new().num_threads(workers).build());
        let root = Self.spawn(async move { root(Self).await });
        block_on(root.join()).unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(ComputeTaskPool::get().spawn(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn(future)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls.

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

    // Timers.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        borrowed::sleep_until(deadline)
    }

    // IO.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Listener>> + Send + 'static {
        borrowed::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
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

/// The handle of a task; Bevy's own cancels when it is dropped.
pub struct Handle<T>(Task<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    // A task that panicked panics again where it is awaited.
    async fn join(self) -> Result<T, JoinError> {
        AssertUnwindSafe(self.0).catch_unwind().await.map_err(JoinError::Panicked)
    }

    fn detach(self) {
        self.0.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for Handle<T> {
    // async-task waits until the future has been dropped.
    async fn cancel(self) -> Option<T> {
        AssertUnwindSafe(self.0.cancel()).catch_unwind().await.ok().flatten()
    }
}
