//! The conformance suite: the rules of the [contract](tminus_contract), each tried on an executor
//! in a child process of its own. In a crate of your own, one test runs all of it in a few seconds:
//!
//! ```no_run
//! # fn own<Mine: tminus_contract::Executor>() {
//! #[test]
//! fn it_keeps_the_contract() {
//!     tminus_conformance::assert_keeps::<Mine>();
//! }
//! # }
//! ```
//!
//! A rule is a function over an [`Erased`](tminus_contract::Erased) executor, one sentence and what
//! it needs. It sees the executor from outside alone: it spawns, wakes, drops, counts and compares,
//! and reports what it saw in one line. A hang, a crash or a panic of one rule fails that rule and
//! no other; a [`child`](tminus_measure::child) tells them apart. No rule depends on how long
//! something takes, except that no timer is early. Rules that depend on chance (races) try as often
//! as [`Trial::effort`] says.
//!
//! An executor declares what it cannot keep by its design as
//! [`DEVIATIONS`](tminus_contract::Executor::DEVIATIONS), each with the reason. docs/conformance.md
//! shows a failure, and says how the rules are tested.

mod kit;
mod tasks;
mod cancel;
mod timers;
mod order;
mod turns;
mod wakes;
mod race;
mod drops;
mod panics;
mod threads;
mod io;
mod blocking;
mod processes;
mod suite;
mod assert;
#[cfg(all(feature = "testing", unix))]
pub mod testing;

pub use assert::assert_keeps;
pub use kit::{Trial, Verdict};
pub use suite::{Case, THOROUGH, WORKLOAD, cases, deadline, try_case};

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use tminus_contract::resources::Demand;
use tminus_contract::{Capabilities, Config, ExecutorInfo, Order, Supply, Workers, panic_message};
use tminus_measure::inside::Port;
use tminus_measure::protocol::{Failed, Message};
use tminus_measure::spec::Spec;

/// Rules without which figures are easily won: the others wait, nothing is given up, no timer is
/// cut. A run tries them on its executors in this order; they take a fraction of a second each.
pub const OF_FIGURES: [&str; 7] = [
    "yield-lets-others-run",
    "spawn-runs-nothing",
    "join-gives-value",
    "cancel-drops-first",
    "timer-never-early",
    "sleep-suspends",
    "yield-suspends",
];

/// A rule as data.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// Its name: lower case and `-`.
    pub id: &'static str,
    /// The check, in one sentence.
    pub about: &'static str,
    #[serde(skip)]
    needs: &'static [Need],
}

/// A part that an executor must have, or a promise that it must make, for a rule to hold for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Timers,
    Timeouts,
    Io,
    Blocking,
    /// Hundreds of blocking calls at once.
    Calls,
    Processes,
    /// Hundreds of connections at once.
    Connections,
    Cancel,
    Fair,
    Fifo,
    ThreadsEnd,
}

/// A function that tries a rule.
type Check = fn(&Trial) -> Verdict;

macro_rules! rules {
    ($($id:literal $module:ident::$check:ident [$($need:ident)*] $about:literal;)*) => {
        /// Every rule, in the order in which they are tried.
        pub const RULES: &[Rule] =
            &[$(Rule { id: $id, about: $about, needs: &[$(Need::$need),*] }),*];

        fn check(id: &str) -> Option<Check> {
            match id {
                $($id => Some($module::$check),)*
                _ => None,
            }
        }
    };
}

