//! An executor that polls a task which yields again at once, as long as it yields: the others wait.
//! It would win what counts yields, and gives right answers.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tminus::prelude::*;
use tminus_contract::Order;
use tminus_executors::smol_local::SmolLocal;

/// `SmolLocal`, but for its greed.
#[derive(Clone, Copy)]
pub(crate) struct Greedy;

/// A future that is polled again at once whenever it was woken meanwhile.
struct AtOnce<F>(Pin<Box<F>>);

struct Woken {
    during_poll: AtomicBool,
    outer: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.during_poll.store(true, SeqCst);
        self.outer.wake_by_ref();
    }
}

impl<F: Future> Future for AtOnce<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let (during_poll, outer) = (AtomicBool::new(false), cx.waker().clone());
        let woken = Arc::new(Woken { during_poll, outer });
        let waker = Waker::from(woken.clone());
        loop {
            let polled = self.0.as_mut().poll(&mut Context::from_waker(&waker));
            if polled.is_ready() || !woken.during_poll.swap(false, SeqCst) {
                return polled;
            }
        }
    }
}

fn at_once<F: Future>(future: F) -> AtOnce<F> {
    AtOnce(Box::pin(future))
}

impl Executor for Greedy {
    const ID: &'static str = "greedy";
    const CAPABILITIES: Capabilities =
        Capabilities { name: "greedy", order: Order::Task, ..SmolLocal::CAPABILITIES };
    type Join<T: Send + 'static> = <SmolLocal as Executor>::Join<T>;
    type CancelJoin<T: Send + 'static> = <SmolLocal as Executor>::CancelJoin<T>;
    type Listener = <SmolLocal as Executor>::Listener;
    type Stream = <SmolLocal as Executor>::Stream;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        SmolLocal::run(config, |_| at_once(root(Self)))
    }

    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        SmolLocal.spawn(at_once(future))
    }

    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        SmolLocal.spawn_cancellable(at_once(future))
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        SmolLocal.sleep_until(deadline)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        SmolLocal.yield_now()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        SmolLocal.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        SmolLocal.connect(address)
    }
}
