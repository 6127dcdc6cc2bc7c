//! A small, slow, first-in-first-out executor to test workloads with, and liars made of it.
//!
//! A workload that no liar can fail verifies nothing, so each lie must be found by a workload's
//! test. On its virtual clock no test depends on elapsed time.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tminus_contract::{
    Buf, CancelHandle, CancelJoin, Capabilities, Clock, Config, Executor, Handle, Join, JoinError,
    Listener, Order as Promise, Stream, cancel_joinable, joinable, listen,
};

/// A lie that an executor tells.
pub(crate) trait Lie: Copy + Send + Sync + 'static {
    const EARLY: Duration = Duration::ZERO;
    const TELLS_WAITED: bool = true;
    const LAST_IN_FIRST_OUT: bool = false;
    const LOSES_TASKS: bool = false;
    const CANCELS_LATER: bool = false;
    const CORRUPTS: bool = false;
    const YIELDS: bool = true;
    const RUNS_INLINE: bool = false;
    const SLEEPS: bool = true;
}

macro_rules! lies {
    ($($(#[$doc:meta])* $name:ident: $($constant:ident: $type:ty = $value:expr)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name;
        impl Lie for $name { $(const $constant: $type = $value;)? }
    )*};
}

lies! {
    /// Keeps the contract.
    Honest: ;
    /// Wakes sleepers 50 us before their deadline.
    FiresEarly: EARLY: Duration = Duration::from_micros(50);
    /// Says that its sleeps waited for nothing.
    WaitsNot: TELLS_WAITED: bool = false;
    /// Resumes the task that became ready last.
    LastInFirstOut: LAST_IN_FIRST_OUT: bool = true;
    /// Drops every third task that is spawned.
    LosesTasks: LOSES_TASKS: bool = true;
    /// Says that a task is cancelled and lets it run on.
    CancelsLater: CANCELS_LATER: bool = true;
    /// Changes the last byte of what it reads.
    Corrupts: CORRUPTS: bool = true;
    /// Goes on at once where it should yield.
    YieldsNot: YIELDS: bool = false;
    /// Polls a task inside the call that spawns it.
    RunsInline: RUNS_INLINE: bool = true;
    /// Its sleeps are over at once.
    SleepsNot: SLEEPS: bool = false;
}

/// The executor that tells the lie `L`.
pub(crate) struct Test<L = Honest>(PhantomData<L>);

impl<L> Clone for Test<L> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<L> Copy for Test<L> {}

struct Loop {
    ready: VecDeque<Arc<Task>>,
    sleepers: BTreeMap<(Instant, u64), Waker>,
    sequence: u64,
    spawned: u64,
    /// The time of the virtual clock.
    now: Option<Instant>,
}

thread_local! {
    static LOOP: RefCell<Option<Loop>> = const { RefCell::new(None) };
}

fn with<T>(work: impl FnOnce(&mut Loop) -> T) -> T {
    LOOP.with_borrow_mut(|state| work(state.as_mut().expect("the executor runs")))
}

fn now() -> Instant {
    with(|state| state.now.unwrap_or_else(Instant::now))
}

struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    queued: AtomicBool,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            with(|state| state.ready.push_back(self));
        }
    }
}

impl Task {
    fn poll(self: &Arc<Self>) {
        self.queued.store(false, Ordering::Relaxed);
        let mut slot = self.future.lock().expect("panics are caught inside");
        let waker = Waker::from(self.clone());
        let ended = slot.as_mut().is_some_and(|future| {
            future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        });
        if ended {
            *slot = None;
        }
    }
}

fn enqueue<L: Lie>(future: impl Future<Output = ()> + Send + 'static) {
    let spawned = with(|state| {
        state.spawned += 1;
        state.spawned
    });
    if L::LOSES_TASKS && spawned.is_multiple_of(3) {
        return;
    }
    let future = Mutex::new(Some(Box::pin(future) as Pin<Box<dyn Future<Output = ()> + Send>>));
    let task = Arc::new(Task { future, queued: AtomicBool::new(false) });
    if L::RUNS_INLINE { task.poll() } else { task.wake() }
}

/// Gives one task its turn, or waits for the next sleeper.
fn turn<L: Lie>() {
    let due = now() + L::EARLY;
    while let Some(waker) = with(|state| {
        let (&key, _) = state.sleepers.first_key_value().filter(|(key, _)| key.0 <= due)?;
        state.sleepers.remove(&key)
    }) {
        waker.wake();
    }
    let task = with(|state| match L::LAST_IN_FIRST_OUT {
        true => state.ready.pop_back(),
        false => state.ready.pop_front(),
    });
    match task {
        Some(task) => task.poll(),
        None => with(|state| {
            let (deadline, _) = *state.sleepers.keys().next().expect("a task waits for time");
            let wake = deadline - L::EARLY;
            match &mut state.now {
                Some(now) => *now = wake.max(*now),
                None => std::thread::sleep(wake.saturating_duration_since(Instant::now())),
            }
        }),
    }
}

