//! A thread that is not the executor's, and does what it is asked to.

use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use tminus_contract::workload::Wrong;

/// The thread; it stands ready before the clock starts.
pub(crate) struct Outside {
    work: Sender<Box<dyn FnOnce() + Send>>,
    thread: JoinHandle<()>,
}

impl Outside {
    /// Starts it.
    pub(super) fn start() -> Result<Self, Wrong> {
        let (work, asked) = channel::<Box<dyn FnOnce() + Send>>();
        let run = move || asked.iter().for_each(|work| work());
        let thread = thread::Builder::new().name("outside".into()).spawn(run)?;
        Ok(Self { work, thread })
    }

    /// Has it do `work` after all that it was asked before. If it has panicked the work is dropped,
    /// and with it what the asking task waits for.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static) {
        drop(self.work.send(Box::new(work)));
    }

    /// Ends it.
    pub(super) fn end(self) -> Result<(), Wrong> {
        drop(self.work);
        self.thread.join().map_err(|_| Wrong::Panic("the thread outside panicked".into()))
    }
}
