//! Timers: a binary heap of deadlines, and the [`Sleep`] that waits for one.
//!
//! Equal deadlines come out in the order of arrival. The pure heap loop keeps every resumption here
//! ([`Timers::resume`]); the others only timers.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;
use super::engine::Engine;
use super::here::here;
use super::inbox::{self, Letter};
use super::waker::Compact;
use super::word::{MAX_TASKS, Place, Word};

const INDEX_BITS: u32 = 26;
const TASK: u128 = 1 << INDEX_BITS;
const SEQUENCE_SHIFT: u32 = INDEX_BITS + 1;
const DEADLINE_SHIFT: u32 = 64;
const SEQUENCES: u64 = 1 << (DEADLINE_SHIFT - SEQUENCE_SHIFT);
/// Below this many dead keys a sweep is not worth it.
const SWEEP: usize = 64;

/// The heap of a loop. A key is one number, so comparing two is one comparison:
///
/// ```text
/// 127..64    63..27     26            25..0
/// deadline   sequence   TASK or not   place of the timer, or of the task
/// ```
#[derive(Default)]
pub(crate) struct Timers(RefCell<State>);

/// The heap, and the places of its timers. The key in the heap and the `Sleep` each refer to the
/// place; it is free again when both are gone.
///
/// ```text
///              ┌─key popped: Some -> None, wake──> fired ──Sleep released──┐
/// armed (Some)─┤                                                           ├─> free
///              └─Sleep released: Some -> None ──> dead ──key popped────────┘
/// ```
///
/// The second of the two finds `None` and frees the place. Dead keys are swept out once they are
/// half of the heap, so a cancelled timer leaves nothing behind, at a constant cost.
struct State {
    heap: BinaryHeap<Reverse<u128>>,
    /// The waker of each timer. A free place links to the next.
    wakers: Vec<Option<Compact>>,
    /// The place freed last; `u32::MAX` if there is none.
    free: u32,
    sequence: u64,
    /// Keys below this belong to the turn; see [`Timers::turn`].
    bound: u128,
    /// Keys in the heap whose `Sleep` is gone.
    dead: usize,
    fired: u64,
}

/// The first entry of the heap.
pub(crate) enum Due {
    /// The task at this place resumes.
    Task(u32),
    /// A timer fired: wake this.
    Timer(Compact),
    /// Nothing is due.
    Nothing,
}

impl Timers {
    /// Adds a timer. Release the place that this gives, exactly once.
    pub(crate) fn arm(&self, deadline_ns: u64, waker: Compact) -> u32 {
        let state = &mut *self.0.borrow_mut();
        let index = state.place(waker);
        state.push(deadline_ns, u128::from(index));
        index
    }

    /// Lets go of a timer, fired or not. Gives its waker back, to be dropped with no borrow held.
    pub(crate) fn release(&self, index: u32) -> Option<Compact> {
        let state = &mut *self.0.borrow_mut();
        let waker = state.wakers[index as usize].take();
        if waker.is_none() {
            state.vacate(index);
            return None;
        }
        state.dead += 1;
        if state.dead > SWEEP && state.dead * 2 > state.heap.len() {
            state.sweep();
        }
        waker
    }

    /// Sets `waker` as the one that the timer wakes, unless it has fired.
    pub(crate) fn rewake(&self, index: u32, waker: &Waker) {
        match &self.0.borrow().wakers[index as usize] {
            Some(held) if !held.will_wake(waker) => {}
            _ => return,
        }
        // Cloning and dropping wakers may run foreign code: not within a borrow.
        let new = Compact::new(waker);
        let old = self.0.borrow_mut().wakers[index as usize].replace(new);
        drop(old);
    }

    /// Queues the task at `index` for `now_ns`, after all that came before (pure heap loop).
    pub(crate) fn resume(&self, now_ns: u64, index: u32) {
        self.0.borrow_mut().push(now_ns, TASK | u128::from(index));
    }

