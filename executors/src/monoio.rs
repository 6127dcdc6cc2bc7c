//! monoio: a thread-per-core runtime on io_uring, by ByteDance.
//!
//! <https://github.com/bytedance/monoio>, 0.2.4. Its tasks never leave the thread that spawned
//! them, so timers and sockets are tied to it with [`Pinned`]. It catches no panic and cancels no
//! task: both are added here.
//!
//! Two traits of 0.2.4 that show in the figures: a task that wakes itself goes to the *front* of
//! the queue (issue #322), so [`Executor::yield_now`] is woken by a second task; and timers fire
//! only once no task is ready (issue #370), so a task that yields for ever stops them.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use futures_lite::FutureExt;
use monoio::blocking::{BlockingTask, DefaultThreadPool, ThreadPool};
use monoio::buf::{IoBuf, IoBufMut};
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{ListenerOpts, TcpListener, TcpStream};
use monoio::task::JoinHandle;
use monoio::{IoUringDriver, RuntimeBuilder};
use tminus_contract as contract;
use tminus_contract::{
    BACKLOG, Buf, CancelJoin, Canceller, Capabilities, Config, Executor, Family, Join, JoinError,
    Order, Pinned, Supply, Workers, cancellable, caught, waited,
};

/// monoio on io_uring, with its timers.
#[derive(Clone, Copy, Debug)]
pub struct Monoio;

impl Executor for Monoio {
    const ID: &'static str = "monoio";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "monoio",
        family: Family::Uring,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Missing("its tasks are spawned on its own thread"),
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Missing("it starts no processes"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: true,
        crates: &["monoio"],
        feature: "uring",
        note: "timers fire only when no task is ready; yield_now goes through a second task",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[
        ("sleep-wakes-last-waker", "a timer keeps the first waker that it is polled with"),
        ("starves-no-wake", "wakes from outside are taken in only when no task is ready"),
        ("starves-no-timer", "timers fire only when no task is ready (issue #370)"),
        ("sleepers-take-no-turns", "timers fire only when no task is ready (issue #370)"),
        ("starves-no-io", "completions are taken in only when no task is ready"),
        (
            "left-tasks-dropped",
            "a task that is asleep is leaked: its timer holds the waker that keeps the task",
        ),
    ];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the runtime ends when it is dropped, and the tasks that are ready with
    // it.

    fn available() -> Result<(), String> {
        crate::uring::available()
    }

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let builder = RuntimeBuilder::<IoUringDriver>::new().enable_timer();
        let builder = builder.attach_thread_pool(Box::new(Calls::default()));
        let mut runtime = builder.build().expect("a ring could be made when it was probed");
        let result = runtime.block_on(async { Self.spawn(root(Self)).join().await });
        // Wakers of tasks that were left behind must not meet the next runtime.
        drop(YIELDED.take());
        drop(runtime);
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(monoio::spawn(AssertUnwindSafe(future).catch_unwind()))
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (future, canceller) = cancellable(future);
        CancelHandle { task: self.spawn(future), canceller }
    }

    async fn yield_now(self) {
        let mut asked = false;
        poll_fn(|cx| {
            if asked {
                return Poll::Ready(());
            }
            asked = true;
            wake_after_the_queue(cx.waker());
            Poll::Pending
        })
        .await;
    }

    // Blocking calls: monoio's own pool, whose threads start with the first of them.

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let called = monoio::spawn_blocking(caught(work)).await;
        called.map_err(|_| JoinError::Cancelled)?.map_err(JoinError::Panicked)
    }

    // Timers: monoio rounds deadlines up to a millisecond.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        let sleep = move || Pinned::new(monoio::time::sleep_until(deadline.into()));
        waited(sleep, move || self.yield_now())
    }

    // IO.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        let options = ListenerOpts::new().reuse_port(false).backlog(BACKLOG);
        TcpListener::bind_with_config(address, &options).map(Pinned::new).map(Listener)
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        let stream = Pinned::new(Pinned::new(TcpStream::connect_addr(address)).await?);
        stream.get().set_nodelay(true)?;
        Ok(Stream(stream))
    }
}

/// monoio's own pool, made when the first call comes: it starts all of its threads at once.
#[derive(Default)]
struct Calls(OnceLock<DefaultThreadPool>);

/// Threads of the pool. monoio has no default.
const CALL_THREADS: usize = 16;

impl ThreadPool for Calls {
    fn schedule_task(&self, task: BlockingTask) {
        self.0.get_or_init(|| DefaultThreadPool::new(CALL_THREADS)).schedule_task(task);
    }
}

thread_local! {
    /// The tasks that yielded since the last [`wake_yielded`] ran, in that order.
    static YIELDED: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Has `waker` woken by a task at the end of the queue: one such task serves all that yield before
/// it runs, so it costs a round of the queue one spawn and not each yield.
fn wake_after_the_queue(waker: &Waker) {
    let first = YIELDED.with_borrow_mut(|yielded| {
        yielded.push(waker.clone());
        yielded.len() == 1
    });
    if first {
        drop(monoio::spawn(wake_yielded()));
    }
}

async fn wake_yielded() {
    for waker in YIELDED.take() {
        waker.wake();
    }
}

/// The handle of a task; monoio's own detaches when it is dropped.
pub struct Handle<T>(JoinHandle<Result<T, Box<dyn Any + Send>>>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.await.map_err(JoinError::Panicked)
    }

    fn detach(self) {}
}

/// The handle of a task that can be cancelled.
pub struct CancelHandle<T> {
    task: Handle<Option<T>>,
    canceller: Canceller,
}

impl<T: Send + 'static> Join<T> for CancelHandle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.task.join().await?.ok_or(JoinError::Cancelled)
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for CancelHandle<T> {
    async fn cancel(self) -> Option<T> {
        self.canceller.cancel();
        self.task.join().await.ok().flatten()
    }
}

/// monoio's listener.
pub struct Listener(Pinned<TcpListener>);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get().local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let stream = Pinned::new(Pinned::new(self.0.get().accept()).await?.0);
        stream.get().set_nodelay(true)?;
        Ok(Stream(stream))
    }
}

/// monoio's stream.
pub struct Stream(Pinned<TcpStream>);

impl contract::Stream for Stream {
    async fn read(&mut self, buf: Buf) -> (io::Result<usize>, Buf) {
        let (result, Owned(buf)) = Pinned::new(self.0.get_mut().read(Owned(buf))).await;
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let (result, Owned(buf)) = Pinned::new(self.0.get_mut().write_all(Owned(buf))).await;
        (result.map(|_| ()), buf)
    }
}

/// The contract's buffer as monoio wants it.
struct Owned(Buf);

// SAFETY: the storage is a boxed slice that stays in place when `Buf` moves, and all of it is
// initialised; its bytes in use are its beginning.
unsafe impl IoBuf for Owned {
    fn read_ptr(&self) -> *const u8 {
        self.0.as_ptr()
    }

    fn bytes_init(&self) -> usize {
        self.0.len()
    }
}

// SAFETY: as above; `bytes_total` is the length of the storage that `write_ptr` points at.
unsafe impl IoBufMut for Owned {
    fn write_ptr(&mut self) -> *mut u8 {
        self.0.storage_mut().as_mut_ptr()
    }

    fn bytes_total(&mut self) -> usize {
        self.0.capacity()
    }

    unsafe fn set_init(&mut self, len: usize) {
        self.0.set_len(len);
    }
}
