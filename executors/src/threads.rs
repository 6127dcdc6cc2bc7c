//! A thread of the operating system for each task: the yardstick, not an executor.
//!
//! <https://doc.rust-lang.org/std/thread/>
//!
//! Each task runs on its own thread in a small `block_on`, which parks the thread until the task is
//! woken or the earliest deadline that it waits for. Sockets are std's and block their thread, as a
//! program without async would do it. Yielding is [`std::thread::yield_now`].
//!
//! A cancel is seen at the next wait; a thread that is blocked inside a socket is not interrupted.
//! A detached task keeps its thread until it ends by itself.

mod process;
mod timers;

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use tminus_contract as contract;
use tminus_contract::{
    Buf, CancelHandle, CancelJoin, Capabilities, Config, Executor, Family, Handle, Join, JoinError,
    Order, Process, Supply, Workers, cancel_joinable, joinable, listen, waited,
};

use timers::{Sleep, park};

/// The stack of a task, in bytes of address space: memory is used only as deep as it goes. Half of
/// std's default; 1,000 levels of boxed futures overflow 128 KiB in a build that is not optimised.
const STACK_BYTES: usize = 1024 * 1024;

/// Beyond this, starting threads is all that a cell would measure: 33 us each for 1,000 threads,
/// 63 us for 2,048 and 123 us from 5,000 on, while Linux allows some 30,000 in a process.
const MAX_TASKS: u64 = 2_048;

/// `threads`.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

impl Executor for Threads {
    const ID: &'static str = "threads";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "std threads",
        family: Family::Other,
        workers: Workers::PerTask,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Own,
        order: Order::Task,
        max_tasks: Some((MAX_TASKS, "a thread of the operating system each")),
        threads_end: false,
        crates: &[],
        feature: "",
        note: "one thread a task",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] =
        &[("io-cancel-of-read", "a thread that is blocked inside a socket is not interrupted")];

    type Join<T: Send + 'static> = Task<T>;
    type CancelJoin<T: Send + 'static> = CancelTask<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: there is nothing to start; the root's thread is joined.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let root = thread::spawn(move || block_on(root(Self)));
        root.join().unwrap_or_else(|payload| JoinError::Panicked(payload).resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = joinable(future);
        Task { handle, thread: start(task) }
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelTask<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = cancel_joinable(future);
        CancelTask { handle, thread: start(task) }
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls: a thread each, as the contract does unless an executor does better.

    // Timers: the thread parks until the deadline.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        sleep_until(deadline)
    }

    // IO: std's sockets, which block.

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

    // Processes: std's, which block.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        process::start_process(command)
    }
}

fn start(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || block_on(task));
    thread.unwrap_or_else(|error| {
        panic!(
            "the system refuses another thread ({error}): raise `ulimit -u` or ask for fewer tasks"
        )
    })
}

/// A task and its thread.
pub struct Task<T> {
    handle: Handle<T>,
    thread: JoinHandle<()>,
}

impl<T: Send + 'static> Join<T> for Task<T> {
    async fn join(self) -> Result<T, JoinError> {
        let result = self.handle.join().await;
        reap(self.thread);
        result
    }

    fn detach(self) {}
}

/// A task that can be cancelled, and its thread.
pub struct CancelTask<T> {
    handle: CancelHandle<T>,
    thread: JoinHandle<()>,
}

impl<T: Send + 'static> Join<T> for CancelTask<T> {
    async fn join(self) -> Result<T, JoinError> {
        let result = self.handle.join().await;
        reap(self.thread);
        result
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for CancelTask<T> {
    async fn cancel(self) -> Option<T> {
        let output = self.handle.cancel().await;
        reap(self.thread);
        output
    }
}

/// Waits for the last instructions of a thread whose task has ended, so that threads that were
/// joined never count against the limit.
fn reap(thread: JoinHandle<()>) {
    thread.join().expect("joinable catches every panic");
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let notify = Arc::new(Notify { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(notify.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        while !notify.woken.swap(false, Ordering::Acquire) {
            park();
        }
    }
}

struct Notify {
    thread: Thread,
    /// Kept beside the token of `unpark`, since foreign code on this thread may take that.
    woken: AtomicBool,
}

impl Wake for Notify {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

async fn yield_now() {
    thread::yield_now();
    // The `block_on` above sees a cancel only between two polls.
    futures_lite::future::yield_now().await;
}

fn sleep_until(deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
    waited(move || Sleep::until(deadline), yield_now)
}

async fn bind(address: SocketAddr) -> io::Result<Listener> {
    let listener = listen(address)?;
    listener.set_nonblocking(false)?;
    Ok(Listener(listener))
}

async fn connect(address: SocketAddr) -> io::Result<Stream> {
    Stream::new(TcpStream::connect(address)?)
}

/// A listening socket of std.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = self.0.accept()?;
        Stream::new(stream)
    }
}

/// A connected socket of std.
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
        let result = self.0.read(buf.storage_mut());
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        (self.0.write_all(&buf), buf)
    }
}
