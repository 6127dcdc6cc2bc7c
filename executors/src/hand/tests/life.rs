//! The life of tasks: values, panics, cancelling in every state, drops, nested loops.

use super::*;

on_each_loop!(
    join_gives_the_value,
    a_detached_task_runs_on,
    a_dropped_handle_detaches,
    a_panic_reaches_its_join_and_nobody_else,
    the_roots_panic_leaves_run,
    a_panic_before_the_root_leaves_run,
    a_panic_in_drop_reaches_join,
    a_panic_in_poll_and_drop_is_one,
    a_panic_in_drop_of_a_cancelled_task_is_contained,
    payloads_that_panic_are_contained,
    outputs_that_panic_are_contained,
    cancel_before_the_first_poll,
    cancel_while_suspended,
    cancel_while_queued,
    cancel_while_sleeping,
    cancel_after_the_end,
    cancel_after_a_panic,
    cancel_inside_its_own_poll,
    cancel_is_dropped_unpolled,
    spawn_inside_drop,
    spawn_inside_drop_at_the_end,
    the_end_drops_every_task,
    nested_runs,
    a_handle_crosses_into_a_nested_run,
    big_and_aligned_tasks,
    many_tasks,
    a_chain_of_spawns,
    wakers_kept_in_a_static,
    wakes_after_completion,
    cycles_of_tasks_are_freed,
);

fn join_gives_the_value<E: Executor>() {
    let text = run(|e: E| async move {
        let task = e.spawn(async move {
            e.yield_now().await;
            String::from("value")
        });
        e.spawn_cancellable(async {}).join().await.unwrap();
        task.join().await.unwrap()
    });
    assert_eq!(text, "value");
}

fn a_detached_task_runs_on<E: Executor>() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    run(|e: E| async move {
        e.spawn(async move {
            e.yield_now().await;
            counted.fetch_add(1, SeqCst);
        })
        .detach();
        for _ in 0..3 {
            e.yield_now().await;
        }
    });
    assert_eq!((runs.load(SeqCst), Arc::strong_count(&runs)), (1, 1));
}

fn a_dropped_handle_detaches<E: Executor>() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    run(|e: E| async move {
        let task = e.spawn(async move {
            counted.fetch_add(1, SeqCst);
            counted
        });
        drop(task);
        let mut joining = Box::pin(e.spawn(pending::<()>()).join());
        poll_fn(|cx| {
            assert!(joining.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(joining);
        e.yield_now().await;
    });
    assert_eq!((runs.load(SeqCst), Arc::strong_count(&runs)), (1, 1));
}

fn quietly<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|payload| tminus_contract::panic_message(payload.as_ref()).to_owned())
}

fn message<T>(result: Result<T, JoinError>) -> String {
    result.err().unwrap().message()
}

fn a_panic_reaches_its_join_and_nobody_else<E: Executor>() {
    run(|e: E| async move {
        let bad = e.spawn(async move {
            e.yield_now().await;
            panic!("on purpose");
        });
        let good = e.spawn(async move {
            for _ in 0..5 {
                e.yield_now().await;
            }
            7
        });
        let at_once = e.spawn(async { panic!("at once") });
        e.spawn(async { panic!("detached") }).detach();
        assert_eq!(message::<()>(at_once.join().await), "at once");
        assert_eq!(message::<()>(bad.join().await), "on purpose");
        assert_eq!(good.join().await.unwrap(), 7);
    });
}

fn the_roots_panic_leaves_run<E: Executor>() {
    let dropped = Arc::new(AtomicU32::new(0));
    let counted = dropped.clone();
    let result = quietly(|| {
        run(|e: E| async move {
            e.spawn(async move {
                let _guard = OnDrop(|| {
                    counted.fetch_add(1, SeqCst);
                });
                pending::<()>().await;
            })
            .detach();
            e.yield_now().await;
            panic!("the root");
        })
    });
    assert_eq!(result, Err::<(), _>("the root".into()));
    assert_eq!(dropped.load(SeqCst), 1);
    assert_eq!(run(|_: E| async { 1 }), 1);
}

fn a_panic_before_the_root_leaves_run<E: Executor>() {
    fn refuse<E: Executor>(e: E) -> std::future::Ready<()> {
        e.spawn(async {}).detach();
        panic!("no root")
    }
    assert_eq!(quietly(|| run(refuse::<E>)), Err("no root".into()));
    assert_eq!(run(|_: E| async { 1 }), 1);
}

fn panics_in_drop() -> OnDrop<impl FnMut()> {
    OnDrop(|| {
        if !std::thread::panicking() {
            panic!("in drop");
        }
    })
}

