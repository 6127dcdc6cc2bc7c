//! The hand-written loops: what an executor costs when nothing is wasted, to be read after
//! LESSON.md.
//!
//! docs/hand-written-loops.md gives the order in which to read the files, says what happens in each
//! unusual case and which test shows it, and what was tried and is not here.
//!
//! `unsafe` lives in `waker`, `here`, `task`, `memory`, `queue`, `handle`, `inbox` (one `Send`) and
//! `reactor` (a system call each). What is public here is what the four executors are made of.

mod calls;
mod clock;
mod engine;
mod facade;
mod handle;
mod here;
mod inbox;
mod memory;
mod net;
mod pace;
mod queue;
mod reactor;
mod sync;
mod table;
mod task;
mod timers;
mod turn;
mod waker;
mod word;
mod yield_now;

pub use engine::{Kind, run};
pub use facade::{Loop, Policy};
pub use handle::{Handle, spawn};
pub use net::{Edge, Listener, Retry, Stream, Watch, bind, connect};
pub use reactor::Way;
pub use timers::Sleep;
pub use yield_now::YieldNow;

use std::time::Instant;

/// Returns the time on the clock of the loop that runs on this thread; elsewhere the real time.
#[must_use]
pub fn now() -> Instant {
    here::here(|here| here.engine().map_or_else(Instant::now, |engine| engine.clock.now()))
}

#[cfg(all(test, tminus_loom))]
mod loom_tests;
#[cfg(all(test, not(tminus_loom)))]
mod tests;
