//! Timers: never early, in order, cancelled without a trace, and virtual.

use super::*;

on_each_loop!(
    never_early_and_says_how_long,
    a_sleep_into_the_past_suspends_once,
    sleeps_into_the_past_starve_nobody,
    equal_deadlines_come_in_order_of_arrival,
    countdown_is_exact_on_a_virtual_clock,
    a_virtual_clock_does_not_sleep,
    a_dropped_sleep_wakes_nobody,
    a_sleep_moves_between_tasks,
    a_sleep_outlives_its_loop,
    many_timers,
    a_million_timers,
    far_deadlines,
    timers_fire_while_others_yield,
);

fn never_early_and_says_how_long<E: Executor>() {
    run(|e: E| async move {
        for micros in [1, 50, 700, 3_000] {
            let start = Instant::now();
            let wanted = Duration::from_micros(micros);
            let waited = e.sleep_until(start + wanted).await;
            let passed = start.elapsed();
            assert!(passed >= wanted, "early by {:?}", wanted - passed);
            assert!(waited <= passed, "said {waited:?} of {passed:?}");
        }
    });
}

fn a_sleep_into_the_past_suspends_once<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run(|e: E| async move {
        let other = log.clone();
        let task = e.spawn(async move { other.say("other") });
        e.sleep_until(Instant::now() - Duration::from_millis(1)).await;
        log.say("slept");
        task.join().await.unwrap();
    });
    assert_eq!(seen.take(), ["other", "slept"]);
}

fn sleeps_into_the_past_starve_nobody<E: Executor>() {
    run(|e: E| async move {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let sleeper = e.spawn(async move {
            let past = Instant::now() - Duration::from_millis(1);
            while !stopped.load(SeqCst) {
                e.sleep_until(past).await;
            }
        });
        for _ in 0..100 {
            e.yield_now().await;
        }
        e.sleep_until(Instant::now() + Duration::from_millis(1)).await;
        stop.store(true, SeqCst);
        sleeper.join().await.unwrap();
    });
}

fn equal_deadlines_come_in_order_of_arrival<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    run_virtual(|e: E| async move {
        let start = e.now();
        let mut tasks = Vec::new();
        for n in 0..20_u32 {
            let log = log.clone();
            let deadline = start + Duration::from_secs(u64::from(3 - n % 3));
            tasks.push(e.spawn(async move {
                e.sleep_until(deadline).await;
                log.say(n.to_string());
            }));
        }
        for task in tasks {
            task.join().await.unwrap();
        }
    });
    let mut expected: Vec<u32> = (0..20).collect();
    expected.sort_by_key(|n| 3 - n % 3);
    assert_eq!(seen.take(), expected.iter().map(u32::to_string).collect::<Vec<_>>());
}

async fn countdown<E: Executor>(e: E, name: char, length: u64, delay: u64, log: Log) {
    log.say(format!("{name} waiting {delay} seconds before starting countdown"));
    let waited = e.sleep_until(e.now() + Duration::from_secs(delay)).await;
    assert_eq!(waited, Duration::from_secs(delay), "a virtual clock is exact");
    log.say(format!("{name} starting after waiting"));
    for n in (1..=length).rev() {
        log.say(format!("{name} T-minus {n}"));
        assert_eq!(e.sleep_until(e.now() + Duration::from_secs(1)).await, Duration::from_secs(1));
    }
    log.say(format!("{name} lift-off!"));
}

fn countdown_is_exact_on_a_virtual_clock<E: Executor>() {
    let log = Log::default();
    let seen = log.clone();
    let elapsed = run_virtual(|e: E| async move {
        let start = e.now();
        let tasks = [('A', 5, 0), ('B', 3, 2), ('C', 4, 1)]
            .map(|(name, length, delay)| e.spawn(countdown(e, name, length, delay, log.clone())));
        for task in tasks {
            task.join().await.unwrap();
        }
        e.now() - start
    });
    assert_eq!(elapsed, Duration::from_secs(5));
    let expected = "A waiting 0 seconds before starting countdown
B waiting 2 seconds before starting countdown
C waiting 1 seconds before starting countdown
A starting after waiting
A T-minus 5
C starting after waiting
C T-minus 4
A T-minus 4
B starting after waiting
B T-minus 3
C T-minus 3
A T-minus 3
B T-minus 2
C T-minus 2
A T-minus 2
B T-minus 1
C T-minus 1
A T-minus 1
B lift-off!
C lift-off!
A lift-off!";
    assert_eq!(seen.take(), expected.lines().collect::<Vec<_>>());
}