rules! {
    "tasks-are-concurrent" tasks::concurrent []
        "Hundreds of tasks are alive at once: none can end before all have started.";
    "spawn-runs-nothing" tasks::never_inside []
        "`spawn` polls no task inside its call.";
    "join-gives-value" tasks::join_gives_value []
        "A join gives what the task returned, in any order and from any task.";
    "join-after-end" tasks::join_after_end []
        "A join gives the value or the panic of a task that ended long before.";
    "detach-runs-on" tasks::detach_runs_on []
        "A task whose handle was detached runs on to its end.";
    "spawn-from-tasks" tasks::spawn_from_tasks []
        "Tasks spawn tasks that spawn tasks.";
    "many-tasks" tasks::many []
        "Ten thousand tasks at once all give their value.";
    "run-again" tasks::run_again []
        "`run` can be called again after it has returned.";
    "cancel-drops-first" cancel::drops_first [Cancel]
        "Cancel returns after the future was dropped: not yet polled, pending, asleep or yielding.";
    "cancel-gives-output" cancel::gives_output [Cancel]
        "Cancel gives the output of a task that had completed.";
    "cancel-stops" cancel::stops [Cancel]
        "A task that only yields is never resumed after its cancel.";
    "cancel-only-its-task" cancel::only_its_task [Cancel]
        "Cancelling every second task leaves the others alone.";
    "cancel-race" cancel::race [Cancel]
        "Cancel keeps its rules while a thread outside wakes the task.";
    "timer-never-early" timers::never_early [Timers]
        "No timer fires early: in the past, now, equal or at random.";
    "sleep-suspends" timers::suspends [Timers]
        "A sleep suspends at least once, also when its deadline has passed.";
    "sleep-tells-waited" timers::tells_waited [Timers]
        "A sleep returns how long it really waited since its first poll.";
    "sleeps-overlap" timers::overlap [Timers]
        "A short sleep ends while longer ones are under way.";
    "sleep-wakes-last-waker" timers::last_waker [Timers]
        "A sleep wakes the waker that it was last polled with.";
    "dropped-sleeps" timers::dropped [Timers Timeouts]
        "Sleeps that are dropped take none of the others with them.";
    "yield-suspends" order::yield_suspends []
        "`yield_now` suspends at least once.";
    "yield-lets-others-run" order::yield_lets_others_run []
        "A task that goes on yielding lets every other ready task run.";
    "order-within-task" order::within_task []
        "Each task goes through its turns in order, each once.";
    "order-fair" order::fair [Fair]
        "Every task that yields is resumed once a round.";
    "order-fifo-yields" order::fifo_yields [Fifo]
        "Tasks that yield are resumed first in, first out.";
    "order-fifo-spawns" order::fifo_spawns [Fifo]
        "Tasks are first polled in the order in which they were spawned.";
    "order-fifo-wakes" order::fifo_wakes [Fifo]
        "Tasks are resumed in the order in which they were woken.";
    "order-fifo-mixed" order::fifo_mixed [Fifo]
        "Tasks that are spawned, woken or yield are resumed in the order in which they were.";
    "starves-no-task" order::starves_no_task []
        "Tasks that yield all the time all get their turns.";
    "starves-no-wake" order::starves_no_wake []
        "A task that yields all the time does not hold up a wake from outside.";
    "starves-no-timer" order::starves_no_timer [Timers]
        "A task that yields all the time does not hold up a timer.";
    "sleepers-take-no-turns" turns::beside_sleepers [Timers]
        "A task that yields is not resumed more often because others sleep.";
    "starves-no-io" order::starves_no_io [Io]
        "A task that yields all the time does not hold up a socket.";
    "wake-from-thread" wakes::from_thread []
        "A thread outside wakes an executor that has nothing to do.";
    "wake-during-poll" wakes::during_poll []
        "A wake during the poll of the task itself is not lost.";
    "wake-race" race::wake []
        "No wake is lost in thousands that come just when the task suspends.";
    "wake-storm" wakes::storm []
        "Thousands of wakes from several threads poll a task at most once each.";
    "one-poll-a-wake" wakes::one_poll_each []
        "A wake polls a task once, and nothing else does.";
    "no-poll-after-end" wakes::never_after_end []
        "A future that has completed is never polled again, whatever wakes it.";
    "wake-after-end" wakes::after_end []
        "A waker of a task that has ended does no harm.";
    "wake-after-run" wakes::after_run []
        "A waker that is kept after `run` has returned does no harm, then or in the next run.";
    "wakers-keep-nothing" wakes::clones []
        "Wakers are cloned and dropped anywhere, and keep nothing of a task alive.";
    "futures-dropped-once" drops::futures_once [Cancel]
        "What a future holds is dropped exactly once, however the task ends.";
    "outputs-dropped-once" drops::outputs_once [Cancel]
        "The output of a task is dropped exactly once, joined or not.";
    "left-tasks-dropped" drops::left_tasks [ThreadsEnd]
        "Tasks that are left when `run` returns are dropped.";
    "panic-reaches-join" panics::reach_join []
        "A panic of a task reaches its join, with its payload.";
    "panic-leaves-usable" panics::leave_usable []
        "Panics leave the executor and all other tasks usable.";
    "root-panic-resumes" panics::root_resumes []
        "A panic of the root goes on from `run`, which can be called again.";
    "workers-as-declared" threads::as_declared []
        "Tasks run on as many threads as were asked for, all at once, and on no others.";
    "root-is-spawned" threads::root_is_spawned []
        "The root is a task like any other, on a worker.";
    "threads-end" threads::threads_end [ThreadsEnd]
        "No thread is left when `run` has returned.";
    "descriptors-end" threads::descriptors_end [ThreadsEnd]
        "No file descriptor is left when `run` has returned.";
    "runs-do-not-pile-up" threads::do_not_pile_up []
        "Later runs leave no more threads and descriptors than the first.";
    "io-echo" io::echo [Io]
        "Messages of 1 B to 8 MiB come back byte by byte.";
    "io-end-of-stream" io::end_of_stream [Io]
        "Reads give what was sent before the end of the stream, and then 0, again and again.";
    "io-reads-again" io::read_again [Io]
        "Reads go on after partial reads, and when more comes later.";
    "io-writes-again" io::write_again [Io]
        "`write_all` waits for a slow reader again and again, and writes everything.";
    "io-many" io::many [Io Connections]
        "Hundreds of connections that come at once are all served.";
    "io-refused" io::refused [Io]
        "A connection to a port without a listener gives an error.";
    "io-drop-closes" io::drop_closes [Io]
        "A stream that is dropped ends the stream of its peer, and a listener refuses.";
    "io-waits-block-nobody" io::waits_block_nobody [Io]
        "Tasks that wait for sockets do not hold up the others.";
    "io-cancel-of-read" io::cancel_of_read [Io Cancel]
        "Cancelling a task that waits to read closes its stream.";
    "blocking-gives-value" blocking::gives_value [Blocking]
        "A blocking call gives what it returned, from any task.";
    "blocking-panic-reaches-caller" blocking::panic_reaches_caller [Blocking]
        "A panic of a blocking call reaches its caller, with its payload, and harms no other call.";
    "blocking-runs-elsewhere" blocking::runs_elsewhere [Blocking]
        "A blocking call runs on a thread that runs no task.";
    "blocking-holds-up-nobody" blocking::holds_up_nobody [Blocking]
        "Tasks, timers and wakes go on while a call blocks.";
    "blocking-many" blocking::many [Blocking Calls]
        "More blocking calls at once than a pool has threads all give their value.";
    "blocking-threads-end" blocking::threads_end [Blocking ThreadsEnd]
        "No thread of a blocking call is left when `run` has returned.";
    "process-echoes" processes::echoes [Processes]
        "What is written to a process comes back byte by byte, then the end, then its exit.";
    "process-exit-code" processes::exit_code [Processes]
        "The exit code of a process is reported.";
    "process-kill" processes::kill [Processes]
        "A process that is killed ends, and is reported as killed.";
    "process-many" processes::many [Processes]
        "Several processes at once each have their own bytes and exit code.";
    "process-waits-block-nobody" processes::waits_block_nobody [Processes]
        "A task that waits for a process does not hold up the others.";
}

