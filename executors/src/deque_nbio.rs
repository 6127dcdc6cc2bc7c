//! The deque loop without a reactor: non-blocking sockets are tried every turn.
//!
//! As [`deque`](crate::deque), but a task that waits for a socket stays in the rotation and calls
//! again each turn. Nothing is cheaper while every socket is busy; a thousand idle ones cost a
//! thousand calls a turn, and the loop never sleeps while one waits. The mechanism is in [`hand`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_harness::contract::{Capabilities, Config, Executor, Family, Order, Supply, Workers};

use crate::hand::{self, Kind, Retry};

/// The executor `deque-nbio`; see the [module documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct DequeNbio;

impl Executor for DequeNbio {
    const ID: &'static str = Kind::DequeNbio.id();
    const CAPABILITIES: Capabilities = Capabilities {
        name: "deque loop, sockets tried",
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
        note: "round robin, sockets are tried every turn: polls while idle",
    };

    const VIRTUAL_CLOCK: bool = true;

    type Join<T: Send + 'static> = hand::Handle<T>;
    type CancelJoin<T: Send + 'static> = hand::Handle<T>;
    type Listener = hand::Listener<Retry>;
    type Stream = hand::Stream<Retry>;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        hand::run(Kind::DequeNbio, config.clock, || root(Self))
    }

    #[inline]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::DequeNbio, future)
    }

    #[inline]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        hand::spawn(Kind::DequeNbio, future)
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
