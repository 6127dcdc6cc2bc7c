//! futures-lite: one future on one thread, with a join set inside it.
//!
//! <https://docs.rs/futures-lite/latest/futures_lite/future/fn.block_on.html>
//!
//! futures-lite has no executor: `block_on` drives one future and nothing can be spawned. Programs
//! with many futures keep them in a set that polls those that were woken. The authors leave such
//! sets to other crates (FEATURES.md); this file takes the usual one, `FuturesUnordered`. (The
//! `FutureGroup` of futures-concurrency looks at every future on every poll; async-executor is
//! `smol-local`.) What is spawned waits in a thread-local list until the set is polled next, since
//! a future inside the set cannot reach it. Joins, cancels and catching of panics come from the
//! contract. Timers and sockets are those of async-io, whose thread handles their events and wakes
//! this one.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt};
use futures_lite::future::{FutureExt, block_on, yield_now};
use tminus_contract::{
    CancelHandle, Capabilities, Config, Executor, Family, Handle, Join, JoinError, Order, Process,
    Supply, Workers, cancel_joinable, joinable,
};

use crate::borrowed;
use crate::processes::start_process;

/// `futures-lite`.
#[derive(Clone, Copy, Debug)]
pub struct FuturesLite;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

thread_local! {
    /// Spawned, but not yet in the set.
    static INCOMING: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

impl Executor for FuturesLite {
    const ID: &'static str = "futures-lite";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "futures-lite block_on + FuturesUnordered",
        family: Family::Futures,
        workers: Workers::One,
        timers: Supply::Borrowed("async-io"),
        io: Supply::Borrowed("async-io"),
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Missing("a FuturesUnordered is filled on its own thread"),
        timeouts: Supply::Own,
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        order: Order::Fifo,
        max_tasks: None,
        // The thread of async-io stays.
        threads_end: false,
        crates: &["futures-lite", "futures-util", "async-io"],
        feature: "futures",
        note: "no executor of its own: a FuturesUnordered inside block_on",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[(
        "order-fifo-mixed",
        "a spawned task joins the queue when the set is polled next, after a yield that came later",
    )];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = borrowed::Listener;
    type Stream = borrowed::Stream;

    // Start and shutdown: the set is dropped with the tasks that are left in it.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let root = Self.spawn(async move { root(Self).await });
        let mut set = FuturesUnordered::new();
        let forever = poll_fn(|cx| poll_set(&mut set, cx));
        let result = block_on(root.join().or(async { match forever.await {} }));
        drop(set);
        INCOMING.take();
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = joinable(future);
        INCOMING.with_borrow_mut(|incoming| incoming.push(Box::pin(task)));
        handle
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = cancel_joinable(future);
        INCOMING.with_borrow_mut(|incoming| incoming.push(Box::pin(task)));
        handle
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

/// Polls the tasks that were woken, until there is nothing to do.
fn poll_set(set: &mut FuturesUnordered<Task>, cx: &mut Context<'_>) -> Poll<Infallible> {
    loop {
        INCOMING.with_borrow_mut(|incoming| set.extend(incoming.drain(..)));
        let polled = set.poll_next_unpin(cx);
        let spawned = INCOMING.with_borrow(|incoming| !incoming.is_empty());
        if !spawned && !matches!(polled, Poll::Ready(Some(()))) {
            // Pending, or empty: the next future that is woken wakes `cx`.
            return Poll::Pending;
        }
    }
}
