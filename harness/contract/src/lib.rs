//! The contract between executors and workloads. A workload ([`workload`]) is written once against
//! [`Executor`]; an executor implements it once, in one file. Nothing that is timed boxes or
//! dispatches dynamically: a cell is compiled for each pair. All else is compiled once, against an
//! [`Erased`] executor. Executors differ, so these rules hold, and the conformance suite checks
//! them:
//!
//! 1. **The root is spawned.** [`Executor::run`] spawns the root future like any other task and
//!    waits for it. A root driven by `block_on` on the calling thread would measure a thread hop on
//!    every wake (criterion.rs #819; tokio PR #5440 saw a factor of 17).
//! 2. **[`CancelJoin::cancel`] returns after the future has been dropped**, never before.
//! 3. **A handle is joined, cancelled or detached, explicitly.** The effect of a plain drop of a
//!    handle is left open: it detaches in tokio and cancels in smol.
//! 4. **A timer never fires early.** Lateness is measured, not judged.
//! 5. **A panic in a task reaches its `join`** as [`JoinError::Panicked`] and leaves the executor
//!    usable.
//! 6. **After `run` returns no thread of the executor is left**, where
//!    [`Capabilities::threads_end`] promises that.
//! 7. **IO is on owned, always initialised buffers** ([`Buf`]): free on readiness executors, and
//!    what completion executors (io_uring) need.
//! 8. An executor without timers or IO of its own borrows them and says so ([`Supply::Borrowed`]).
//! 9. **A blocking call runs on a thread that runs no task**, and its panic reaches its caller.
//!
//! Executors whose types are `!Send` wrap them in [`Pinned`]. Executors that only run plain futures
//! get join, cancel and catching of panics from [`joinable`] and [`cancel_joinable`].

mod buf;
pub mod channel;
pub mod delegate;
mod cancel;
mod capabilities;
mod net;
mod process;
mod pinned;
mod join;
mod task;
mod blocking;
mod waited;
mod erased;
pub mod error;
pub mod resources;
pub mod sample;
mod info;
mod module;
pub mod params;
pub mod trace;
pub mod show;
pub mod workload;
pub mod visit;
pub mod counted;

