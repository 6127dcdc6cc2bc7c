//! may: stackful coroutines on work-stealing workers.
//!
//! <https://github.com/Xudong-Huang/may>, 0.3. It runs closures, not futures: each task is a
//! coroutine with a small `block_on` of its own, and what a task waits for suspends the coroutine
//! from inside `poll`, as a program written for may would do it. Joins, cancels, timers and sockets
//! are may's own.
//!
//! Timers run on a thread of their own, which resumes the sleepers itself: even with one worker two
//! threads run tasks. A worker looks at what other threads hand it only when its own queue is
//! empty: with one worker, a task that yields for ever starves all that a timer woke and that
//! yields, too. Workers cannot be ended: they stay after `run`.

use std::cell::Cell;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use may::coroutine::{self, Coroutine, JoinHandle};
use may::go;
use may::net::{TcpListener, TcpStream};
use tminus_contract as contract;
use tminus_contract::{
    Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Process,
    Supply, Workers, raise_backlog,
};

use crate::borrowed;
use crate::processes::start_process;

/// may's coroutines.
#[derive(Clone, Copy, Debug)]
pub struct May;

/// The stack of a coroutine, in words: may's default of 4,096 is too little to format a panic in.
/// Code that is not optimised keeps many copies of what it returns.
const STACK_WORDS: usize = if cfg!(debug_assertions) { 64 } else { 16 } * 1024;

/// Why a task that yields for ever may starve others.
const HANDED_OVER: &str =
    "a worker takes in what is spawned, or comes from other threads, only when its queue is empty";

impl Executor for May {
    const ID: &'static str = "may";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "may",
        family: Family::Other,
        workers: Workers::Many,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Missing("a sleep blocks its coroutine: it cannot be dropped"),
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        // Tasks that only yield keep their order, but those that timers wake run beside them.
        order: Order::Task,
        // 32,000 were seen to run and 33,000 to fail, whatever the size of the stacks.
        max_tasks: Some((30_000, "two memory maps a coroutine, and vm.max_map_count is 65,530")),
        threads_end: false,
        crates: &["may", "generator"],
        feature: "exotic",
        note: "stackful coroutines",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[
        ("yield-lets-others-run", HANDED_OVER),
        ("starves-no-task", HANDED_OVER),
        ("starves-no-wake", HANDED_OVER),
        ("starves-no-timer", HANDED_OVER),
        ("sleepers-take-no-turns", HANDED_OVER),
        ("starves-no-io", HANDED_OVER),
    ];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the first coroutine of the process starts the workers, for good.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        may::config().set_workers(config.workers).set_stack_size(STACK_WORDS);
        let root = go!(move || block_on(root(Self)));
        root.join().unwrap_or_else(|payload| JoinError::Panicked(payload).resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Handle(go!(move || block_on(future)))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn(future)
    }

    async fn yield_now(self) {
        coroutine::yield_now();
        // The contract wants a yield to be seen by each kind of poll, too.
        futures_lite::future::yield_now().await;
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

    async fn sleep_until(self, deadline: Instant) -> Duration {
        let start = Instant::now();
        coroutine::sleep(deadline.saturating_duration_since(start));
        futures_lite::future::yield_now().await;
        start.elapsed()
    }

    // IO.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        let listener = TcpListener::bind(address)?;
        raise_backlog(listener.inner())?;
        Ok(Listener(listener))
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        Stream::new(TcpStream::connect(address)?)
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
    /// The coroutine that ended last on this thread: may 0.3.51 waits for ever if a coroutine, as
    /// it ends, drops its own last handle on a thread that is still about to suspend it.
    static ENDED: Cell<Option<Coroutine>> = const { Cell::new(None) };
}

/// Keeps this coroutine's handle beyond its end, however it ends.
struct Outlive;

impl Drop for Outlive {
    fn drop(&mut self) {
        drop(ENDED.replace(Some(coroutine::current())));
    }
}

/// Polls `future` in this coroutine until it completes.
fn block_on<F: Future>(future: F) -> F::Output {
    let _handle = Outlive;
    let mut future = pin!(future);
    let unpark =
        Arc::new(Unpark { coroutine: coroutine::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(unpark.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        while !unpark.woken.swap(false, Ordering::Acquire) {
            coroutine::park();
        }
    }
}

struct Unpark {
    coroutine: Coroutine,
    /// Spares a task that woke itself the trip through the scheduler.
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.coroutine.unpark();
        }
    }
}

/// The handle of a coroutine; may's own detaches when it is dropped.
pub struct Handle<T>(JoinHandle<T>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.0.join().map_err(JoinError::Panicked)
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for Handle<T> {
    async fn cancel(self) -> Option<T> {
        // SAFETY: may unwinds the stack of the coroutine at its next wait, with the payload of a
        // panic, so every destructor runs; a future may be dropped at any of its waits.
        unsafe { self.0.coroutine().cancel() };
        self.0.join().ok()
    }
}

/// may's listener.
pub struct Listener(TcpListener);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        Stream::new(self.0.accept()?.0)
    }
}

/// may's stream.
pub struct Stream(TcpStream);

impl Stream {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = self.0.read(buf.storage_mut());
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        (self.0.write_all(&buf), buf)
    }
}
