//! Models of the loop and other threads, which loom runs in every interleaving that it finds with
//! at most [`PREEMPTIONS`] preemptions: nothing deadlocks (no wake-up is lost), no cell is touched
//! by two threads at once, nothing is dropped twice or never.
//!
//! The loop is the whole real one, `deque-nbio`, which parks its thread and needs no system call.
//! `scripts/loom` runs them.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;
use tminus_contract::{CancelJoin, Clock, Join};

use super::Kind;

const PREEMPTIONS: usize = 3;

/// Checks `model` in every interleaving within the bound.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.max_branches = 20_000;
    builder.check(model);
}

fn run<F>(root: impl FnOnce() -> F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    super::run(Kind::DequeNbio, Clock::Real, root)
}

fn spawn<F>(future: F) -> super::Handle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    super::spawn(Kind::DequeNbio, future)
}

/// Drives a future on a thread without a loop.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(std::sync::Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

/// A waker that is left for another thread, and whether that thread has spoken.
#[derive(Default)]
struct Slot {
    waker: Mutex<Option<Waker>>,
    said: AtomicBool,
}

impl Slot {
    fn say(&self) {
        self.said.store(true, SeqCst);
        if let Some(waker) = self.waker.lock().unwrap().take() {
            waker.wake();
        }
    }
}