/// Holds its guard until it is dropped, also once it is ready.
struct Holds<T>(T, bool);
impl<T: Unpin> Future for Holds<T> {
    type Output = u32;
    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<u32> {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut self.1, true) { Poll::Ready(1) } else { Poll::Pending }
    }
}

fn a_panic_in_drop_reaches_join<E: Executor>() {
    run(|e: E| async move {
        let task = e.spawn(Holds(panics_in_drop(), false));
        assert_eq!(message(task.join().await), "in drop");
        e.yield_now().await;
    });
}

fn a_panic_in_poll_and_drop_is_one<E: Executor>() {
    struct Bad;
    impl Future for Bad {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
            panic!("in poll")
        }
    }
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in drop")
        }
    }
    run(|e: E| async move {
        assert_eq!(message(e.spawn(Bad).join().await), "in poll");
        e.spawn(Bad).detach();
        e.yield_now().await;
    });
}

fn a_panic_in_drop_of_a_cancelled_task_is_contained<E: Executor>() {
    run(|e: E| async move {
        let task = e.spawn_cancellable(Holds(panics_in_drop(), true));
        assert_eq!(task.cancel().await, None);
        let task = e.spawn_cancellable(async {
            let _guard = panics_in_drop();
            pending::<()>().await;
        });
        e.yield_now().await;
        assert_eq!(task.cancel().await, None);
        e.spawn(async {
            let _guard = panics_in_drop();
            pending::<()>().await;
        })
        .detach();
        e.yield_now().await;
    });
}

fn payloads_that_panic_are_contained<E: Executor>() {
    run(|e: E| async move {
        e.spawn(async { std::panic::panic_any(panics_in_drop()) }).detach();
        let task = e.spawn_cancellable(async { std::panic::panic_any(panics_in_drop()) });
        e.yield_now().await;
        assert_eq!(task.cancel().await, None::<()>);
    });
}

fn outputs_that_panic_are_contained<E: Executor>() {
    run(|e: E| async move {
        e.spawn(async { panics_in_drop() }).detach();
        e.yield_now().await;
    });
}

/// Returns a guard that sets the flag when it is dropped.
fn guard() -> (OnDrop<impl FnMut() + Send>, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = dropped.clone();
    (OnDrop(move || flag.store(true, SeqCst)), dropped)
}

fn cancel_before_the_first_poll<E: Executor>() {
    run(|e: E| async move {
        let (guard, dropped) = guard();
        let task = e.spawn_cancellable(async move {
            let _guard = guard;
            unreachable!("cancelled before it ran");
        });
        assert_eq!(task.cancel().await, None::<()>);
        assert!(dropped.load(SeqCst));
        e.yield_now().await;
    });
}

