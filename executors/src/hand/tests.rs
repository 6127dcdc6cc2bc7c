//! What the four loops promise, each checked on all four; rows that only some promise say so.

use std::future::{Future, pending, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tminus_contract::{
    Buf, CancelJoin, Clock, Config, Executor, Join, JoinError, Listener, Stream,
};

use crate::deque::Deque;

/// Makes a test of each function for each of the four loops.
macro_rules! on_each_loop {
    ($($test:ident),* $(,)?) => {
        on_each_loop!(@ heap Heap $($test)*);
        on_each_loop!(@ heap_ready HeapReady $($test)*);
        on_each_loop!(@ deque Deque $($test)*);
        on_each_loop!(@ deque_nbio DequeNbio $($test)*);
    };
    (@ $module:ident $loop:ident $($test:ident)*) => {
        mod $module {
            $(#[test] fn $test() { super::$test::<crate::$module::$loop>(); })*
        }
    };
}

mod foreign;
mod life;
mod order;
mod sockets;
mod time;

fn run<E: Executor, F>(root: impl FnOnce(E) -> F + Send + 'static) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    E::run(&Config::workers(1), root)
}

fn run_virtual<E: Executor, F>(root: impl FnOnce(E) -> F + Send + 'static) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    E::run(&Config { workers: 1, clock: Clock::Virtual }, root)
}

/// Notes what happens, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Counts its drops, or does something in them.
struct OnDrop<F: FnMut()>(F);
impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Suspends once and leaves its waker in `slot`; ready when polled again with `done` set.
async fn park(slot: Arc<Mutex<Option<Waker>>>, done: Arc<AtomicBool>) {
    poll_fn(|cx| {
        if done.load(SeqCst) {
            return Poll::Ready(());
        }
        *slot.lock().unwrap() = Some(cx.waker().clone());
        if done.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
