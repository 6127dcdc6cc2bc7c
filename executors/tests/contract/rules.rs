//! The rules of the contract, each a function that panics where an executor breaks it.
//!
//! Nothing here depends on how long something takes, but for the rule that a timer is never early.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tminus_harness::contract::{
    Buf, CancelJoin, Config, Executor, Join, JoinError, Listener, Order, Stream, Supply, Workers,
    panic_message,
};
use tminus_harness::resources;

use super::crowd::{
    a_crowd_yields_sleeps_and_ends, a_task_is_cancelled_wherever_it_stands,
    a_wake_comes_from_another_thread, connections_go_from_task_to_task,
};

/// A rule tries an executor with so many workers, and panics where it breaks the contract.
pub(crate) type Rule = fn(&Config);

macro_rules! named {
    ($executor:ident: $($rule:ident)*) => {
        vec![$((stringify!($rule), $rule::<$executor> as Rule)),*]
    };
}

/// Returns the rules for `E`, by name.
pub(crate) fn of<E: Executor>() -> Vec<(&'static str, Rule)> {
    let mut rules = named! { E:
        a_join_gives_the_value
        a_task_never_runs_inside_spawn
        a_detached_task_runs_on
        cancel_returns_after_the_drop
        cancel_ends_a_task_that_only_yields
        cancel_gives_the_output_of_a_task_that_completed
        a_panic_reaches_the_join_and_no_further
        a_panic_of_the_root_leaves_run
        a_timer_is_never_early_and_says_how_long
        a_timer_that_has_passed_suspends_once
        yield_now_suspends_once
        no_more_threads_than_workers
        the_declared_order_holds
        no_thread_is_left
        a_wake_comes_from_another_thread
        a_task_is_cancelled_wherever_it_stands
        a_crowd_yields_sleeps_and_ends
    };
    if !matches!(E::CAPABILITIES.io, Supply::Missing(_)) {
        rules.extend(named! { E: every_byte_comes_back connections_go_from_task_to_task });
    }
    rules
}

fn a_join_gives_the_value<E: Executor>(config: &Config) {
    let sum = E::run(config, |executor| async move {
        let tasks: Vec<_> = (1..=100_u32)
            .map(|n| {
                executor.spawn(async move {
                    executor.yield_now().await;
                    n
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.join().await.expect("the task returns");
        }
        sum
    });
    assert_eq!(sum, 5050);
}

fn a_task_never_runs_inside_spawn<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let here = Arc::new(AtomicBool::new(true));
        // Whoever runs the task inside `spawn` finds the lock of this thread held.
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().expect("nobody else has it");
        let (inside, inner) = (here.clone(), lock.clone());
        let task = executor.spawn(async move {
            drop(inner.lock());
            inside.store(false, SeqCst);
        });
        assert!(here.load(SeqCst));
        drop(held);
        task.join().await.expect("the task returns");
        assert!(!here.load(SeqCst));
    });
}

fn a_detached_task_runs_on<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let ran = Arc::new(AtomicBool::new(false));
        let flag = ran.clone();
        executor
            .spawn(async move {
                executor.yield_now().await;
                flag.store(true, SeqCst);
            })
            .detach();
        until(executor, &ran).await;
    });
}

/// Lets others run until they set the flag. It sleeps, since some executors never leave a task that
/// wakes itself.
async fn until<E: Executor>(executor: E, flag: &AtomicBool) {
    while !flag.load(SeqCst) {
        executor.sleep_until(executor.now() + Duration::from_millis(1)).await;
    }
}

/// Sets its flag when it is dropped.
pub(crate) struct Dropped(pub(crate) Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn cancel_returns_after_the_drop<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        // Cancelled before its first turn, or asleep, or between two.
        for turns in 0..100 {
            let (dropped, started) =
                (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let (guard, begun) = (Dropped(dropped.clone()), started.clone());
            let task = executor.spawn_cancellable(async move {
                let _guard = guard;
                begun.store(true, SeqCst);
                executor.sleep_until(executor.now() + Duration::from_secs(3600)).await;
            });
            for _ in 0..turns % 4 {
                executor.yield_now().await;
            }
            if turns % 10 == 9 {
                until(executor, &started).await;
                assert!(!dropped.load(SeqCst));
            }
            assert_eq!(task.cancel().await, None);
            assert!(dropped.load(SeqCst), "cancel returned before the future was dropped");
        }
    });
}

