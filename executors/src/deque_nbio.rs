//! The deque loop without a reactor: non-blocking sockets are tried every turn.
//!
//! As [`deque`](crate::deque), but a task that waits for a socket stays in the rotation and calls
//! again each turn. Nothing is cheaper while every socket is busy; a thousand idle ones cost a
//! thousand calls a turn, and the loop never sleeps while one waits.
//!
//! The mechanism is in [`hand`](crate::hand).

use crate::hand::{Kind, Loop, Policy, Retry};

/// The executor `deque-nbio`; see the [module documentation](self).
pub type DequeNbio = Loop<ByDequeOfRetries>;

/// The choices that make a hand-written loop [`DequeNbio`].
#[derive(Clone, Copy, Debug)]
pub struct ByDequeOfRetries;

impl Policy for ByDequeOfRetries {
    const KIND: Kind = Kind::DequeNbio;
    const NAME: &'static str = "deque loop, sockets tried";
    const NOTE: &'static str = "round robin, sockets are tried every turn: polls while idle";
    type Watch = Retry;
}