fn cancel_while_suspended<E: Executor>() {
    run(|e: E| async move {
        let (guard, dropped) = guard();
        let task = e.spawn_cancellable(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        e.yield_now().await;
        assert!(!dropped.load(SeqCst));
        assert_eq!(task.cancel().await, None);
        assert!(dropped.load(SeqCst));
    });
}

fn cancel_while_queued<E: Executor>() {
    run(|e: E| async move {
        for _ in 0..100 {
            let (guard, dropped) = guard();
            let task = e.spawn_cancellable(async move {
                let _guard = guard;
                loop {
                    e.yield_now().await;
                }
            });
            e.yield_now().await;
            assert_eq!(task.cancel().await, None::<()>);
            assert!(dropped.load(SeqCst));
        }
        e.yield_now().await;
    });
}

fn cancel_while_sleeping<E: Executor>() {
    run(|e: E| async move {
        let start = Instant::now();
        let task = e.spawn_cancellable(e.sleep_until(start + Duration::from_secs(3_600)));
        e.yield_now().await;
        assert_eq!(task.cancel().await, None);
        assert!(start.elapsed() < Duration::from_secs(1_800));
    });
}

fn cancel_after_the_end<E: Executor>() {
    run(|e: E| async move {
        let task = e.spawn_cancellable(async { String::from("kept") });
        e.yield_now().await;
        assert_eq!(task.cancel().await, Some("kept".into()));
    });
}

fn cancel_after_a_panic<E: Executor>() {
    run(|e: E| async move {
        let task = e.spawn_cancellable(async { panic!("before the cancel") });
        e.yield_now().await;
        assert_eq!(task.cancel().await, None::<()>);
    });
}

fn cancel_inside_its_own_poll<E: Executor>() {
    run(|e: E| async move {
        for awaits in [true, false] {
            let (guard, dropped) = guard();
            let (sender, receiver) = mpsc::channel::<E::CancelJoin<u32>>();
            let receiver = Mutex::new(receiver);
            let task = e.spawn_cancellable(async move {
                let _guard = guard;
                let own = receiver.lock().unwrap().recv().unwrap();
                let cancelling = own.cancel();
                if awaits {
                    cancelling.await;
                    unreachable!("no task comes back from its own cancel");
                }
                // Ready in the same poll: it has completed before it could be cancelled.
                1
            });
            sender.send(task).ok().unwrap();
            assert!(!dropped.load(SeqCst));
            e.yield_now().await;
            assert!(dropped.load(SeqCst));
        }
    });
}

fn cancel_is_dropped_unpolled<E: Executor>() {
    run(|e: E| async move {
        let (guard, dropped) = guard();
        let task = e.spawn_cancellable(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        e.yield_now().await;
        drop(task.cancel());
        e.yield_now().await;
        assert!(dropped.load(SeqCst));
    });
}

fn spawn_inside_drop<E: Executor>() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    run(|e: E| async move {
        let task = e.spawn_cancellable(async move {
            let _guard = OnDrop(move || {
                let counted = counted.clone();
                e.spawn(async move {
                    counted.fetch_add(1, SeqCst);
                })
                .detach();
            });
            pending::<()>().await;
        });
        e.yield_now().await;
        task.cancel().await;
        e.yield_now().await;
    });
    assert_eq!((runs.load(SeqCst), Arc::strong_count(&runs)), (1, 1));
}

fn spawn_inside_drop_at_the_end<E: Executor>() {
    let drops = Arc::new(AtomicU32::new(0));
    let counted = drops.clone();
    run(|e: E| async move {
        e.spawn(async move {
            let _guard = OnDrop(move || {
                let (guard, counted) = (guard(), counted.clone());
                e.spawn(async move {
                    let _guard = guard;
                    unreachable!("the loop has ended");
                })
                .detach();
                counted.fetch_add(1, SeqCst);
            });
            pending::<()>().await;
        })
        .detach();
        e.yield_now().await;
    });
    assert_eq!((drops.load(SeqCst), Arc::strong_count(&drops)), (1, 1));
}

fn the_end_drops_every_task<E: Executor>() {
    let held = Arc::new(());
    let kept = held.clone();
    let handle = run(|e: E| async move {
        let mut last = None;
        for n in 0..30_u64 {
            let held = kept.clone();
            let task = e.spawn(async move {
                let _held = held;
                match n % 3 {
                    0 => pending::<()>().await,
                    1 => drop(e.sleep_until(Instant::now() + Duration::from_secs(60)).await),
                    _ => loop {
                        e.yield_now().await;
                    },
                }
            });
            if n == 29 { last = Some(task) } else { task.detach() }
        }
        e.yield_now().await;
        let value = e.spawn(async { String::from("ended before") });
        e.yield_now().await;
        (last.unwrap(), value)
    });
    assert_eq!(Arc::strong_count(&held), 1);
    // Handles that outlive their loop say how it ended.
    let (last, value) = handle;
    run(|_: E| async move {
        assert!(matches!(last.join().await, Err(JoinError::Cancelled)));
        assert_eq!(value.join().await.unwrap(), "ended before");
    });
}

fn nested_runs<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let other = log.clone();
        let task = e.spawn(async move { other.say("outer task") });
        let inner_log = log.clone();
        let inner = run(move |e: E| {
            let log = inner_log;
            async move {
                let task = e.spawn(async move {
                    e.sleep_until(Instant::now() + Duration::from_millis(1)).await;
                    5
                });
                let deep = Deque::run(&Config::workers(1), |e| async move {
                    e.yield_now().await;
                    2
                });
                log.say("inner");
                task.join().await.unwrap() + deep
            }
        });
        assert_eq!(inner, 7);
        let failed = quietly(|| run(|_: E| async { panic!("inner panic") }));
        assert_eq!(failed, Err::<(), _>("inner panic".into()));
        task.join().await.unwrap();
    });
    assert_eq!(seen.take(), ["inner", "outer task"]);
}

/// The outer loop stands still meanwhile, so only what has ended can be joined in there.
fn a_handle_crosses_into_a_nested_run<E: Executor>() {
    run(|e: E| async move {
        let task = e.spawn(async { String::from("outer") });
        let (dropped, cancelled) = (e.spawn(pending::<()>()), e.spawn_cancellable(pending::<()>()));
        let slot = Arc::new(Mutex::new(None::<Waker>));
        let done = Arc::new(AtomicBool::new(false));
        let parked = e.spawn(park(slot.clone(), done.clone()));
        e.yield_now().await;
        let value = run(|_: E| async move {
            dropped.detach();
            drop(cancelled.cancel());
            done.store(true, SeqCst);
            slot.lock().unwrap().take().unwrap().wake();
            task.join().await.unwrap()
        });
        assert_eq!(value, "outer");
        parked.join().await.unwrap();
    });
}

