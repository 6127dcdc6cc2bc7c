//! Cancelling for executors that have none: a flag, a waker and a drop inside the next poll.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use super::channel::WakerCell;

/// Makes `future` cancellable: spawn the [`Cancellable`], keep the [`Canceller`].
///
/// The wrapper drops the inner future **before** it completes, so a task that joins it after
/// [`Canceller::cancel`] knows that the future has been dropped (rule 2).
pub fn cancellable<F: Future>(future: F) -> (Cancellable<F>, Canceller) {
    let shared = Arc::new(Shared { cancelled: AtomicBool::new(false), waker: WakerCell::new() });
    (Cancellable { inner: Some(future), shared: shared.clone() }, Canceller { shared })
}

struct Shared {
    cancelled: AtomicBool,
    waker: WakerCell,
}

/// A future that gives `None` once it has been cancelled. Made by [`cancellable`].
pub struct Cancellable<F> {
    /// `None` once it completed or was cancelled. Structurally pinned.
    inner: Option<F>,
    shared: Arc<Shared>,
}

/// Asks a [`Cancellable`] to end.
pub struct Canceller {
    shared: Arc<Shared>,
}

impl Canceller {
    /// Asks the task to end; join it to wait for the drop. Later calls do nothing.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::SeqCst);
        self.shared.waker.wake();
    }
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: nothing is moved out of `this`: `inner` is structurally pinned, see below.
        let this = unsafe { self.get_unchecked_mut() };
        let shared = &this.shared;
        // SAFETY: `inner` is only polled through this projection and dropped in place by
        // `Pin::set`; `Cancellable` has no `Drop` and is `Unpin` only if `F` is.
        let mut inner = unsafe { Pin::new_unchecked(&mut this.inner) };
        // Register before looking at the flag: a cancel between the two wakes the new waker.
        shared.waker.register(cx.waker());
        if shared.cancelled.load(Ordering::SeqCst) {
            inner.set(None);
            return Poll::Ready(None);
        }
        let Some(future) = inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        match future.poll(cx) {
            Poll::Ready(output) => {
                inner.set(None);
                Poll::Ready(Some(output))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_cancelled_future_is_dropped_before_it_completes() {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Flag(dropped.clone());
        let (future, canceller) = cancellable(async move {
            let _flag = flag;
            std::future::pending::<()>().await;
        });
        let mut future = Box::pin(future);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        canceller.cancel();
        assert!(!dropped.load(Ordering::SeqCst));
        assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(None));
        assert!(dropped.load(Ordering::SeqCst));
    }

    #[test]
    fn a_future_that_completed_keeps_its_output() {
        let (future, canceller) = cancellable(async { 42 });
        let mut future = Box::pin(future);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(Some(42)));
        canceller.cancel();
    }
}
