//! The tools of the rules: signals, meetings, counted drops, threads outside.
//!
//! Nothing here needs a timer, a socket or a task of the executor under trial, so a rule that fails
//! fails for what it checks. Nothing here judges.

use std::future::{Future, poll_fn};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tminus_contract::channel::{Receiver, oneshot};
use tminus_contract::{Config, Erased, Executor, ExecutorInfo, Join};

/// The finding of a rule: nothing, or what was seen, in one line.
pub type Verdict = Result<(), String>;

/// The surroundings in which a rule is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The executor that is tried.
    pub executor: ExecutorInfo,
    /// The workers and the clock.
    pub config: Config,
    /// How often the rules that depend on chance try, as a multiple of the usual.
    pub effort: u64,
    /// Seeds what the rules choose at random.
    pub seed: u64,
}

impl Trial {
    /// Starts the executor and runs `root` on it; see [`Executor::run`].
    pub(super) fn run<F, T>(&self, root: impl FnOnce(Erased) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.executor.start.run(&self.config, root)
    }

    /// Returns as many tasks as wanted, or as the executor can have with room to spare.
    pub(super) fn tasks(&self, wanted: usize) -> usize {
        let most = self.executor.capabilities.max_tasks;
        let most = most.map(|(most, _)| usize::try_from(most / 2));
        most.and_then(Result::ok).map_or(wanted, |most| wanted.min(most))
    }

    pub(super) fn rng(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed)
    }

    /// Returns how long a rule that depends on chance goes on trying.
    pub(super) fn patience(&self, least: u64) -> Patience {
        let effort = u32::try_from(self.effort).unwrap_or(1);
        let enough = Instant::now() + Duration::from_millis(200) * effort;
        Patience { least, enough, most: enough + Duration::from_secs(3) }
    }
}

/// So many tries are made even where they take long, on a machine that is busy; others take a share
/// of a second.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    least: u64,
    enough: Instant,
    most: Instant,
}

impl Patience {
    /// Returns whether `tries` are enough.
    pub(super) fn is_over(self, tries: u64) -> bool {
        let now = Instant::now();
        now > self.enough && (tries >= self.least || now > self.most)
    }
}

/// Leaves the rule with what was seen, unless it held.
macro_rules! ensure {
    ($held:expr, $($seen:tt)+) => {
        if !$held {
            return Err(format!($($seen)+));
        }
    };
}
pub(super) use ensure;

/// Says on stderr what comes next, once: of a rule that hangs, it is all that there is to be seen.
pub(super) fn step(what: &str) {
    static LAST: Mutex<String> = Mutex::new(String::new());
    let mut last = lock(&LAST);
    if *last != what {
        what.clone_into(&mut last);
        // Where stderr was closed, this is not wanted.
        let _ = writeln!(io::stderr(), "next: {what}");
    }
}

/// Returns the value of a task that returns.
pub(super) async fn joined<T>(task: impl Join<T>) -> Result<T, String> {
    task.join().await.map_err(|error| format!("the join of a task that returned gave: {error}"))
}

/// Returns whether something comes true; tries for some seconds, since what a thread does last may
/// be seen later.
pub(super) fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let enough = Instant::now() + Duration::from_secs(5);
    while !holds() {
        if Instant::now() > enough {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Lets the others run `turns` times.
pub(super) async fn yields(executor: Erased, turns: usize) {
    for _ in 0..turns {
        executor.yield_now().await;
    }
}

/// Sets itself once, from anywhere, and wakes the tasks that wait. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Signal(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    set: bool,
    wakers: Vec<Waker>,
}

impl Signal {
    pub(super) fn set(&self) {
        let wakers = {
            let mut waiting = lock(&self.0);
            waiting.set = true;
            std::mem::take(&mut waiting.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_set(&self) -> bool {
        lock(&self.0).set
    }

    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let shared = self.0.clone();
        poll_fn(move |cx| {
            let mut waiting = lock(&shared);
            if waiting.set {
                return Poll::Ready(());
            }
            waiting.wakers.push(cx.waker().clone());
            Poll::Pending
        })
    }
}

/// Lets no task go on before `count` have arrived. Clones are the same.
#[derive(Clone)]
pub(super) struct Meeting {
    missing: Arc<AtomicUsize>,
    complete: Signal,
}

impl Meeting {
    pub(super) fn new(count: usize) -> Self {
        Self { missing: Arc::new(AtomicUsize::new(count)), complete: Signal::default() }
    }

    /// Counts one more; whether it is the last.
    pub(super) fn count_in(&self) -> bool {
        self.missing.fetch_sub(1, SeqCst) == 1
    }

    pub(super) async fn arrive(&self) {
        if self.count_in() {
            self.complete.set();
        }
        self.complete.wait().await;
    }
}

/// Numbers in the order of arrival. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<usize>>>);

impl Log {
    pub(super) fn push(&self, entry: usize) {
        lock(&self.0).push(entry);
    }

    pub(super) fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// A value whose drops are counted, in the account that it was made for. It holds no memory, so
/// that an executor that drops it twice is found out and does no harm.
pub(super) struct Counted(usize);

static MADE: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];
static DROPPED: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

impl Counted {
    pub(super) fn new(account: usize) -> Self {
        MADE[account].fetch_add(1, SeqCst);
        Self(account)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED[self.0].fetch_add(1, SeqCst);
    }
}

/// Returns how many values of the account were made and dropped.
pub(super) fn counts(account: usize) -> (u32, u32) {
    (MADE[account].load(SeqCst), DROPPED[account].load(SeqCst))
}

/// Returns whether each value of the accounts, which are named, was dropped exactly once.
pub(super) fn settled(accounts: &[&str]) -> Verdict {
    let held = |account| counts(account).0 <= counts(account).1;
    eventually(|| (0..accounts.len()).all(held));
    for (account, name) in accounts.iter().enumerate() {
        let (made, dropped) = counts(account);
        ensure!(made == dropped, "{name}: {made} were made, {dropped} were dropped");
    }
    Ok(())
}

/// Sets its signal when it is dropped.
pub(super) struct OnDrop(pub(super) Signal);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Runs `work` on a thread that does not belong to the executor, and gives what it returns, or
/// `None` if it panicked.
pub(super) fn outside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = oneshot();
    thread::spawn(move || sender.send(work()));
    receiver
}

/// Returns how often `future` suspends, and what it gives.
pub(super) async fn suspensions<F: Future>(future: F) -> (usize, F::Output) {
    let mut future = std::pin::pin!(future);
    let mut count = 0;
    let output = poll_fn(|cx| {
        let poll = future.as_mut().poll(cx);
        count += usize::from(poll.is_pending());
        poll
    })
    .await;
    (count, output)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
