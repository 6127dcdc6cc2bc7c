//! tokio's `multi_thread` runtime: worker threads that steal tasks from each other.
//!
//! <https://docs.rs/tokio/latest/tokio/runtime/index.html#multi-thread-scheduler>
//!
//! Driven as its authors recommend: built with all drivers and a number of workers, the tasks
//! spawned with `tokio::spawn`. The main thread is no worker: its `block_on` awaits nothing but the
//! handle of the spawned root. Handles, timers and sockets are those of
//! [`tokio_current_thread`](super::tokio_current_thread).

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_contract::{
    Capabilities, Config, Executor, Family, Join, JoinError, Order, Supply, Workers,
};
use tokio::runtime::Builder;
use tokio::task::{spawn_blocking, yield_now};

use crate::tokio_current_thread::{
    Handle, Listener, PROCESSES, Stream, bind, connect, remote, sleep_until,
};

/// `tokio-multi-thread`.
#[derive(Clone, Copy, Debug)]
pub struct TokioMultiThread;

impl Executor for TokioMultiThread {
    const ID: &'static str = "tokio-multi-thread";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "tokio multi_thread",
        family: Family::Tokio,
        workers: Workers::Many,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: PROCESSES,
        // As in the current_thread runtime; besides, the task that was woken last runs first.
        order: Order::Task,
        max_tasks: None,
        threads_end: true,
        crates: &["tokio"],
        feature: "tokio",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: dropping the runtime drops its unfinished tasks and joins its workers.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let runtime =
            Builder::new_multi_thread().worker_threads(config.workers).enable_all().build();
        let runtime = runtime.expect("tokio starts unless the system refuses it threads");
        let root = Handle(runtime.spawn(async move { root(Self).await }));
        let result = runtime.block_on(root.join());
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(tokio::spawn(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(tokio::spawn(future))
    }

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        remote(work)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls.

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Handle(spawn_blocking(work)).join().await
    }

    // Timers: tokio rounds deadlines up to a millisecond.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        sleep_until(deadline)
    }

    // IO.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Listener>> + Send + 'static {
        bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        connect(address)
    }

    // Processes, where they are built in.

    #[cfg(feature = "tokio-process")]
    fn start_process(
        self,
        command: std::process::Command,
    ) -> impl Future<Output = io::Result<impl tminus_contract::Process>> + Send + 'static {
        crate::tokio_process::start_process(command)
    }
}
