//! Order: first in, first out, to the exact line.

use super::*;

on_each_loop!(
    interweave_is_exact,
    nested_sums_are_exact,
    spawning_runs_nothing_and_starts_in_order,
    wakes_come_in_their_order,
    a_yield_inside_a_combinator_is_not_lost,
    two_wakes_are_one_poll,
    a_task_runs_on_to_its_next_suspension,
);

async fn squares<E: Executor>(e: E, numbers: Vec<u64>, log: Log) -> Vec<u64> {
    let mut squares = Vec::new();
    for n in numbers {
        log.say(n.to_string());
        squares.push(n * n);
        e.yield_now().await;
    }
    squares
}

fn interweave_is_exact<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    let (a, b) = run(|e: E| async move {
        let a = e.spawn(squares(e, (1..=6).collect(), log.clone()));
        let b = e.spawn(squares(e, vec![10, 20, 30, 40], log));
        (a.join().await.unwrap(), b.join().await.unwrap())
    });
    assert_eq!(seen.take(), ["1", "10", "2", "20", "3", "30", "4", "40", "5", "6"]);
    assert_eq!((a, b), (vec![1, 4, 9, 16, 25, 36], vec![100, 400, 900, 1600]));
}

fn nested_sums_are_exact<E: Executor>() {
    async fn square(n: u64, log: Log) -> u64 {
        log.say(format!("square {n}"));
        n * n
    }
    async fn print_sum<E: Executor>(e: E, a: u64, b: u64, log: Log) {
        let first = square(a, log.clone()).await;
        e.yield_now().await;
        let sum = first + square(b, log.clone()).await;
        log.say(sum.to_string());
    }
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let tasks = [e.spawn(print_sum(e, 3, 4, log.clone())), e.spawn(print_sum(e, 30, 40, log))];
        for task in tasks {
            task.join().await.unwrap();
        }
    });
    // 25 comes before the other's 40: a task runs on to its next suspension.
    assert_eq!(seen.take(), ["square 3", "square 30", "square 4", "25", "square 40", "2500"]);
}

fn spawning_runs_nothing_and_starts_in_order<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let tasks: Vec<_> = (0..3)
            .map(|n| {
                let log = log.clone();
                e.spawn(async move {
                    for part in ["start", "mid", "end"] {
                        log.say(format!("{part} {n}"));
                        e.yield_now().await;
                    }
                })
            })
            .collect();
        assert!(log.take().is_empty());
        for task in tasks {
            task.join().await.unwrap();
        }
    });
    let expected: Vec<String> = ["start", "mid", "end"]
        .iter()
        .flat_map(|part| (0..3).map(move |n| format!("{part} {n}")))
        .collect();
    assert_eq!(seen.take(), expected);
}

fn wakes_come_in_their_order<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let done = Arc::new(AtomicBool::new(false));
        let slots: Vec<_> = (0..5).map(|_| Arc::new(Mutex::new(None::<Waker>))).collect();
        let mut tasks = Vec::new();
        for (n, slot) in slots.iter().enumerate() {
            let (slot, done, log) = (slot.clone(), done.clone(), log.clone());
            tasks.push(e.spawn(async move {
                park(slot, done).await;
                log.say(n.to_string());
            }));
        }
        e.yield_now().await;
        done.store(true, SeqCst);
        for n in [3, 0, 4, 1, 2] {
            slots[n].lock().unwrap().take().unwrap().wake();
        }
        for task in tasks {
            task.join().await.unwrap();
        }
    });
    assert_eq!(seen.take(), ["3", "0", "4", "1", "2"]);
}

/// The combinator polls a part only when that part's own waker was woken.
fn a_yield_inside_a_combinator_is_not_lost<E: Executor>() {
    struct Flag(AtomicBool, Waker);
    impl std::task::Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, SeqCst);
            self.1.wake_by_ref();
        }
    }
    let polls = run(|e: E| async move {
        let mut part = Box::pin(async move {
            e.yield_now().await;
            e.sleep_until(Instant::now()).await;
            e.sleep_until(Instant::now() + Duration::from_millis(2)).await;
            e.spawn(async move { e.yield_now().await }).join().await.unwrap();
        });
        let mut flag: Option<Arc<Flag>> = None;
        let mut polls = 0;
        poll_fn(move |cx| {
            let flag = flag
                .get_or_insert_with(|| Arc::new(Flag(AtomicBool::new(true), cx.waker().clone())));
            if !flag.0.swap(false, SeqCst) {
                return Poll::Pending;
            }
            polls += 1;
            let waker = Waker::from(flag.clone());
            part.as_mut().poll(&mut std::task::Context::from_waker(&waker)).map(|()| polls)
        })
        .await
    });
    assert_eq!(polls, 5);
}

fn two_wakes_are_one_poll<E: Executor>() {
    let polls = Arc::new(AtomicU32::new(0));
    let counted = polls.clone();
    run(|e: E| async move {
        let slot = Arc::new(Mutex::new(None::<Waker>));
        let (left, done) = (slot.clone(), Arc::new(AtomicBool::new(false)));
        let ended = done.clone();
        let task = e.spawn(async move {
            let mut parked = Box::pin(park(left, ended));
            poll_fn(|cx| {
                counted.fetch_add(1, SeqCst);
                // Wakes itself too, twice: still one poll more.
                if counted.load(SeqCst) == 2 {
                    cx.waker().wake_by_ref();
                    let other = cx.waker().clone();
                    other.wake();
                }
                parked.as_mut().poll(cx)
            })
            .await;
        });
        e.yield_now().await;
        let waker = slot.lock().unwrap().clone().unwrap();
        waker.wake_by_ref();
        waker.wake_by_ref();
        let other = waker.clone();
        other.wake();
        for _ in 0..4 {
            e.yield_now().await;
        }
        done.store(true, SeqCst);
        waker.wake();
        task.join().await.unwrap();
    });
    assert_eq!(polls.load(SeqCst), 4);
}

fn a_task_runs_on_to_its_next_suspension<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let other = log.clone();
        let task = e.spawn(async move { other.say("other") });
        std::future::ready(()).await;
        log.say("still here");
        task.join().await.unwrap();
    });
    assert_eq!(seen.take(), ["still here", "other"]);
}
