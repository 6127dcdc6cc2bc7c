//! glommio: a thread-per-core runtime on io_uring with shares and latency classes, by Datadog.
//!
//! <https://github.com/DataDog/glommio>, 0.9. All tasks here live in its default task queue, on the
//! thread that calls `run`; their handles, timers and sockets are tied to it with [`Pinned`]. It
//! catches no panic, which is added here.
//!
//! It registers 10 MiB of buffers with each of its three rings, so it needs locked memory and takes
//! some 7 ms to start.

use std::any::Any;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_lite::{AsyncReadExt, AsyncWriteExt, FutureExt};
use glommio::net::{TcpListener, TcpStream};
use glommio::task::JoinHandle;
use glommio::timer::Timer;
use glommio::{LocalExecutorBuilder, Placement, TaskQueueHandle, spawn_local_into};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tminus_contract as contract;
use tminus_contract::{
    Buf, CancelJoin, Capabilities, Config, Executor, Family, Join, JoinError, Order, Pinned,
    Supply, Workers, caught, waited,
};

/// glommio's `LocalExecutor`.
#[derive(Clone, Copy, Debug)]
pub struct Glommio;

/// The locked memory that glommio asks for before it starts.
const LOCKED_BYTES: u64 = 512 * 1024;

/// Why a descriptor is left: `destroy` of a task frees its header without dropping it.
const EVENTFD: &str =
    "each task keeps a count on the executor's eventfd, which is never given back";

impl Executor for Glommio {
    const ID: &'static str = "glommio";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "glommio",
        family: Family::Uring,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Missing("its tasks are spawned on its own thread"),
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Missing("it starts no processes"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: true,
        crates: &["glommio"],
        feature: "uring",
        note: "",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[
        (
            "left-tasks-dropped",
            "a pending task that can no longer be woken is freed, and its future never dropped",
        ),
        (
            "sleepers-take-no-turns",
            "between its tasks it asks a ring whose timer the kernel completes: it looks at timers \
             after a time, not after a number of polls",
        ),
        ("descriptors-end", EVENTFD),
        ("runs-do-not-pile-up", EVENTFD),
    ];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the executor ends when it is dropped, and its unfinished tasks with it.

    fn available() -> Result<(), String> {
        crate::uring::available()?;
        match getrlimit(Resource::RLIMIT_MEMLOCK) {
            Ok((_, most)) if most < LOCKED_BYTES => {
                let kib = LOCKED_BYTES / 1024;
                Err(format!("glommio needs {kib} KiB of locked memory: raise `ulimit -Hl` to that"))
            }
            _ => Ok(()),
        }
    }

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        if let Ok((_, most)) = getrlimit(Resource::RLIMIT_MEMLOCK) {
            // Refused or not: glommio says itself if it is too little.
            let _ = setrlimit(Resource::RLIMIT_MEMLOCK, most, most);
        }
        let executor = LocalExecutorBuilder::new(Placement::Unbound).make();
        let executor = executor.expect("the rings and limits were probed");
        let result = executor.run(async { Self.spawn(root(Self)).join().await });
        drop(executor);
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // Not `spawn_local`: that polls the task at once, inside this call.
        let future = AssertUnwindSafe(future).catch_unwind();
        let task = spawn_local_into(future, TaskQueueHandle::default());
        Handle(Pinned::new(task.expect("the default queue is there").detach()))
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn(future)
    }

    async fn yield_now(self) {
        glommio::executor().yield_now().await;
    }

    // Blocking calls: on the one thread that it starts for them.

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let called = glommio::executor().spawn_blocking(caught(work));
        Pinned::new(called).await.map_err(JoinError::Panicked)
    }

    // Timers.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        let wait = move || deadline.saturating_duration_since(Instant::now());
        waited(move || Pinned::new(Timer::new(wait())), move || self.yield_now())
    }

    // IO. Its streams poll: they try the system call first and ask the ring when it would block.

    async fn bind(self, address: SocketAddr) -> io::Result<Listener> {
        // Listens with a backlog of 1,024 itself.
        Ok(Listener(Pinned::new(TcpListener::bind(address)?)))
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Stream> {
        Stream::new(Pinned::new(TcpStream::connect(address)).await?)
    }
}

/// The handle of a task that catches its panic; glommio's own detaches when it is dropped.
pub struct Handle<T>(Pinned<JoinHandle<Result<T, Box<dyn Any + Send>>>>);

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        match self.0.await {
            Some(Ok(output)) => Ok(output),
            Some(Err(payload)) => Err(JoinError::Panicked(payload)),
            None => Err(JoinError::Cancelled),
        }
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for Handle<T> {
    // The handle of a cancelled task resolves after its future has been dropped.
    async fn cancel(self) -> Option<T> {
        self.0.get().cancel();
        self.0.await?.ok()
    }
}

/// glommio's listener.
pub struct Listener(Pinned<TcpListener>);

impl contract::Listener for Listener {
    type Stream = Stream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.get().local_addr()?)
    }

    async fn accept(&mut self) -> io::Result<Stream> {
        Stream::new(Pinned::new(self.0.get().accept()).await?)
    }
}

/// glommio's stream, unbuffered.
pub struct Stream(Pinned<TcpStream>);

impl Stream {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(Pinned::new(stream)))
    }
}

impl contract::Stream for Stream {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = Pinned::new(self.0.get_mut().read(buf.storage_mut())).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let result = Pinned::new(self.0.get_mut().write_all(&buf)).await;
        (result, buf)
    }
}
