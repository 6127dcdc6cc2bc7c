//! The declarations of an executor, and the requests of a run.

use serde::{Deserialize, Serialize};

use super::{Executor, Start};

/// The abilities of an executor. The plan joins them with a workload's needs; what does not fit
/// becomes an exclusion with the reason that is given here.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// The name as its authors write it, for example `tokio current_thread`.
    pub name: &'static str,
    /// Which colour and mark it has in the charts.
    pub family: Family,
    /// How its worker count is chosen.
    pub workers: Workers,
    /// The supply of its timers.
    pub timers: Supply,
    /// The supply of its sockets.
    pub io: Supply,
    /// The supply of `cancel`.
    pub cancel: Supply,
    /// Whether a thread that is not the executor's can spawn: own or missing. See
    /// [`Executor::remote`].
    pub remote_spawn: Supply,
    /// Whether a sleep can be polled and then dropped before its deadline, as a timeout is: own or
    /// missing.
    pub timeouts: Supply,
    /// The supply of threads for blocking calls. See [`Executor::spawn_blocking`].
    pub blocking: Supply,
    /// The supply of child processes. See [`Executor::start_process`].
    pub processes: Supply,
    /// The order it promises with one worker; with several, only order within a task is promised.
    pub order: Order,
    /// The most tasks that it can have alive, and why, where there is a limit.
    pub max_tasks: Option<(u64, &'static str)>,
    /// Whether no thread of its own is left after `run` (rule 6).
    pub threads_end: bool,
    /// The crates whose versions and features belong into the provenance.
    pub crates: &'static [&'static str],
    /// The Cargo feature that compiles it in, or nothing where it is always there: a gate builds no
    /// others than those that it needs.
    pub feature: &'static str,
    /// A note for readers of a report, or nothing: `discontinued in 2025`.
    pub note: &'static str,
}

impl Capabilities {
    /// Returns a start for an executor of your own: one worker, nothing promised, timers and
    /// sockets borrowed from async-io, cancelling from [`cancel_joinable`](super::cancel_joinable),
    /// nothing spawned from other threads, a thread for each blocking call.
    #[must_use]
    pub const fn borrowing(name: &'static str) -> Self {
        Self {
            name,
            family: Family::Other,
            workers: Workers::One,
            timers: Supply::Borrowed("async-io"),
            io: Supply::Borrowed("async-io"),
            cancel: Supply::Borrowed("a flag and a drop guard"),
            remote_spawn: Supply::Missing("not declared by its author"),
            timeouts: Supply::Own,
            blocking: Supply::Borrowed("a thread for each call"),
            processes: Supply::Missing("not declared by its author"),
            order: Order::Task,
            max_tasks: None,
            threads_end: false,
            crates: &[],
            feature: "",
            note: "",
        }
    }
}

/// Executors that are drawn alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The loops of this project.
    Hand,
    /// The futures crate.
    Futures,
    /// tokio.
    Tokio,
    /// smol, async-executor and async-std.
    Smol,
    /// Completion executors on io_uring.
    Uring,
    /// All else: threads, coroutines, embedded, an executor of your own.
    Other,
    /// No executor: the work in straight-line code.
    Floor,
}

/// How the number of workers is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workers {
    /// Always one, the thread that called `run`.
    One,
    /// As many as asked: planned with one and with as many as there are cores.
    Many,
    /// A thread for each task.
    PerTask,
}

/// The source of a part of an executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "supply", content = "detail")]
pub enum Supply {
    /// The executor's own.
    Own,
    /// Supplied by its file here from the crate or the means that is named.
    Borrowed(&'static str),
    /// Cannot be supplied, for the reason given: cells that need it are excluded.
    Missing(&'static str),
}

/// The order in which ready tasks are resumed, from the weakest promise to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// (a) Order within a task; every executor gives it.
    Task,
    /// (b) Every live task is resumed once a round.
    Fair,
    /// (c) Exactly first in, first out.
    Fifo,
}

/// The clock that timers run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The system's monotonic clock.
    #[default]
    Real,
    /// Jumps to the next deadline instead of sleeping, where the executor can.
    Virtual,
}

/// The request of a run to an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Workers to start, at least 1. Executors with [`Workers::One`] get 1.
    pub workers: usize,
    /// The clock that timers run on.
    pub clock: Clock,
}

impl Config {
    /// Makes a configuration of `workers` workers on the real clock.
    #[must_use]
    pub fn workers(workers: usize) -> Self {
        Self { workers: workers.max(1), clock: Clock::Real }
    }
}

/// An executor as data: what the plan and the reports need to know of it.
#[derive(Clone, Debug)]
pub struct ExecutorInfo {
    /// [`Executor::ID`].
    pub id: &'static str,
    /// The module of its source: [`module_of`](crate::module_of).
    pub module: &'static str,
    /// [`Executor::CAPABILITIES`].
    pub capabilities: Capabilities,
    /// [`Executor::DEVIATIONS`].
    pub deviations: &'static [(&'static str, &'static str)],
    /// [`Executor::available`]: asked when it is needed, not in every child.
    pub available: fn() -> Result<(), String>,
    /// [`Executor::environment`].
    pub environment: fn(&Config) -> Vec<(String, String)>,
    /// [`Executor::VIRTUAL_CLOCK`].
    pub virtual_clock: bool,
    /// [`Executor::run`], for all that is never timed.
    pub start: Start,
}

impl ExecutorInfo {
    /// Returns the data of `E`.
    #[must_use]
    pub fn of<E: Executor>() -> Self {
        Self {
            id: E::ID,
            module: crate::module_of::<E>(),
            capabilities: E::CAPABILITIES,
            deviations: E::DEVIATIONS,
            available: E::available,
            environment: E::environment,
            virtual_clock: E::VIRTUAL_CLOCK,
            start: Start::of::<E>(),
        }
    }
}