pub use blocking::{callable, caught};
pub use buf::Buf;
pub use cancel::{Cancellable, Canceller, cancellable};
pub use capabilities::{Capabilities, Clock, Config, ExecutorInfo, Family, Order, Supply, Workers};
pub use erased::{
    Erased, ErasedCancelJoin, ErasedJoin, ErasedListener, ErasedStream, Large, Start,
};
pub use join::{CancelJoin, Join, JoinError, panic_message};
pub use module::module_of;
pub use net::{BACKLOG, NoIo, listen, raise_backlog};
pub use pinned::Pinned;
pub use process::Process;
pub use task::{CancelHandle, Handle, cancel_joinable, joinable};
pub use waited::waited;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// An executor under test: a zero-sized handle; its state lives in thread-locals or globals of the
/// child process, which runs one cell on one executor and then ends.
///
/// See the [module documentation](self) for the rules that every implementation keeps.
pub trait Executor: Copy + Send + Sync + 'static {
    /// The name in cell ids: lower case, digits and `-`, at most 30 bytes, for example
    /// `tokio-current-thread`.
    const ID: &'static str;
    /// The abilities of the executor, with those that it borrows or lacks.
    const CAPABILITIES: Capabilities;

    /// Rules of the conformance suite (`tminus-conformance`) that its design does not keep, by id,
    /// each with the reason: shown as not promised.
    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[];

    /// Whether its timers can run on [`Clock::Virtual`].
    const VIRTUAL_CLOCK: bool = false;

    /// The handle of a task spawned by [`spawn`](Self::spawn).
    type Join<T: Send + 'static>: Join<T>;
    /// The handle of a task spawned by [`spawn_cancellable`](Self::spawn_cancellable).
    type CancelJoin<T: Send + 'static>: CancelJoin<T>;
    /// A listening TCP socket; [`NoIo`] where there is none.
    type Listener: Listener<Stream = Self::Stream>;
    /// A connected TCP socket; [`NoIo`] where there is none.
    type Stream: Stream;

    /// Returns whether this machine can run the executor.
    ///
    /// # Errors
    /// The reason why not, with the way out if there is one; it becomes an exclusion.
    fn available() -> Result<(), String> {
        Ok(())
    }

    /// Returns environment variables that must be set before any thread starts (smol and async-std
    /// take their worker count so). The child sets them before it calls [`run`](Self::run).
    fn environment(config: &Config) -> Vec<(String, String)> {
        let _ = config;
        Vec::new()
    }

    /// Starts the executor with `config.workers` workers, **spawns** the future that `root` makes
    /// on it, waits for it and shuts everything down. Returns what the root returned.
    ///
    /// # Panics
    /// Resumes the panic of the root, if the root panicked.
    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static;

    /// Spawns a task. It may run at once on another worker, but never inside this call.
    #[must_use = "a handle is joined, cancelled or detached, explicitly"]
    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Prepares `work` to [`spawn`](Self::spawn) on a thread that is not the executor's: called on
    /// the executor, it gives what that thread then runs. Most executors need nothing; tokio's
    /// `spawn` finds its runtime only where its context has been entered.
    ///
    /// Asked for only where [`Capabilities::remote_spawn`] is not missing.
    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        work
    }

    /// Spawns a task that can be cancelled. Separate from [`spawn`](Self::spawn), since a wrapper
    /// that adds cancelling costs 7 to 21 ns a poll: only cells that cancel pay.
    #[must_use = "a handle is joined, cancelled or detached, explicitly"]
    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Runs `work`, which may block, on a thread that runs no task, and gives what it returned. It
    /// begins at the first poll of the future or before, but never inside this call. Whether it
    /// runs if the future is dropped is left open.
    ///
    /// Asked for only where [`Capabilities::blocking`] is not missing. Unless an executor does
    /// better, a thread is started for each call.
    ///
    /// # Errors
    /// [`JoinError::Panicked`] if `work` panicked.
    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        blocking::on_a_thread(work)
    }

    /// Returns what is known of the executor; of an [`Erased`] one, of the one behind it.
    fn info(self) -> ExecutorInfo {
        ExecutorInfo::of::<Self>()
    }

    /// Returns the executor's clock: real, or the one that a virtual clock shows.
    fn now(self) -> Instant {
        Instant::now()
    }

    /// Completes at `deadline` or later, never earlier; suspends at least once, also when the
    /// deadline has passed. Returns how long it really waited since its first poll.
    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static;

    /// Lets the other ready tasks run. Each executor uses its own `yield_now`: which one is part of
    /// the result.
    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static;

    /// Listens on `address` with a backlog of [`BACKLOG`].
    ///
    /// # Errors
    /// The error of the system or the executor.
    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static;

    /// Connects to `address`, with `TCP_NODELAY` set.
    ///
    /// # Errors
    /// The error of the system or the executor.
    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static;

    /// Starts a child process with pipes for its standard input and output. What becomes of one
    /// that is dropped before its exit is left open, but its input is closed.
    ///
    /// Asked for only where [`Capabilities::processes`] is not missing.
    ///
    /// # Errors
    /// The error of the system or the executor.
    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        let _ = command;
        async { Err::<NoIo, _>(process::none()) }
    }
}

/// A listening TCP socket.
pub trait Listener: Send + 'static {
    /// The stream that [`accept`](Self::accept) returns.
    type Stream: Stream;

    /// Returns the address that was bound.
    ///
    /// # Errors
    /// The system's error.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Waits for the next connection and sets `TCP_NODELAY` on it.
    ///
    /// # Errors
    /// The error of the system or the executor.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// A connected TCP socket. The buffer travels into each call and comes back with the result.
pub trait Stream: Send + 'static {
    /// Reads once into `buf`, up to its capacity; sets its length to what was read. `Ok(0)` is the
    /// end of the stream.
    fn read(&mut self, buf: Buf) -> impl Future<Output = (io::Result<usize>, Buf)> + Send;

    /// Writes all of `buf[..len]`.
    fn write_all(&mut self, buf: Buf) -> impl Future<Output = (io::Result<()>, Buf)> + Send;
}