    /// Begins a turn at `now_ns`: the keys that are due then and were there before belong to it,
    /// and none that is issued from now on. So a turn of the pure heap loop has no more resumptions
    /// than there are tasks that are ready, however many sleep.
    #[inline]
    pub(crate) fn turn(&self, now_ns: u64) {
        let state = &mut *self.0.borrow_mut();
        // Added, not joined: after the last sequence comes the next nanosecond.
        let sequence = u128::from(state.sequence) << SEQUENCE_SHIFT;
        state.bound = (u128::from(now_ns) << DEADLINE_SHIFT) + sequence;
    }

    /// Returns the first entry if it belongs to the turn. A timer is taken out; a task's key stays
    /// until [`replace_first`](Self::replace_first): what comes meanwhile is due later, so it stays
    /// first.
    #[inline]
    pub(crate) fn first(&self) -> Due {
        let state = &mut *self.0.borrow_mut();
        while let Some(&Reverse(key)) = state.heap.peek() {
            if key >= state.bound {
                break;
            }
            let index = (key & (TASK - 1)) as u32;
            if key & TASK != 0 {
                return Due::Task(index);
            }
            state.heap.pop();
            match state.wakers[index as usize].take() {
                Some(waker) => {
                    state.fired += 1;
                    return Due::Timer(waker);
                }
                None => {
                    state.dead -= 1;
                    state.vacate(index);
                }
            }
        }
        Due::Nothing
    }

    /// Takes the first key out, a task's, and puts the task's next one in, if it resumes again.
    #[inline]
    pub(crate) fn replace_first(&self, next: Option<(u64, u32)>) {
        let state = &mut *self.0.borrow_mut();
        match next {
            Some((now_ns, index)) => {
                let key = state.key(now_ns, TASK | u128::from(index));
                if let Some(mut first) = state.heap.peek_mut() {
                    *first = Reverse(key);
                }
            }
            None => drop(state.heap.pop()),
        }
    }

    /// Takes out the key of the task at `index`, whose poll panicked, if it is still first.
    pub(crate) fn drop_first(&self, index: u32) {
        let state = &mut *self.0.borrow_mut();
        let first = state.heap.peek().map(|first| first.0 & (TASK | (TASK - 1)));
        if first == Some(TASK | u128::from(index)) {
            state.heap.pop();
        }
    }

    /// Returns the places in the table of the tasks that may be next, once the first key is gone:
    /// those of its two children in the heap.
    #[inline]
    pub(crate) fn candidates(&self) -> impl Iterator<Item = u32> + use<> {
        let state = self.0.borrow();
        let task = |key: &Reverse<u128>| {
            let index = (key.0 & (TASK - 1)) as u32;
            if key.0 & TASK != 0 {
                return Some(index);
            }
            state.wakers[index as usize].as_ref()?.as_word().map(Word::index)
        };
        let keys = state.heap.as_slice();
        [keys.get(1).and_then(task), keys.get(2).and_then(task)].into_iter().flatten()
    }

    /// Returns the first deadline, which may be that of a dead timer.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.0.borrow().heap.peek().map(|first| (first.0 >> DEADLINE_SHIFT) as u64)
    }

    /// Returns how many timers have fired so far.
    pub(crate) fn fired(&self) -> u64 {
        self.0.borrow().fired
    }

    /// Returns the number of keys in the heap.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().heap.len()
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            wakers: Vec::new(),
            free: u32::MAX,
            sequence: 0,
            bound: 0,
            dead: 0,
            fired: 0,
        }
    }
}

impl State {
    /// Gives `waker` a place.
    #[inline]
    fn place(&mut self, waker: Compact) -> u32 {
        let index = self.free;
        if let Some(place) = self.wakers.get_mut(index as usize) {
            let link = place.replace(waker).and_then(|link| link.as_link());
            self.free = link.expect("a free place links to the next");
            return index;
        }
        assert!(self.wakers.len() < MAX_TASKS, "more than {MAX_TASKS} timers in one loop");
        self.wakers.push(Some(waker));
        self.wakers.len() as u32 - 1
    }

    #[inline]
    fn vacate(&mut self, index: u32) {
        let next = std::mem::replace(&mut self.free, index);
        self.wakers[index as usize] = Some(Compact::link(next));
    }

    fn push(&mut self, deadline_ns: u64, what: u128) {
        let key = self.key(deadline_ns, what);
        self.heap.push(Reverse(key));
    }

