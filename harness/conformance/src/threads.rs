//! Rules of workers, threads and descriptors.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use tminus_contract::{
    Buf, Erased, Executor, Join, Listener, Order, Stream, Supply, Workers, resources,
};

use super::kit::{Log, Signal, Trial, Verdict, ensure, eventually, joined, lock, step, yields};

pub(super) fn as_declared(trial: &Trial) -> Verdict {
    let (caller, workers) = (thread::current().id(), trial.config.workers);
    let seen = trial.run(move |executor| async move {
        step("tasks that block their workers, four a worker");
        let gauge = Arc::new(Gauge::new(workers));
        let start = |_| {
            let gauge = gauge.clone();
            executor.spawn(async move {
                gauge.block();
                for _ in 0..20 {
                    lock(&gauge.threads).insert(thread::current().id());
                    executor.yield_now().await;
                }
            })
        };
        let all: Vec<_> = (0..4 * workers).map(start).collect();
        for handle in all {
            joined(handle).await?;
        }
        lock(&gauge.threads).insert(thread::current().id());
        Ok::<_, String>(gauge)
    })?;
    let (most, threads) = (seen.most.load(SeqCst), lock(&seen.threads).clone());
    let ran = threads.len();
    match trial.executor.capabilities.workers {
        Workers::PerTask => {
            ensure!(ran == 4 * workers + 1, "{} tasks ran on {ran} threads", 4 * workers + 1);
        }
        Workers::One => {
            let alone = threads == HashSet::from([caller]);
            ensure!(alone, "tasks ran on {ran} threads, not on the one that called `run` alone");
        }
        Workers::Many => {
            ensure!(most <= workers, "{most} tasks ran at once on {workers} workers");
            ensure!(ran <= workers, "tasks ran on {ran} threads, declared are {workers} workers");
            ensure!(most == workers, "at most {most} tasks ran at once on {workers} workers");
        }
    }
    Ok(())
}

/// Counts the tasks that run at once, and remembers where.
struct Gauge {
    wanted: usize,
    /// When they are not waited for any longer.
    enough: Instant,
    now: AtomicUsize,
    most: AtomicUsize,
    threads: Mutex<HashSet<ThreadId>>,
}

impl Gauge {
    fn new(wanted: usize) -> Self {
        let enough = Instant::now() + Duration::from_secs(5);
        let (now, most, threads) = Default::default();
        Self { wanted, enough, now, most, threads }
    }

    /// Blocks this thread until as many tasks run at once as are wanted, and a while longer so that
    /// one more would be seen.
    fn block(&self) {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        while self.most.load(SeqCst) < self.wanted && Instant::now() < self.enough {
            thread::sleep(Duration::from_micros(100));
        }
        thread::sleep(Duration::from_millis(if self.wanted > 1 { 20 } else { 2 }));
        self.now.fetch_sub(1, SeqCst);
    }
}

pub(super) fn root_is_spawned(trial: &Trial) -> Verdict {
    let (caller, workers) = (thread::current().id(), trial.config.workers);
    let capabilities = trial.executor.capabilities;
    let in_turn = capabilities.order == Order::Fifo && workers == 1;
    trial.run(move |executor| async move {
        let here = || async { thread::current().id() };
        let (root, task) = (thread::current().id(), joined(executor.spawn(here())).await?);
        match capabilities.workers {
            Workers::One => {
                ensure!(root == caller, "the root does not run on the thread that called `run`");
            }
            Workers::Many | Workers::PerTask => {
                let held = root != caller;
                ensure!(held, "the root runs on the thread that called `run`, which is no worker");
            }
        }
        if capabilities.workers != Workers::PerTask && workers == 1 {
            ensure!(root == task, "the root and another task run on two threads, of one worker");
        }
        if in_turn { takes_turns(executor).await } else { Ok(()) }
    })
}

/// Tries whether the root takes its turns among the others: one that is driven from outside does
/// not.
async fn takes_turns(executor: Erased) -> Verdict {
    let (log, over) = (Log::default(), Signal::default());
    let start = |name| {
        let (log, over) = (log.clone(), over.clone());
        executor.spawn(async move {
            while !over.is_set() {
                log.push(name);
                executor.yield_now().await;
            }
        })
    };
    let all: Vec<_> = (1..=3).map(start).collect();
    // Now all of them go round.
    yields(executor, 3).await;
    log.take();
    for _ in 0..10 {
        executor.yield_now().await;
        let mut others = log.take();
        others.sort_unstable();
        ensure!(others == [1, 2, 3], "between two turns of the root others had theirs: {others:?}");
    }
    over.set();
    for handle in all {
        joined(handle).await?;
    }
    Ok(())
}

pub(super) fn threads_end(trial: &Trial) -> Verdict {
    let before = resources::threads();
    for run in 1..=3 {
        busy(trial)?;
        let after = || resources::threads();
        let held = eventually(|| after() <= before);
        ensure!(held, "{before} threads before, {} after run {run}", after());
    }
    Ok(())
}

pub(super) fn descriptors_end(trial: &Trial) -> Verdict {
    let before = resources::descriptors();
    for run in 1..=3 {
        busy(trial)?;
        let after = || resources::descriptors();
        let held = eventually(|| after() <= before);
        ensure!(held, "{before} descriptors before, {} after run {run}", after());
    }
    Ok(())
}

pub(super) fn do_not_pile_up(trial: &Trial) -> Verdict {
    busy(trial)?;
    let seen = || (resources::threads(), resources::descriptors());
    // Threads that end without being waited for.
    thread::sleep(Duration::from_millis(20));
    let first = seen();
    for _ in 0..5 {
        busy(trial)?;
    }
    let held = eventually(|| seen().0 <= first.0 && seen().1 <= first.1);
    let ((threads, descriptors), last) = (first, seen());
    ensure!(
        held,
        "after one run {threads} threads and {descriptors} descriptors, after six {} and {}",
        last.0,
        last.1
    );
    Ok(())
}

/// Makes a run in which an executor shows its threads and descriptors: tasks, a timer, a
/// connection.
fn busy(trial: &Trial) -> Verdict {
    let (count, capabilities) = (trial.tasks(50), trial.executor.capabilities);
    trial.run(move |executor| async move {
        let all: Vec<_> = (0..count).map(|_| executor.spawn(yields(executor, 3))).collect();
        for handle in all {
            joined(handle).await?;
        }
        if !matches!(capabilities.timers, Supply::Missing(_)) {
            step("a sleep");
            executor.sleep_until(Instant::now() + Duration::from_micros(100)).await;
        }
        if !matches!(capabilities.io, Supply::Missing(_)) {
            step("a connection");
            connection(executor).await?;
        }
        Ok(())
    })
}

async fn connection(executor: Erased) -> Verdict {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut listener = executor.bind(any).await.map_err(super::io::failed)?;
    let address = listener.local_addr().map_err(super::io::failed)?;
    let client = executor.spawn(async move {
        let mut stream = executor.connect(address).await.map_err(super::io::failed)?;
        stream.write_all(Buf::from_slice(b"x")).await.0.map_err(super::io::failed)
    });
    let mut stream = listener.accept().await.map_err(super::io::failed)?;
    let (read, _) = stream.read(Buf::with_capacity(8)).await;
    ensure!(read.ok() == Some(1), "a byte was sent and not read");
    client.join().await.map_err(|error| error.to_string())?
}
