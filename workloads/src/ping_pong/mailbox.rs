//! A mailbox for one ball: the smallest channel that a task can wait at.
//!
//! One task sends and one receives, and nothing is sent before the last ball was answered, so it is
//! never full. It is made of the standard library alone and is the same for every executor.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// See the [module documentation](self).
#[derive(Default)]
pub(super) struct Mailbox {
    /// The ball; 0 is none. Looked at without the lock: a task that was woken finds it here.
    ball: AtomicU64,
    waiting: Mutex<Option<Waker>>,
}

impl Mailbox {
    /// Puts `ball` in, which is not 0, and wakes the task that waits for it.
    pub(super) fn send(&self, ball: u64) {
        self.ball.store(ball, Ordering::Release);
        // Taken out first: `wake` may run foreign code, which must not find the lock held.
        let waiting = self.waiting().take();
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Waits for the ball.
    pub(super) async fn receive(&self) -> u64 {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// Returns the ball, or has `cx` woken when it comes.
    #[inline]
    pub(super) fn poll_receive(&self, cx: &Context<'_>) -> Poll<u64> {
        self.take().map_or_else(|| self.wait(cx), Poll::Ready)
    }

    fn wait(&self, cx: &Context<'_>) -> Poll<u64> {
        let mut waiting = self.waiting();
        // Once more under the lock: a sender that stored before has either been seen now, or finds
        // the waker.
        if let Some(ball) = self.take() {
            return Poll::Ready(ball);
        }
        match &mut *waiting {
            Some(held) => held.clone_from(cx.waker()),
            None => *waiting = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Takes the ball. This need not be an exchange: until this ball is answered no other is sent.
    fn take(&self) -> Option<u64> {
        let ball = self.ball.load(Ordering::Acquire);
        if ball == 0 {
            return None;
        }
        self.ball.store(0, Ordering::Relaxed);
        Some(ball)
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;
    use std::thread::{self, Thread};

    /// Counts its wakes and unparks a thread.
    struct Count(AtomicU64, Thread);
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
    fn the_ball_comes_once() {
        let mailbox = Mailbox::default();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(mailbox.poll_receive(&cx), Poll::Pending);
        mailbox.send(7);
        assert_eq!(mailbox.poll_receive(&cx), Poll::Ready(7));
        assert_eq!(mailbox.poll_receive(&cx), Poll::Pending);
    }

    #[test]
    fn who_waited_last_is_woken_once() {
        let mailbox = Mailbox::default();
        let ((first, one), (second, two)) = (count(), count());
        for waker in [&one, &two, &two] {
            assert_eq!(mailbox.poll_receive(&Context::from_waker(waker)), Poll::Pending);
        }
        mailbox.send(1);
        mailbox.send(2);
        assert_eq!((first.0.load(Ordering::SeqCst), second.0.load(Ordering::SeqCst)), (0, 1));
    }

    #[test]
    fn no_ball_is_lost_between_two_threads() {
        fn wait(mailbox: &Mailbox) -> u64 {
            let (_, waker) = count();
            loop {
                match mailbox.poll_receive(&Context::from_waker(&waker)) {
                    Poll::Ready(ball) => return ball,
                    Poll::Pending => thread::park(),
                }
            }
        }
        let table = Arc::new([Mailbox::default(), Mailbox::default()]);
        let other = table.clone();
        let pong =
            thread::spawn(move || (0..5_000).for_each(|_| other[1].send(wait(&other[0]) + 1)));
        let mut ball = 0;
        for _ in 0..5_000 {
            table[0].send(ball + 1);
            ball = wait(&table[1]);
        }
        pong.join().expect("it plays to the end");
        assert_eq!(ball, 10_000);
    }
}