fn cancel_ends_a_task_that_only_yields<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        let task = executor.spawn_cancellable(async move {
            // Bounded for executors that never leave a task that wakes itself.
            for _ in 0..100_000 {
                counted.fetch_add(1, SeqCst);
                executor.yield_now().await;
            }
        });
        let _ = task.cancel().await;
        let after = turns.load(SeqCst);
        executor.sleep_until(executor.now() + Duration::from_millis(2)).await;
        assert_eq!(turns.load(SeqCst), after, "the task ran after its cancel");
    });
}

fn cancel_gives_the_output_of_a_task_that_completed<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let done = Arc::new(AtomicBool::new(false));
        let guard = Dropped(done.clone());
        let task = executor.spawn_cancellable(async move {
            let _guard = guard;
            42
        });
        until(executor, &done).await;
        // Dropped, but perhaps not yet handed over: either answer keeps the contract.
        assert!(matches!(task.cancel().await, Some(42) | None));
        let task = executor.spawn_cancellable(async { 42 });
        assert_eq!(task.join().await.expect("the task returns"), 42);
    });
}

fn fails() {
    panic!("on purpose");
}

fn a_panic_reaches_the_join_and_no_further<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        for _ in 0..3 {
            let task = executor.spawn(async { fails() });
            let error: JoinError = task.join().await.expect_err("it panics");
            assert_eq!(error.message(), "on purpose");
            let task = executor.spawn_cancellable(async { fails() });
            assert!(matches!(task.join().await, Err(JoinError::Panicked(_))));
        }
        let after = executor.spawn(async { 42 });
        assert_eq!(after.join().await.expect("the executor is usable"), 42);
    });
}

fn a_panic_of_the_root_leaves_run<E: Executor>(config: &Config) {
    let payload = catch_unwind(AssertUnwindSafe(|| {
        E::run(config, |_: E| async { panic!("of the root") });
    }));
    assert_eq!(panic_message(payload.expect_err("it panics").as_ref()), "of the root");
    assert_eq!(E::run(config, |_| async { 42 }), 42);
}

fn a_timer_is_never_early_and_says_how_long<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        for delay in [1, 300, 1000, 7300].map(Duration::from_micros) {
            let start = Instant::now();
            let deadline = start + delay;
            let waited = executor.sleep_until(deadline).await;
            let end = Instant::now();
            assert!(end >= deadline, "early by {:?}", deadline - end);
            assert!(waited <= end - start, "{waited:?} of {:?}", end - start);
        }
        let waited = executor.sleep_until(Instant::now() + Duration::from_millis(5)).await;
        assert!(waited >= Duration::from_millis(4), "waited {waited:?}");
    });
}

/// Returns how often `future` suspends.
async fn suspensions(future: impl Future) -> usize {
    let mut future = std::pin::pin!(future);
    let mut count = 0;
    poll_fn(|cx| {
        let poll = future.as_mut().poll(cx);
        count += usize::from(poll.is_pending());
        poll.map(|_| ())
    })
    .await;
    count
}

fn a_timer_that_has_passed_suspends_once<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let now = Instant::now();
        assert!(suspensions(executor.sleep_until(now)).await >= 1);
        let past = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        assert!(suspensions(executor.sleep_until(past)).await >= 1);
    });
}

fn yield_now_suspends_once<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        assert_eq!(suspensions(executor.yield_now()).await, 1);
    });
}

