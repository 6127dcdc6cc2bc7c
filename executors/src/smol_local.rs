//! smol's `LocalExecutor`: one thread runs the tasks, the timers and the sockets.
//!
//! <https://docs.rs/smol/latest/smol/struct.LocalExecutor.html>
//!
//! Driven as its authors recommend: `smol::block_on(executor.run(..))`, so that the thread that
//! runs the tasks also handles the events of async-io, which are smol's own timers and sockets. The
//! future given to `run` awaits nothing but the handle of the spawned root.
//!
//! The thread `async-io` stays: it only steps in when no thread is inside `smol::block_on`.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use smol::future::yield_now;
use tminus_contract::{
    Capabilities, Config, Executor, Family, Join, JoinError, Order, Process, Supply, Workers,
};

use crate::processes::start_process;
use crate::smol::{Handle, Listener, Stream, bind, connect, sleep_until};

/// `smol-local`.
#[derive(Clone, Copy, Debug)]
pub struct SmolLocal;

thread_local! {
    /// The executor of this thread while [`Executor::run`] is in progress.
    static CURRENT: RefCell<Option<Rc<LocalExecutor<'static>>>> = const { RefCell::new(None) };
}

impl SmolLocal {
    fn task<T: 'static>(future: impl Future<Output = T> + 'static) -> Handle<T> {
        CURRENT.with_borrow(|current| {
            let executor = current.as_ref().expect("smol-local spawns only inside its own run");
            Handle(executor.spawn(future))
        })
    }
}

impl Executor for SmolLocal {
    const ID: &'static str = "smol-local";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "smol LocalExecutor",
        family: Family::Smol,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Own,
        cancel: Supply::Own,
        remote_spawn: Supply::Missing("a LocalExecutor stays on its thread"),
        timeouts: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Own,
        order: Order::Fifo,
        max_tasks: None,
        threads_end: false,
        crates: &["smol", "async-executor", "async-task", "async-io"],
        feature: "smol",
        note: "",
    };

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Handle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the executor ends when it is dropped, and its unfinished tasks with it.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let executor = Rc::new(LocalExecutor::new());
        CURRENT.set(Some(executor.clone()));
        let root = Self::task(async move { root(Self).await });
        let result = smol::block_on(executor.run(root.join()));
        CURRENT.set(None);
        drop(executor);
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::task(future)
    }

    fn spawn_cancellable<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::task(future)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls: smol's own crate `blocking`.

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Handle(smol::unblock(work)).join().await
    }

    // Timers.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        sleep_until(deadline)
    }

    // IO.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Listener>> + Send + 'static {
        bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        connect(address)
    }

    // Processes: smol's own crate `async-process`.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}
