//! What comes from other threads: wakes, storms of them, handles, spawns.

use std::thread;

use super::*;

on_each_loop!(
    a_wake_from_another_thread,
    wakes_from_threads_are_never_lost,
    a_storm_of_wakes,
    wakes_race_with_the_end,
    a_handle_is_joined_on_another_thread,
    a_handle_is_cancelled_on_another_thread,
    a_handle_is_dropped_on_another_thread,
    handles_race_with_the_end,
    a_sleep_is_dropped_on_another_thread,
    a_foreign_waker_that_panics_is_contained,
    a_scoped_thread_wakes_the_running_task,
);

/// Drives a future on this thread with a waker of std's.
fn block_on<F: Future>(future: F) -> F::Output {
    futures_lite::future::block_on(future)
}

fn a_wake_from_another_thread<E: Executor>() {
    run(|e: E| async move {
        let (slot, done) = (Arc::new(Mutex::new(None::<Waker>)), Arc::new(AtomicBool::new(false)));
        let task = e.spawn(park(slot.clone(), done.clone()));
        e.yield_now().await;
        let waker = slot.lock().unwrap().take().unwrap();
        let thread = thread::spawn(move || {
            // Late enough that the loop is asleep, most of the time; right either way.
            thread::sleep(Duration::from_millis(2));
            done.store(true, SeqCst);
            waker.wake();
        });
        task.join().await.unwrap();
        thread.join().unwrap();
    });
}

