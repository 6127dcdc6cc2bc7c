//! The counters, which are the process's, and the region in which they count.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use hdrhistogram::Histogram;

use crate::resources::histogram;
use crate::sample::Edge;

/// What is counted of tasks and their wakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Poll,
    SpuriousPoll,
    Wake,
    SelfWake,
    CrossThreadWake,
    WakerClone,
    WakerDrop,
}

/// The counts of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Polls of tasks that began.
    pub polls: u64,
    /// Those of a task that nothing had woken since its last poll began; the first one of a task
    /// is none of them.
    pub spurious_polls: u64,
    /// Calls of `wake` and `wake_by_ref`, also those that find the task awake.
    pub wakes: u64,
    /// Those of a task inside its own poll.
    pub self_wakes: u64,
    /// Those on another thread than polled the task last, or polls it.
    pub cross_thread_wakes: u64,
    /// Wakers that were cloned.
    pub waker_clones: u64,
    /// Wakers that were dropped: `wake` consumes one without a drop.
    pub waker_drops: u64,
    /// The median delay from the first wake of a task to its next poll; 0 where there is none.
    pub wake_delay_p50_ns: u64,
    /// The delay that 99 of 100 stay below.
    pub wake_delay_p99_ns: u64,
}

static COUNTS: AtomicBool = AtomicBool::new(false);
static EVENTS: [AtomicU64; 7] = [const { AtomicU64::new(0) }; 7];
static DELAYS: LazyLock<Mutex<Histogram<u64>>> = LazyLock::new(|| Mutex::new(histogram()));
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Begins to count at the first edge of a region, from nothing, and ends at the second one: a
/// [`Meter::watch`](crate::sample::Meter).
pub fn watch(edge: Edge) {
    if edge == Edge::Begin {
        EVENTS.iter().for_each(|event| event.store(0, Relaxed));
        delays().reset();
    }
    COUNTS.store(edge == Edge::Begin, Relaxed);
}

/// Returns the counts of the last region.
#[must_use]
pub fn tally() -> Tally {
    let of = |event: Event| EVENTS[event as usize].load(Relaxed);
    let delays = delays();
    Tally {
        polls: of(Event::Poll),
        spurious_polls: of(Event::SpuriousPoll),
        wakes: of(Event::Wake),
        self_wakes: of(Event::SelfWake),
        cross_thread_wakes: of(Event::CrossThreadWake),
        waker_clones: of(Event::WakerClone),
        waker_drops: of(Event::WakerDrop),
        wake_delay_p50_ns: delays.value_at_quantile(0.5),
        wake_delay_p99_ns: delays.value_at_quantile(0.99),
    }
}

/// Counts an event, inside a region.
pub(super) fn count(event: Event) {
    if COUNTS.load(Relaxed) {
        EVENTS[event as usize].fetch_add(1, Relaxed);
    }
}

/// Returns the time for a [`delay`] that begins now, never 0; 0 outside of regions.
pub(super) fn stamp() -> u64 {
    if COUNTS.load(Relaxed) { now_ns() } else { 0 }
}

/// Records a delay since a [`stamp`].
pub(super) fn delay(since: u64) {
    if since > 0 && COUNTS.load(Relaxed) {
        delays().saturating_record(now_ns().saturating_sub(since));
    }
}

fn now_ns() -> u64 {
    u64::try_from(ORIGIN.elapsed().as_nanos()).map_or(u64::MAX, |ns| ns.max(1))
}

fn delays() -> std::sync::MutexGuard<'static, Histogram<u64>> {
    DELAYS.lock().unwrap_or_else(PoisonError::into_inner)
}
