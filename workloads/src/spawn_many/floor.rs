//! The floors of `spawn_many`: the memory of the tasks, without anything that runs them.
//!
//! A block is as large as a task must be: the workload's own future, and four words for what any
//! executor keeps about it: how to poll it, its state, its joiner, its place in a queue. An
//! executor that rounds that up, or asks the allocator more than once, pays for it.

use std::hint::black_box;
use std::sync::mpsc::channel;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::outside::Outside;
use super::{SpawnMany, answer};

/// The least memory of a task.
struct Block<F> {
    /// How to poll it, its state, its joiner, its place.
    head: [u64; 4],
    /// There to be as large as it is.
    _future: F,
}

/// Allocates a block and fills it.
fn block(index: u64) -> Box<Block<impl Future<Output = u64>>> {
    black_box(Box::new(Block { head: [index; 4], _future: answer(index) }))
}

/// Reads a block and frees it.
fn read<F>(block: Box<Block<F>>) -> u64 {
    black_box(block).head[3]
}

/// As many blocks as there are tasks at once.
pub(super) struct Blocks {
    outside: Option<Outside>,
}

impl Floor<SpawnMany> for Blocks {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "as many blocks of a task's size, allocated and filled, then freed";

    fn stage(workload: &SpawnMany) -> Result<Self, Wrong> {
        Ok(Self { outside: workload.thread()? })
    }

    fn sample(
        &mut self,
        workload: &SpawnMany,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut wrong = 0;
        let mut blocks = Vec::with_capacity(workload.room());
        let running = meter.start();
        for _ in 0..iterations {
            let all = (0..workload.tasks).map(block);
            match &self.outside {
                None => blocks.extend(all),
                Some(outside) => {
                    let (sender, receiver) = channel();
                    outside.run(move || drop(sender.send(all.collect::<Vec<_>>())));
                    blocks = receiver.recv().map_err(|_| lost())?;
                }
            }
            for (index, block) in (0..).zip(blocks.drain(..)) {
                wrong += u64::from(read(block) != index);
            }
        }
        meter.stop(running, workload.tasks * iterations);
        Wrong::unless_equal("blocks that held another value than theirs", 0, wrong)
    }
}

/// One block at a time, which the allocator has at hand again at once: what memory costs an
/// executor that uses the blocks of ended tasks again.
pub(super) struct Hot {
    outside: Option<Outside>,
}

impl Floor<SpawnMany> for Hot {
    const ID: &'static str = "floor-hot";
    const ABOUT: &'static str = "one such block after the other: the memory stays in the cache";

    fn stage(workload: &SpawnMany) -> Result<Self, Wrong> {
        Ok(Self { outside: workload.thread()? })
    }

    fn sample(
        &mut self,
        workload: &SpawnMany,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let tasks = workload.tasks;
        let one_by_one =
            move || (0..tasks).filter(|&index| read(block(index)) != index).count() as u64;
        let mut wrong = 0;
        let running = meter.start();
        for _ in 0..iterations {
            wrong += match &self.outside {
                None => one_by_one(),
                Some(outside) => {
                    let (sender, receiver) = channel();
                    outside.run(move || sender.send(one_by_one()).unwrap_or_default());
                    receiver.recv().map_err(|_| lost())?
                }
            };
        }
        meter.stop(running, tasks * iterations);
        Wrong::unless_equal("blocks that held another value than theirs", 0, wrong)
    }
}

fn lost() -> Wrong {
    Wrong::Panic("the thread outside panicked".into())
}
