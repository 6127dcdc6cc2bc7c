//! What blocks: a task that answers each request after its thread has slept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;
use tminus_contract::{Buf, Stream};

use crate::ticks::Ticks;

/// Whether the last block is over.
#[derive(Default)]
pub(super) struct Over(AtomicBool);

impl Over {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// When each block began and ended.
pub(super) struct Blocks {
    block: Duration,
    asked: usize,
    pub(super) taken: Vec<(Instant, Instant)>,
}

impl Blocks {
    /// Makes room for as many as will be asked for.
    pub(super) fn new(block: Duration, asked: usize) -> Self {
        Self { block, asked, taken: Vec::with_capacity(asked) }
    }

    /// Answers each byte with itself, after a block, until the end of the stream.
    pub(super) async fn serve<S: Stream>(mut self, mut stream: S) -> Result<Self, Wrong> {
        let mut buf = Buf::with_capacity(1);
        loop {
            let (read, filled) = stream.read(buf).await;
            if read? == 0 {
                return Ok(self);
            }
            self.block();
            let (written, emptied) = stream.write_all(filled).await;
            written?;
            buf = emptied;
        }
    }

    /// Blocks this thread.
    pub(super) fn block(&mut self) {
        let began = Instant::now();
        thread::sleep(self.block);
        self.taken.push((began, Instant::now()));
    }

    /// Refuses blocks that are missing or did not block.
    pub(super) fn verify(&self) -> Result<(), Wrong> {
        Wrong::unless_equal("blocks", self.asked, self.taken.len())?;
        let short = self.taken.iter().filter(|(began, ended)| *ended - *began < self.block).count();
        Wrong::unless_equal("blocks that were too short", 0, short)
    }

    /// Returns in how many blocks no tick came.
    pub(super) fn without(&self, ticks: &Ticks) -> usize {
        self.taken.iter().filter(|(began, ended)| ticks.between(*began, *ended) == 0).count()
    }
}
