//! Tasks that are polled by hand: what each poll, wake, clone and drop counts as.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::sample::Edge;

/// The counters are the process's.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The waker of an executor that does nothing; clones of `Waker::noop` need not be alike.
struct Idle;

impl Wake for Idle {
    fn wake(self: Arc<Self>) {}
}

/// Polls a task `polls` times, whose poll number `n` is `poll`, and returns what was counted.
fn counted(polls: u32, mut poll: impl FnMut(u32, &Waker)) -> Tally {
    let mut number = 0;
    let mut task = pin!(Watched::new(poll_fn(move |cx| {
        number += 1;
        poll(number, cx.waker());
        Poll::<()>::Pending
    })));
    let idle = Waker::from(Arc::new(Idle));
    watch(Edge::Begin);
    for _ in 0..polls {
        assert!(task.as_mut().poll(&mut Context::from_waker(&idle)).is_pending());
    }
    watch(Edge::End);
    Tally { wake_delay_p50_ns: 0, wake_delay_p99_ns: 0, ..tally() }
}

#[test]
fn a_poll_without_a_wake_is_spurious_but_for_the_first() {
    let _alone = alone();
    let never = counted(3, |_, _| {});
    assert_eq!(never, Tally { polls: 3, spurious_polls: 2, ..Tally::default() });
    let always = counted(3, |_, waker| waker.wake_by_ref());
    assert_eq!(always, Tally { polls: 3, wakes: 3, self_wakes: 3, ..Tally::default() });
    // A liar that wakes twice is seen.
    let twice = counted(3, |_, waker| (0..2).for_each(|_| waker.wake_by_ref()));
    assert_eq!(twice, Tally { polls: 3, wakes: 6, self_wakes: 6, ..Tally::default() });
}

#[test]
fn clones_end_in_a_drop_or_a_wake() {
    let _alone = alone();
    let tally = counted(2, |number, waker| match number {
        1 => drop(waker.clone()),
        _ => {
            let clone = waker.clone();
            clone.wake();
        }
    });
    let expected = Tally { polls: 2, spurious_polls: 1, wakes: 1, self_wakes: 1, ..tally };
    assert_eq!(tally, expected);
    assert_eq!((tally.waker_clones, tally.waker_drops), (2, 1));
}

#[test]
fn a_wake_from_another_thread_is_told_from_one_of_oneself() {
    let _alone = alone();
    let tally = counted(1, |_, waker| {
        std::thread::scope(|scope| drop(scope.spawn(|| waker.wake_by_ref())));
    });
    assert_eq!((tally.wakes, tally.self_wakes, tally.cross_thread_wakes), (1, 0, 1));
}

#[test]
fn the_waker_is_the_same_for_as_long_as_one_is_held() {
    let _alone = alone();
    let mut held: Option<Waker> = None;
    let mut same = 0;
    counted(4, |_, waker| match &held {
        Some(held) => same += u32::from(held.will_wake(waker)),
        None => held = Some(waker.clone()),
    });
    assert_eq!(same, 3);
    assert!(!held.expect("it was cloned").will_wake(Waker::noop()));
}

#[test]
fn nothing_counts_outside_of_a_region() {
    let _alone = alone();
    let before = counted(1, |_, _| {});
    let mut task = pin!(Watched::new(std::future::pending::<()>()));
    assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(tally(), Tally { wake_delay_p50_ns: 0, wake_delay_p99_ns: 0, ..before });
}
