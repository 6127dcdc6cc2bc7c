//! An executor of your own, measured like all others: implement the contract, register it, done.
//!
//! `cargo run --release --example bring_your_own_executor -- run --profile quick`
//!
//! It has one queue and one worker; timers and sockets are borrowed from async-io, join and cancel
//! from the contract's helpers. Every verb works, and it stands in the ranking beside tokio.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake};
use std::time::{Duration, Instant};

use tminus::borrowed::{self, Listener, Stream};
use tminus::contract::{CancelHandle, Handle, cancel_joinable, joinable};
use tminus::prelude::*;

/// The tasks that are ready, oldest first, and the sign that there is one.
static READY: (Mutex<VecDeque<Arc<Task>>>, Condvar) = (Mutex::new(VecDeque::new()), Condvar::new());

struct Task(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        READY.0.lock().unwrap().push_back(self);
        READY.1.notify_one();
    }
}

fn start(runner: impl Future<Output = ()> + Send + 'static) {
    Arc::new(Task(Mutex::new(Box::pin(runner)))).wake();
}

#[derive(Clone, Copy)]
struct Mine;

impl Executor for Mine {
    const ID: &'static str = "mine";
    const CAPABILITIES: Capabilities = Capabilities::borrowing("my executor");
    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = Listener;
    type Stream = Stream;

    fn run<F, T>(_: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (sender, receiver) = std::sync::mpsc::channel();
        start(async move { sender.send(Mine.spawn(root(Mine)).join().await).unwrap() });
        loop {
            let mut ready = READY.1.wait_while(READY.0.lock().unwrap(), |ready| ready.is_empty());
            let task = ready.as_mut().unwrap().pop_front().unwrap();
            drop(ready);
            let waker = task.clone().into();
            // A task that was woken after its end is polled no more: its future was replaced.
            let mut future = task.0.lock().unwrap();
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *future = Box::pin(std::future::pending());
            }
            if let Ok(result) = receiver.try_recv() {
                return result.unwrap_or_else(|error| error.resume());
            }
        }
    }

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runner, handle) = joinable(future);
        start(runner);
        handle
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runner, handle) = cancel_joinable(future);
        start(runner);
        handle
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        borrowed::sleep_until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        futures_lite::future::yield_now()
    }

    fn bind(self, address: SocketAddr) -> impl Future<Output = io::Result<Listener>> + Send {
        borrowed::bind(address)
    }

    fn connect(self, address: SocketAddr) -> impl Future<Output = io::Result<Stream>> + Send {
        borrowed::connect(address)
    }
}

fn main() -> ExitCode {
    tminus::App::new().executor::<Mine>().main()
}
