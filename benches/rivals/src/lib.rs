//! The work that every tool of `scripts/rivals` times: tokio's `current_thread`, with a slowdown of
//! known size in each yield and each spawn.
//!
//! It is that of examples/slowed.rs, which `tminus gate` is tried on: the size is written in the
//! program as a text, so that a copy with other digits is the slower program, and two copies differ
//! in nothing else. As built, it is none. How much slower a program really is, is measured, never
//! taken from here.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, yield_now};

/// The slowdown in thousandths of a yield.
static SIZE: &str = "tminus is slowed by 0000 thousandths";

/// One yield or spawn in so many is slowed down, by as much more: a few steps in each would be
/// hidden by what the processor does beside them. Few enough that each batch of a tool has many of
/// them.
const EVERY: u64 = 64;

/// Steps that take as long as a yield, about.
const STEPS_A_YIELD: u64 = 225;

/// The steps that one yield or spawn in [`EVERY`] takes longer.
static STEPS: AtomicU64 = AtomicU64::new(0);

/// What is timed. The ids are the names of benches, and those of the cells of tminus that do the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// 100 tasks yield 100 times each; ten thousand yields hide what the spawns add (one in a
    /// hundred).
    Yields,
    /// 1,000 tasks with next to nothing to do are spawned, then joined.
    Spawns,
}

impl Cell {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Yields, Self::Spawns];

    /// Its name: one word.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Yields => "yield_many",
            Self::Spawns => "spawn_many",
        }
    }

    /// Returns the cell of that name.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cell| cell.id() == id)
    }
}

/// Returns the steps that one yield or spawn in 64 of this program is slowed down by: none, unless
/// its text was changed.
///
/// # Panics
/// If the text was replaced by another than a number of four digits.
#[must_use]
pub fn steps() -> u64 {
    let digits = black_box(SIZE).split(' ').find_map(|word| word.parse::<u64>().ok());
    digits.expect("the number is replaced by one as long") * STEPS_A_YIELD * EVERY / 1000
}

/// A cell that is ready to run, on a runtime of its own.
pub struct Work {
    runtime: Runtime,
    cell: Cell,
    steps: u64,
}

impl Work {
    /// Starts a runtime.
    ///
    /// # Panics
    /// If the system refuses it descriptors.
    #[must_use]
    pub fn new(cell: Cell, steps: u64) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        Self { runtime: runtime.expect("tokio starts"), cell, steps }
    }

    /// One iteration, about half a millisecond; gives what its tasks add up to.
    ///
    /// # Panics
    /// If a task was lost.
    #[must_use]
    pub fn run(&self) -> u64 {
        STEPS.store(self.steps, Ordering::Relaxed);
        // The root is spawned, as in tminus: `block_on` would poll it in another way than other
        // tasks.
        let root = match self.cell {
            Cell::Yields => self.runtime.spawn(yields()),
            Cell::Spawns => self.runtime.spawn(spawns()),
        };
        self.runtime.block_on(root).expect("the root does not panic")
    }
}

async fn yields() -> u64 {
    joined((0..100).map(|_| spawn(yield_often(100))).collect()).await
}

async fn yield_often(times: u64) -> u64 {
    let mut count = 0;
    while count < times {
        slow_down();
        yield_now().await;
        count += 1;
    }
    count
}

async fn spawns() -> u64 {
    joined((0..1000).map(|index| spawn(async move { black_box(index) })).collect()).await
}

fn spawn(future: impl Future<Output = u64> + Send + 'static) -> JoinHandle<u64> {
    slow_down();
    tokio::spawn(future)
}

async fn joined(handles: Vec<JoinHandle<u64>>) -> u64 {
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.expect("no task panics");
    }
    sum
}

#[inline]
fn slow_down() {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // There is one thread: nothing else counts between the two.
    let count = COUNT.load(Ordering::Relaxed);
    COUNT.store(count + 1, Ordering::Relaxed);
    if count.is_multiple_of(EVERY) {
        work(STEPS.load(Ordering::Relaxed));
    }
}

/// Each step waits for the one before it: two cycles or so.
#[cold]
fn work(steps: u64) {
    let mut state = steps;
    for step in 0..steps {
        state = (state << 1) ^ step;
    }
    black_box(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_task_is_lost() {
        assert_eq!(Work::new(Cell::Yields, 0).run(), 10_000);
        assert_eq!(Work::new(Cell::Spawns, 3).run(), 499_500);
    }

    #[test]
    fn as_built_it_is_not_slowed() {
        assert_eq!(steps(), 0);
    }
}
