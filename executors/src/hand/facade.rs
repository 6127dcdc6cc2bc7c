//! The executor around a hand-written loop, once for all four: what differs between them is a
//! [`Policy`], which the compiler sees through.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus_contract::{
    Capabilities, Config, Executor, Family, Join, JoinError, Order, Supply, Workers,
};

use super::{Handle, Kind, Listener, Sleep, Stream, Watch, YieldNow};

/// The choices of an executor among the hand-written loops; the type itself holds nothing.
pub trait Policy: Copy + Debug + Send + Sync + 'static {
    /// The loop.
    const KIND: Kind;
    /// The executor's name in reports.
    const NAME: &'static str;
    /// The note of a report on it, in a few words.
    const NOTE: &'static str;
    /// How its tasks wait for sockets.
    type Watch: Watch;
}

/// The executor that runs the loop of the policy `P`.
#[derive(Clone, Copy, Debug)]
pub struct Loop<P>(PhantomData<P>);

impl<P: Policy> Executor for Loop<P> {
    const ID: &'static str = P::KIND.id();
    const CAPABILITIES: Capabilities = Capabilities {
        name: P::NAME,
        family: Family::Hand,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Own,
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Missing("its loop waits for timers and sockets alone"),
        order: Order::Fifo,
        max_tasks: None,
        threads_end: true,
        crates: &["tminus-executors"],
        feature: "",
        note: P::NOTE,
    };

    const VIRTUAL_CLOCK: bool = true;

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener<P::Watch>;
    type Stream = Stream<P::Watch>;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        super::run(P::KIND, config.clock, || root(Self(PhantomData)))
    }

    #[inline]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        super::spawn(P::KIND, future)
    }

    #[inline]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        super::spawn(P::KIND, future)
    }

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        super::calls::call(work).join()
    }

    fn now(self) -> Instant {
        super::now()
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        Sleep::until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        YieldNow::default()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        super::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        super::connect(address)
    }
}
