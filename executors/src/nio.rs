//! nio: a thread-per-core runtime on mio that places each task on its least loaded worker.
//!
//! <https://github.com/nurmohammed840/nio>, 0.1.4. Tasks are spawned with `spawn_pinned`, as in its
//! own echo server: only those may use its timers and sockets, which belong to their worker. A
//! socket that changes hands before it is used is therefore registered by whoever reads or writes
//! it first, as nio's own `TcpConnection` is.
//!
//! It has no shutdown: its workers stay, asleep, after `run`.

use std::future::Future;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_lite::AsyncWriteExt;
use futures_lite::future::yield_now;
use nio::net::{TcpConnection, TcpListener, TcpStream};
use nio::{JoinHandle, RuntimeBuilder, Sleep};
use tminus_harness::contract::{
    self, Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Pinned,
    Supply, Workers, listen, waited,
};

/// nio's thread-per-core runtime.
#[derive(Clone, Copy, Debug)]
pub struct Nio;

impl Executor for Nio {
    const ID: &'static str = "nio";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "nio",
        family: Family::Other,
        workers: Workers::Many,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["nio", "nio-task"],
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: its runtime starts its workers and has no way to end them.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let workers = u8::try_from(config.workers).unwrap_or(u8::MAX);
        let runtime = RuntimeBuilder::new().worker_threads(workers).rt();
        let runtime = runtime.expect("nio starts unless the system refuses it descriptors");
        let result = runtime.block_on(|| async { Self.spawn(root(Self)).join().await });
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(nio::spawn_pinned(|| future))
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

    // Timers: an idle worker sleeps in `epoll_wait`, to the next full millisecond.

    async fn sleep_until(self, deadline: Instant) -> Duration {
        waited(Pinned::new(Sleep::at(deadline)), yield_now()).await
    }

    // IO.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        let listener = mio::net::TcpListener::from_std(listen(address)?);
        Ok(Listener(Pinned::new(TcpListener::new(listener)?)))
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        let stream: std::net::TcpStream = mio::net::TcpStream::connect(address)?.into();
        stream.set_nodelay(true)?;
        // Registered with this worker until it is connected: then an empty write gets through.
        let mut here = Pinned::new(TcpStream::try_from(stream.try_clone()?)?);
        Pinned::new(here.get_mut().write(&[])).await?;
        match here.get().take_error()? {
            Some(error) => Err(error),
            None => Ok(Stream::Connected(stream)),
        }
    }
}

/// The handle of a task; nio's own detaches when it is dropped.
pub struct Handle<T>(JoinHandle<T>);

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
    // The handle resolves after nio has dropped the future.
    async fn cancel(self) -> Option<T> {
        self.0.abort();
        self.0.await.ok()
    }
}

/// nio's listener.
pub struct Listener(Pinned<TcpListener>);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get().local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let connection = Pinned::new(self.0.get_mut().accept()).await?;
        connection.set_nodelay(true)?;
        Ok(Stream::Accepted(connection))
    }
}

/// nio's stream, in its states. From its first use on it belongs to one worker.
pub enum Stream {
    /// Accepted, not yet registered.
    Accepted(TcpConnection),
    /// Connected, not yet registered.
    Connected(std::net::TcpStream),
    /// Registered with the worker that used it first.
    Registered(Pinned<TcpStream>),
    /// Registering failed; the error has been given.
    Lost,
}

impl Stream {
    /// The stream, registered with this worker.
    async fn here(&mut self) -> io::Result<&mut TcpStream> {
        if !matches!(self, Self::Registered(_)) {
            let stream = match mem::replace(self, Self::Lost) {
                Self::Accepted(connection) => Pinned::new(connection.connect()).await?,
                Self::Connected(stream) => TcpStream::try_from(stream)?,
                Self::Registered(stream) => stream.into_inner(),
                Self::Lost => return Err(io::ErrorKind::NotConnected.into()),
            };
            *self = Self::Registered(Pinned::new(stream));
        }
        match self {
            Self::Registered(stream) => Ok(stream.get_mut()),
            _ => unreachable!("it has just been registered"),
        }
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let read = async { self.here().await?.read(buf.storage_mut()).await };
        let result = Pinned::new(read).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let write = async { self.here().await?.write_all(&buf).await };
        let result = Pinned::new(write).await;
        (result, buf)
    }
}