    #[inline]
    fn key(&mut self, deadline_ns: u64, what: u128) -> u128 {
        if self.sequence == SEQUENCES {
            self.renumber();
        }
        let sequence = u128::from(self.sequence) << SEQUENCE_SHIFT;
        self.sequence += 1;
        u128::from(deadline_ns) << DEADLINE_SHIFT | sequence | what
    }

    /// Numbers the keys that are left from zero, in the same order, after 2^37 keys. The turn is
    /// over, since its keys can no longer be told.
    #[cold]
    fn renumber(&mut self) {
        let mut keys = std::mem::take(&mut self.heap).into_sorted_vec();
        keys.reverse();
        self.sequence = 0;
        self.bound = 0;
        for key in &mut keys {
            let mask = u128::from(SEQUENCES - 1) << SEQUENCE_SHIFT;
            key.0 = key.0 & !mask | u128::from(self.sequence) << SEQUENCE_SHIFT;
            self.sequence += 1;
        }
        self.heap = keys.into();
    }

    fn sweep(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        heap.retain(|key| {
            let index = (key.0 & (TASK - 1)) as u32;
            let live = key.0 & TASK != 0 || self.wakers[index as usize].is_some();
            if !live {
                self.vacate(index);
            }
            live
        });
        self.heap = heap;
        self.dead = 0;
    }
}

/// Waits for a deadline; see [`Executor::sleep_until`](tminus_contract::Executor).
///
/// Its first poll tells the loop the deadline (it *yields its wake-up time*); dropping it takes the
/// timer back.
#[must_use = "a future does nothing unless it is polled"]
pub struct Sleep {
    deadline_ns: u64,
    /// When it was polled first; 0 before.
    started_ns: u64,
    /// The timer, while there is one. `None` with a start: the deadline had passed when it was
    /// polled first, and it suspends once all the same.
    timer: Option<Place>,
}

impl Sleep {
    /// Waits until `deadline`.
    pub fn until(deadline: Instant) -> Self {
        Self { deadline_ns: clock::to_ns(deadline), started_ns: 0, timer: None }
    }

    fn poll_in(&mut self, engine: &Engine, waker: &Waker) -> Poll<Duration> {
        let Some(place) = self.timer else {
            return self.poll_unarmed(engine, waker);
        };
        if place.run() == engine.run {
            let now_ns = engine.clock.turn_ns();
            if self.deadline_ns <= now_ns {
                self.disarm(Some(engine));
                return Poll::Ready(Duration::from_nanos(now_ns.saturating_sub(self.started_ns)));
            }
            engine.timers.rewake(place.index(), waker);
            return Poll::Pending;
        }
        // Moved to another loop: once more.
        self.disarm(Some(engine));
        self.arm(engine, waker);
        Poll::Pending
    }

    fn poll_unarmed(&mut self, engine: &Engine, waker: &Waker) -> Poll<Duration> {
        let now_ns = engine.clock.exact_ns();
        if self.started_ns != 0 {
            return Poll::Ready(Duration::from_nanos(now_ns.saturating_sub(self.started_ns)));
        }
        self.started_ns = now_ns.max(1);
        if self.deadline_ns <= now_ns {
            // As a yield: one place behind all that is ready, also in the pure heap, where the
            // true deadline would let a task that sleeps into the past starve the others.
            waker.wake_by_ref();
        } else {
            self.arm(engine, waker);
        }
        Poll::Pending
    }

    fn arm(&mut self, engine: &Engine, waker: &Waker) {
        let index = engine.timers.arm(self.deadline_ns, Compact::new(waker));
        self.timer = Some(Place::new(engine.run, index));
    }

    fn disarm(&mut self, engine: Option<&Engine>) {
        let Some(place) = self.timer.take() else { return };
        match engine {
            Some(engine) if engine.run == place.run() => drop(engine.timers.release(place.index())),
            _ => inbox::post_to_run(place.run(), Letter::Timer(place.index())),
        }
    }
}

