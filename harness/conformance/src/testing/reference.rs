//! A small, slow, correct executor that keeps every rule, and the places where mutants break it.
//!
//! Workers share one queue; a driver thread has timers and sockets. Or it has the thread of its
//! caller alone: then all is in order, its clock may be virtual, and a wait without end is a panic.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use tminus_contract::{
    Capabilities, Clock, Config, Executor, Join, JoinError, Order, Process, Supply, Workers,
    cancellable, joinable,
};

use super::calls;
use super::driver::Sleep;
use super::handles::{CancelTask, Probe, Task as Handle};
use super::mutants::Mutant;
use super::processes;
use super::shared::{self, HERE, Shared, spawn};
use super::sockets;
use super::task::{Stage, Task};

/// The executor; `ALONE` on the thread of its caller, where it is the mutant with the number
/// `MUTANT`. The mutant of one with threads is that of its process.
#[derive(Clone, Copy, Debug)]
pub struct Reference<const ALONE: bool = false, const MUTANT: usize = 0>;

/// The reference executor on the thread of its caller.
pub type Alone<const MUTANT: usize = 0> = Reference<true, MUTANT>;

/// The reference executor that polls a task which yields again at once: it would win what counts
/// yields, and gives right answers.
pub type Greedy = Alone<GREEDY>;

const GREEDY: usize = Mutant::YieldGoesFirst.number();

/// Runs `root` on so many workers, beside a thread for timers and sockets.
fn with_threads<T: Send + 'static>(
    workers: usize,
    root: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let runs = RUNS.fetch_add(1, Relaxed) + 1;
    assert!(runs < 3 || !Mutant::RunsTwiceOnly.is_on(), "out of runs");
    if Mutant::DescriptorLeft.is_on() || Mutant::LaterRunsLeaveMore.is_on() && runs > 1 {
        std::mem::forget(io::pipe());
    }
    let shared = Arc::new(Shared::new());
    let threads = shared.clone().start(workers);
    let (runner, handle) = joinable(root);
    if Mutant::RootOnTheCaller.is_on() {
        HERE.set(Some(shared.clone()));
        block_on(runner);
        HERE.set(None);
    } else {
        let (sender, ended) = mpsc::channel();
        let root = async move {
            runner.await;
            let _ = sender.send(());
        };
        shared.adopt(Task::new(&shared, root));
        let _ = ended.recv();
    }
    shared.end(threads);
    block_on(handle.join())
}

/// Runs `root` on this thread alone.
fn alone<T: Send + 'static>(
    clock: Clock,
    root: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    let shared = Arc::new(Shared::alone((clock == Clock::Virtual).then(Instant::now)));
    HERE.set(Some(shared.clone()));
    let (runner, handle) = joinable(root);
    let root = Task::new(&shared, runner);
    shared.adopt(root.clone());
    while root.stage() != Stage::Ended {
        shared.step();
    }
    shared.end(Vec::new());
    HERE.set(None);
    block_on(handle.join())
}

impl<const ALONE: bool, const MUTANT: usize> Executor for Reference<ALONE, MUTANT> {
    const ID: &'static str = "reference";
    const CAPABILITIES: Capabilities = Capabilities {
        workers: if ALONE { Workers::One } else { Workers::Many },
        timers: Supply::Own,
        io: Supply::Own,
        blocking: Supply::Own,
        processes: Supply::Own,
        // The greedy one promises none: else its cells fail by their order.
        order: if MUTANT == GREEDY { Order::Task } else { Order::Fifo },
        threads_end: true,
        ..Capabilities::borrowing("reference")
    };

    const VIRTUAL_CLOCK: bool = ALONE;

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelTask<T>;
    type Listener = sockets::Listener;
    type Stream = sockets::Stream;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let root = async move { root(Self).await };
        let result = if ALONE {
            Mutant::turn_on_here(MUTANT);
            alone(config.clock, root)
        } else {
            with_threads(config.workers, root)
        };
        result.unwrap_or_else(|error| match Mutant::RootPanicIsAnother.is_on() {
            true => panic!("the root died"),
            false => error.resume(),
        })
    }

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runner, handle) = joinable(Probe::new(future));
        Handle { handle, task: spawn(runner) }
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelTask<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (future, canceller) = cancellable(Probe::new(future));
        let (runner, handle) = joinable(future);
        CancelTask { handle, canceller, task: spawn(runner) }
    }

    async fn spawn_blocking<W, R>(self, work: W) -> Result<R, JoinError>
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        calls::call(work).await
    }

    fn now(self) -> Instant {
        shared::now()
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        let made = self.now();
        async move {
            let first = self.now();
            match () {
                () if Mutant::SleepIsReady.is_on() => {}
                // Behind all that is ready.
                () if first >= deadline && !Mutant::SleepDoesNotSuspend.is_on() => {
                    yield_now().await;
                }
                () => Sleep::new(deadline).await,
            }
            match () {
                () if Mutant::SleepTellsNothing.is_on() => Duration::ZERO,
                () if Mutant::SleepCountsFromItsMaking.is_on() => self.now() - made,
                () => self.now() - first,
            }
        }
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    async fn bind(self, address: SocketAddr) -> io::Result<sockets::Listener> {
        sockets::bind(address)
    }

    async fn connect(self, address: SocketAddr) -> io::Result<sockets::Stream> {
        sockets::connect(address).await
    }

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        processes::start_process(command)
    }
}

async fn yield_now() {
    if !Mutant::YieldIsReady.is_on() {
        futures_lite::future::yield_now().await;
    }
}
