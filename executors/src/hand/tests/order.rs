//! Order: first in, first out, to the exact line.

use super::*;

on_each_loop!(
    interweave_is_exact,
    nested_sums_are_exact,
    sums_three_levels_deep_are_exact,
    displays_are_exact,
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

/// Suspends first, then computes: in a task that awaits it, the innermost of all suspends.
async fn square<E: Executor>(e: E, n: u64, log: Log) -> u64 {
    e.yield_now().await;
    log.say(format!("square {n}"));
    n * n
}

/// Returns the transcript of two tasks of a kind, the first and the second, side by side, and how
/// often each is resumed.
fn both<E: Executor, F>(
    task: impl Fn(E, Log, bool) -> F + Send + 'static,
) -> (Vec<String>, [u32; 2])
where
    F: Future<Output = ()> + Send + 'static,
{
    let log = Log::default();
    let seen = log.clone();
    let polls = run(|e: E| async move {
        let tasks = [false, true].map(|second| {
            let mut future = Box::pin(task(e, log.clone(), second));
            let mut polls = 0;
            e.spawn(poll_fn(move |cx| {
                polls += 1;
                future.as_mut().poll(cx).map(|()| polls)
            }))
        });
        let [first, second] = tasks;
        [first.join().await.unwrap(), second.join().await.unwrap()]
    });
    (seen.take(), polls)
}

fn nested_sums_are_exact<E: Executor>() {
    async fn sum_of_squares<E: Executor>(e: E, numbers: [u64; 5], log: Log) {
        let mut sum = 0;
        for n in numbers {
            sum += square(e, n, log.clone()).await;
        }
        e.yield_now().await;
        log.say(format!("sum {sum}"));
    }
    let (said, polls) = both(|e: E, log, tens| {
        let numbers = [1, 2, 3, 4, 5].map(|n| if tens { n * 10 } else { n });
        sum_of_squares(e, numbers, log)
    });
    let squares = [1, 10, 2, 20, 3, 30, 4, 40, 5, 50].map(|n| format!("square {n}"));
    let sums = ["sum 55", "sum 5500"].map(String::from);
    assert_eq!(said, [&squares[..], &sums].concat());
    assert_eq!(polls, [7, 7]);
}

fn sums_three_levels_deep_are_exact<E: Executor>() {
    async fn sum_of_squares<E: Executor>(e: E, a: u64, b: u64, log: Log) -> u64 {
        square(e, a, log.clone()).await + square(e, b, log).await
    }
    async fn print_sum<E: Executor>(e: E, a: u64, b: u64, log: Log) {
        let sum = sum_of_squares(e, a, b, log.clone()).await;
        log.say(sum.to_string());
    }
    let (said, polls) = both(|e: E, log, tens| {
        let [a, b] = [3, 4].map(|n| if tens { n * 10 } else { n });
        print_sum(e, a, b, log)
    });
    // 25 comes before the other's 40: a task runs on to its next suspension.
    assert_eq!(said, ["square 3", "square 30", "square 4", "25", "square 40", "2500"]);
    assert_eq!(polls, [3, 3]);
}

fn displays_are_exact<E: Executor>() {
    async fn display<E: Executor>(e: E, text: &'static str, log: Log) {
        for character in text.chars() {
            log.say(character);
            e.yield_now().await;
        }
    }
    let (said, polls) =
        both(|e: E, log, digits| display(e, if digits { "123" } else { "ABC" }, log));
    assert_eq!(said, ["A", "1", "B", "2", "C", "3"]);
    assert_eq!(polls, [4, 4]);
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        display(e, "ABC", log.clone()).await;
        display(e, "123", log).await;
    });
    assert_eq!(seen.take(), ["A", "B", "C", "1", "2", "3"]);
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
