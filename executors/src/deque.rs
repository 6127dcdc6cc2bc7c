//! The deque loop: pop left, poll once, push right unless done; one `epoll_wait(0)` a turn.
//!
//! The original polls every live task every turn and needs no wakers. This one keeps that rotation
//! for tasks that yield and sets aside tasks that wait (for a timer, a socket, a join, any waker
//! that they handed out), so that 1,000 idle connections or 100,000 sleeping tasks cost nothing and
//! the loop sleeps when all do. The mechanism is in [`hand`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_harness::contract::{Capabilities, Config, Executor, Family, Order, Supply, Workers};

use crate::hand::{self, Edge, Kind};

/// The executor `deque`; see the [module documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct Deque;

impl Executor for Deque {
    const ID: &'static str = Kind::Deque.id();
    const CAPABILITIES: Capabilities = Capabilities {
        name: "deque loop",
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
        note: "round robin, one epoll_wait(0) a turn",
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
        hand::run(Kind::Deque, config.clock, || root(Self))
    }

    #[inline]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::Deque, future)
    }

    #[inline]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::Deque, future)
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