fn a_virtual_clock_does_not_sleep<E: Executor>() {
    let start = Instant::now();
    let waited =
        run_virtual(
            |e: E| async move { e.sleep_until(e.now() + Duration::from_secs(86_400)).await },
        );
    assert_eq!(waited, Duration::from_secs(86_400));
    assert!(start.elapsed() < Duration::from_secs(3_600));
}

fn a_dropped_sleep_wakes_nobody<E: Executor>() {
    let polls = run_virtual(|e: E| async move {
        let polls = Arc::new(AtomicU32::new(0));
        let counted = polls.clone();
        let task = e.spawn(async move {
            let mut short = Some(Box::pin(e.sleep_until(e.now() + Duration::from_secs(1))));
            let mut long = Box::pin(e.sleep_until(e.now() + Duration::from_secs(5)));
            poll_fn(move |cx| {
                counted.fetch_add(1, SeqCst);
                if let Some(mut short) = short.take() {
                    assert!(short.as_mut().poll(cx).is_pending());
                }
                long.as_mut().poll(cx)
            })
            .await
        });
        task.join().await.unwrap();
        polls.load(SeqCst)
    });
    assert_eq!(polls, 2);
}

fn a_sleep_moves_between_tasks<E: Executor>() {
    run(|e: E| async move {
        let mut sleep = Box::pin(e.sleep_until(Instant::now() + Duration::from_millis(3)));
        poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let task = e.spawn(sleep);
        assert!(task.join().await.unwrap() >= Duration::from_millis(2));
    });
}

fn a_sleep_outlives_its_loop<E: Executor>() {
    let (sleep, unpolled) = run(|e: E| async move {
        let mut sleep = Box::pin(e.sleep_until(Instant::now() + Duration::from_millis(3)));
        poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        (sleep, Some(e.sleep_until(Instant::now())))
    });
    drop(unpolled);
    // It is armed in the loop that polls it next.
    run(|e: E| async move {
        let task = e.spawn(sleep);
        task.join().await.unwrap();
    });
}

/// On a virtual clock, so that all are armed before one fires. A thousand share each deadline. (A
/// tenth of them where code is slow.)
fn a_million_timers<E: Executor>() {
    const TIMERS: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let latest = run_virtual(|e: E| async move {
        let start = e.now();
        let latest = Arc::new(AtomicU64::new(0));
        for n in 0..TIMERS {
            // 7,919 is prime: every place comes once, in no order.
            let place = n * 7_919 % TIMERS;
            let (deadline, latest) = (start + Duration::from_micros(place / 1_000), latest.clone());
            e.spawn(async move {
                e.sleep_until(deadline).await;
                assert_eq!(e.now(), deadline);
                assert!(latest.swap(place / 1_000, SeqCst) <= place / 1_000, "out of order");
            })
            .detach();
        }
        e.sleep_until(start + Duration::from_secs(1)).await;
        Arc::into_inner(latest).expect("every task has ended").into_inner()
    });
    assert_eq!(latest, TIMERS / 1_000 - 1);
}

fn many_timers<E: Executor>() {
    run(|e: E| async move {
        let start = Instant::now();
        let mut random = fastrand();
        let mut tasks = Vec::new();
        for _ in 0..2_000 {
            let deadline = start + Duration::from_micros(random() % 20_000);
            tasks.push(e.spawn(async move {
                e.sleep_until(deadline).await;
                assert!(Instant::now() >= deadline);
            }));
        }
        for task in tasks {
            task.join().await.unwrap();
        }
    });
}

fn far_deadlines<E: Executor>() {
    run_virtual(|e: E| async move {
        let years = Duration::from_secs(86_400 * 365);
        let deadline = e.now() + years * 30;
        e.sleep_until(deadline).await;
        assert!(e.now() >= deadline);
        let task = e.spawn_cancellable(e.sleep_until(e.now() + years * 300));
        e.yield_now().await;
        assert_eq!(task.cancel().await, None);
    });
}

fn timers_fire_while_others_yield<E: Executor>() {
    run(|e: E| async move {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let busy = e.spawn(async move {
            while !stopped.load(SeqCst) {
                e.yield_now().await;
            }
        });
        e.sleep_until(Instant::now() + Duration::from_millis(2)).await;
        stop.store(true, SeqCst);
        busy.join().await.unwrap();
    });
}

/// Numbers that look random and are the same every time.
fn fastrand() -> impl FnMut() -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
