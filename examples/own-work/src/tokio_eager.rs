//! `tokio-eager`: tokio's `current_thread` runtime, which looks for events after every poll.
//!
//! An executor that is tminus' own but for its settings: tasks, timers and sockets find the runtime
//! that they are in, so only `run` is new. One of another kind implements the rest, too: see
//! `examples/bring_your_own_executor.rs`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tminus::executors::tokio_current_thread::TokioCurrentThread as Tokio;
use tminus::prelude::*;

/// See the module's documentation.
#[derive(Clone, Copy)]
pub struct TokioEager;

impl Executor for TokioEager {
    const ID: &'static str = "tokio-eager";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "tokio current_thread, event_interval 1",
        note: "looks for events after every poll",
        ..Tokio::CAPABILITIES
    };

    type Join<T: Send + 'static> = <Tokio as Executor>::Join<T>;
    type CancelJoin<T: Send + 'static> = <Tokio as Executor>::CancelJoin<T>;
    type Listener = <Tokio as Executor>::Listener;
    type Stream = <Tokio as Executor>::Stream;

    fn run<F, T>(_: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().event_interval(1).build().expect("tokio starts");
        // The root is spawned, as every executor here does it.
        let root = async { Tokio.spawn(root(Self)).join().await };
        runtime.block_on(root).unwrap_or_else(|error| error.resume())
    }

    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Tokio.spawn(future)
    }

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Tokio.remote(work)
    }

    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Tokio.spawn_cancellable(future)
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        Tokio.sleep_until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        Tokio.yield_now()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        Tokio.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        Tokio.connect(address)
    }
}
