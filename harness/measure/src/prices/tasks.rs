//! Prices of what every executor does for a task, in the shortest code that does it: what a poll or
//! a wake costs one of them beyond that is in its other counts.

use std::collections::VecDeque;
use std::future::Future;
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::{Act, Price, price};

pub(super) const PRICES: &[Price] = &[
    price("polls", "a turn of a boxed task in a plain queue", polls),
    price("wakes", "a wake that sets a flag", wakes),
    price("waker_clones", "a clone and the drop of a counted waker", waker_clones),
];

/// So many tasks are in the queue, each in a place of its own.
const TASKS: usize = 64;

/// A task that never ends.
struct Pending(u64);

impl Future for Pending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0 += 1;
        Poll::Pending
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn polls(_: usize) -> io::Result<Act> {
    let task = |_| -> Pin<Box<dyn Future<Output = ()>>> { Box::pin(Pending(0)) };
    let mut queue: VecDeque<_> = (0..TASKS).map(task).collect();
    Ok(Box::new(move |iterations| {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..iterations {
            let Some(mut task) = queue.pop_front() else { break };
            if black_box(&mut task).as_mut().poll(&mut context).is_pending() {
                queue.push_back(task);
            }
        }
        Ok(())
    }))
}

/// A task as a waker sees it.
#[derive(Default)]
struct Flag {
    is_woken: AtomicBool,
    count: AtomicU64,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn wakes(_: usize) -> io::Result<Act> {
    let waker = Waker::from(Arc::new(Flag::default()));
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            black_box(&waker).wake_by_ref();
        }
        Ok(())
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "as all prices")]
fn waker_clones(_: usize) -> io::Result<Act> {
    let waker = Waker::from(Arc::new(Flag::default()));
    Ok(Box::new(move |iterations| {
        for _ in 0..iterations {
            drop(black_box(black_box(&waker).clone()));
        }
        Ok(())
    }))
}
