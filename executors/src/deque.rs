//! The deque loop: pop left, poll once, push right unless done; one `epoll_wait(0)` a turn.
//!
//! Its original, `interweave` of LESSON.md, step 1, polls every live task every turn and needs no
//! wakers. This one keeps that rotation
//! for tasks that yield and sets aside tasks that wait (for a timer, a socket, a join, any waker
//! that they handed out), so that 1,000 idle connections or 100,000 sleeping tasks cost nothing and
//! the loop sleeps when all do.
//!
//! The mechanism is in [`hand`](crate::hand).

use crate::hand::{Edge, Kind, Loop, Policy};

/// The executor `deque`; see the [module documentation](self).
pub type Deque = Loop<ByDeque>;

/// The choices that make a hand-written loop [`Deque`].
#[derive(Clone, Copy, Debug)]
pub struct ByDeque;

impl Policy for ByDeque {
    const KIND: Kind = Kind::Deque;
    const NAME: &'static str = "deque loop";
    const NOTE: &'static str = "round robin, one epoll_wait(0) a turn";
    type Watch = Edge;
}
