//! A call: what asks for it, what it does and gives back, and what is known when it has returned.

use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use tminus_contract::workload::Wrong;

use crate::compute::compute;
use crate::timekeeper::nanos_between;

/// A call that was asked for.
pub(super) struct Asked {
    number: u64,
    at: Instant,
    thread: ThreadId,
}

/// What a call gives back.
pub(super) struct Answer {
    value: u64,
    worked: Duration,
    thread: ThreadId,
}

/// A call that has returned.
#[derive(Clone)]
pub(super) struct Returned {
    pub(super) number: u64,
    /// From asking to here, less the work.
    pub(super) hop_ns: u64,
    value: u64,
    worked: Duration,
    elsewhere: bool,
}

/// Does the work of the call with this number.
pub(super) fn make(number: u64, work: Duration) -> Answer {
    let began = Instant::now();
    compute(work);
    Answer { value: value_of(number), worked: began.elapsed(), thread: thread::current().id() }
}

/// Returns what the call with this number gives, and no other.
fn value_of(number: u64) -> u64 {
    (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Asked {
    /// Asks now, from this thread.
    pub(super) fn now(number: u64) -> Self {
        Self { number, thread: thread::current().id(), at: Instant::now() }
    }

    /// Takes the answer.
    pub(super) fn returned(self, answer: Answer) -> Returned {
        let there_and_back = nanos_between(self.at, Instant::now());
        let worked_ns = u64::try_from(answer.worked.as_nanos()).unwrap_or(u64::MAX);
        Returned {
            number: self.number,
            hop_ns: there_and_back.saturating_sub(worked_ns),
            value: answer.value,
            worked: answer.worked,
            elsewhere: answer.thread != self.thread,
        }
    }
}

impl Returned {
    /// Refuses a call that ran on the thread that asked for it, gave another value than its own, or
    /// worked for less than it was to.
    pub(super) fn check(&self, work: Duration) -> Result<(), Wrong> {
        Wrong::unless_equal("a call ran on a thread of its own", true, self.elsewhere)?;
        Wrong::unless_equal("the value of a call", value_of(self.number), self.value)?;
        Wrong::unless_equal("a call worked its time", true, self.worked >= work)
    }
}
