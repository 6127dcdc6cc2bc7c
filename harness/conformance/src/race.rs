//! The rule that no wake is lost, in a race that is run again and again.

use std::future::poll_fn;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use tminus_contract::Executor;
use tminus_measure::process::cpu;

use super::kit::{Patience, Trial, Verdict, joined, lock, outside, step};

/// Tries thousands of times: a thread outside sets a flag and wakes, just when the task looks at
/// the flag, suspends, or when its executor is about to sleep.
pub(super) fn wake(trial: &Trial) -> Verdict {
    let (rng, patience, rounds) = (trial.rng(), trial.patience(300), 2_000 * trial.effort);
    trial.run(move |executor| async move {
        let race = Arc::new(Race { rounds, ..Race::default() });
        let other = race.clone();
        let thread = outside(move || other.run(rng, patience));
        step("a task that is woken just when it suspends");
        joined(executor.spawn(async move {
            let mut seen = 0;
            while seen < race.rounds {
                seen = poll_fn(|cx| race.poll(seen, cx)).await;
            }
        }))
        .await?;
        thread.await;
        Ok(())
    })
}

/// A number that a thread counts up and a task waits for.
#[derive(Default)]
struct Race {
    rounds: u64,
    sent: AtomicU64,
    /// The round that the task is about to wait for, and the one that the thread is about to wake.
    asked: AtomicU64,
    here: AtomicU64,
    /// How often the thread was there while the task was.
    met: AtomicU64,
    /// The CPU on which the task was polled last.
    cpu: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Race {
    fn poll(&self, seen: u64, cx: &Context<'_>) -> Poll<u64> {
        *lock(&self.waker) = Some(cx.waker().clone());
        match self.sent.load(SeqCst) {
            sent if sent > seen => Poll::Ready(sent),
            _ => {
                self.meet(seen + 1);
                Poll::Pending
            }
        }
    }

    /// Waits for the thread, so that both set out at once; not for long, if it does not run now.
    fn meet(&self, round: u64) {
        self.cpu.store(cpu::current().unwrap_or(usize::MAX), SeqCst);
        self.asked.store(round, SeqCst);
        for _ in 0..SPINS {
            if self.here.load(SeqCst) >= round {
                self.met.fetch_add(1, SeqCst);
                break;
            }
            spin_loop();
        }
    }

    fn run(&self, mut rng: fastrand::Rng, patience: Patience) {
        for round in 1..=self.rounds {
            (0..).take_while(|_| self.asked.load(SeqCst) < round).for_each(pause);
            let theirs = self.cpu.load(SeqCst);
            if cpu::current() == Some(theirs) {
                cpu::keep_off(theirs);
            }
            self.here.store(round, SeqCst);
            // Mostly at once, since that is when the task suspends.
            let spins = rng.u32(0..3000) >> rng.u32(0..12);
            (0..spins).for_each(|_| spin_loop());
            let over = patience.is_over(self.met.load(SeqCst));
            self.sent.store(if over { self.rounds } else { round }, SeqCst);
            let waker = lock(&self.waker).take();
            waker.into_iter().for_each(Waker::wake);
            if over {
                break;
            }
        }
    }
}

/// Some tenths of a millisecond.
const SPINS: u64 = 10_000;

/// Waits for the task: awake at first, then with turns for others, and at last asleep.
fn pause(turn: u64) {
    match turn {
        ..SPINS => spin_loop(),
        SPINS..20_000 => thread::yield_now(),
        20_000.. => thread::sleep(Duration::from_millis(1)),
    }
}
