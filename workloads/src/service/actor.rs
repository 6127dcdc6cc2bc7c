//! An actor: a task that owns its state and is asked by letters, each with a channel for the
//! answer. Its box has room for all letters, so that writing one never waits, and a request whose
//! time is over leaves nothing behind but a letter.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tminus_contract::channel::{Sender, WakerCell, oneshot};
use tminus_contract::workload::Wrong;

/// The actor's box of letters.
pub(super) struct Actor {
    letters: Mutex<VecDeque<Letter>>,
    /// Tasks that may still write.
    writers: AtomicUsize,
    waiting: WakerCell,
}

/// A number, and the channel for the answer.
type Letter = (u64, Sender<u64>);

impl Actor {
    /// Makes the box of an actor that so many tasks write to.
    pub(super) fn new(writers: usize) -> Self {
        let letters = Mutex::new(VecDeque::with_capacity(writers));
        Self { letters, writers: writers.into(), waiting: WakerCell::new() }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// That none came, or another one's.
    pub(super) async fn ask(&self, number: u64) -> Result<(), Wrong> {
        let (reply, answer) = oneshot();
        self.lock().push_back((number, reply));
        self.waiting.wake();
        match answer.await {
            Some(answer) if answer == !number => Ok(()),
            _ => Err(Wrong::Answer("the actor gave no answer, or another one's".into())),
        }
    }

    /// Answers letters until no task may write any more.
    pub(super) async fn act(&self) {
        while let Some((number, reply)) = poll_fn(|cx| self.poll_letter(cx)).await {
            reply.send(!number);
        }
    }

    fn poll_letter(&self, cx: &Context<'_>) -> Poll<Option<Letter>> {
        self.waiting.register(cx.waker());
        let letter = self.lock().pop_front();
        match letter {
            None if self.writers.load(Ordering::SeqCst) > 0 => Poll::Pending,
            letter => Poll::Ready(letter),
        }
    }

    /// Counts a task out that wrote; after the last one the actor ends.
    pub(super) fn leave(&self) {
        self.writers.fetch_sub(1, Ordering::SeqCst);
        self.waiting.wake();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
