//! The heap loop with a ready queue: a binary heap for timers, first in, first out for what is
//! ready.
//!
//! This is how production loops are built: the heap is asked only for time, and what is ready costs
//! nothing but the queue. The mechanism is in [`hand`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_harness::contract::{Capabilities, Config, Executor, Family, Order, Supply, Workers};

use crate::hand::{self, Edge, Kind};

/// The executor `heap-ready`; see the [module documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct HeapReady;

impl Executor for HeapReady {
    const ID: &'static str = Kind::HeapReady.id();
    const CAPABILITIES: Capabilities = Capabilities {
        name: "heap loop with ready queue",
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
        note: "a binary heap for timers, a queue for what is ready",
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
        hand::run(Kind::HeapReady, config.clock, || root(Self))
    }

    #[inline]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::HeapReady, future)
    }

    #[inline]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::HeapReady, future)
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
