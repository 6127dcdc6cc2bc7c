//! The two-way channel of a coroutine: one value is sent in, one is yielded back.
//!
//! Driver and coroutine take turns, so each direction holds one value at most. It is made of the
//! standard library alone and is the same for every executor.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// See the [module documentation](self). `S` is sent in, `Y` is yielded.
pub(super) struct Port<S, Y> {
    sent: Mutex<Slot<S>>,
    yielded: Mutex<Slot<Y>>,
}

/// One direction: the value, and the task that waits for it.
struct Slot<T> {
    value: Option<T>,
    waiting: Option<Waker>,
}

impl<S, Y> Default for Port<S, Y> {
    fn default() -> Self {
        let (sent, yielded) = (Mutex::new(Slot::default()), Mutex::new(Slot::default()));
        Self { sent, yielded }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None, waiting: None }
    }
}

impl<S, Y> Port<S, Y> {
    /// Resumes the coroutine with `value`.
    pub(super) fn send(&self, value: S) {
        put(&self.sent, value);
    }

    /// Waits in the driver for what the coroutine yields.
    pub(super) async fn take(&self) -> Y {
        taken(&self.yielded).await
    }

    /// Yields `value` from the coroutine, and waits for what is sent next.
    pub(super) async fn exchange(&self, value: Y) -> S {
        put(&self.yielded, value);
        taken(&self.sent).await
    }

    /// Yields the last value from a coroutine that waits for no more.
    pub(super) fn put(&self, value: Y) {
        put(&self.yielded, value);
    }
}

fn put<T>(slot: &Mutex<Slot<T>>, value: T) {
    let waiting = {
        let mut slot = lock(slot);
        slot.value = Some(value);
        slot.waiting.take()
    };
    // Outside the lock: `wake` may run foreign code.
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

async fn taken<T>(slot: &Mutex<Slot<T>>) -> T {
    poll_fn(|cx| {
        let mut slot = lock(slot);
        if let Some(value) = slot.value.take() {
            return Poll::Ready(value);
        }
        match &mut slot.waiting {
            Some(held) => held.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    })
    .await
}

fn lock<T>(slot: &Mutex<Slot<T>>) -> MutexGuard<'_, Slot<T>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::{Pin, pin};
    use std::task::Context;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn values_go_to_and_fro() {
        let port: Port<u32, &str> = Port::default();
        let mut coroutine = pin!(async {
            let first = port.exchange("start").await;
            let second = port.exchange("more").await;
            port.put("end");
            first + second
        });
        assert!(poll(pin!(port.take())).is_pending());
        assert!(poll(coroutine.as_mut()).is_pending());
        assert_eq!(poll(pin!(port.take())), Poll::Ready("start"));
        port.send(40);
        assert!(poll(coroutine.as_mut()).is_pending());
        port.send(2);
        assert_eq!(poll(pin!(port.take())), Poll::Ready("more"));
        assert_eq!(poll(coroutine.as_mut()), Poll::Ready(42));
        assert_eq!(poll(pin!(port.take())), Poll::Ready("end"));
    }
}
