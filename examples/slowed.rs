//! A control of the gate: executors with a slowdown of known size in every yield and every spawn.
//!
//! `cargo build --release --example slowed` makes a program that has, beside all others, the
//! executors `slowed-*`: each is another executor that works a while before it passes a yield or a
//! spawn on. How long is written in the program itself, in [`SIZE`]: `scripts/controls` changes the
//! number in a copy, so that two copies differ in nothing else, gates them against each other, and
//! checks the size of the slowdown by instruction counts. As built, it is none.

use std::future::Future;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tminus::prelude::*;
use tminus_executors::futures_local_pool::FuturesLocalPool;
use tminus_executors::smol_local::SmolLocal;
use tminus_executors::tokio_current_thread::TokioCurrentThread;
use tminus_executors::tokio_multi_thread::TokioMultiThread;

/// The slowdown in thousandths of a yield.
static SIZE: &str = "tminus is slowed by 0000 thousandths";

/// One yield in so many is slowed down, by as much more: a few steps in each would be hidden by
/// what the processor does beside them.
const EVERY: u64 = 64;

/// The steps that one yield in [`EVERY`] takes longer.
static STEPS: AtomicU64 = AtomicU64::new(0);

/// The executor that is slowed down.
trait Victim: Executor {
    const SLOWED: &'static str;
    /// Steps that take as long as one of its yields, about: what the slowdown really is, is
    /// measured.
    const STEPS_A_YIELD: u64;
}

impl Victim for TokioCurrentThread {
    const SLOWED: &'static str = "slowed-tokio";
    const STEPS_A_YIELD: u64 = 225;
}

impl Victim for TokioMultiThread {
    const SLOWED: &'static str = "slowed-tokio-workers";
    const STEPS_A_YIELD: u64 = 450;
}

impl Victim for SmolLocal {
    const SLOWED: &'static str = "slowed-smol";
    const STEPS_A_YIELD: u64 = 435;
}

impl Victim for FuturesLocalPool {
    const SLOWED: &'static str = "slowed-futures";
    const STEPS_A_YIELD: u64 = 480;
}

fn thousandths() -> u64 {
    let digits = black_box(SIZE).split(' ').find_map(|word| word.parse().ok());
    digits.expect("the number is replaced by one as long")
}

#[inline]
fn slow_down() {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Two workers that count at once lose one: that is less than counting exactly would cost.
    let count = COUNT.load(Ordering::Relaxed);
    COUNT.store(count + 1, Ordering::Relaxed);
    if count.is_multiple_of(EVERY) {
        work(STEPS.load(Ordering::Relaxed));
    }
}

/// Does `steps` steps, each of which waits for the one before it.
#[cold]
fn work(steps: u64) {
    let mut state = steps;
    for step in 0..steps {
        state = (state << 1) ^ step;
    }
    black_box(state);
}

#[derive(Clone, Copy)]
struct Slowed<V>(V);

impl<V: Victim> Executor for Slowed<V> {
    const ID: &'static str = V::SLOWED;
    const CAPABILITIES: Capabilities = Capabilities { name: V::SLOWED, ..V::CAPABILITIES };
    const DEVIATIONS: &'static [(&'static str, &'static str)] = V::DEVIATIONS;
    type Join<T: Send + 'static> = V::Join<T>;
    type CancelJoin<T: Send + 'static> = V::CancelJoin<T>;
    type Listener = V::Listener;
    type Stream = V::Stream;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        STEPS.store(thousandths() * V::STEPS_A_YIELD * EVERY / 1000, Ordering::Relaxed);
        V::run(config, |victim| root(Self(victim)))
    }

    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        slow_down();
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
        slow_down();
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

fn main() -> ExitCode {
    let app = tminus::App::new().executor::<Slowed<TokioCurrentThread>>();
    let app = app.executor::<Slowed<TokioMultiThread>>().executor::<Slowed<SmolLocal>>();
    app.executor::<Slowed<FuturesLocalPool>>().main()
}