fn big_and_aligned_tasks<E: Executor>() {
    #[repr(align(256))]
    struct Aligned(u8);
    run(|e: E| async move {
        let aligned = e.spawn(async move {
            let value = Aligned(9);
            e.yield_now().await;
            assert_eq!(std::ptr::from_ref(&value).addr() % 256, 0);
            value
        });
        let big = e.spawn(async move {
            let bytes = [7_u8; 100_000];
            e.yield_now().await;
            bytes
        });
        let empty = e.spawn(std::future::ready(()));
        assert_eq!(aligned.join().await.unwrap().0, 9);
        assert_eq!(big.join().await.unwrap()[99_999], 7);
        empty.join().await.unwrap();
    });
}

fn many_tasks<E: Executor>() {
    let sum = run(|e: E| async move {
        let mut sum = 0;
        for round in 0..3_u64 {
            let mut tasks = Vec::new();
            for n in 0..3_000_u64 {
                tasks.push(e.spawn(async move {
                    for _ in 0..n % 4 {
                        e.yield_now().await;
                    }
                    n + round
                }));
            }
            for task in tasks {
                sum += task.join().await.unwrap();
            }
        }
        sum
    });
    assert_eq!(sum, 3 * (2_999 * 3_000 / 2) + 3_000 * 3);
}

fn a_chain_of_spawns<E: Executor>() {
    fn link<E: Executor>(e: E, left: u32) -> std::pin::Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move {
            if left == 0 { 0 } else { e.spawn(link(e, left - 1)).join().await.unwrap() + 1 }
        })
    }
    assert_eq!(run(|e: E| link(e, 500)), 500);
}

fn wakers_kept_in_a_static<E: Executor>() {
    static KEPT: Mutex<Vec<Waker>> = Mutex::new(Vec::new());
    run(|_: E| {
        poll_fn(|cx| {
            KEPT.lock().unwrap().push(cx.waker().clone());
            Poll::Ready(())
        })
    });
    // The loop is over, then others take its id, and the wakers still wake nothing.
    let kept: Vec<_> = KEPT.lock().unwrap().iter().cloned().collect();
    kept.iter().for_each(Waker::wake_by_ref);
    let polls = run(|e: E| async move {
        let polls = Arc::new(AtomicU32::new(0));
        let counted = polls.clone();
        let task = e.spawn_cancellable(poll_fn(move |_| {
            counted.fetch_add(1, SeqCst);
            Poll::<()>::Pending
        }));
        e.yield_now().await;
        kept.iter().for_each(Waker::wake_by_ref);
        std::thread::scope(|scope| {
            scope.spawn(|| kept.iter().for_each(Waker::wake_by_ref));
        });
        e.yield_now().await;
        e.yield_now().await;
        task.cancel().await;
        polls.load(SeqCst)
    });
    assert_eq!(polls, 1);
}

fn wakes_after_completion<E: Executor>() {
    run(|e: E| async move {
        let slot = Arc::new(Mutex::new(None::<Waker>));
        let left = slot.clone();
        let task = e.spawn(poll_fn(move |cx| {
            *left.lock().unwrap() = Some(cx.waker().clone());
            Poll::Ready(3)
        }));
        e.yield_now().await;
        let waker = slot.lock().unwrap().take().unwrap();
        waker.wake_by_ref();
        assert_eq!(task.join().await.unwrap(), 3);
        waker.wake_by_ref();
        // Another task takes its place.
        let next = e.spawn(async move {
            e.yield_now().await;
            4
        });
        waker.wake();
        assert_eq!(next.join().await.unwrap(), 4);
    });
}

/// Two tasks that hold each other's handle: the end of the loop must break the cycle.
fn cycles_of_tasks_are_freed<E: Executor>() {
    let held = Arc::new(());
    let kept = held.clone();
    run(|e: E| async move {
        let shared: Arc<Mutex<Vec<E::Join<()>>>> = Arc::default();
        for _ in 0..2 {
            let (inside, kept) = (shared.clone(), kept.clone());
            let task = e.spawn(async move {
                let _held = (inside, kept);
                pending::<()>().await;
            });
            shared.lock().unwrap().push(task);
        }
        e.yield_now().await;
    });
    assert_eq!(Arc::strong_count(&held), 1);
}
