//! Executors that do everything an executor must not do, each one thing, when it is started. They
//! are registered like any other, so the whole program is what meets them.

use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use tminus::prelude::*;
use tminus::{App, Executors, Workloads};
use tminus_conformance::testing::Greedy;
use tminus_executors::threads::Threads;

/// `Threads`, but for what it does when it is started: the behaviour with the number `N`.
#[derive(Clone, Copy)]
struct Hostile<const N: usize>;

/// Id and behaviour.
const ALL: [(&str, fn()); 14] = [
    ("hostile-panics", || panic!("out of luck")),
    ("hostile-panics-in-a-thread", || {
        let thread = thread::spawn(|| panic!("out of luck"));
        thread.join().expect("it goes on as if nothing had been");
    }),
    ("hostile-waits-for-ever", wait_for_ever),
    ("hostile-spins-for-ever", || {
        loop {
            std::hint::spin_loop();
        }
    }),
    ("hostile-babbles", || say(b"Hello from an executor!\n")),
    ("hostile-babbles-100-mb", || say(&vec![b'x'; 100 << 20])),
    ("hostile-says-done-early", || say(b"{\"message\":\"done\"}\n")),
    ("hostile-exits", || std::process::exit(0)),
    ("hostile-aborts", || std::process::abort()),
    ("hostile-kills-itself", || shell("kill -KILL $PPID")),
    ("hostile-eats-all-memory", || {
        let mut eaten = Vec::new();
        loop {
            eaten.push(vec![1_u8; 16 << 20]);
        }
    }),
    ("hostile-closes-stdout", || {
        nix::unistd::close(1).expect("it is open");
        wait_for_ever();
    }),
    ("hostile-leaves-a-grandchild", leave_a_grandchild),
    // Its timers fire early: see `sleep_until`.
    (LIAR, || ()),
];

const LIAR: &str = "hostile-lies";

/// Returns the whole program with all of them.
pub(crate) fn app() -> App<impl Workloads, impl Executors> {
    App::new()
        .executor::<Hostile<0>>()
        .executor::<Hostile<1>>()
        .executor::<Hostile<2>>()
        .executor::<Hostile<3>>()
        .executor::<Hostile<4>>()
        .executor::<Hostile<5>>()
        .executor::<Hostile<6>>()
        .executor::<Hostile<7>>()
        .executor::<Hostile<8>>()
        .executor::<Hostile<9>>()
        .executor::<Hostile<10>>()
        .executor::<Hostile<11>>()
        .executor::<Hostile<12>>()
        .executor::<Hostile<13>>()
        .executor::<Greedy>()
}

/// It holds the pipes of the child and lives on.
#[expect(clippy::zombie_processes, reason = "that is what it is for")]
fn leave_a_grandchild() {
    Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().expect("it starts");
}

fn wait_for_ever() {
    loop {
        thread::park();
    }
}

/// Writes to stdout past its lock and its buffer; a parent that has had enough is no reason to
/// stop.
fn say(bytes: &[u8]) {
    let mut out = io::stdout();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

fn shell(script: &str) {
    Command::new("sh").args(["-c", script]).status().expect("a shell");
}

impl<const N: usize> Executor for Hostile<N> {
    const ID: &'static str = ALL[N].0;
    const CAPABILITIES: Capabilities = Threads::CAPABILITIES;
    type Join<T: Send + 'static> = <Threads as Executor>::Join<T>;
    type CancelJoin<T: Send + 'static> = <Threads as Executor>::CancelJoin<T>;
    type Listener = <Threads as Executor>::Listener;
    type Stream = <Threads as Executor>::Stream;

    fn run<F, T>(config: &Config, root: impl FnOnce(Self) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        ALL[N].1();
        Threads::run(config, |_| root(Self))
    }

    fn spawn<F>(self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Threads.spawn(future)
    }

    fn spawn_cancellable<F>(self, future: F) -> Self::CancelJoin<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Threads.spawn_cancellable(future)
    }

    fn sleep_until(self, deadline: Instant) -> impl Future<Output = Duration> + Send + 'static {
        let lead = if Self::ID == LIAR { Duration::from_millis(5) } else { Duration::ZERO };
        Threads.sleep_until(deadline - lead)
    }

    fn yield_now(self) -> impl Future<Output = ()> + Send + 'static {
        Threads.yield_now()
    }

    fn bind(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Listener>> + Send + 'static {
        Threads.bind(address)
    }

    fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        Threads.connect(address)
    }
}
