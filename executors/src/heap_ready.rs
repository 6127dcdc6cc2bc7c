//! The heap loop with a ready queue: a binary heap for timers, first in, first out for what is
//! ready.
//!
//! This is how production loops are built: the heap is asked only for time, and what is ready costs
//! nothing but the queue.
//!
//! The mechanism is in [`hand`](crate::hand).

use crate::hand::{Edge, Kind, Loop, Policy};

/// The executor `heap-ready`; see the [module documentation](self).
pub type HeapReady = Loop<ByHeapAndQueue>;

/// The choices that make a hand-written loop [`HeapReady`].
#[derive(Clone, Copy, Debug)]
pub struct ByHeapAndQueue;

impl Policy for ByHeapAndQueue {
    const KIND: Kind = Kind::HeapReady;
    const NAME: &'static str = "heap loop with ready queue";
    const NOTE: &'static str = "a binary heap for timers, a queue for what is ready";
    type Watch = Edge;
}
