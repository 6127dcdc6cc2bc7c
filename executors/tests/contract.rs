//! The rules of the contract on every production executor: a line of [`conforms`] an executor.
//!
//! Whatever a test waits for is bounded by the contract, never by a guess at how long things take.

use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tminus_harness::contract::{
    Buf, CancelJoin, Config, Executor, Join, JoinError, Listener, Stream, panic_message,
};

macro_rules! conforms {
    ($name:ident, $executor:ident) => {
        mod $name {
            use tminus_executors::$name::$executor;

            #[test]
            fn a_join_gives_the_value() {
                super::a_join_gives_the_value::<$executor>();
            }
            #[test]
            fn a_task_never_runs_inside_spawn() {
                super::a_task_never_runs_inside_spawn::<$executor>();
            }
            #[test]
            fn a_detached_task_runs_on() {
                super::a_detached_task_runs_on::<$executor>();
            }
            #[test]
            fn cancel_returns_after_the_drop() {
                super::cancel_returns_after_the_drop::<$executor>();
            }
            #[test]
            fn cancel_ends_a_task_that_only_yields() {
                super::cancel_ends_a_task_that_only_yields::<$executor>();
            }
            #[test]
            fn cancel_gives_the_output_of_a_task_that_completed() {
                super::cancel_gives_the_output_of_a_task_that_completed::<$executor>();
            }
            #[test]
            fn a_panic_reaches_the_join_and_no_further() {
                super::a_panic_reaches_the_join_and_no_further::<$executor>();
            }
            #[test]
            fn a_panic_of_the_root_leaves_run() {
                super::a_panic_of_the_root_leaves_run::<$executor>();
            }
            #[test]
            fn a_timer_is_never_early_and_says_how_long() {
                super::a_timer_is_never_early_and_says_how_long::<$executor>();
            }
            #[test]
            fn a_timer_that_has_passed_suspends_once() {
                super::a_timer_that_has_passed_suspends_once::<$executor>();
            }
            #[test]
            fn yield_now_suspends_once() {
                super::yield_now_suspends_once::<$executor>();
            }
            #[test]
            fn every_byte_comes_back() {
                super::every_byte_comes_back::<$executor>();
            }
        }
    };
}

#[cfg(feature = "tokio")]
conforms!(tokio_current_thread, TokioCurrentThread);
#[cfg(feature = "tokio")]
conforms!(tokio_multi_thread, TokioMultiThread);
#[cfg(feature = "async-std")]
conforms!(async_std, AsyncStd);
#[cfg(feature = "smol")]
conforms!(smol, Smol);
#[cfg(feature = "smol")]
conforms!(smol_local, SmolLocal);
#[cfg(feature = "futures")]
conforms!(futures_lite, FuturesLite);
#[cfg(feature = "futures")]
conforms!(futures_local_pool, FuturesLocalPool);
#[cfg(feature = "futures")]
conforms!(futures_thread_pool, FuturesThreadPool);
conforms!(threads, Threads);

fn run<E, F>(root: impl FnOnce(E) -> F + Send + 'static) -> F::Output
where
    E: Executor,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    // One at a time, as in a child process: the state of an executor may be global.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    E::run(&Config::workers(1), root)
}

fn a_join_gives_the_value<E: Executor>() {
    let sum = run(|executor: E| async move {
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

fn a_task_never_runs_inside_spawn<E: Executor>() {
    run(|executor: E| async move {
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

fn a_detached_task_runs_on<E: Executor>() {
    run(|executor: E| async move {
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
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn cancel_returns_after_the_drop<E: Executor>() {
    run(|executor: E| async move {
        let (dropped, started) =
            (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (guard, begun) = (Dropped(dropped.clone()), started.clone());
        let task = executor.spawn_cancellable(async move {
            let _guard = guard;
            begun.store(true, SeqCst);
            executor.sleep_until(executor.now() + Duration::from_secs(3600)).await;
        });
        until(executor, &started).await;
        assert!(!dropped.load(SeqCst));
        assert_eq!(task.cancel().await, None);
        assert!(dropped.load(SeqCst), "cancel returned before the future was dropped");
    });
}

fn cancel_ends_a_task_that_only_yields<E: Executor>() {
    run(|executor: E| async move {
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

fn cancel_gives_the_output_of_a_task_that_completed<E: Executor>() {
    run(|executor: E| async move {
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

fn a_panic_reaches_the_join_and_no_further<E: Executor>() {
    run(|executor: E| async move {
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

fn a_panic_of_the_root_leaves_run<E: Executor>() {
    let payload = catch_unwind(AssertUnwindSafe(|| {
        run(|_: E| async { panic!("of the root") });
    }));
    assert_eq!(panic_message(payload.expect_err("it panics").as_ref()), "of the root");
    assert_eq!(run(|_: E| async { 42 }), 42);
}

fn a_timer_is_never_early_and_says_how_long<E: Executor>() {
    run(|executor: E| async move {
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

/// How often `future` suspends.
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

fn a_timer_that_has_passed_suspends_once<E: Executor>() {
    run(|executor: E| async move {
        let now = Instant::now();
        assert!(suspensions(executor.sleep_until(now)).await >= 1);
        let past = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        assert!(suspensions(executor.sleep_until(past)).await >= 1);
    });
}

fn yield_now_suspends_once<E: Executor>() {
    run(|executor: E| async move {
        assert_eq!(suspensions(executor.yield_now()).await, 1);
    });
}

fn every_byte_comes_back<E: Executor>() {
    run(|executor: E| async move {
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
