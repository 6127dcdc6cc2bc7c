//! The reference executor, for tests: slow and correct, or wrong in one way, as a mutant.
//!
//! A suite that no mutant fails checks nothing, and a workload that none fails verifies nothing:
//! the tests of both try theirs on the same executors.

mod calls;
mod driver;
mod handles;
mod mutants;
mod processes;
mod reference;
mod shared;
mod sockets;
mod task;

pub use mutants::{ALL, Entry, Mutant, Seen};
pub use reference::{Alone, Greedy, Reference};
