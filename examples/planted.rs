//! A control of `tminus explain`: executors that differ in one thing of a known kind, which each
//! yield does once more.
//!
//! `cargo build --release --example planted` makes a program that has, beside all others, the
//! executors `planted-none`, `planted-same` and `planted-write`, `-wake`, `-poll`, `-allocation`,
//! `-atomic`, `-park` and `-instructions`: a tokio that does it before it passes a yield on.
//! `scripts/planted` explains each against `planted-none` and counts how often the cause is named.

use std::fs::File;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use tminus::prelude::*;
use tminus_executors::tokio_current_thread::TokioCurrentThread as Victim;

#[global_allocator]
static ALLOCATOR: tminus::CountingAllocator = tminus::CountingAllocator;

/// The thing that a yield does once more.
trait Cause: Copy + Default + Send + Sync + 'static {
    const ID: &'static str;

    fn plant() -> impl Future<Output = ()> + Send;
}

macro_rules! causes {
    ($($name:ident $id:literal $plant:expr;)*) => {
        $(
            #[derive(Clone, Copy, Default)]
            struct $name;

            impl Cause for $name {
                const ID: &'static str = $id;

                #[inline]
                async fn plant() {
                    $plant
                }
            }
        )*

        fn main() -> ExitCode {
            let app = tminus::App::new();
            $(let app = app.executor::<Planted<$name>>();)*
            app.main()
        }
    };
}

causes! {
    Nothing "planted-none" {};
    Same "planted-same" {};
    Write "planted-write" write();
    Wakes "planted-wake" wake().await;
    Polled "planted-poll" once_more().await;
    Allocation "planted-allocation" { black_box(Vec::<u8>::with_capacity(black_box(64))); };
    Atomic "planted-atomic" { COUNT.fetch_add(1, Ordering::AcqRel); };
    Park "planted-park" park();
    Instructions "planted-instructions" count();
}

static COUNT: AtomicU64 = AtomicU64::new(0);

fn write() {
    static NULL: LazyLock<File> =
        LazyLock::new(|| File::options().write(true).open("/dev/null").expect("it opens"));
    (&*NULL).write_all(b"x").expect("it takes everything");
}

/// Wakes the task once before the yield does.
async fn wake() {
    poll_fn(|context| {
        context.waker().wake_by_ref();
        Poll::Ready(())
    })
    .await;
}

/// Suspends the task once before the yield does.
async fn once_more() {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Hands over to a thread that waits, and waits until it hands back.
fn park() {
    // The channel parks, too, and may take the other's unpark.
    static IS_BACK: AtomicBool = AtomicBool::new(false);
    type Line = (mpsc::SyncSender<thread::Thread>, thread::JoinHandle<()>);
    static PARTNER: LazyLock<Line> = LazyLock::new(|| {
        let (line, calls) = mpsc::sync_channel::<thread::Thread>(0);
        let answer = move || {
            for caller in calls {
                IS_BACK.store(true, Ordering::Release);
                caller.unpark();
            }
        };
        (line, thread::spawn(answer))
    });
    PARTNER.0.send(thread::current()).expect("it listens");
    while !IS_BACK.swap(false, Ordering::Acquire) {
        thread::park();
    }
}

/// Executes about 200 instructions.
fn count() {
    let mut state = 1_u64;
    for step in 0..50 {
        state = black_box(state.wrapping_add(step));
    }
    black_box(state);
}

/// The executor that does it.
#[derive(Clone, Copy)]
struct Planted<C>(Victim, C);

impl<C: Cause> Executor for Planted<C> {
    const ID: &'static str = C::ID;
    const CAPABILITIES: Capabilities = Capabilities { name: C::ID, ..Victim::CAPABILITIES };
    const DEVIATIONS: &'static [(&'static str, &'static str)] = Victim::DEVIATIONS;
    type Join<T: Send + 'static> = <Victim as Executor>::Join<T>;
    type CancelJoin<T: Send + 'static> = <Victim as Executor>::CancelJoin<T>;
    type Listener = <Victim as Executor>::Listener;
    type Stream = <Victim as Executor>::Stream;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        Victim::run(config, |victim| root(Self(victim, C::default())))
    }

    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(future)
    }

    fn remote<W, R>(self, work: W) -> impl FnOnce() -> R + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.remote(work)
    }

    fn spawn_blocking<W, R>(
        self,
        work: W,
    ) -> impl Future<Output = Result<R, JoinError>> + Send + 'static
    where
        W: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking(work)
    }

    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn_cancellable(future)
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        self.0.sleep_until(deadline)
    }

    async fn yield_now(self) {
        C::plant().await;
        self.0.yield_now().await;
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        self.0.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        self.0.connect(address)
    }
}
