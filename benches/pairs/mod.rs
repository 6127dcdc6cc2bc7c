//! The same loop twice: written natively on an executor, and against the contract.
//!
//! What differs between the two is what the contract adds. Never measures anything itself.

use std::rc::Rc;
use std::sync::mpsc;

use tminus::contract::{Config, Executor, Join};
use tminus_executors::smol_local::SmolLocal;
use tminus_executors::tokio_current_thread::TokioCurrentThread;

/// A pair of equal loops. Each call starts the executor, runs `rounds` rounds of `tasks` tasks with
/// `yields` yields each, reports the nanoseconds of each round, and stops the executor.
pub(crate) struct Pair {
    /// `EXECUTOR/LOOP`.
    pub(crate) name: &'static str,
    /// Tasks a round.
    pub(crate) tasks: u64,
    /// Yields a task.
    pub(crate) yields: u64,
    /// Written on the executor's own interface.
    pub(crate) native: fn(Shape) -> Vec<u64>,
    /// Written against the contract.
    pub(crate) contract: fn(Shape) -> Vec<u64>,
}

/// How much a loop does.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Rounds, each timed.
    pub(crate) rounds: u64,
    /// Tasks a round.
    pub(crate) tasks: u64,
    /// Yields a task.
    pub(crate) yields: u64,
}

impl Pair {
    /// Returns the loop's shape with `rounds` rounds.
    pub(crate) fn shape(&self, rounds: u64) -> Shape {
        Shape { rounds, tasks: self.tasks, yields: self.yields }
    }
}

/// Returns every pair: a loop of yields and a loop of spawns, on tokio and on async-executor.
pub(crate) fn all() -> Vec<Pair> {
    let yields = |name, native, contract| Pair { name, tasks: 100, yields: 100, native, contract };
    let spawns = |name, native, contract| Pair { name, tasks: 10_000, yields: 0, native, contract };
    vec![
        yields("tokio/yield", tokio_native, on::<TokioCurrentThread>),
        spawns("tokio/spawn", tokio_native, on::<TokioCurrentThread>),
        yields("async-executor/yield", smol_native, on::<SmolLocal>),
        spawns("async-executor/spawn", smol_native, on::<SmolLocal>),
    ]
}

/// Times each round, checks its sum.
macro_rules! rounds {
    ($shape:expr, $spawn:expr, $yield_now:expr, $join:expr) => {{
        let Shape { rounds, tasks, yields } = $shape;
        let mut times_ns = Vec::new();
        for _ in 0..rounds {
            let start = std::time::Instant::now();
            let mut handles = Vec::new();
            for task in 0..tasks {
                handles.push($spawn(async move {
                    for _ in 0..yields {
                        $yield_now().await;
                    }
                    task
                }));
            }
            let mut sum = 0;
            for handle in handles {
                sum += $join(handle).await;
            }
            times_ns.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
            assert_eq!(sum, tasks * (tasks - 1) / 2);
        }
        times_ns
    }};
}

fn on<E: Executor>(shape: Shape) -> Vec<u64> {
    E::run(&Config::workers(1), move |executor| async move {
        rounds!(
            shape,
            |future| executor.spawn(future),
            || executor.yield_now(),
            |handle: E::Join<u64>| async { handle.join().await.unwrap() }
        )
    })
}

fn tokio_native(shape: Shape) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let root = runtime.spawn(async move {
        rounds!(
            shape,
            |future| tokio::spawn(future),
            tokio::task::yield_now,
            |handle: tokio::task::JoinHandle<u64>| async { handle.await.unwrap() }
        )
    });
    runtime.block_on(root).unwrap()
}

fn smol_native(shape: Shape) -> Vec<u64> {
    let executor = Rc::new(async_executor::LocalExecutor::new());
    let (sender, receiver) = mpsc::channel();
    let inner = executor.clone();
    let root = executor.spawn(async move {
        let times_ns = rounds!(
            shape,
            |future| inner.spawn(future),
            futures_lite::future::yield_now,
            |handle: async_executor::Task<u64>| handle
        );
        sender.send(times_ns).unwrap();
    });
    async_io::block_on(executor.run(root));
    receiver.recv().unwrap()
}
