//! embassy: the executor of embedded Rust, on its `std` platform.
//!
//! <https://embassy.dev>, embassy-executor 0.10 with `platform-std` and `executor-thread`. It runs
//! tasks without a result whose storage lives for ever: its macro makes a static pool of a fixed
//! size for each kind of task. Here the storage is leaked on demand and used again for the next
//! task of the same kind, so it grows to the most that are alive at once. Join, cancel and the
//! catching of panics are supplied by the contract; timers are embassy-time's, sockets async-io's.
//!
//! Its queue is emptied a batch at a time, the newest first, so a round is fair but not in order.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use embassy_executor::raw::{AvailableTask, TaskStorage};
use embassy_executor::{Executor as Platform, Spawner};
use embassy_time::Timer;
use futures_lite::future::yield_now;
use tminus_contract::{
    CancelHandle, Capabilities, Config, Executor, Family, Handle, Join, JoinError, Order, Process,
    Supply, Workers, cancel_joinable, joinable, waited,
};

use crate::borrowed::{self, Listener, Stream};
use crate::processes::start_process;

/// embassy's thread executor.
#[derive(Clone, Copy, Debug)]
pub struct Embassy;

impl Executor for Embassy {
    const ID: &'static str = "embassy";
    const CAPABILITIES: Capabilities = Capabilities {
        name: "embassy",
        family: Family::Other,
        workers: Workers::One,
        timers: Supply::Own,
        io: Supply::Borrowed("async-io"),
        cancel: Supply::Borrowed("a flag and a drop guard"),
        remote_spawn: Supply::Missing("its file keeps the storage of tasks on their thread"),
        timeouts: Supply::Own,
        blocking: Supply::Borrowed("blocking"),
        processes: Supply::Borrowed("async-process"),
        order: Order::Fair,
        max_tasks: None,
        threads_end: false,
        crates: &["embassy-executor", "embassy-time", "async-io"],
        feature: "exotic",
        note: "the storage of its tasks is used again but never freed",
    };

    const DEVIATIONS: &'static [(&'static str, &'static str)] = &[(
        "sleep-wakes-last-waker",
        "a timer is part of the task that waits for it, and panics at the waker of anything else",
    )];

    type Join<T: Send + 'static> = Handle<T>;
    type CancelJoin<T: Send + 'static> = CancelHandle<T>;
    type Listener = Listener;
    type Stream = Stream;

    // Start and shutdown: the executor is leaked, as it wants to live for ever, and left when the
    // root has ended; unfinished tasks stay where they are.

    fn run<F, T>(_config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (root, handle) = joinable(async move { root(Self).await });
        let ended = Rc::new(Cell::new(false));
        let end = ended.clone();
        let executor = Box::leak(Box::new(Platform::new()));
        executor.run_until(
            |spawner| {
                SPAWNER.set(Some(spawner));
                start(async move {
                    root.await;
                    end.set(true);
                });
            },
            || ended.get(),
        );
        SPAWNER.set(None);
        let result = futures_lite::future::block_on(handle.join());
        result.unwrap_or_else(|error| error.resume())
    }

    // Spawn.

    fn spawn<F>(self, future: F) -> Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = joinable(future);
        start(task);
        handle
    }

    fn spawn_cancellable<F>(self, future: F) -> CancelHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = cancel_joinable(future);
        start(task);
        handle
    }

    // The same as that of the crate embassy-futures.
    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        yield_now()
    }

    // Blocking calls.

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        borrowed::spawn_blocking(work)
    }

    // Timers: embassy-time's, which a thread of its own wakes. Its ticks are microseconds: rounded
    // up here, and once more for the rounding of its clock.

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        let timer = move || {
            let wait = deadline.saturating_duration_since(Instant::now());
            let ticks = u64::try_from(wait.as_nanos().div_ceil(1_000) + 1).unwrap_or(u64::MAX / 2);
            Timer::after_micros(ticks)
        };
        waited(timer, yield_now)
    }

    // IO.

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Listener>> + Send + 'static {
        borrowed::bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        borrowed::connect(address)
    }

    // Processes, borrowed.

    fn start_process(
        self,
        command: Command,
    ) -> impl Future<Output = io::Result<impl Process>> + Send + 'static {
        start_process(command)
    }
}

thread_local! {
    /// Spawns on the executor that this thread is running.
    static SPAWNER: Cell<Option<Spawner>> = const { Cell::new(None) };
    /// The storage that no task lives in: a `Vec<Storage<F>>` for each kind of task.
    static FREE: RefCell<HashMap<TypeId, Box<dyn Any>>> = RefCell::new(HashMap::new());
}

type Storage<F> = &'static TaskStorage<Lodger<F>>;

/// Spawns `future` into free storage, or into new one.
fn start<F: Future<Output = ()> + 'static>(future: F) {
    let (home, task) = free::<F>().unwrap_or_else(|| {
        let home: Storage<F> = Box::leak(Box::new(TaskStorage::new()));
        (home, AvailableTask::claim(home).expect("new storage is free"))
    });
    let token = task.initialize(|| Lodger { future, home });
    SPAWNER.get().expect("embassy spawns only inside its own run").spawn(token);
}

/// Claims free storage for a task of this kind.
fn free<F: Future<Output = ()> + 'static>() -> Option<(Storage<F>, AvailableTask<Lodger<F>>)> {
    with_free::<F, _>(|free| {
        let home = free.pop()?;
        let task = AvailableTask::claim(home);
        if task.is_none() {
            // It was woken while it ended, and so is still in the queue: perhaps next time.
            free.push(home);
        }
        Some((home, task?))
    })
}

fn with_free<F, R>(use_it: impl FnOnce(&mut Vec<Storage<F>>) -> R) -> R
where
    F: Future<Output = ()> + 'static,
{
    FREE.with_borrow_mut(|kinds| {
        let kind =
            kinds.entry(TypeId::of::<F>()).or_insert_with(|| Box::new(Vec::<Storage<F>>::new()));
        use_it(kind.downcast_mut().expect("the key is the type"))
    })
}

/// A task that gives its storage back when it ends.
struct Lodger<F: Future<Output = ()> + 'static> {
    /// Structurally pinned.
    future: F,
    home: Storage<F>,
}

impl<F: Future<Output = ()> + 'static> Future for Lodger<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let home = self.home;
        // SAFETY: `future` is never moved: it is polled through this projection alone, dropped in
        // place, and `Lodger` has no `Drop` and is `Unpin` only if `F` is.
        let future = unsafe { self.map_unchecked_mut(|lodger| &mut lodger.future) };
        let poll = future.poll(cx);
        if poll.is_ready() {
            with_free::<F, _>(|free| free.push(home));
        }
        poll
    }
}
