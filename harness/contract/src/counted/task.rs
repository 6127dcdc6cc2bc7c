//! A future whose polls and wakes are counted.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::tally::{self, Event, count};
use super::waker::Stable;
use crate::pinned::here;

/// The state of a task, which its wakers share.
#[derive(Default)]
pub(super) struct Task {
    /// Whether it was woken since its last poll began.
    woken: AtomicBool,
    /// Whether it is in a poll.
    polling: AtomicBool,
    /// The number of the thread that polls it or polled it last; 0 before the first poll.
    thread: AtomicU64,
    /// When it was woken for the first time since its last poll began; 0 where that is not known.
    woken_at: AtomicU64,
}

impl Task {
    fn begin_poll(&self) {
        let is_first = self.thread.swap(here().get(), SeqCst) == 0;
        count(Event::Poll);
        tally::delay(self.woken_at.swap(0, SeqCst));
        if !self.woken.swap(false, SeqCst) && !is_first {
            count(Event::SpuriousPoll);
        }
        self.polling.store(true, SeqCst);
    }

    /// Counts a wake, which the executor is not yet told of.
    pub(super) fn wake(&self) {
        count(Event::Wake);
        let thread = self.thread.load(SeqCst);
        if thread != here().get() && thread != 0 {
            count(Event::CrossThreadWake);
        } else if self.polling.load(SeqCst) {
            count(Event::SelfWake);
        }
        if !self.woken.swap(true, SeqCst) {
            self.woken_at.store(tally::stamp(), SeqCst);
        }
    }
}

pin_project! {
    /// Counts the polls of its future, and gives each a waker that counts.
    pub(super) struct Watched<F> {
        #[pin]
        future: F,
        task: Arc<Task>,
        waker: Stable,
    }
}

impl<F> Watched<F> {
    pub(super) fn new(future: F) -> Self {
        Self { future, task: Arc::default(), waker: Stable::default() }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let waker = this.waker.of(cx.waker(), this.task);
        this.task.begin_poll();
        let _ends = Polling(this.task);
        this.future.poll(&mut Context::from_waker(&waker))
    }
}

/// The poll of a task, which ends also in a panic.
struct Polling<'a>(&'a Task);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polling.store(false, SeqCst);
    }
}
