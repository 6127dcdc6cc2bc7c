//! An executor that counts how its tasks are polled and woken.
//!
//! [`Counted`] stands between a workload and an executor that runs, whichever it is: it wraps each
//! future that is spawned, the root too, and the waker that each of its polls gets. All else is the
//! executor's own. It counts between the [edges](watch) of a region and nowhere else, and it is
//! never timed: a wrapped waker costs more than most executors do.

mod task;
mod tally;
mod waker;

pub use tally::{Tally, tally, watch};

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{
    Capabilities, Config, Erased, ErasedCancelJoin, ErasedJoin, ErasedListener, ErasedStream,
    Executor, ExecutorInfo, JoinError, Process, Start,
};

use task::Watched;

/// An executor that runs, whose tasks are counted.
#[derive(Clone, Copy)]
pub struct Counted(Erased);

impl Counted {
    /// Does what [`Executor::run`] does, with an executor that is started by `start`.
    ///
    /// # Panics
    /// Resumes the panic of the root, if the root panicked.
    pub fn start<F, T>(
        start: Start,
        config: &Config,
        root: impl FnOnce(Self) -> F + Send + 'static,
    ) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        start.run(config, move |executor| Watched::new(root(Self(executor))))
    }
}

impl Executor for Counted {
    const ID: &'static str = "counted";
    const CAPABILITIES: Capabilities = Capabilities::borrowing("counted");
    type Join<T: Send + 'static> = ErasedJoin<T>;
    type CancelJoin<T: Send + 'static> = ErasedCancelJoin<T>;
    type Listener = ErasedListener;
    type Stream = ErasedStream;

    fn info(self) -> ExecutorInfo {
        self.0.info()
    }

    /// # Panics
    /// Always: it stands for an executor that runs already. [`Counted::start`] starts one.
    fn run<F, T>(_: &Config, _: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        panic!("a counted executor runs already")
    }

    fn spawn<F>(self, future: F) -> ErasedJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(Watched::new(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> ErasedCancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn_cancellable(Watched::new(future))
    }

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.remote(work)
    }

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking(work)
    }

    fn now(self) -> Instant {
        self.0.now()
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        self.0.sleep_until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        self.0.yield_now()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<ErasedListener>> + Send + 'static {
        self.0.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<ErasedStream>> + Send + 'static {
        self.0.connect(address)
    }

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        self.0.start_process(command)
    }
}

#[cfg(test)]
mod tests;
