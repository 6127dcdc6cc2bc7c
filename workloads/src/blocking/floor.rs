//! The floor of `blocking`: a queue to as many threads as there are cores, and a channel back. More
//! threads take the cores from each other.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::call::{Answer, Asked, make};
use super::{Blocking, TICK, record};
use crate::ticks::Ticks;

/// The threads; they end with the floor.
pub(super) struct Threads {
    requests: Arc<Requests>,
    answers: Receiver<(usize, Answer)>,
    threads: Vec<JoinHandle<()>>,
}

/// Calls that no thread has taken, each with its place among those at once.
#[derive(Default)]
struct Requests {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(usize, u64)>,
    idle: usize,
    over: bool,
}

impl Floor<Blocking> for Threads {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a queue to as many threads as there are cores, and a channel back";

    fn stage(blocking: &Blocking) -> Result<Self, Wrong> {
        let (answer, answers) = channel();
        let mut floor = Self { requests: Arc::default(), answers, threads: Vec::new() };
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        for _ in 0..blocking.at_once.min(cores) {
            let (requests, answer, work) = (floor.requests.clone(), answer.clone(), blocking.work);
            floor.threads.push(thread::Builder::new().spawn(move || {
                while let Some((place, number)) = requests.next() {
                    let _ = answer.send((place, make(number, work)));
                }
            })?);
        }
        Ok(floor)
    }

    fn sample(
        &mut self,
        blocking: &Blocking,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let calls = blocking.calls * iterations;
        let mut ticks = Ticks::new(1_000);
        let mut returned = Vec::with_capacity(usize::try_from(calls).unwrap_or(0));
        let mut asked: Vec<Option<Asked>> = (0..blocking.at_once).map(|_| None).collect();
        let mut numbers = 0..calls;
        let running = meter.start();
        ticks.begin(Instant::now());
        for (place, asked) in asked.iter_mut().enumerate() {
            *asked = numbers.next().map(|number| self.ask(place, number));
        }
        while (returned.len() as u64) < calls {
            let (place, answer) = self.answer(&mut ticks)?;
            returned.extend(asked[place].take().map(|asked| asked.returned(answer)));
            asked[place] = numbers.next().map(|number| self.ask(place, number));
        }
        meter.stop(running, calls);
        thread::sleep((ticks.last() + TICK).saturating_duration_since(Instant::now()));
        ticks.add(Instant::now());
        blocking.verify(calls, &returned, &ticks)?;
        record(&returned, &ticks, meter);
        Ok(())
    }
}

impl Threads {
    /// Sends a call.
    fn ask(&self, place: usize, number: u64) -> Asked {
        let asked = Asked::now(number);
        self.requests.push(place, number);
        asked
    }

    /// Waits for the next answer, and ticks whenever a tick is due.
    fn answer(&self, ticks: &mut Ticks) -> Result<(usize, Answer), Wrong> {
        loop {
            let now = Instant::now();
            let due = ticks.last() + TICK;
            if now >= due {
                ticks.add(now);
                continue;
            }
            match self.answers.recv_timeout(due - now) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Wrong::Panic("the threads are gone".into()));
                }
            }
        }
    }
}

impl Requests {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, place: usize, number: u64) {
        let mut state = self.state();
        state.waiting.push_back((place, number));
        let idle = state.idle > 0;
        drop(state);
        if idle {
            self.came.notify_one();
        }
    }

    /// Waits for a call; `None` when there are to be no more.
    fn next(&self) -> Option<(usize, u64)> {
        let mut state = self.state();
        loop {
            if let Some(request) = state.waiting.pop_front() {
                return Some(request);
            }
            if state.over {
                return None;
            }
            state.idle += 1;
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.requests.state().over = true;
        self.requests.came.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
