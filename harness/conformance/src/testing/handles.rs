//! The handles of the reference executor, and what wraps a spawned future.

use std::any::Any;
use std::future::{Future, pending};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tminus_contract::{CancelJoin, Canceller, Handle, Join, JoinError};

use super::mutants::Mutant;
use super::shared::{PANICKED, here, keep};
use super::task::{self, Stage};

/// A task that can be joined or detached.
pub struct Task<T> {
    pub(crate) handle: Handle<T>,
    pub(crate) task: Arc<task::Task>,
}

impl<T: Send + 'static> Join<T> for Task<T> {
    async fn join(self) -> Result<T, JoinError> {
        if Mutant::JoinOfEndedHangs.is_on() && self.task.stage() == Stage::Ended {
            pending::<()>().await;
        }
        if Mutant::JoinLosesValue.is_on() && size_of::<T>() > 1000 {
            return Err(JoinError::Cancelled);
        }
        let result = self.handle.join().await;
        match result {
            Err(_) if Mutant::SwallowsPanic.is_on() => Err(JoinError::Cancelled),
            Ok(mut value) if Mutant::DropsOutputTwice.is_on() => {
                drop_in_its_box(&mut value);
                Ok(value)
            }
            result => result,
        }
    }

    fn detach(self) {
        if Mutant::DetachCancels.is_on() {
            here().kill(self.task.id);
        }
        if Mutant::LeaksOutput.is_on() {
            mem::forget(self.handle);
        }
    }
}

/// Drops an output where it lies, so that it is dropped once more with its box: only the values
/// that the suite counts, which hold no memory.
fn drop_in_its_box<T: 'static>(value: &mut T) {
    let boxed = (value as &mut dyn Any).downcast_mut::<Box<dyn Any + Send>>();
    if let Some(boxed) = boxed.filter(|boxed| size_of_val(&***boxed) == size_of::<usize>()) {
        // SAFETY: of this size the rule's outputs are numbers with a drop that counts; a second
        // drop counts once more.
        unsafe { std::ptr::drop_in_place(&raw mut **boxed) };
    }
}

/// A task that can be cancelled.
pub struct CancelTask<T> {
    pub(crate) handle: Handle<Option<T>>,
    pub(crate) canceller: Canceller,
    pub(crate) task: Arc<task::Task>,
}

impl<T: Send + 'static> Join<T> for CancelTask<T> {
    async fn join(self) -> Result<T, JoinError> {
        let task = Task { handle: self.handle, task: self.task };
        task.join().await?.ok_or(JoinError::Cancelled)
    }

    fn detach(self) {
        Task { handle: self.handle, task: self.task }.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for CancelTask<T> {
    async fn cancel(self) -> Option<T> {
        let stage = self.task.stage();
        match () {
            () if Mutant::CancelDetaches.is_on() => return None,
            () if Mutant::CancelWaitsForTheEnd.is_on() => {}
            () if Mutant::CancelOfEndedHangs.is_on() && stage == Stage::Ended => {
                pending::<()>().await;
            }
            () => self.canceller.cancel(),
        }
        if Mutant::CancelTakesTheNext.is_on() {
            here().kill(self.task.id + 1);
        }
        let skips = Mutant::CancelSkipsTheWoken.is_on() && stage == Stage::Queued;
        if Mutant::CancelOnlyFlags.is_on() || skips {
            return None;
        }
        let output = self.handle.join().await.ok().flatten();
        output.filter(|_| !Mutant::CancelLosesOutput.is_on())
    }
}

/// A spawned future.
pub(crate) struct Probe<F: Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Send + 'static> Probe<F> {
    pub(crate) fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Send + 'static> Drop for Probe<F> {
    fn drop(&mut self) {
        if Mutant::WakerKeepsTheFuture.is_on() {
            keep(Box::new(self.0.take()));
        }
    }
}

impl<F: Future + Send> Future for Probe<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let future = self.0.as_mut().expect("it is never polled again");
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        if Mutant::PollsAfterTheEnd.is_on() && matches!(polled, Ok(Poll::Ready(_))) {
            let _ = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        }
        polled.unwrap_or_else(|payload| {
            PANICKED.set(true);
            if Mutant::LeaksPanicked.is_on() {
                mem::forget(self.0.take());
            }
            resume_unwind(payload)
        })
    }
}