impl<L: Lie> Executor for Test<L> {
    const ID: &'static str = "test";
    const CAPABILITIES: Capabilities =
        Capabilities { order: Promise::Fifo, ..Capabilities::borrowing("a test executor") };

    const VIRTUAL_CLOCK: bool = true;

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = Cancel<T>;
    type Listener = Socket<L, TcpListener>;
    type Stream = Socket<L, TcpStream>;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let now = (config.clock == Clock::Virtual).then(Instant::now);
        let (ready, sleepers) = (VecDeque::new(), BTreeMap::new());
        let state = Loop { ready, sleepers, sequence: 0, spawned: 0, now };
        LOOP.set(Some(state));
        let output: Arc<Mutex<Option<T>>> = Arc::default();
        let result = output.clone();
        let root = root(Self(PhantomData));
        enqueue::<L>(async move {
            let value = root.await;
            *result.lock().expect("not held across a panic") = Some(value);
        });
        let output = loop {
            if let Some(output) = output.lock().expect("not held across a panic").take() {
                break output;
            }
            turn::<L>();
        };
        drop(LOOP.take());
        output
    }

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runner, handle) = joinable(future);
        enqueue::<L>(runner);
        handle
    }

    fn spawn_cancellable<F>(self, future: F) -> Cancel<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runner, handle) = cancel_joinable(future);
        enqueue::<L>(runner);
        Cancel { handle, lies: L::CANCELS_LATER }
    }

    fn now(self) -> Instant {
        now()
    }

    async fn sleep_until(self, deadline: Instant) -> Duration {
        let first = now();
        let mut suspended = false;
        poll_fn(move |cx| {
            let over = std::mem::replace(&mut suspended, true) && now() + L::EARLY >= deadline;
            if over || !L::SLEEPS {
                return Poll::Ready(());
            }
            with(|state| {
                state.sequence += 1;
                state.sleepers.insert((deadline, state.sequence), cx.waker().clone());
            });
            Poll::Pending
        })
        .await;
        if L::TELLS_WAITED { now() - first } else { Duration::ZERO }
    }

    async fn yield_now(self) {
        let mut yielded = !L::YIELDS;
        poll_fn(move |cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn bind(self, address: SocketAddr) -> io::Result<Self::Listener> {
        Ok(Socket(listen(address)?, PhantomData))
    }

    async fn connect(self, address: SocketAddr) -> io::Result<Self::Stream> {
        let stream = TcpStream::connect(address)?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Socket(stream, PhantomData))
    }
}

/// A handle whose cancel may be a lie.
pub(crate) struct Cancel<T> {
    handle: CancelHandle<T>,
    lies: bool,
}

impl<T: Send + 'static> Join<T> for Cancel<T> {
    async fn join(self) -> Result<T, JoinError> {
        self.handle.join().await
    }
    fn detach(self) {
        self.handle.detach();
    }
}

impl<T: Send + 'static> CancelJoin<T> for Cancel<T> {
    async fn cancel(self) -> Option<T> {
        if self.lies {
            self.detach();
            return None;
        }
        self.handle.cancel().await
    }
}

/// A non-blocking socket that is tried every turn.
pub(crate) struct Socket<L, S>(S, PhantomData<L>);

/// Tries `work` once a turn until it does not block.
async fn tried<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Test::<Honest>(PhantomData).yield_now().await;
            }
            result => return result,
        }
    }
}

impl<L: Lie> Listener for Socket<L, TcpListener> {
    type Stream = Socket<L, TcpStream>;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn accept(&mut self) -> io::Result<Self::Stream> {
        let (stream, _) = tried(|| self.0.accept()).await?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Socket(stream, PhantomData))
    }
}

impl<L: Lie> Stream for Socket<L, TcpStream> {
    async fn read(&mut self, mut buf: Buf) -> (io::Result<usize>, Buf) {
        let result = tried(|| self.0.read(buf.storage_mut())).await;
        buf.set_len(*result.as_ref().unwrap_or(&0));
        if let (true, Some(last)) = (L::CORRUPTS, buf.last_mut()) {
            *last = last.wrapping_add(1);
        }
        (result, buf)
    }

    async fn write_all(&mut self, buf: Buf) -> (io::Result<()>, Buf) {
        let mut rest = &*buf;
        while !rest.is_empty() {
            match tried(|| self.0.write(rest)).await {
                Ok(written) => rest = &rest[written..],
                Err(error) => return (Err(error), buf),
            }
        }
        (Ok(()), buf)
    }
}
