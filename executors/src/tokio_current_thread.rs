//! tokio's `current_thread` runtime: one thread runs the tasks, the timers and the sockets.
//!
//! <https://docs.rs/tokio/latest/tokio/runtime/index.html#current-thread-scheduler>
//!
//! Driven as its authors recommend: built with all drivers, the tasks spawned with `tokio::spawn`,
//! the loop turned by `block_on`, which here awaits nothing but the handle of the spawned root.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_contract as contract;
use tminus_contract::{
    Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Supply,
    Workers, listen, waited,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};

/// `tokio-current-thread`.
#[derive(Clone, Copy, Debug)]
pub struct TokioCurrentThread;

impl Executor for TokioCurrentThread {
    const ID: &'static str = "tokio-current-thread";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "tokio current_thread",
        family: Family::Tokio,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: PROCESSES,
        // Tasks that yield are woken in the reverse order, and after every 61 polls, which with
        // more than 60 tasks is in the middle of a round. Up to 60 tasks the order is fair.
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

    // Start and shutdown: the runtime ends when it is dropped, and its unfinished tasks with it.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("tokio starts unless the system refuses it descriptors");
        let result = runtime.block_on(async { Handle(tokio::spawn(root(Self))).join().await });
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
    ) -> impl Future<Output = io::Result<impl contract::Process>> + Send + 'static {
        crate::tokio_process::start_process(command)
    }
}

/// With tokio's feature `process` each turn of its driver does more.
pub(crate) const PROCESSES: Supply = if cfg!(feature = "tokio-process") {
    Supply::Own
} else {
    Supply::Missing(
        "they make each turn of its driver dearer: build with `--features tokio-process`",
    )
};

/// A task of tokio. Its handle detaches when it is dropped.
#[derive(Debug)]
pub struct Handle<T>(pub(crate) JoinHandle<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.await.map_err(|error| match error.try_into_panic() {
            Ok(payload) => JoinError::Panicked(payload),
            Err(_) => JoinError::Cancelled,
        })
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for Handle<T> {
    // The handle resolves after tokio has dropped the future.
    async fn cancel(self) -> Option<T> {
        self.0.abort();
        self.0.await.ok()
    }
}

/// Runs `work` in the context of this runtime, wherever it runs.
pub(crate) fn remote<R>(work: impl FnOnce() -> R + Send + 'static) -> impl FnOnce() -> R + Send {
    let runtime = tokio::runtime::Handle::current();
    move || {
        let _entered = runtime.enter();
        work()
    }
}

pub(crate) fn sleep_until(deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
    waited(move || tokio::time::sleep_until(deadline.into()), yield_now)
}

// `TcpListener::bind` takes its backlog from mio, which has changed it: the contract fixes it.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<Listener> {
    TcpListener::from_std(listen(address)?).map(Listener)
}

pub(crate) async fn connect(address: SocketAddr) -> io::Result<Stream> {
    Stream::new(TcpStream::connect(address).await?)
}

/// A listening socket of tokio.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = self.0.accept().await?;
        Stream::new(stream)
    }
}

/// A connected socket of tokio.
#[derive(Debug)]
pub struct Stream(TcpStream);

impl Stream {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = self.0.read(buf.storage_mut()).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        (self.0.write_all(&buf).await, buf)
    }
}
