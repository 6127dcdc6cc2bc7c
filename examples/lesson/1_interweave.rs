//! Step 1 of LESSON.md: coroutines that take turns, with nothing but a deque.
//!
//! `1_interweave.py` beside this file is the same in Python. A Rust future cannot yield a value, so
//! the leaf [`give`] leaves it in a cell of the thread before it suspends, and [`resume`] takes it.

#![expect(clippy::print_stdout, reason = "its lines are what it is for")]

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static GIVEN: Cell<Option<u64>> = const { Cell::new(None) };
}

type Coroutine = Pin<Box<dyn Future<Output = ()>>>;

/// Gives `value` to the loop and suspends: `yield value`.
fn give(value: u64) -> impl Future<Output = ()> {
    let mut is_given = false;
    poll_fn(move |_| {
        if std::mem::replace(&mut is_given, true) {
            return Poll::Ready(());
        }
        GIVEN.set(Some(value));
        Poll::Pending
    })
}

/// Returns the next value that a coroutine gives, or nothing at its end: `next(coroutine)`.
fn resume(coroutine: &mut Coroutine) -> Option<u64> {
    match coroutine.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(()) => None,
        Poll::Pending => GIVEN.take(),
    }
}

/// Resumes the first coroutine and puts it last, until all have ended.
fn interweave(coroutines: Vec<Coroutine>) -> impl Iterator<Item = u64> {
    let mut ready = VecDeque::from(coroutines);
    iter::from_fn(move || {
        loop {
            let mut coroutine = ready.pop_front()?;
            if let Some(value) = resume(&mut coroutine) {
                ready.push_back(coroutine);
                return Some(value);
            }
        }
    })
}

/// Resumes one after the other: its first form, which ends with the shortest and so loses what the
/// others had left.
fn interweave_until_one_ends(mut coroutines: Vec<Coroutine>) -> impl Iterator<Item = u64> {
    let mut at = (0..coroutines.len()).cycle();
    iter::from_fn(move || resume(&mut coroutines[at.next()?]))
}

async fn squares(numbers: Vec<u64>) {
    for number in numbers {
        println!("Computing square of  {number}");
        give(number * number).await;
    }
}

/// Suspends in a coroutine that it awaits: the loop sees one coroutine, whatever its depth.
async fn sum_of_squares(numbers: Vec<u64>) {
    let mut sum = 0;
    for number in &numbers {
        give(*number).await;
        squares(vec![*number]).await;
        sum += number * number;
    }
    println!("sum_of_squares {numbers:?} {sum}");
}

fn main() {
    let pair = || -> Vec<Coroutine> {
        vec![Box::pin(squares((1..=6).collect())), Box::pin(squares(vec![10, 20, 30, 40]))]
    };
    println!("yielded {:?}\n", interweave(pair()).collect::<Vec<_>>());
    let sums = [1, 10].map(|by| Box::pin(sum_of_squares((1..=5).map(|it| it * by).collect())) as _);
    println!("{} resumptions gave something\n", interweave(sums.into()).count());
    let short = vec![pair().remove(0), Box::pin(squares(vec![10, 20]))];
    println!("yielded {:?}", interweave_until_one_ends(short).collect::<Vec<_>>());
}
