//! The yield of the hand-written loops.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waker::again;

/// Suspends once: the task goes to the end of the queue.
#[derive(Debug, Default)]
#[must_use = "a future does nothing unless it is polled"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        again(cx.waker());
        Poll::Pending
    }
}