impl Future for Sleep {
    type Output = Duration;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Duration> {
        here(|here| {
            let engine =
                here.engine().expect("a sleep of a hand-written loop is polled outside it");
            self.poll_in(engine, cx.waker())
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if self.timer.is_some() {
            here(|here| self.disarm(here.engine()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(n: u32) -> Word {
        Word::new(0, 0, n)
    }

    fn pop(timers: &Timers, now_ns: u64) -> Option<u32> {
        timers.turn(now_ns);
        match timers.first() {
            Due::Task(index) => {
                timers.replace_first(None);
                Some(index)
            }
            Due::Timer(waker) => waker.as_word().map(Word::index),
            Due::Nothing => None,
        }
    }

    #[test]
    fn deadlines_first_then_arrival() {
        let timers = Timers::default();
        for (deadline, n) in [(30, 1), (10, 2), (30, 3), (10, 4)] {
            timers.arm(deadline, Compact::word(word(n)));
        }
        timers.resume(10, 5);
        assert_eq!(pop(&timers, 9), None);
        let order: Vec<_> = std::iter::from_fn(|| pop(&timers, 30)).collect();
        assert_eq!(order, [2, 4, 5, 1, 3]);
    }

    #[test]
    fn a_released_timer_does_not_fire_and_its_place_is_used_again() {
        let timers = Timers::default();
        let first = timers.arm(10, Compact::word(word(1)));
        let second = timers.arm(20, Compact::word(word(2)));
        assert!(timers.release(first).is_some());
        assert_eq!(pop(&timers, 100), Some(2));
        assert!(timers.release(second).is_none());
        let again = [timers.arm(5, Compact::word(word(3))), timers.arm(6, Compact::word(word(4)))];
        assert_eq!((again[0].min(again[1]), again[0].max(again[1])), (0, 1));
    }

    #[test]
    fn cancelled_timers_leave_nothing_behind() {
        let timers = Timers::default();
        let kept = timers.arm(7, Compact::word(word(7)));
        for n in 0..100_000 {
            timers.release(timers.arm(1_000_000 + n, Compact::word(word(1))));
        }
        let state = timers.0.borrow();
        assert!(state.heap.len() <= 2 * SWEEP + 2, "{} keys left", state.heap.len());
        assert!(state.wakers.len() <= 2 * SWEEP + 2);
        drop(state);
        timers.rewake(kept, &crate::hand::waker::waker(word(8)));
        assert_eq!(pop(&timers, 10), Some(8));
        timers.rewake(kept, &crate::hand::waker::waker(word(9)));
        assert!(timers.release(kept).is_none());
    }

    /// A task that yields, beside others that sleep.
    #[test]
    fn a_turn_ends_at_the_first_key_that_was_issued_during_it() {
        let timers = Timers::default();
        for n in 0..1_000 {
            timers.arm(1_000_000, Compact::word(word(n)));
        }
        timers.resume(10, 7);
        timers.resume(10, 8);
        for turn in 10..100 {
            timers.turn(turn);
            for expected in [7, 8] {
                assert!(matches!(timers.first(), Due::Task(index) if index == expected));
                timers.replace_first(Some((turn, expected)));
            }
            assert!(matches!(timers.first(), Due::Nothing));
        }
    }

    #[test]
    fn a_turn_in_which_numbers_start_again_is_over() {
        for before in [0, 1, 2] {
            let timers = Timers::default();
            timers.resume(10, 7);
            timers.0.borrow_mut().sequence = SEQUENCES - before;
            let mut turns = 0;
            for _ in 0..9 {
                if !matches!(timers.first(), Due::Task(7)) {
                    turns += 1;
                    timers.turn(10);
                    assert!(matches!(timers.first(), Due::Task(7)));
                }
                timers.replace_first(Some((10, 7)));
            }
            assert_eq!(turns, 9);
        }
    }

    #[test]
    fn numbers_start_again_without_losing_the_order() {
        let timers = Timers::default();
        timers.0.borrow_mut().sequence = SEQUENCES - 3;
        for n in 0..6 {
            timers.arm(10 + u64::from(n % 2), Compact::word(word(n)));
        }
        let order: Vec<_> = std::iter::from_fn(|| pop(&timers, 30)).collect();
        assert_eq!(order, [0, 2, 4, 1, 3, 5]);
        assert!(timers.0.borrow().sequence < 10);
    }
}
