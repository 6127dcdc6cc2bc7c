//! The hand-written loops: what an executor costs when nothing is wasted, to be read as a lesson.
//!
//! Read in this order:
//!
//! | file | what it teaches |
//! |---|---|
//! | `word` | a waker is a number |
//! | `waker` | three ways from a wake to a poll |
//! | `task`, `memory` | one block a task, who owns it, what it holds, where it lies |
//! | `queue`, `table` | first in, first out; from a number to a task |
//! | `here` | what this thread is doing |
//! | `engine` | spawn, poll, panic, cancel, end |
//! | `turn` | the four loops |
//! | `timers`, `clock`, `pace`, `yield_now` | what tasks wait for without sockets |
//! | `reactor`, `net` | sockets |
//! | `sync` | what threads share |
//! | `handle`, `inbox` | join, cancel, and everything that comes from other threads |
//!
//! # What happens when
//!
//! | | | test, in `tests` |
//! |---|---|---|
//! | a wake from another thread | a letter: the task is polled in the next turn, once however often it was woken | `foreign::wakes_from_threads_are_never_lost`, `loom_tests` |
//! | a wake after completion, or after the loop has ended | nothing, also when the task's place is taken again | `life::wakes_after_completion`, `foreign::wakes_race_with_the_end` |
//! | a waker in a static, dropped or woken whenever | nothing: it is a number | `life::wakers_kept_in_a_static` |
//! | cancel inside one's own poll | the future is dropped when that poll returns | `life::cancel_inside_its_own_poll` |
//! | spawn inside a drop | a task like any other; while the loop ends, cancelled at once | `life::spawn_inside_drop`, `life::spawn_inside_drop_at_the_end` |
//! | a panic in poll | reaches `join`; of the root, leaves `run`; the others run on | `life::a_panic_reaches_its_join_and_nobody_else` |
//! | a panic in drop | the same; the first of two counts, and those of outputs, payloads and foreign wakers are swallowed | `life::a_panic_in_poll_and_drop_is_one`, `life::outputs_that_panic_are_contained` |
//! | `run` inside `run` | the inner loop runs to its end while the outer stands still | `life::nested_runs` |
//! | a million timers | armed, fired and cancelled in logarithmic time each; cancelled ones leave nothing behind | `time::a_million_timers`, `timers::tests` |
//! | a task that yields beside others that sleep | the loop looks at the clock after each round of what is ready, however many sleep | `timers::tests::a_turn_ends_at_the_first_key_that_was_issued_during_it` |
//! | a sleep of a second | ends by a timer in the epoll: a wait of epoll itself may be a thousandth late | `reactor::epoll::tests` |
//! | a system call that is refused | the loop does without, on whatever errno | `executors/tests/hand_refused` |
//! | a timer in the past | suspends once, behind all that is ready | `time::sleeps_into_the_past_starve_nobody` |
//! | equal deadlines | in the order of arrival | `time::equal_deadlines_come_in_order_of_arrival` |
//! | a step of the wall clock | nothing: only the monotonic clock is read. If that jumps ahead, all that is due fires, earliest first | `timers::tests::deadlines_first_then_arrival` |
//!
//! Random programs of all this are held against a model in `executors/tests/hand_programs`.
//!
//! # What was tried, and is not here
//!
//! Each as the ratio of processor time to the loop without it, side by side in one interleaved run:
//!
//! | tried | found |
//! |---|---|
//! | a heap with four children a node: `dary_heap`, and one of our own with siblings in one cache line | 0.95 to 1.1 at 1,000 and at 100,000 keys: half the levels, but more comparisons, which the processor mispredicts |
//! | blocks fetched past the second-level cache (`prefetchnta`), to leave it to the heap | 0.95 to 1.07 |
//! | chunks of 2 MB on huge pages | 1.0 for yields, about 0.9 for 100,000 random timers; a page of 2 MB for the first task is not worth that |
//! | epoll with fewer system calls an echo | there are none to save: 4 a round trip and one wait a turn, as in tokio; at 50 connections 92 % of the time is the kernel's, in tokio 91 % |
//!
//! `unsafe` lives in `waker`, `here`, `task`, `memory`, `queue`, `handle`, `inbox` (one `Send`) and
//! `reactor` (a system call each). What is public here is what the four executors are made of.

mod clock;
mod engine;
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
pub use handle::{Handle, spawn};
pub use net::{Edge, Listener, Retry, Stream, Watch, bind, connect};
pub use reactor::Way;
pub use timers::Sleep;
pub use yield_now::YieldNow;

use std::time::Instant;

/// The time on the clock of the loop that runs on this thread; elsewhere the real time.
#[must_use]
pub fn now() -> Instant {
    here::here(|here| here.engine().map_or_else(Instant::now, |engine| engine.clock.now()))
}

#[cfg(all(test, tminus_loom))]
mod loom_tests;
#[cfg(all(test, not(tminus_loom)))]
mod tests;
