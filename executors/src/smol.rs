//! smol's global executor: worker threads that steal tasks from each other.
//!
//! <https://docs.rs/smol/latest/smol/fn.spawn.html>
//!
//! Driven as its authors document it: `SMOL_THREADS` says how many workers, `smol::spawn` starts
//! them with the first task, and each worker also handles the events of async-io, which are smol's
//! own timers and sockets. The main thread only waits: with `smol::block_on` it would take events
//! of the sockets as one more worker, so it waits with `smol::future::block_on`, which does not.
//!
//! The workers never end, and the tasks that are left when the root ends are never dropped.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::time::{Duration, Instant};

use smol::future::{FutureExt, block_on, yield_now};
use smol::net::{TcpListener, TcpStream};
use smol::{Task, Timer};
use tminus_contract as contract;
use tminus_contract::{
    CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Process, Supply,
    Workers, listen, waited,
};

use crate::processes::start_process;
use crate::streams;

/// `smol`.
#[derive(Clone, Copy, Debug)]
pub struct Smol;

impl Executor for Smol {
    const ID: &'static str = "smol";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "smol (global)",
        family: Family::Smol,
        workers: Workers::Many,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Own,
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["smol", "async-executor", "async-task", "async-io"],
        feature: "smol",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the first task starts the workers, and they stay.

    fn environment(config: &Config) -> Vec<(String, String)> {
        vec![("SMOL_THREADS".into(), config.workers.to_string())]
    }

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let root = Self.spawn(async move { root(Self).await });
        block_on(root.join()).unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(smol::spawn(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(smol::spawn(future))
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls: smol's own crate `blocking`.

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Handle(smol::unblock(work)).join().await
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

    // Processes: smol's own crate `async-process`.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

/// A task of smol, local or global. Its handle cancels when it is dropped.
#[derive(Debug)]
pub struct Handle<T>(pub(crate) Task<T>);

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
    // smol waits until the future has been dropped.
    async fn cancel(self) -> Option<T> {
        AssertUnwindSafe(self.0.cancel()).catch_unwind().await.ok().flatten()
    }
}

pub(crate) fn sleep_until(deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
    waited(move || Timer::at(deadline), yield_now)
}

pub(crate) async fn bind(address: SocketAddr) -> io::Result<Listener> {
    TcpListener::try_from(listen(address)?).map(Listener)
}

pub(crate) async fn connect(address: SocketAddr) -> io::Result<Stream> {
    without_delay(TcpStream::connect(address).await?)
}

/// A listening socket of smol.
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

/// A connected socket of smol.
pub type Stream = streams::Stream<TcpStream>;

fn without_delay(stream: TcpStream) -> io::Result<Stream> {
    stream.set_nodelay(true)?;
    Ok(streams::Stream(stream))
}
