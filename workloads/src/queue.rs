//! A bounded queue between tasks: the workloads' own, so that executors are compared, and not their
//! channels.
//!
//! Any number of senders and receivers, each with a place of its own, where its waker waits: a wait
//! allocates nothing. A sender waits while the queue is full, a receiver while it is empty. Each
//! item that comes wakes the receiver that has waited longest, each that goes the sender. A woken
//! task may find that another was faster, and waits again. A future that waits is never dropped
//! before its end: its wake would be lost.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// See the [module documentation](self).
pub(crate) struct Queue<T> {
    capacity: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    items: VecDeque<T>,
    /// Senders that have not left.
    senders: usize,
    sending: Waiting,
    receiving: Waiting,
}

impl<T> Queue<T> {
    /// Makes a queue with room for `capacity` items and places for so many senders and receivers.
    pub(crate) fn new(capacity: usize, senders: usize, receivers: usize) -> Self {
        let state = State {
            items: VecDeque::with_capacity(capacity),
            senders,
            sending: Waiting::new(senders),
            receiving: Waiting::new(receivers),
        };
        Self { capacity, state: Mutex::new(state) }
    }

    /// Sends `item` from the place `sender`, when there is room.
    pub(crate) async fn send(&self, sender: usize, item: T) {
        let mut item = Some(item);
        poll_fn(|cx| self.poll_send(sender, &mut item, cx)).await;
    }

    /// Receives at the place `receiver`: the oldest item, or nothing when all senders have left and
    /// no item is left.
    pub(crate) async fn receive(&self, receiver: usize) -> Option<T> {
        poll_fn(|cx| self.poll_receive(receiver, cx)).await
    }

    /// Takes `item` into the queue, or has `cx` woken when there may be room.
    #[inline]
    pub(crate) fn poll_send(
        &self,
        sender: usize,
        item: &mut Option<T>,
        cx: &Context<'_>,
    ) -> Poll<()> {
        let mut state = self.state();
        if state.items.len() == self.capacity {
            state.sending.wait(sender, cx);
            return Poll::Pending;
        }
        state.items.extend(item.take());
        let receiver = state.receiving.first();
        drop(state);
        wake(receiver);
        Poll::Ready(())
    }

    /// Returns the oldest item, nothing at the end, or has `cx` woken when there may be one.
    #[inline]
    pub(crate) fn poll_receive(&self, receiver: usize, cx: &Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state();
        let Some(item) = state.items.pop_front() else {
            if state.senders == 0 {
                return Poll::Ready(None);
            }
            state.receiving.wait(receiver, cx);
            return Poll::Pending;
        };
        let sender = state.sending.first();
        drop(state);
        wake(sender);
        Poll::Ready(Some(item))
    }

    /// Counts a sender out; the last one wakes all receivers that wait.
    pub(crate) fn leave(&self) {
        let mut state = self.state();
        state.senders = state.senders.saturating_sub(1);
        let all = if state.senders == 0 { state.receiving.all() } else { Vec::new() };
        drop(state);
        all.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes a task that was waiting. The lock is not held: `wake` may run foreign code.
fn wake(waiting: Option<Waker>) {
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

/// The tasks that wait on one side of a queue.
struct Waiting {
    /// A waker for each place that waits.
    wakers: Vec<Option<Waker>>,
    /// Those places, the one that has waited longest first.
    order: VecDeque<usize>,
}

impl Waiting {
    fn new(places: usize) -> Self {
        Self { wakers: vec![None; places], order: VecDeque::with_capacity(places) }
    }

    fn wait(&mut self, place: usize, cx: &Context<'_>) {
        match &mut self.wakers[place] {
            // Polled again though it was not woken: some executors do.
            Some(held) => held.clone_from(cx.waker()),
            none => {
                *none = Some(cx.waker().clone());
                self.order.push_back(place);
            }
        }
    }

    /// Takes out the waker that has waited longest.
    fn first(&mut self) -> Option<Waker> {
        let place = self.order.pop_front()?;
        self.wakers[place].take()
    }

    fn all(&mut self) -> Vec<Waker> {
        std::iter::from_fn(|| self.first()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::thread::{self, Thread};

    /// Counts its wakes and unparks a thread.
    struct Count(AtomicUsize, Thread);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            self.1.unpark();
        }
    }

    fn count() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count(0.into(), thread::current()));
        (count.clone(), count.into())
    }

    #[test]
    fn items_come_in_their_order_and_then_the_end() {
        let queue = Queue::new(2, 1, 1);
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(queue.poll_receive(0, &cx), Poll::Pending);
        for item in [1, 2] {
            assert_eq!(queue.poll_send(0, &mut Some(item), &cx), Poll::Ready(()));
        }
        let mut third = Some(3);
        assert_eq!((queue.poll_send(0, &mut third, &cx), third), (Poll::Pending, Some(3)));
        assert_eq!(queue.poll_receive(0, &cx), Poll::Ready(Some(1)));
        assert_eq!((queue.poll_send(0, &mut third, &cx), third), (Poll::Ready(()), None));
        queue.leave();
        for expected in [Some(2), Some(3), None, None] {
            assert_eq!(queue.poll_receive(0, &cx), Poll::Ready(expected));
        }
    }

    #[test]
    fn an_item_wakes_one_receiver_and_the_end_all_of_them() {
        let queue = Queue::new(2, 1, 3);
        let wakers = [count(), count(), count()];
        let woken = || [0, 1, 2].map(|place: usize| wakers[place].0.0.load(Ordering::SeqCst));
        // The second comes first; the third is polled twice.
        for place in [1, 0, 2, 2] {
            let cx = Context::from_waker(&wakers[place].1);
            assert_eq!(queue.poll_receive(place, &cx), Poll::Pending);
        }
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(queue.poll_send(0, &mut Some(1), &cx), Poll::Ready(()));
        assert_eq!(woken(), [0, 1, 0]);
        queue.leave();
        assert_eq!(woken(), [1, 1, 1]);
    }

    #[test]
    fn no_item_is_lost_between_threads() {
        fn wait<T>(mut poll: impl FnMut(&Context<'_>) -> Poll<T>) -> T {
            let (_, waker) = count();
            loop {
                match poll(&Context::from_waker(&waker)) {
                    Poll::Ready(value) => return value,
                    Poll::Pending => thread::park(),
                }
            }
        }
        let queue: Queue<usize> = Queue::new(2, 3, 2);
        let received: usize = thread::scope(|scope| {
            for sender in 0..3 {
                let queue = &queue;
                scope.spawn(move || {
                    for item in 0..2_000 {
                        let mut item = Some(item);
                        wait(|cx| queue.poll_send(sender, &mut item, cx));
                    }
                    queue.leave();
                });
            }
            let receive = |receiver| {
                let queue = &queue;
                move || {
                    std::iter::from_fn(|| wait(|cx| queue.poll_receive(receiver, cx)))
                        .sum::<usize>()
                }
            };
            let receivers = [scope.spawn(receive(0)), scope.spawn(receive(1))];
            receivers.into_iter().map(|it| it.join().expect("it ends")).sum()
        });
        assert_eq!(received, 3 * 1_999_000);
    }
}
