//! compio: a thread-per-core runtime on io_uring (and IOCP and polling elsewhere).
//!
//! <https://compio.rs>, 0.19. Its tasks never leave the thread that spawned them, so timers and
//! sockets are tied to it with [`Pinned`]. Its `cancel` resolves before the future is dropped: a
//! channel whose sending end is dropped after the future makes it wait here.
//!
//! Its own yield is that of any executor: a task that wakes itself goes to the end of the queue.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use compio::BufResult;
use compio::buf::{IoBuf, IoBufMut, SetLen};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::{JoinHandle, Runtime};
use futures_lite::future::yield_now;
use tminus_contract as contract;
use tminus_contract::channel::{Receiver, Sender, oneshot};
use tminus_contract::{
    Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Pinned,
    Supply, Workers, caught, listen, waited,
};

/// compio on io_uring.
#[derive(Clone, Copy, Debug)]
pub struct Compio;

impl Executor for Compio {
    const ID: &'static str = "compio";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "compio",
        family: Family::Uring,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Missing("its tasks are spawned on its own thread"),
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Missing("its crate compio-process is not built in"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: true,
        crates: &["compio", "compio-runtime", "compio-executor", "compio-driver"],
        feature: "uring",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the runtime ends when it is dropped, and its unfinished tasks with it.

    fn available() -> Result<(), String> {
        crate::uring::available()
    }

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = Runtime::new().expect("a ring could be made when it was probed");
        let result = runtime.block_on(async { Self.spawn(root(Self)).join().await });
        drop(runtime);
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(compio::runtime::spawn(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (guard, dropped) = oneshot();
        let task = self.spawn(async move {
            // Declared first and so dropped last, after the future.
            let _guard: Sender<()> = guard;
            future.await
        });
        CancelHandle { task, dropped }
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
        let called = compio::runtime::spawn_blocking(caught(work));
        Handle(called).join().await?.map_err(JoinError::Panicked)
    }

    // Timers.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        waited(move || Pinned::new(compio::time::sleep_until(deadline)), yield_now)
    }

    // IO.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        TcpListener::from_std(listen(address)?).map(Pinned::new).map(Listener)
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        Stream::new(Pinned::new(TcpStream::connect(address)).await?)
    }
}

/// The handle of a task; compio's own cancels when it is dropped.
pub struct Handle<T>(JoinHandle<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.await.map_err(|error| match error {
            compio::runtime::JoinError::Cancelled => JoinError::Cancelled,
            compio::runtime::JoinError::Panicked(payload) => JoinError::Panicked(payload),
        })
    }

    fn detach(self) {
        self.0.detach();
    }
}

/// The handle of a task that can be cancelled.
pub struct CancelHandle<T> {
    task: Handle<T>,
    /// Resolves once the future has been dropped: nothing is ever sent.
    dropped: Receiver<()>,
}

impl<T: Send + 'static> Join<T> for CancelHandle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.task.join().await
    }

    fn detach(self) {
        self.task.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for CancelHandle<T> {
    async fn cancel(self) -> Option<T> {
        let output = Pinned::new(self.task.0.cancel()).await;
        self.dropped.await;
        output
    }
}

/// compio's listener.
pub struct Listener(Pinned<TcpListener>);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get().local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = Pinned::new(self.0.get().accept()).await?;
        Stream::new(stream)
    }
}

/// compio's stream.
pub struct Stream(Pinned<TcpStream>);

impl Stream {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(Pinned::new(stream)))
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        // Emptied first: compio lets a length only grow.
        buf.set_len(0);
        let BufResult(result, Owned(buf)) = Pinned::new(self.0.get_mut().read(Owned(buf))).await;
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let BufResult(result, Owned(buf)) =
            Pinned::new(self.0.get_mut().write_all(Owned(buf))).await;
        (result, buf)
    }
}

/// The contract's buffer as compio wants it.
struct Owned(Buf);

impl IoBuf for Owned {
    fn as_init(&self) -> &[u8] {
        &self.0
    }
}

impl SetLen for Owned {
    unsafe fn set_len(&mut self, len: usize) {
        self.0.set_len(len);
    }
}

impl IoBufMut for Owned {
    fn as_uninit(&mut self) -> &mut [MaybeUninit<u8>] {
        let storage = self.0.storage_mut();
        let (start, len) = (storage.as_mut_ptr().cast(), storage.len());
        // SAFETY: the same bytes; compio never writes uninitialised ones to them.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }
}
