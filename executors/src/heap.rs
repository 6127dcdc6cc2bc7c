//! The pure heap loop: every resumption goes through one binary heap of (moment, arrival, task).
//!
//! Its original, the `SleepingLoop` of LESSON.md, step 2, is a heap of sleeping coroutines and
//! nothing else: the one with the earliest moment resumes. Here a yield is a sleep until now. Joins
//! and sockets wake a task into the heap the same way.
//!
//! The mechanism is in [`hand`](crate::hand).

use crate::hand::{Edge, Kind, Loop, Policy};

/// The executor `heap`; see the [module documentation](self).
pub type Heap = Loop<ByHeap>;

/// The choices that make a hand-written loop [`Heap`].
#[derive(Clone, Copy, Debug)]
pub struct ByHeap;

impl Policy for ByHeap {
    const KIND: Kind = Kind::Heap;
    const NAME: &'static str = "heap loop";
    const NOTE: &'static str = "every resumption goes through a binary heap";
    type Watch = Edge;
}
