//! A one-shot channel for executors that have no join of their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A place for one waker, replaced on registering, taken on waking.
#[derive(Default)]
pub struct WakerCell(Mutex<Option<Waker>>);

impl WakerCell {
    /// Makes an empty cell.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Keeps `waker` for the next [`wake`](Self::wake).
    pub fn register(&self, waker: &Waker) {
        let mut slot = lock(&self.0);
        match &mut *slot {
            Some(held) => held.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
    }

    /// Wakes the registered waker, if there is one.
    pub fn wake(&self) {
        // Taken out first: `wake` may run foreign code, which must not find the lock held.
        let waker = lock(&self.0).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Returns a channel for one value.
#[must_use]
pub fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Mutex::new(Slot { value: None, closed: false, waker: None }));
    (Sender { shared: shared.clone() }, Receiver { shared })
}

struct Slot<T> {
    value: Option<T>,
    /// The sender is gone.
    closed: bool,
    waker: Option<Waker>,
}

/// Sends the value of a [`oneshot`]; dropping it unsent makes the receiver give `None`.
pub struct Sender<T> {
    shared: Arc<Mutex<Slot<T>>>,
}

/// Waits for the value of a [`oneshot`]: `None` if the sender was dropped without sending.
pub struct Receiver<T> {
    shared: Arc<Mutex<Slot<T>>>,
}

impl<T> Sender<T> {
    /// Hands the value over and wakes the receiver.
    pub fn send(self, value: T) {
        lock(&self.shared).value = Some(value);
        // The drop closes and wakes.
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut slot = lock(&self.shared);
            slot.closed = true;
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = lock(&self.shared);
        if let Some(value) = slot.value.take() {
            return Poll::Ready(Some(value));
        }
        if slot.closed {
            return Poll::Ready(None);
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Locks, poisoned or not: a panic of foreign code must not poison the executor that survives it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll<T>(receiver: &mut Receiver<T>) -> Poll<Option<T>> {
        Pin::new(receiver).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_value_arrives_once() {
        let (sender, mut receiver) = oneshot();
        assert_eq!(poll(&mut receiver), Poll::Pending);
        sender.send(42);
        assert_eq!(poll(&mut receiver), Poll::Ready(Some(42)));
    }

    #[test]
    fn a_dropped_sender_is_told() {
        let (sender, mut receiver) = oneshot::<()>();
        drop(sender);
        assert_eq!(poll(&mut receiver), Poll::Ready(None));
    }
}