/// Waits until another thread has [said](Slot::say) so.
async fn heard(slot: Arc<Slot>) {
    poll_fn(|cx| {
        if slot.said.load(SeqCst) {
            return Poll::Ready(());
        }
        *slot.waker.lock().unwrap() = Some(cx.waker().clone());
        if slot.said.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A value that only one thread at a time may touch; loom sees it if two do.
struct Watched(UnsafeCell<u32>);

impl Watched {
    fn touch(&self) -> u32 {
        self.0.with_mut(|value| {
            // SAFETY: loom stops the model if anyone else is here.
            let value = unsafe { &mut *value };
            *value += 1;
            *value
        })
    }
}

// SAFETY: that it is touched by one thread at a time is what the models check.
unsafe impl Sync for Watched {}

fn watched() -> Arc<Watched> {
    Arc::new(Watched(UnsafeCell::new(0)))
}

/// Touches what is watched when it is dropped.
struct TouchOnDrop(Arc<Watched>);

impl Drop for TouchOnDrop {
    fn drop(&mut self) {
        self.0.touch();
    }
}

#[test]
fn a_wake_finds_the_loop_asleep_or_awake() {
    check(|| {
        let slot = Arc::new(Slot::default());
        let other = slot.clone();
        let thread = thread::spawn(move || other.say());
        run(|| heard(slot.clone()));
        assert!(slot.said.load(SeqCst));
        thread.join().unwrap();
    });
}

#[test]
fn two_threads_wake_two_tasks() {
    check(|| {
        let slots = [Arc::new(Slot::default()), Arc::new(Slot::default())];
        let threads = slots.clone().map(|slot| thread::spawn(move || slot.say()));
        let count = run(|| async move {
            let mut count = 0;
            for task in slots.map(|slot| spawn(heard(slot))) {
                task.join().await.unwrap();
                count += 1;
            }
            count
        });
        assert_eq!(count, 2);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_busy_loop_hears_of_a_wake_too() {
    check(|| {
        let slot = Arc::new(Slot::default());
        run(move || async move {
            let other = slot.clone();
            let thread = thread::spawn(move || other.say());
            let heard = Arc::new(AtomicBool::new(false));
            let told = heard.clone();
            let task = spawn(async move {
                self::heard(slot).await;
                told.store(true, SeqCst);
            });
            super::YieldNow::default().await;
            thread.join().unwrap();
            // The root is ready all the time, so the loop never sleeps.
            for _ in 0..3 {
                super::YieldNow::default().await;
            }
            assert!(heard.load(SeqCst), "the wake was posted before three turns");
            task.join().await.unwrap();
        });
    });
}

#[test]
fn wakes_of_one_task_from_two_threads_are_one_poll_or_two() {
    check(|| {
        let polls = Arc::new(AtomicUsize::new(0));
        let (waker, count) = (Arc::new(Mutex::new(None::<Waker>)), polls.clone());
        let kept = waker.clone();
        let threads = run(move || async move {
            let mut threads = None;
            poll_fn(move |cx| {
                count.fetch_add(1, SeqCst);
                if threads.is_some() {
                    return Poll::Ready(threads.take());
                }
                *kept.lock().unwrap() = Some(cx.waker().clone());
                let wake = || {
                    let waker = kept.lock().unwrap().clone().unwrap();
                    thread::spawn(move || waker.wake())
                };
                threads = Some([wake(), wake()]);
                Poll::Pending
            })
            .await
        });
        threads.unwrap().into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(polls.load(SeqCst), 2, "the root ends with its second poll");
        // Long after the end, and on a thread that runs no loop.
        waker.lock().unwrap().take().unwrap().wake();
    });
}

#[test]
fn a_wake_of_an_ended_task_does_not_poll_the_next_in_its_place() {
    check(|| {
        let polls = Arc::new(AtomicUsize::new(0));
        let count = polls.clone();
        let thread = run(move || async move {
            let first = spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
            let waker = first.join().await.unwrap();
            let thread = thread::spawn(move || waker.wake());
            let second = spawn(poll_fn(move |_| {
                count.fetch_add(1, SeqCst);
                Poll::<()>::Pending
            }));
            for _ in 0..3 {
                super::YieldNow::default().await;
            }
            assert_eq!(second.cancel().await, None);
            thread
        });
        assert_eq!(polls.load(SeqCst), 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_wake_races_with_the_end_of_the_loop() {
    check(|| {
        let waker = run(|| poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        // The next run has the same inbox.
        let thread = thread::spawn(move || waker.wake());
        let polls = run(|| {
            let mut polls = 0;
            poll_fn(move |_| {
                polls += 1;
                Poll::Ready(polls)
            })
        });
        assert_eq!(polls, 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_value_reaches_a_join_on_another_thread() {
    check(|| {
        let (thread, value) = run(|| async {
            let value = watched();
            let inner = value.clone();
            let task = spawn(async move {
                super::YieldNow::default().await;
                inner.touch();
                inner
            });
            let thread = thread::spawn(move || match block_on(task.join()) {
                Ok(value) => Some(value.touch()),
                Err(_) => None,
            });
            // Now the task ends by itself, now with its loop.
            super::YieldNow::default().await;
            (thread, value)
        });
        let joined = thread.join().unwrap();
        assert!(joined.is_none_or(|touches| touches == 2), "{joined:?}");
        assert!(value.touch() >= 1);
    });
}

#[test]
fn cancel_on_another_thread_returns_after_the_drop() {
    check(|| {
        let value = watched();
        let guard = TouchOnDrop(value.clone());
        let thread = run(move || async move {
            let task = spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            let thread = thread::spawn(move || {
                assert_eq!(block_on(task.cancel()), None);
                value.touch()
            });
            super::YieldNow::default().await;
            thread
        });
        assert_eq!(thread.join().unwrap(), 2, "dropped once, before cancel returned");
    });
}

#[test]
fn a_handle_is_dropped_while_its_task_and_its_loop_end() {
    check(|| {
        let value = watched();
        let inner = value.clone();
        let thread = run(move || async move {
            // The output too lies in the block: the last owner drops it.
            let task = spawn(async move { TouchOnDrop(inner) });
            let thread = thread::spawn(move || drop(task));
            super::YieldNow::default().await;
            thread
        });
        thread.join().unwrap();
        assert_eq!(value.touch(), 2, "dropped once");
    });
}

#[test]
fn a_task_is_spawned_from_another_thread() {
    check(|| {
        let slot = Arc::new(Slot::default());
        let other = slot.clone();
        let sum = run(move || async move {
            let thread = thread::spawn(move || {
                let task = spawn(async move {
                    super::YieldNow::default().await;
                    20
                });
                other.say();
                task
            });
            heard(slot).await;
            let task = thread.join().unwrap();
            task.join().await.unwrap() + 1
        });
        assert_eq!(sum, 21);
    });
}
