//! nio: a thread-per-core runtime on mio that places each task on its least loaded worker.
//!
//! <https://github.com/nurmohammed840/nio>, 0.1.4. Tasks are spawned with `spawn_pinned`, as in its
//! own echo server: only those may use its timers and sockets, which belong to their worker. So a
//! socket is registered by the task that first reads or writes it, as nio's own `TcpConnection` is,
//! and registered anew when a task on another worker goes on with it.
//!
//! It has no shutdown: its workers stay, asleep, after `run`.

use std::cell::Cell;
use std::future::Future;
use std::net::{self, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{io, mem};

use futures_lite::AsyncWriteExt;
use futures_lite::future::yield_now;
use nio::net::{TcpConnection, TcpListener, TcpStream};
use nio::{JoinHandle, LocalContext, Runtime, RuntimeBuilder, RuntimeContext, Sleep, WorkerId};
use tminus_contract as contract;
use tminus_contract::{
    Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Pinned,
    Process, Supply, Workers, listen, waited,
};

use crate::processes::start_process;

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
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["nio", "nio-task"],
        feature: "exotic",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: a runtime has no way to end its workers, so the first run of the process
    // starts it for all of them.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| {
            let workers = u8::try_from(config.workers).unwrap_or(u8::MAX);
            let runtime = RuntimeBuilder::new().worker_threads(workers).rt();
            runtime.expect("nio starts unless the system refuses it descriptors")
        });
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

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let runtime = RuntimeContext::current();
        move || {
            // A thread enters a runtime once, and never leaves it.
            if !ENTERED.replace(true) {
                runtime.enter();
            }
            work()
        }
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
        Handle(nio::spawn_blocking(work)).join().await
    }

    // Timers: an idle worker sleeps in `epoll_wait`, to the next full millisecond.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        waited(move || Pinned::new(Sleep::at(deadline)), yield_now)
    }

    // IO.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        Ok(Listener::Bound(listen(address)?))
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        let stream: net::TcpStream = mio::net::TcpStream::connect(address)?.into();
        stream.set_nodelay(true)?;
        // Registered here until it is connected: then an empty write gets through.
        let mut here = Pinned::new(TcpStream::try_from(stream.try_clone()?)?);
        Pinned::new(here.get_mut().write(&[])).await?;
        match here.get().take_error()? {
            Some(error) => Err(error),
            None => Ok(Stream::Connected(stream)),
        }
    }

    // Processes, borrowed.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

thread_local! {
    /// Whether this thread, which is no worker, has entered the runtime.
    static ENTERED: Cell<bool> = const { Cell::new(false) };
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

/// nio's listener. It belongs to the worker that accepts first.
pub enum Listener {
    /// Not yet registered.
    Bound(net::TcpListener),
    /// Registered.
    Registered(Registered<TcpListener>, SocketAddr),
}

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Bound(listener) => listener.local_addr(),
            Self::Registered(_, address) => Ok(*address),
        }
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        if let Self::Bound(listener) = self {
            let address = listener.local_addr()?;
            let listener = mio::net::TcpListener::from_std(listener.try_clone()?);
            *self = Self::Registered(Registered::new(TcpListener::new(listener)?), address);
        }
        let Self::Registered(listener, _) = self else { unreachable!("registered just now") };
        let accept = Pinned::new(listener.get_mut().ok_or_else(elsewhere)?.accept());
        let connection = accept.await?;
        connection.set_nodelay(true)?;
        Ok(Stream::Accepted(connection))
    }
}

/// nio's stream. It belongs to the worker that uses it; one that connected moves with its user.
pub enum Stream {
    /// Accepted, not yet registered.
    Accepted(TcpConnection),
    /// Connected, not yet registered.
    Connected(net::TcpStream),
    /// Registered, with the descriptor to register it with another worker, if that is known: nio
    /// gives away none of what it accepts.
    Registered(Registered<TcpStream>, Option<RawFd>),
    /// Registering failed; the caller that asked has the error.
    Lost,
}

impl Stream {
    /// Returns the stream, registered with this worker.
    async fn here(&mut self) -> io::Result<&mut TcpStream> {
        let is_here = matches!(self, Self::Registered(stream, _) if stream.is_here());
        if !is_here {
            *self = match mem::replace(self, Self::Lost) {
                Self::Accepted(connection) => {
                    let stream = Pinned::new(connection.connect()).await?;
                    Self::Registered(Registered::new(stream), None)
                }
                Self::Connected(stream) => Self::register(stream)?,
                Self::Registered(elsewhere, Some(fd)) => {
                    // SAFETY: `elsewhere` keeps the descriptor open; it is dropped after this.
                    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
                    let stream = Self::register(fd.try_clone_to_owned()?.into())?;
                    drop(elsewhere);
                    stream
                }
                Self::Registered(_, None) => return Err(elsewhere()),
                Self::Lost => return Err(io::ErrorKind::NotConnected.into()),
            };
        }
        match self {
            Self::Registered(stream, _) => stream.get_mut().ok_or_else(elsewhere),
            _ => unreachable!("registered just now"),
        }
    }

    fn register(stream: net::TcpStream) -> io::Result<Self> {
        let fd = stream.as_raw_fd();
        Ok(Self::Registered(Registered::new(TcpStream::try_from(stream)?), Some(fd)))
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

fn elsewhere() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "nio moves no such socket to another worker")
}

/// A socket that is registered with one worker, which alone may use and drop it.
pub struct Registered<T: 'static> {
    /// `None` once it is on its way home.
    socket: Option<Pinned<T>>,
    home: WorkerId,
    runtime: Arc<RuntimeContext>,
}

impl<T> Registered<T> {
    fn new(socket: T) -> Self {
        let home = LocalContext::current().worker_id();
        Self { socket: Some(Pinned::new(socket)), home, runtime: RuntimeContext::current() }
    }

    fn is_here(&self) -> bool {
        self.socket.as_ref().is_some_and(Pinned::is_here)
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.socket.as_mut().filter(|socket| socket.is_here()).map(Pinned::get_mut)
    }
}

impl<T> Drop for Registered<T> {
    fn drop(&mut self) {
        if !self.is_here() {
            let socket = self.socket.take();
            let home = u8::try_from(self.home.get()).expect("nio counts its workers in a byte");
            drop(self.runtime.spawn_pinned_at(home, || async move { drop(socket) }));
        }
    }
}
