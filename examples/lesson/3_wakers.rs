//! Step 3 of LESSON.md: the loop polls a task only after something has woken it.
//!
//! `3_wakers.py` beside this file is the same in Python, where a callback does what a waker does
//! here. Steps 1 and 2 resumed whatever came next and knew why each coroutine waited. Here a leaf
//! keeps the waker of the task, and what it waits for may be another task or another thread.

#![expect(clippy::print_stdout, reason = "its lines are what it is for")]

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// What tasks and wakers share: the tasks that are ready, and those that have not ended.
#[derive(Default)]
struct Loop {
    state: Mutex<(VecDeque<Arc<Task>>, usize)>,
    changed: Condvar,
}

struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    home: Arc<Loop>,
}

impl Wake for Task {
    /// Puts the task last among those that are ready. It runs nothing.
    fn wake(self: Arc<Self>) {
        let home = Arc::clone(&self.home);
        home.state.lock().expect("no holder panics").0.push_back(self);
        home.changed.notify_one();
    }
}

impl Loop {
    /// Adds a task, also while the loop runs.
    fn spawn(self: &Arc<Self>, future: impl Future<Output = ()> + Send + 'static) {
        self.state.lock().expect("no holder panics").1 += 1;
        let future = Mutex::new(Some(Box::pin(future) as _));
        Arc::new(Task { future, home: Arc::clone(self) }).wake();
    }

    /// Runs what is ready until all tasks have ended; sleeps while nothing is.
    fn run(&self) {
        loop {
            let mut state = self.state.lock().expect("no holder panics");
            let task = loop {
                match state.0.pop_front() {
                    Some(task) => break task,
                    None if state.1 == 0 => return,
                    None => state = self.changed.wait(state).expect("no holder panics"),
                }
            };
            drop(state);
            let mut future = task.future.lock().expect("no task panics");
            let waker = Waker::from(Arc::clone(&task));
            let poll = future.as_mut().map(|it| it.as_mut().poll(&mut Context::from_waker(&waker)));
            // A task may be woken once more after its end: then nothing is left to poll.
            if poll == Some(Poll::Ready(())) {
                *future = None;
                self.state.lock().expect("no holder panics").1 -= 1;
            }
        }
    }
}

/// A value that comes later, and the tasks that wait for it.
#[derive(Clone, Default)]
struct Promise(Arc<Mutex<(Option<u64>, Vec<Waker>)>>);

impl Promise {
    /// Wakes all that wait. None of them runs before the caller suspends.
    fn set(&self, value: u64) {
        let mut state = self.0.lock().expect("no holder panics");
        state.0 = Some(value);
        state.1.drain(..).for_each(Waker::wake);
    }

    async fn get(&self) -> u64 {
        poll_fn(|cx| {
            let mut state = self.0.lock().expect("no holder panics");
            if state.0.is_none() {
                state.1.push(cx.waker().clone());
            }
            state.0.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

fn main() {
    let tasks = Arc::new(Loop::default());
    let promise = Promise::default();
    for name in ["cb1", "cb2"] {
        let promise = promise.clone();
        tasks.spawn(async move { println!("{name} {}", promise.get().await) });
    }
    let inner = Arc::clone(&tasks);
    tasks.spawn(async move {
        promise.set(7);
        println!("after set_result");
        let answer = Promise::default();
        let sent = answer.clone();
        // The loop sleeps meanwhile: the thread wakes it.
        thread::spawn(move || sent.set(42));
        inner.spawn(async move { println!("answer:  {}", answer.get().await) });
    });
    tasks.run();
}
