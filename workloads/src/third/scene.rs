//! Runs the pair and the third task, and counts the polls of the pair until the third runs.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tminus_contract::channel::WakerCell;

use crate::inline;

/// Polls of the pair before the third is made ready, at least.
pub(super) const FEWEST_POLLS: u64 = 16;

/// Polls of the pair from one look at the clock to the next.
const POLLS_A_LOOK: u64 = 64;

/// While the third does not wait no poll makes it ready.
const NEVER: u64 = u64::MAX;

/// The state that the three tasks share.
pub(super) struct Scene {
    rounds: u64,
    patience: Duration,
    pair: [WakerCell; 2],
    /// Polls of the pair so far.
    polls: AtomicU64,
    /// The poll of the pair that makes the third ready.
    due: AtomicU64,
    over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    third: Option<Waker>,
    /// The poll that made the third ready, and when, until it runs.
    ready: Option<(u64, Instant)>,
    woken: u64,
    inside: u64,
    runs: Vec<Run>,
}

/// A run of the third.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// Polls of the pair until then, with the one that woke it.
    pub(super) polls: u64,
    pub(super) waited: Duration,
}

impl Run {
    pub(super) fn waited_ns(&self) -> u64 {
        u64::try_from(self.waited.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What happened.
pub(super) struct Record {
    /// Polls of the pair.
    pub(super) polls: u64,
    /// Runs of the third inside the call that woke it.
    pub(super) inside: u64,
    /// Times that the third was made ready.
    pub(super) woken: u64,
    pub(super) runs: Vec<Run>,
}

impl Record {
    /// Returns how often the third waited for longer than it has patience.
    pub(super) fn starved(&self, patience: Duration) -> u64 {
        self.runs.iter().filter(|run| run.waited >= patience).count() as u64
    }
}

impl Scene {
    /// Makes one for so many rounds.
    pub(super) fn new(rounds: u64, patience: Duration) -> Self {
        let room = usize::try_from(rounds).expect("bounded by the parameter");
        let state = State { runs: Vec::with_capacity(room), ..State::default() };
        Self {
            rounds,
            patience,
            pair: [WakerCell::new(), WakerCell::new()],
            polls: AtomicU64::new(0),
            due: AtomicU64::new(NEVER),
            over: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// Wakes the other member at each poll until all is over; returns the polls.
    pub(super) async fn member(&self, me: usize) -> u64 {
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            self.poll_member(me, cx)
        })
        .await;
        polls
    }

    fn poll_member(&self, me: usize, cx: &Context<'_>) -> Poll<()> {
        let polls = self.polls.fetch_add(1, Ordering::SeqCst) + 1;
        if polls >= self.due.load(Ordering::SeqCst) {
            self.make_ready(polls);
        } else if polls.is_multiple_of(POLLS_A_LOOK) {
            self.look();
        }
        // In this order: the other one wakes this one only where its waker is.
        self.pair[me].register(cx.waker());
        let over = self.over.load(Ordering::SeqCst);
        self.pair[1 - me].wake();
        if over { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Makes the third ready, unless the other member did.
    fn make_ready(&self, polls: u64) {
        let mut state = self.state();
        if self.due.swap(NEVER, Ordering::SeqCst) == NEVER {
            return;
        }
        let third = state.third.take();
        state.woken += 1;
        state.ready = Some((polls - 1, Instant::now()));
        drop(state);
        if let Some(third) = third {
            inline::watch(|| third.wake());
        }
    }

    /// Ends the pair if the third has been ready for too long.
    fn look(&self) {
        let state = self.state();
        if state.ready.is_some_and(|(_, since)| since.elapsed() >= self.patience) {
            self.over.store(true, Ordering::SeqCst);
        }
    }

    /// Waits as the third to be made ready, again and again until all is over.
    pub(super) async fn third(&self) {
        poll_fn(|cx| self.poll_third(cx)).await;
    }

    fn poll_third(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let polls = self.polls.load(Ordering::SeqCst);
        if let Some((before, since)) = state.ready.take() {
            let waited = since.elapsed();
            state.runs.push(Run { polls: polls - before, waited });
            state.inside += u64::from(inline::is_watched());
        }
        let starved = state.runs.last().is_some_and(|run| run.waited >= self.patience);
        let runs = state.runs.len() as u64;
        if runs == self.rounds || starved || self.over.load(Ordering::SeqCst) {
            self.over.store(true, Ordering::SeqCst);
            return Poll::Ready(());
        }
        state.third = Some(cx.waker().clone());
        // At another poll each time: executors count in powers of two and primes.
        self.due.store(polls + FEWEST_POLLS + runs * 37 % 64, Ordering::SeqCst);
        Poll::Pending
    }

    /// Returns what happened.
    pub(super) fn end(&self) -> Record {
        let mut state = self.state();
        let runs = std::mem::take(&mut state.runs);
        let polls = self.polls.load(Ordering::SeqCst);
        Record { polls, inside: state.inside, woken: state.woken, runs }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
