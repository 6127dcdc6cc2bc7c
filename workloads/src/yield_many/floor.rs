//! The floors of `yield_many`: a loop over state machines, inlined and boxed, and a bare heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::future::Future;
use std::hint::black_box;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{YieldMany, yield_often};
use crate::timekeeper::nanos_between;

/// State machines written by hand, side by side in memory.
pub(super) struct Inlined;

impl Floor<YieldMany> for Inlined {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a loop over state machines written by hand, side by side";

    fn stage(_workload: &YieldMany) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        many: &YieldMany,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let yields = many.yields * iterations;
        // A task: its number, and the yields that it has counted.
        let mut live: Vec<(usize, u64)> = (0..room(many)).map(|task| (task, 0)).collect();
        let mut counts = vec![0; live.len()];
        let running = meter.start();
        while !live.is_empty() {
            live.retain_mut(|(task, count)| {
                if *count == yields {
                    counts[*task] = *count;
                    return false;
                }
                // One by one: the compiler must not make a sum of them.
                *count = black_box(*count) + 1;
                true
            });
        }
        meter.stop(running, many.resumptions(iterations));
        many.verify(iterations, &counts)
    }
}

/// The very futures of the workload, boxed as executors must, polled in turn with a waker that does
/// nothing. Of the loops that do this the one over a `Vec` is the quickest: a `VecDeque` that is
/// popped and pushed, as in the textbook, takes 1.2 to 1.5 times as long.
pub(super) struct Boxed;

impl Floor<YieldMany> for Boxed {
    const ID: &'static str = "floor-boxed";
    const ABOUT: &'static str = "a loop over the workload's own futures, boxed";

    fn stage(_workload: &YieldMany) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        many: &YieldMany,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let yields = many.yields * iterations;
        let task = |task| (task, Box::pin(yield_often(yields, Yield::default)) as Task);
        let mut live: Vec<(usize, Task)> = (0..room(many)).map(task).collect();
        let mut counts = vec![0; live.len()];
        let mut cx = Context::from_waker(Waker::noop());
        let running = meter.start();
        while !live.is_empty() {
            live.retain_mut(|(index, task)| match task.as_mut().poll(&mut cx) {
                Poll::Pending => true,
                Poll::Ready(count) => {
                    counts[*index] = count;
                    false
                }
            });
        }
        meter.stop(running, many.resumptions(iterations));
        many.verify(iterations, &counts)
    }
}

type Task = Pin<Box<dyn Future<Output = u64> + Send>>;

/// Suspends once and wakes nothing: the loop polls everything in turn.
#[derive(Default)]
struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Measures the cost of a loop that keeps every resumption in a binary heap of (moment, sequence,
/// task), and nothing else: tasks are numbers, and time is read once a round.
pub(super) struct Heap<W>(PhantomData<W>);

/// How the key of a task that yields gets its next place.
pub(super) trait Way {
    const ID: &'static str;
    const ABOUT: &'static str;

    /// Takes the first key out. If `next` makes another of it, puts that in.
    fn turn(heap: &mut BinaryHeap<Reverse<u128>>, next: impl FnOnce(u128) -> Option<u128>);
}

/// Out at the top, in at the bottom.
pub(super) struct PushPop;

impl Way for PushPop {
    const ID: &'static str = "floor-heap";
    const ABOUT: &'static str = "a bare BinaryHeap of (moment, sequence, task): a pop and a push";

    #[inline]
    fn turn(heap: &mut BinaryHeap<Reverse<u128>>, next: impl FnOnce(u128) -> Option<u128>) {
        let Some(Reverse(first)) = heap.pop() else { return };
        if let Some(key) = next(first) {
            heap.push(Reverse(key));
        }
    }
}

/// Both in one way down.
pub(super) struct Replace;

impl Way for Replace {
    const ID: &'static str = "floor-heap-replace";
    const ABOUT: &'static str = "the same heap: the first key replaced where it stands";

    #[inline]
    fn turn(heap: &mut BinaryHeap<Reverse<u128>>, next: impl FnOnce(u128) -> Option<u128>) {
        let Some(mut first) = heap.peek_mut() else { return };
        match next(first.0) {
            Some(key) => *first = Reverse(key),
            None => drop(PeekMut::pop(first)),
        }
    }
}

const TASK_BITS: u32 = 27;
const MOMENT_SHIFT: u32 = 64;

impl<W: Way> Floor<YieldMany> for Heap<W> {
    const ID: &'static str = W::ID;
    const ABOUT: &'static str = W::ABOUT;

    fn stage(_workload: &YieldMany) -> Result<Self, Wrong> {
        Ok(Self(PhantomData))
    }

    fn sample(
        &mut self,
        many: &YieldMany,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let yields = many.yields * iterations;
        let mut counts = vec![0_u64; room(many)];
        let mut keys = Keys { origin: Instant::now(), moment_ns: 0, sequence: 0 };
        let mut heap: BinaryHeap<Reverse<u128>> =
            (0..counts.len()).map(|task| Reverse(keys.next(task))).collect();
        let running = meter.start();
        while !heap.is_empty() {
            keys.moment_ns = nanos_between(keys.origin, Instant::now());
            for _ in 0..heap.len() {
                W::turn(&mut heap, |key| {
                    let task = (key & ((1 << TASK_BITS) - 1)) as usize;
                    if counts[task] == yields {
                        return None;
                    }
                    counts[task] += 1;
                    Some(keys.next(task))
                });
            }
        }
        meter.stop(running, many.resumptions(iterations));
        many.verify(iterations, &counts)
    }
}

/// Makes keys that rise: packed into one number, so that comparing two is one comparison.
struct Keys {
    origin: Instant,
    moment_ns: u64,
    sequence: u64,
}

impl Keys {
    #[inline]
    fn next(&mut self, task: usize) -> u128 {
        self.sequence += 1;
        let sequence = u128::from(self.sequence) << TASK_BITS;
        (u128::from(self.moment_ns) << MOMENT_SHIFT) | sequence | task as u128
    }
}

fn room(many: &YieldMany) -> usize {
    usize::try_from(many.tasks).expect("bounded by the parameter")
}
