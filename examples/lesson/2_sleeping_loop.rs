//! Step 2 of LESSON.md: a loop that sleeps until the earliest of its coroutines wants to go on.
//!
//! `2_sleeping_loop.py` beside this file is the same in Python. A coroutine gives the loop its
//! wake-up time and is told how long it really waited: what `yield` gives lies in one cell of the
//! thread, what `send` brings in another.

#![expect(clippy::print_stdout, reason = "its lines are what it is for")]

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

thread_local! {
    static GIVEN: Cell<Option<Instant>> = const { Cell::new(None) };
    static SENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

type Coroutine = Pin<Box<dyn Future<Output = ()>>>;

/// Sleeps for `length` and returns how long it really was: `actual = yield wake_up_time`.
fn sleep(length: Duration) -> impl Future<Output = Duration> {
    let mut deadline = None;
    poll_fn(move |_| {
        if deadline.is_some() {
            return Poll::Ready(SENT.get());
        }
        deadline = Some(Instant::now() + length);
        GIVEN.set(deadline);
        Poll::Pending
    })
}

/// Resumes a coroutine with what it waited and returns when it wants to go on: `send(waited)`.
fn resume(coroutine: &mut Coroutine, waited: Duration) -> Option<Instant> {
    SENT.set(waited);
    match coroutine.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(()) => None,
        Poll::Pending => GIVEN.take(),
    }
}

/// Runs coroutines until all have ended: sleeps until the earliest wants to go on, resumes it and
/// pushes it back.
fn run_until_complete(coroutines: Vec<Coroutine>) {
    let mut all: Vec<Option<Coroutine>> = coroutines.into_iter().map(Some).collect();
    // When to go on, since when it waits, and which: equal times come in the order of arrival.
    let mut sleeping = BinaryHeap::new();
    let mut arrivals = 0..;
    let mut due: Vec<(usize, Duration)> = (0..all.len()).map(|at| (at, Duration::ZERO)).collect();
    loop {
        for (at, waited) in due.drain(..) {
            let began = Instant::now();
            match all[at].as_mut().and_then(|it| resume(it, waited)) {
                Some(deadline) => {
                    sleeping.push(Reverse((deadline, arrivals.next(), began, at)));
                }
                None => all[at] = None,
            }
        }
        let Some(Reverse((deadline, _, began, at))) = sleeping.pop() else { return };
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        due.push((at, began.elapsed()));
    }
}

async fn countdown(label: &str, length: u32, delay: u32, tick: Duration) {
    println!("{label} waiting {delay} seconds before starting countdown");
    let waited = sleep(tick * delay).await;
    println!("{label} starting after waiting {} ticks", waited.as_nanos() / tick.as_nanos());
    for left in (1..=length).rev() {
        println!("{label} T-minus {left}");
        sleep(tick).await;
    }
    println!("{label} lift-off!");
}

fn main() {
    // `cargo run --example 2_sleeping_loop -- 50`: milliseconds of a tick.
    let tick = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let tick = Duration::from_millis(tick);
    let began = Instant::now();
    run_until_complete(vec![
        Box::pin(countdown("A", 5, 0, tick)),
        Box::pin(countdown("B", 3, 2, tick)),
        Box::pin(countdown("C", 4, 1, tick)),
    ]);
    println!("Total elapsed time is {} ticks", began.elapsed().as_nanos() / tick.as_nanos());
}
