//! A join, a cancel and the catching of panics for executors that run plain futures and no more.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::channel::{Receiver, oneshot};
use super::{CancelJoin, Canceller, Join, JoinError, cancellable};

/// Splits `future` into a future without a result, which the executor runs to its end, and the
/// handle that gives the result. A panic is caught and reaches the handle (rule 5).
pub fn joinable<F>(future: F) -> (impl Future<Output = ()> + Send + 'static, Handle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (sender, receiver) = oneshot();
    let runner = async move {
        // The future is dropped at the end of this line, before its end is known anywhere.
        let result = caught(future).await;
        sender.send(result);
    };
    (runner, Handle(receiver))
}

/// Does as [`joinable`], for a task that can be cancelled.
pub fn cancel_joinable<F>(
    future: F,
) -> (impl Future<Output = ()> + Send + 'static, CancelHandle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (future, canceller) = cancellable(future);
    let (runner, handle) = joinable(future);
    (runner, CancelHandle { handle, canceller })
}

async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(payload) => Poll::Ready(Err(payload)),
    })
    .await
}

/// The handle of a [`joinable`] task or a [`callable`](super::callable) call.
pub struct Handle<T>(Receiver<Result<T, Box<dyn Any + Send>>>);

impl<T> Handle<T> {
    pub(super) fn new(result: Receiver<Result<T, Box<dyn Any + Send>>>) -> Self {
        Self(result)
    }
}

impl<T: Send + 'static> Join<T> for Handle<T> {
    async fn join(self) -> Result<T, JoinError> {
        match self.0.await {
            Some(Ok(output)) => Ok(output),
            Some(Err(payload)) => Err(JoinError::Panicked(payload)),
            // The executor dropped the task unfinished.
            None => Err(JoinError::Cancelled),
        }
    }

    fn detach(self) {}
}

/// The handle of a [`cancel_joinable`] task.
pub struct CancelHandle<T> {
    handle: Handle<Option<T>>,
    canceller: Canceller,
}

impl<T: Send + 'static> Join<T> for CancelHandle<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.handle.join().await?.ok_or(JoinError::Cancelled)
    }

    fn detach(self) {}
}

impl<T: Send + 'static> CancelJoin<T> for CancelHandle<T> {
    async fn cancel(self) -> Option<T> {
        self.canceller.cancel();
        self.handle.join().await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_result_reaches_the_handle() {
        let (runner, handle) = joinable(async { 42 });
        assert!(poll(pin!(runner)).is_ready());
        assert!(matches!(poll(pin!(handle.join())), Poll::Ready(Ok(42))));
    }

    #[test]
    fn a_panic_reaches_the_handle() {
        let (runner, handle) = joinable(async { assert_eq!(1 + 1, 3, "arithmetic") });
        assert!(poll(pin!(runner)).is_ready());
        let Poll::Ready(Err(error)) = poll(pin!(handle.join())) else { panic!("no error") };
        assert!(error.message().contains("arithmetic"));
    }

    #[test]
    fn a_runner_that_is_dropped_counts_as_cancelled() {
        let (runner, handle) = joinable(async {});
        drop(runner);
        assert!(matches!(poll(pin!(handle.join())), Poll::Ready(Err(JoinError::Cancelled))));
    }

    #[test]
    fn cancel_waits_for_the_runner() {
        let (runner, handle) = cancel_joinable(std::future::pending::<()>());
        let (mut runner, mut cancel) = (Box::pin(runner), Box::pin(handle.cancel()));
        assert!(poll(runner.as_mut()).is_pending());
        assert!(poll(cancel.as_mut()).is_pending());
        assert!(poll(runner.as_mut()).is_ready());
        assert!(matches!(poll(cancel.as_mut()), Poll::Ready(None)));
    }
}
