//! The floor of `coroutine`: state machines on flat stacks.

use std::hint::black_box;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::Coroutine;
use super::level::{Sent, Tally, answer, message};

/// A stack of levels for each coroutine; a resumption goes to the innermost, whatever the depth.
pub(super) struct Machines;

/// A level by hand.
enum Level {
    /// Waits for the next one.
    Pipe,
    Innermost(Tally),
}

impl Floor<Coroutine> for Machines {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "state machines on flat stacks, resumed in a loop";

    fn stage(_: &Coroutine) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Coroutine,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let stack = |_| {
            let pipes = (1..workload.depth).map(|_| Level::Pipe);
            pipes.chain([Level::Innermost(Tally::default())]).collect()
        };
        let mut stacks: Vec<Vec<Level>> = (0..workload.coroutines).map(stack).collect();
        let (mut wrong, sends) = (0, workload.sends * iterations);
        let running = meter.start();
        for index in 0..sends {
            for (coroutine, stack) in (0..).zip(&mut stacks) {
                let sent = message(coroutine, index, workload.throws);
                let echo = resume(stack, black_box(sent));
                wrong += u64::from(echo != Some(answer(sent)));
            }
        }
        meter.stop(running, workload.coroutines as u64 * sends);
        let tally = |stack: &Vec<Level>| match stack.last() {
            Some(Level::Innermost(tally)) => *tally,
            _ => Tally::default(),
        };
        let tallies: Vec<Tally> = stacks.iter().map(tally).collect();
        workload.verify(iterations, wrong, &tallies)
    }
}

/// Resumes the innermost level; returns what it yields.
#[inline]
fn resume(stack: &mut [Level], sent: Sent) -> Option<u64> {
    match stack.last_mut()? {
        Level::Pipe => None,
        Level::Innermost(tally) => {
            tally.add(sent);
            Some(black_box(answer(sent)))
        }
    }
}
