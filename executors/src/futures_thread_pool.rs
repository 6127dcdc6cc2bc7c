//! `ThreadPool` of the futures crate: worker threads that share one queue.
//!
//! <https://docs.rs/futures/latest/futures/executor/struct.ThreadPool.html>
//!
//! Driven as its authors recommend: a pool of a given size, tasks spawned with a `RemoteHandle`.
//! The main thread is no worker: its `block_on` awaits only the handle of the spawned root. Handles
//! and cancelling are those of [`futures_local_pool`](super::futures_local_pool), timers and
//! sockets async-io's. The crate has no `yield_now`. To wake oneself and return `Pending`, as users
//! write it, lets no other task run here: a worker polls a task that was woken during its poll
//! again **at once** (and such a task waits for ever for one that has no worker). So
//! [`Executor::yield_now`] is woken by a second task at the end of the queue.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Mutex, PoisonError, RwLock};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use futures::executor::{ThreadPool, block_on};
use futures::task::SpawnExt;
use tminus_contract::{
    Capabilities, Config, Executor, Family, Join, JoinError, Order, Process, Supply, Workers,
    cancellable,
};

use crate::borrowed;
use crate::futures_local_pool::{CancelHandle, Handle};
use crate::processes::start_process;

/// `futures-thread-pool`.
#[derive(Clone, Copy, Debug)]
pub struct FuturesThreadPool;

/// The pool while [`Executor::run`] is in progress. Users pass clones of it around instead; the
/// lock costs a spawn about as much as such a clone.
static POOL: RwLock<Option<ThreadPool>> = RwLock::new(None);

fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Handle<T> {
    Handle(with_pool(|pool| pool.spawn_with_handle(future)).expect("a ThreadPool takes every task"))
}

fn with_pool<R>(f: impl FnOnce(&ThreadPool) -> R) -> R {
    let pool = POOL.read().unwrap_or_else(PoisonError::into_inner);
    f(pool.as_ref().expect("futures-thread-pool is used only inside its own run"))
}

impl Executor for FuturesThreadPool {
    const ID: &'static str = "futures-thread-pool";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "futures ThreadPool",
        family: Family::Futures,
        workers: Workers::Many,
        timers: Supply::Borrowed("async-io"),
        io: Supply::Borrowed("async-io"),
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        // The workers end after the last task, but there is no way to wait for that.
        threads_end: false,
        crates: &["futures", "futures-executor", "futures-util", "async-io"],
        feature: "futures",
        note: "yields by a second task: a task that wakes itself is polled again at once",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = borrowed::Listener;
    type Stream = borrowed::Stream;

    // Start and shutdown: the workers end when the pool and the last of its tasks are dropped.

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let pool = ThreadPool::builder().pool_size(config.workers).create();
        let pool = pool.expect("the pool starts unless the system refuses it threads");
        set_pool(Some(pool));
        let result = block_on(spawn(async move { root(Self).await }).join());
        set_pool(None);
        // Wakers of tasks that were left behind must not meet the next pool.
        take_yielded();
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(future)
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (future, canceller) = cancellable(future);
        CancelHandle { handle: spawn(future), canceller }
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls: borrowed.

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

    // Timers, borrowed.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        borrowed::sleep_until(deadline)
    }

    // IO, borrowed.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<borrowed::Listener>> + Send + 'static {
        borrowed::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<borrowed::Stream>> + Send + 'static {
        borrowed::connect(address)
    }

    // Processes, borrowed.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

fn set_pool(pool: Option<ThreadPool>) {
    *POOL.write().unwrap_or_else(PoisonError::into_inner) = pool;
}

/// The tasks that yielded since the last [`take_yielded`], in that order.
static YIELDED: Mutex<Vec<Waker>> = Mutex::new(Vec::new());

fn take_yielded() -> Vec<Waker> {
    std::mem::take(&mut *YIELDED.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn yield_now() {
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

/// Has `waker` woken by a task at the end of the queue: one such task serves all that yield before
/// it runs, so it costs a round of the queue one spawn and not each yield.
fn wake_after_the_queue(waker: &Waker) {
    let first = {
        let mut yielded = YIELDED.lock().unwrap_or_else(PoisonError::into_inner);
        yielded.push(waker.clone());
        yielded.len() == 1
    };
    if first {
        with_pool(|pool| pool.spawn_ok(async { take_yielded().into_iter().for_each(Waker::wake) }));
    }
}