fn every_byte_comes_back<E: Executor>(config: &Config) {
    E::run(config, |executor| async move {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut listener = executor.bind(any).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let server = executor.spawn(async move {
            let mut stream = listener.accept().await.expect("a client connects");
            let mut total = 0;
            loop {
                let (read, buf) = stream.read(Buf::with_capacity(4096)).await;
                let read = read.expect("the client is there");
                assert_eq!(read, buf.len());
                if read == 0 {
                    return total;
                }
                total += read;
                stream.write_all(buf).await.0.expect("the client is there");
            }
        });
        let mut stream = executor.connect(address).await.expect("the server listens");
        let message: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let mut back = Vec::new();
        stream.write_all(Buf::from_slice(&message)).await.0.expect("the server is there");
        while back.len() < message.len() {
            let (read, buf) = stream.read(Buf::with_capacity(4096)).await;
            assert_ne!(read.expect("the server is there"), 0, "the end after {}", back.len());
            back.extend_from_slice(&buf);
        }
        assert!(back == message, "other bytes came back");
        drop(stream);
        assert_eq!(server.join().await.expect("the server returns"), message.len());
    });
}

fn no_more_threads_than_workers<E: Executor>(config: &Config) {
    let threads = E::run(config, |executor| async move {
        let turns = move || async move {
            let mut threads = HashSet::new();
            for _ in 0..20 {
                threads.insert(thread::current().id());
                executor.sleep_until(executor.now()).await;
                executor.yield_now().await;
            }
            threads
        };
        let tasks: Vec<_> = (0..20).map(|_| executor.spawn(turns())).collect();
        let mut threads = HashSet::from([thread::current().id()]);
        for task in tasks {
            threads.extend(task.join().await.expect("the task returns"));
        }
        threads.len()
    });
    if E::CAPABILITIES.workers == Workers::PerTask {
        assert_eq!(threads, 21);
    } else {
        assert!(threads <= config.workers, "{threads} threads ran tasks");
    }
}

fn no_thread_is_left<E: Executor>(config: &Config) {
    let before = resources::threads();
    E::run(config, |executor| async move {
        executor
            .spawn(async move {
                executor.sleep_until(executor.now() + Duration::from_secs(3600)).await;
            })
            .detach();
        executor.spawn(async {}).join().await.expect("the task returns");
    });
    // The kernel counts a thread that was joined for a moment longer.
    while E::CAPABILITIES.threads_end && resources::threads() > before {
        thread::yield_now();
    }
}

fn the_declared_order_holds<E: Executor>(config: &Config) {
    let one = config.workers == 1;
    let promised = if one { E::CAPABILITIES.order } else { Order::Task };
    // Beyond the intervals and the queues of the executors: 61, 64, 256, 512.
    for tasks in [2, 8, 62, 100, 600] {
        // Unequal, so that tasks end between others.
        let lengths: Vec<usize> = (0..tasks).map(|task| task * 7 % 9 + 1).collect();
        let log = resumptions::<E>(config, lengths.clone());
        let mut rest = log.as_slice();
        for round in 0..9 {
            let alive: Vec<usize> = (0..tasks).filter(|&task| lengths[task] > round).collect();
            let mut resumed = rest.split_off(..alive.len()).expect("a resumption each").to_vec();
            if promised == Order::Fair {
                resumed.sort_unstable();
            }
            if promised > Order::Task {
                assert_eq!(resumed, alive, "round {round} of {tasks} tasks");
            }
        }
        assert!(rest.is_empty());
    }
}

/// Which task was resumed, in the order in which it happened: task `i` is resumed `lengths[i]`
/// times.
fn resumptions<E: Executor>(config: &Config, lengths: Vec<usize>) -> Vec<usize> {
    E::run(config, |executor| async move {
        let log = Arc::new(Mutex::new(Vec::new()));
        let start = |(task, length)| {
            let log = log.clone();
            executor.spawn(async move {
                for _ in 0..length {
                    log.lock().expect("no task panics").push(task);
                    executor.yield_now().await;
                }
            })
        };
        let handles: Vec<_> = lengths.into_iter().enumerate().map(start).collect();
        for handle in handles {
            handle.join().await.expect("the task returns");
        }
        let log = log.lock().expect("no task panics");
        log.clone()
    })
}
