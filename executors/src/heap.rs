//! The pure heap loop: every resumption goes through one binary heap of (moment, arrival, task).
//!
//! The original of this loop is a heap of sleeping coroutines and nothing else: the one with the
//! earliest moment resumes, and a yield is a sleep until now. Joins and sockets wake a task into
//! the heap the same way. The mechanism is in [`hand`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_harness::contract::{Capabilities, Config, Executor, Family, Order, Supply, Workers};

use crate::hand::{self, Edge, Kind};

/// The executor `heap`; see the [module documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct Heap;

impl Executor for Heap {
    const ID: &'static str = Kind::Heap.id();
    const CAPABILITIES: Capabilities = Capabilities {
        name: "heap loop",
        family: Family::Hand,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        order: Order::Fifo,
        max_tasks: None,
        threads_end: true,
        crates: &["tminus-executors"],
        note: "every resumption goes through a binary heap",
    };

    const VIRTUAL_CLOCK: bool = true;

    type Join<T: Send + 'static> = hand::Handle<T>;
    type CancelJoin<T: Send + 'static> = hand::Handle<T>;
    type Listener = hand::Listener<Edge>;
    type Stream = hand::Stream<Edge>;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        hand::run(Kind::Heap, config.clock, || root(Self))
    }

    #[inline]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::Heap, future)
    }

    #[inline]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::Heap, future)
    }

    fn now(self) -> Instant {
        hand::now()
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        hand::Sleep::until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        hand::YieldNow::default()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        hand::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        hand::connect(address)
    }
}
