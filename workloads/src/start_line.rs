//! Lets tasks stand ready before the clock starts.
//!
//! A cell that measures resumptions must not measure spawning too: the share of spawning would
//! change with the number of iterations. So its tasks first wait at a start line, each with its
//! waker, and the root opens it when all have arrived and the clock runs. The first resumption of a
//! task is thereby a wake and a poll, as every later one is.
//!
//! Tasks that yielded there instead, until they find it open, would do without these wakes; but
//! executors with more than one queue let the tasks of the one spin while those of the other wait
//! to be spawned (tokio's multi-thread scheduler: 2 s for 100,000 tasks), and one that resumes the
//! task that yielded last would never get there.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A start line that tasks wait at. Clones are the same start line.
#[derive(Clone)]
pub(crate) struct StartLine(Arc<State>);

struct State {
    /// How many tasks the start line is for.
    tasks: usize,
    /// Looked at without the lock: resumptions with the start line open are timed.
    open: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// In the order of arrival.
    tasks: Vec<Waker>,
    root: Option<Waker>,
}

impl StartLine {
    /// Makes a start line for so many tasks.
    pub(crate) fn new(tasks: u64) -> Self {
        let tasks = usize::try_from(tasks).expect("tasks are counted in memory");
        let waiting = Waiting { tasks: Vec::with_capacity(tasks), root: None };
        Self(Arc::new(State { tasks, open: AtomicBool::new(false), waiting: Mutex::new(waiting) }))
    }

    /// Waits in a task until the start line is open.
    pub(crate) async fn pass(self) {
        let mut place = None;
        poll_fn(|cx| if self.0.is_open() { Poll::Ready(()) } else { self.0.wait(&mut place, cx) })
            .await;
    }

    /// Waits in the root until all tasks stand at the start line.
    pub(crate) async fn filled(&self) {
        poll_fn(|cx| {
            let mut waiting = self.0.waiting();
            if waiting.tasks.len() == self.0.tasks {
                return Poll::Ready(());
            }
            waiting.root = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Opens the start line for good and wakes the tasks in the order in which they arrived.
    pub(crate) fn open(&self) {
        let tasks = {
            let mut waiting = self.0.waiting();
            self.0.open.store(true, Ordering::Release);
            std::mem::take(&mut waiting.tasks)
        };
        for task in tasks {
            task.wake();
        }
    }
}

impl State {
    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Takes a place at the start line; the last to come wakes the root.
    fn wait(&self, place: &mut Option<usize>, cx: &Context<'_>) -> Poll<()> {
        let mut waiting = self.waiting();
        if self.is_open() {
            return Poll::Ready(());
        }
        match *place {
            // Polled again though it was not woken: some executors do.
            Some(place) => waiting.tasks[place].clone_from(cx.waker()),
            None => {
                *place = Some(waiting.tasks.len());
                waiting.tasks.push(cx.waker().clone());
            }
        }
        let root = if waiting.tasks.len() == self.tasks { waiting.root.take() } else { None };
        drop(waiting);
        if let Some(root) = root {
            root.wake();
        }
        Poll::Pending
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
