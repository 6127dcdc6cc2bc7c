//! What the contract asks, tried on each of the executors behind `uring` and `exotic`.
//!
//! No check depends on elapsed time, but for the rule that a timer never fires early.

#![cfg(any(feature = "uring", feature = "exotic"))]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tminus_harness::contract::{
    Buf, CancelJoin, Config, Executor, Join, JoinError, Listener, Order, Stream, channel,
};

/// Runs `body` as the root of `E` with one worker.
fn run<E: Executor, F, T>(body: impl FnOnce(E) -> F + Send + 'static) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    E::run(&Config::workers(1), body)
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn a_join_gives_the_value<E: Executor>() {
    let sum = run(|executor: E| async move {
        let tasks: Vec<_> = (0..100_u64).map(|n| executor.spawn(async move { n })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.join().await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 4950);
}

fn a_detached_task_runs_on<E: Executor>() {
    let value = run(|executor: E| async move {
        let (sender, receiver) = channel::oneshot();
        let task = async move {
            executor.yield_now().await;
            sender.send(42);
        };
        executor.spawn(task).detach();
        receiver.await
    });
    assert_eq!(value, Some(42));
}

fn a_panic_reaches_its_join<E: Executor>() {
    run(|executor: E| async move {
        let task = executor.spawn(async { assert_eq!(1 + 1, 3, "arithmetic") });
        let Err(error @ JoinError::Panicked(_)) = task.join().await else { panic!("no panic") };
        assert!(error.message().contains("arithmetic"));
        let task = executor.spawn_cancellable(async { assert_eq!(1 + 1, 3, "arithmetic") });
        assert!(matches!(task.join().await, Err(JoinError::Panicked(_))));
        assert_eq!(executor.spawn(async { 42 }).join().await.unwrap(), 42);
    });
}

fn a_panic_of_the_root_is_resumed<E: Executor>() {
    let result = std::panic::catch_unwind(|| run(|_: E| async { panic!("the root") }));
    let payload = result.map(|(): ()| ()).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the root"));
    assert_eq!(run(|_: E| async { 42 }), 42);
}

fn cancel_returns_after_the_drop<E: Executor>() {
    run(|executor: E| async move {
        for _ in 0..50 {
            // Asleep for ever, spinning, and not yet started.
            for kind in 0..3 {
                let dropped = Arc::new(AtomicBool::new(false));
                let guard = SetOnDrop(dropped.clone());
                let task = executor.spawn_cancellable(async move {
                    let _guard = guard;
                    loop {
                        match kind {
                            0 => drop(executor.sleep_until(later(3_600_000)).await),
                            _ => executor.yield_now().await,
                        }
                    }
                });
                if kind < 2 {
                    executor.yield_now().await;
                    executor.yield_now().await;
                }
                assert!(task.cancel().await.is_none());
                assert!(dropped.load(Ordering::SeqCst), "kind {kind}: cancel came too early");
            }
        }
    });
}

fn cancel_gives_the_output_of_a_finished_task<E: Executor>() {
    run(|executor: E| async move {
        let (sender, receiver) = channel::oneshot();
        let task = executor.spawn_cancellable(async move {
            sender.send(());
            42
        });
        receiver.await.unwrap();
        let joined = executor.spawn_cancellable(async { 43 });
        executor.sleep_until(later(1)).await;
        assert!(matches!(task.cancel().await, Some(42)));
        assert!(matches!(joined.join().await, Ok(43)));
    });
}

fn a_timer_is_never_early<E: Executor>() {
    run(|executor: E| async move {
        let tasks: Vec<_> = (0..200_u64)
            .map(|n| {
                executor.spawn(async move {
                    let start = Instant::now();
                    let deadline = start + Duration::from_micros(n * 97);
                    let waited = executor.sleep_until(deadline).await;
                    let now = Instant::now();
                    assert!(now >= deadline, "{:?} early", deadline - now);
                    assert!(waited <= now - start, "waited {waited:?}");
                })
            })
            .collect();
        for task in tasks {
            task.join().await.unwrap();
        }
        // A deadline that has passed suspends, too, and ends.
        executor.sleep_until(Instant::now()).await;
    });
}

fn the_promised_order_is_kept<E: Executor>() {
    const TASKS: usize = 5;
    const ROUNDS: usize = 40;
    let seen = run(|executor: E| async move {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let seen = seen.clone();
                executor.spawn(async move {
                    for _ in 0..ROUNDS {
                        seen.lock().unwrap().push(task);
                        executor.yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.join().await.unwrap();
        }
        Arc::try_unwrap(seen).unwrap().into_inner().unwrap()
    });
    assert_eq!(seen.len(), TASKS * ROUNDS);
    let fair = seen.chunks(TASKS).all(|round| (0..TASKS).all(|task| round.contains(&task)));
    let fifo = seen.chunks(TASKS).all(|round| round.is_sorted());
    match E::CAPABILITIES.order {
        Order::Task => {}
        Order::Fair => assert!(fair, "{seen:?}"),
        Order::Fifo => assert!(fair && fifo, "{seen:?}"),
    }
}

fn a_wake_comes_from_another_thread<E: Executor>() {
    run(|executor: E| async move {
        for n in 0..100 {
            let (sender, receiver) = channel::oneshot();
            let thread = std::thread::spawn(move || sender.send(n));
            let task = executor.spawn(receiver);
            assert_eq!(task.join().await.unwrap(), Some(n));
            thread.join().unwrap();
        }
    });
}

fn a_large_instance_ends<E: Executor>() {
    let most = E::CAPABILITIES.max_tasks.map_or(20_000, |(most, _)| most.min(20_000));
    let sum = run(move |executor: E| async move {
        let mut sum = 0;
        for _ in 0..2 {
            let tasks: Vec<_> = (1..most)
                .map(|_| {
                    executor.spawn(async move {
                        executor.yield_now().await;
                        executor.sleep_until(later(20)).await;
                        1
                    })
                })
                .collect();
            for task in tasks {
                sum += task.join().await.unwrap();
            }
        }
        sum
    });
    assert_eq!(sum, 2 * (most - 1));
}

fn an_echo_gives_every_byte_back<E: Executor>(workers: usize) {
    const CONNECTIONS: u8 = 40;
    const MESSAGES: u8 = 50;
    E::run(&Config::workers(workers), |executor: E| async move {
        let mut listener = executor.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = executor.spawn(async move {
            let mut echoes = Vec::new();
            for _ in 0..CONNECTIONS {
                let stream = listener.accept().await.unwrap();
                echoes.push(executor.spawn(echo(stream)));
            }
            for echo in echoes {
                echo.join().await.unwrap();
            }
        });
        let mut clients = Vec::new();
        for connection in 0..CONNECTIONS {
            // Connected here and used in tasks of its own, which other workers may run.
            let stream = executor.connect(address).await.unwrap();
            clients.push(executor.spawn(client(stream, connection, MESSAGES)));
        }
        for connection in 0..CONNECTIONS {
            let stream = clients.remove(0).join().await.unwrap();
            clients.push(executor.spawn(client(stream, connection, MESSAGES)));
        }
        for client in clients {
            // Dropped here, wherever it was used.
            drop(client.join().await.unwrap());
        }
        server.join().await.unwrap();
    });
}

async fn echo<S: Stream>(mut stream: S) {
    let mut buf = Buf::with_capacity(4096);
    loop {
        let (read, filled) = stream.read(buf).await;
        if read.unwrap() == 0 {
            return;
        }
        let (written, sent) = stream.write_all(filled).await;
        written.unwrap();
        buf = sent;
    }
}

async fn client<S: Stream>(mut stream: S, connection: u8, messages: u8) -> S {
    let mut buf = Buf::with_capacity(4096);
    for message in 0..messages {
        // The last one is larger than a socket's first window.
        let len = if message + 1 == messages { 20_000 } else { 64 };
        let sent = vec![connection ^ message; len];
        // Half of it first: nobody reads while this task writes.
        for part in sent.chunks(64) {
            let (written, _) = stream.write_all(Buf::from_slice(part)).await;
            written.unwrap();
            let mut left = part.len();
            while left > 0 {
                let (read, filled) = stream.read(buf).await;
                let read = read.unwrap();
                assert!(read > 0 && read <= left && read == filled.len());
                assert!(filled.iter().all(|&byte| byte == connection ^ message));
                left -= read;
                buf = filled;
            }
        }
    }
    stream
}

fn later(milliseconds: u64) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds)
}

/// The checks, one test each, so that a failure names its executor and its rule.
macro_rules! checks {
    ($($feature:literal $module:ident $executor:ty;)*) => { $(
        #[cfg(feature = $feature)]
        mod $module {
            type E = $executor;
            checks!(@ a_join_gives_the_value a_detached_task_runs_on a_panic_reaches_its_join
                a_panic_of_the_root_is_resumed cancel_returns_after_the_drop
                cancel_gives_the_output_of_a_finished_task a_timer_is_never_early
                the_promised_order_is_kept a_wake_comes_from_another_thread a_large_instance_ends);

            #[test]
            fn an_echo_gives_every_byte_back() {
                super::an_echo_gives_every_byte_back::<E>(1);
                super::an_echo_gives_every_byte_back::<E>(2);
            }
        }
    )* };
    (@ $($check:ident)*) => { $(
        #[test]
        fn $check() {
            super::$check::<E>();
        }
    )* };
}

checks! {
    "uring" monoio tminus_executors::monoio::Monoio;
    "uring" compio tminus_executors::compio::Compio;
    "uring" glommio tminus_executors::glommio::Glommio;
    "exotic" nio tminus_executors::nio::Nio;
    "exotic" may tminus_executors::may::May;
    "exotic" embassy tminus_executors::embassy::Embassy;
    "exotic" bevy_tasks tminus_executors::bevy_tasks::BevyTasks;
}