impl Rule {
    /// Returns whether the executor promises to keep the rule with so many workers; else why not.
    fn promised(&self, capabilities: &Capabilities, workers: usize) -> Result<(), String> {
        self.needs.iter().try_for_each(|need| need.met(capabilities, workers))
    }

    /// Returns what the rule takes of the machine besides its executor's tasks.
    fn demand(&self, workers: usize) -> Demand {
        let needs = |wanted: Need| self.needs.contains(&wanted);
        let connections = match () {
            () if needs(Need::Connections) => io::MANY,
            () if needs(Need::Io) => 2,
            () => 0,
        };
        let calls = if needs(Need::Calls) { blocking::MANY } else { 1 };
        Demand { threads: workers + 2 + calls, connections }
    }
}

impl Need {
    fn met(self, capabilities: &Capabilities, workers: usize) -> Result<(), String> {
        let supplied = |supply| match supply {
            Supply::Missing(reason) => Err(reason.into()),
            Supply::Own | Supply::Borrowed(_) => Ok(()),
        };
        let ordered = |wanted| match (workers, capabilities.order) {
            (1, order) if order >= wanted => Ok(()),
            (1, order) => Err(format!("it promises {order:?} order")),
            _ => Err("with several workers only the order within a task is promised".into()),
        };
        match self {
            Self::Timers => supplied(capabilities.timers),
            Self::Timeouts => supplied(capabilities.timeouts),
            Self::Io => supplied(capabilities.io),
            Self::Blocking => supplied(capabilities.blocking),
            Self::Processes if cfg!(unix) => supplied(capabilities.processes),
            Self::Processes => Err("its processes are those of a Unix".into()),
            Self::Connections | Self::Calls => Ok(()),
            Self::Cancel => supplied(capabilities.cancel),
            Self::Fair => ordered(Order::Fair),
            Self::Fifo => ordered(Order::Fifo),
            Self::ThreadsEnd if capabilities.threads_end => Ok(()),
            Self::ThreadsEnd => Err("its threads outlive `run`".into()),
        }
    }
}

