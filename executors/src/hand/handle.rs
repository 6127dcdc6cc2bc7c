//! The handle of a task: join, detach, cancel.
//!
//! On the thread of its loop a handle acts at once. Anywhere else (another thread, or a loop nested
//! in the task's own) it writes letters to the task's loop; see [`inbox`](super::inbox).
//!
//! A handle that is dropped without a word detaches.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tminus_contract as contract;
use tminus_contract::JoinError;

use super::engine::{self, Engine, Kind};
use super::here::here;
use super::inbox::{self, Letter};
use super::task::{Ending, Task, swallow};
use super::waker::Compact;

/// The handle of a task that gives a `T`. Dropped, it detaches.
pub struct Handle<T> {
    /// The block is there as long as this handle is: nothing frees it before.
    task: Task,
    gives: PhantomData<fn() -> T>,
}

// SAFETY: on another thread than the loop's, a handle reads only the stage, writes letters, and
// once the task has ended takes the `T`, which is `Send`.
unsafe impl<T: Send> Send for Handle<T> {}
// SAFETY: nothing can be done with a `&Handle`.
unsafe impl<T: Send> Sync for Handle<T> {}

/// Spawns on the loop of this kind; see [`Executor::spawn`](contract::Executor::spawn).
///
/// From another thread than the loop's the task travels by letter.
///
/// # Panics
/// From another thread, unless exactly one loop of this kind runs in the process.
#[inline]
pub fn spawn<F>(kind: Kind, future: F) -> Handle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Handle { task: engine::spawn(kind, future), gives: PhantomData }
}

impl<T> Handle<T> {
    /// Acts at once on the thread of the task's loop, by letter elsewhere.
    #[inline]
    fn act<R>(&self, near: impl FnOnce(&Engine) -> R, far: impl FnOnce() -> R) -> R {
        here(|here| match here.engine() {
            Some(engine) if engine.id == self.task.header().home && !self.task.is_orphan() => {
                near(engine)
            }
            _ => far(),
        })
    }

    /// Returns what the task ended with, or has `cx` woken when it ends.
    #[inline]
    fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<Ending<T>> {
        if !self.task.ended() {
            let waker = cx.waker();
            let told = self.act(
                |_| {
                    drop(self.task.set_joiner(Compact::new(waker)));
                    true
                },
                || inbox::post(self.task, Letter::Join(self.task, waker.clone())),
            );
            if told {
                return Poll::Pending;
            }
            // Its loop has ended since we looked, and the task with it.
            debug_assert!(self.task.ended());
        }
        // SAFETY: `T` is the output, by the type of `spawn`; it has ended; this is its handle.
        Poll::Ready(unsafe { self.task.take() })
    }
}

impl<T> Drop for Handle<T> {
    #[inline]
    fn drop(&mut self) {
        let task = self.task;
        self.act(
            |engine| engine.forget(task),
            || {
                if !inbox::post(task, Letter::Forget(task)) {
                    task.drop_body();
                    // SAFETY: an orphan: its loop is gone, and this was its handle.
                    unsafe { task.free_orphan() };
                }
            },
        );
    }
}

impl<T: Send + 'static> contract::Join<T> for Handle<T> {
    fn join(self) -> impl Future<Output = Result<T, JoinError>> + Send + 'static {
        Joining(self)
    }

    fn detach(self) {}
}

impl<T: Send + 'static> contract::CancelJoin<T> for Handle<T> {
    /// Drops the future within this call already, if the task is one of this thread's loop and not
    /// the one that is running.
    fn cancel(self) -> impl Future<Output = Option<T>> + Send + 'static {
        let task = self.task;
        self.act(
            |engine| engine.cancel(task),
            || {
                // An orphan has ended already.
                let _ = inbox::post(task, Letter::Cancel(task));
            },
        );
        Cancelling(self)
    }
}

/// Waits for the end of a task.
struct Joining<T>(Handle<T>);

impl<T> Future for Joining<T> {
    type Output = Result<T, JoinError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_ending(cx).map(|ending| match ending {
            Ending::Value(value) => Ok(value),
            Ending::Panic(payload) => Err(JoinError::Panicked(payload)),
            Ending::Cancelled => Err(JoinError::Cancelled),
        })
    }
}

/// Waits for the end of a task that has been cancelled.
struct Cancelling<T>(Handle<T>);

impl<T> Future for Cancelling<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_ending(cx).map(|ending| match ending {
            Ending::Value(value) => Some(value),
            Ending::Panic(payload) => {
                swallow(payload);
                None
            }
            Ending::Cancelled => None,
        })
    }
}
