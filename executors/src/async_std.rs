//! async-std: the global executor of async-executor behind async-std's own interface.
//!
//! <https://docs.rs/async-std>; discontinued in 2025 in favour of smol, and kept because so much
//! code still runs on it.
//!
//! Driven as its authors document it: `ASYNC_STD_THREAD_COUNT` says how many workers,
//! `async_std::task::spawn` starts them with the first task. The main thread only waits: inside
//! `async_std::task::block_on` it would take events of the sockets as one more worker, so it waits
//! with a plain `block_on`.
//!
//! The workers never end, and the tasks that are left when the root ends are never dropped.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::time::{Duration, Instant};

use async_std::net::{TcpListener, TcpStream};
use async_std::task::{self, JoinHandle, yield_now};
use futures_lite::FutureExt;
use tminus_contract as contract;
use tminus_contract::{
    CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Process, Supply,
    Workers, listen, waited,
};

use crate::processes::start_process;
use crate::streams;

/// `async-std`.
#[derive(Clone, Copy, Debug)]
pub struct AsyncStd;

impl Executor for AsyncStd {
    const ID: &'static str = "async-std";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "async-std",
        family: Family::Smol,
        workers: Workers::Many,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["async-std", "async-global-executor", "async-executor", "async-task", "async-io"],
        feature: "async-std",
        note: "discontinued in 2025",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the first task starts the workers, and they stay.

    fn environment(config: &Config) -> Vec<(String, String)> {
        vec![("ASYNC_STD_THREAD_COUNT".into(), config.workers.to_string())]
    }

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let root = Self.spawn(async move { root(Self).await });
        let result = futures_lite::future::block_on(root.join());
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(task::spawn(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(task::spawn(future))
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
        Handle(task::spawn_blocking(work)).join().await
    }

    // Timers.

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

    // Processes, borrowed.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

/// A task of async-std. Its handle detaches when it is dropped.
#[derive(Debug)]
pub struct Handle<T>(JoinHandle<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    // A task that panicked panics again where it is awaited.
    async fn join(self) -> Result<T, JoinError> {
        AssertUnwindSafe(self.0).catch_unwind().await.map_err(JoinError::Panicked)
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for Handle<T> {
    // The task's cancel waits until the future has been dropped.
    async fn cancel(self) -> Option<T> {
        AssertUnwindSafe(self.0.cancel()).catch_unwind().await.ok().flatten()
    }
}

// async-std sleeps for durations only.
fn sleep_until(deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
    waited(move || task::sleep(deadline.saturating_duration_since(Instant::now())), yield_now)
}

async fn bind(address: SocketAddr) -> io::Result<Listener> {
    Ok(Listener(listen(address)?.into()))
}

async fn connect(address: SocketAddr) -> io::Result<Stream> {
    without_delay(TcpStream::connect(address).await?)
}

/// A listening socket of async-std.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = self.0.accept().await?;
        without_delay(stream)
    }
}

/// A connected socket of async-std.
pub type Stream = streams::Stream<TcpStream>;

fn without_delay(stream: TcpStream) -> io::Result<Stream> {
    stream.set_nodelay(true)?;
    Ok(streams::Stream(stream))
}