/// Returns a deviation of `executor` from a rule that does not exist, which excuses nothing: a
/// mistake.
#[must_use]
pub fn unknown_deviation(executor: &ExecutorInfo) -> Option<&'static str> {
    let known = |id: &str| RULES.iter().any(|rule| rule.id == id);
    executor.deviations.iter().map(|(id, _)| *id).find(|id| !known(id))
}

/// Tries the rule that the spec names on `executor` in this process and says on `port` what came
/// of it.
///
/// # Errors
/// Only those of the port; a rule that is broken is a message.
pub fn run(executor: &ExecutorInfo, spec: &Spec, port: &Port) -> std::io::Result<()> {
    port.send(&Message::hello())?;
    let rule = RULES.iter().find(|rule| rule.id == spec.cell.label);
    let Some((rule, check)) = rule.zip(check(&spec.cell.label)) else {
        let reason = format!("there is no rule `{}`", spec.cell.label);
        return port.send(&Message::Failed { kind: Failed::Spec, reason });
    };
    let trial = Trial {
        executor: executor.clone(),
        config: Config { workers: spec.cell.workers.unwrap_or(1), clock: spec.clock },
        effort: spec.iterations.unwrap_or(1).max(1),
        seed: spec.seed,
    };
    // Asked before: a rule whose other end gets no connection would wait for ever.
    let demand = rule.demand(trial.config.workers);
    if let Some(reason) = demand.refused() {
        return port.send(&Message::Unsupported { reason });
    }
    panics::be_quiet();
    let (kind, reason) = match catch_unwind(AssertUnwindSafe(|| check(&trial))) {
        Ok(Ok(())) => return port.send(&Message::Done),
        Ok(Err(reason)) => (Failed::Contract, reason),
        Err(payload) => (Failed::Panic, panic_message(payload.as_ref()).into()),
    };
    let refused = with_tasks(&trial, demand).refused();
    port.send(&match refused {
        Some(reason) => Message::Unsupported { reason },
        None => Message::Failed { kind, reason },
    })
}

/// Returns `demand` with the most threads that a rule has the executor start.
fn with_tasks(trial: &Trial, demand: Demand) -> Demand {
    match trial.executor.capabilities.workers {
        Workers::PerTask => Demand { threads: trial.tasks(MANY_TASKS) + 3, ..demand },
        Workers::One | Workers::Many => demand,
    }
}

/// The most tasks that a rule has at once.
const MANY_TASKS: usize = 10_000;