/// Threads hand a token to tasks and back, as fast as they can: one lost wake and it hangs.
fn wakes_from_threads_are_never_lost<E: Executor>() {
    const ROUNDS: u32 = 2_000;
    run(|e: E| async move {
        let mut tasks = Vec::new();
        let mut threads = Vec::new();
        for _ in 0..3 {
            let (sender, receiver) = mpsc::sync_channel::<(Waker, Arc<AtomicBool>)>(1);
            threads.push(thread::spawn(move || {
                for (waker, done) in receiver {
                    done.store(true, SeqCst);
                    waker.wake();
                }
            }));
            tasks.push(e.spawn(async move {
                for round in 0..ROUNDS {
                    let done = Arc::new(AtomicBool::new(false));
                    let mut sent = false;
                    poll_fn(|cx| {
                        if !std::mem::replace(&mut sent, true) {
                            sender.send((cx.waker().clone(), done.clone())).unwrap();
                        }
                        if done.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
                    })
                    .await;
                    if round % 7 == 0 {
                        e.yield_now().await;
                    }
                }
            }));
        }
        for task in tasks {
            task.join().await.unwrap();
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

fn a_storm_of_wakes<E: Executor>() {
    run(|e: E| async move {
        let stop = Arc::new(AtomicBool::new(false));
        let wakers: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let polls = Arc::new(AtomicU64::new(0));
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (stop, wakers, polls) = (stop.clone(), wakers.clone(), polls.clone());
            let mut first = true;
            tasks.push(e.spawn(poll_fn(move |cx| {
                if std::mem::take(&mut first) {
                    wakers.lock().unwrap().push(cx.waker().clone());
                }
                polls.fetch_add(1, SeqCst);
                if stop.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
            })));
        }
        e.yield_now().await;
        let wakers = wakers.lock().unwrap().clone();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (wakers, stop) = (wakers.clone(), stop.clone());
                thread::spawn(move || {
                    while !stop.load(SeqCst) {
                        wakers.iter().for_each(Waker::wake_by_ref);
                    }
                    wakers.iter().for_each(Waker::wake_by_ref);
                })
            })
            .collect();
        while polls.load(SeqCst) < 2_000 {
            e.yield_now().await;
        }
        stop.store(true, SeqCst);
        for task in tasks {
            task.join().await.unwrap();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

fn wakes_race_with_the_end<E: Executor>() {
    for _ in 0..50 {
        let (sender, receiver) = mpsc::channel::<Waker>();
        let thread = thread::spawn(move || {
            for waker in receiver {
                for _ in 0..200 {
                    waker.wake_by_ref();
                }
            }
        });
        run(|e: E| async move {
            for _ in 0..3 {
                let sender = sender.clone();
                e.spawn(poll_fn(move |cx| {
                    let _ = sender.send(cx.waker().clone());
                    Poll::<()>::Pending
                }))
                .detach();
            }
            e.yield_now().await;
        });
        thread.join().unwrap();
    }
}

fn a_handle_is_joined_on_another_thread<E: Executor>() {
    run(|e: E| async move {
        let ended = e.spawn(async { String::from("ended") });
        let panicked = e.spawn(async { panic!("afar") });
        e.yield_now().await;
        let sleeping = e.spawn(async move {
            e.sleep_until(Instant::now() + Duration::from_millis(3)).await;
            String::from("slept")
        });
        let (sender, receiver) = tminus_contract::channel::oneshot();
        let thread = thread::spawn(move || {
            let ended = block_on(ended.join()).unwrap();
            let slept = block_on(sleeping.join()).unwrap();
            let panicked: Result<(), _> = block_on(panicked.join());
            sender.send((ended, slept, panicked.unwrap_err().message()));
        });
        let (ended, slept, panicked) = receiver.await.unwrap();
        assert_eq!((&*ended, &*slept, &*panicked), ("ended", "slept", "afar"));
        thread.join().unwrap();
    });
}

fn a_handle_is_cancelled_on_another_thread<E: Executor>() {
    run(|e: E| async move {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = dropped.clone();
        let task = e.spawn_cancellable(async move {
            let _guard = OnDrop(move || flag.store(true, SeqCst));
            pending::<()>().await;
        });
        let ended = e.spawn_cancellable(async { 3 });
        e.yield_now().await;
        let (sender, receiver) = tminus_contract::channel::oneshot();
        let thread = thread::spawn(move || {
            let cancelled = block_on(task.cancel());
            let dropped = dropped.load(SeqCst);
            sender.send((cancelled, dropped, block_on(ended.cancel())));
        });
        assert_eq!(receiver.await, Some((None, true, Some(3))));
        thread.join().unwrap();
    });
}

fn a_handle_is_dropped_on_another_thread<E: Executor>() {
    let held = Arc::new(());
    let kept = held.clone();
    run(|e: E| async move {
        let ended = e.spawn(async move { kept });
        let running = e.spawn(async move { e.yield_now().await });
        e.yield_now().await;
        thread::spawn(move || {
            drop(ended);
            running.detach();
        })
        .join()
        .unwrap();
        e.yield_now().await;
    });
    assert_eq!(Arc::strong_count(&held), 1);
}

fn handles_race_with_the_end<E: Executor>() {
    for round in 0..60 {
        let held = Arc::new(());
        let (sender, receiver) = mpsc::channel::<(E::CancelJoin<Arc<()>>, u32)>();
        let threads: Vec<_> = {
            let receiver = Arc::new(Mutex::new(receiver));
            (0..2)
                .map(|_| {
                    let receiver = receiver.clone();
                    thread::spawn(move || {
                        loop {
                            let next = receiver.lock().unwrap().recv();
                            let Ok((task, n)) = next else { break };
                            match n % 3 {
                                0 => drop(block_on(task.join())),
                                1 => drop(block_on(task.cancel())),
                                _ => task.detach(),
                            }
                        }
                    })
                })
                .collect()
        };
        let kept = held.clone();
        run(move |e: E| async move {
            for n in 0..40_u32 {
                let held = kept.clone();
                let task = e.spawn_cancellable(async move {
                    if n % 2 == 0 {
                        pending::<()>().await;
                    }
                    held
                });
                sender.send((task, n)).unwrap();
            }
            for _ in 0..round % 4 {
                e.yield_now().await;
            }
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

fn a_sleep_is_dropped_on_another_thread<E: Executor>() {
    run(|e: E| async move {
        for _ in 0..200 {
            let mut sleep = Box::pin(e.sleep_until(Instant::now() + Duration::from_secs(60)));
            poll_fn(|cx| {
                assert!(sleep.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            thread::scope(|scope| {
                scope.spawn(move || drop(sleep));
            });
        }
        e.yield_now().await;
    });
}

fn a_foreign_waker_that_panics_is_contained<E: Executor>() {
    struct Bad;
    impl std::task::Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("a waker that panics");
        }
    }
    // Virtual, so that the deadline has not passed when it is polled.
    run_virtual(|e: E| async move {
        let waker = Waker::from(Arc::new(Bad));
        let mut joining = Box::pin(e.spawn(async {}).join());
        let mut sleeping = Box::pin(e.sleep_until(e.now() + Duration::from_millis(1)));
        poll_fn(|_| {
            let mut cx = std::task::Context::from_waker(&waker);
            assert!(joining.as_mut().poll(&mut cx).is_pending());
            assert!(sleeping.as_mut().poll(&mut cx).is_pending());
            Poll::Ready(())
        })
        .await;
        e.sleep_until(e.now() + Duration::from_millis(3)).await;
        joining.await.unwrap();
        sleeping.await;
    });
}

fn a_scoped_thread_wakes_the_running_task<E: Executor>() {
    run(|_: E| async move {
        let mut polls = 0;
        poll_fn(move |cx| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(());
            }
            let waker = cx.waker();
            thread::scope(|scope| {
                scope.spawn(|| waker.wake_by_ref());
            });
            Poll::Pending
        })
        .await;
    });
}
