//! The floors of `squares`: the same state machines in a loop, inlined and boxed.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::{Job, Nested, Squares, nested, sum_of_squares};

/// State machines written by hand, side by side in memory.
pub(super) struct Inlined;

impl Floor<Squares> for Inlined {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a loop over state machines written by hand, whatever the depth";

    fn stage(_workload: &Squares) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Squares,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let mut live: Vec<(usize, Machine)> =
            workload.jobs(iterations).map(Machine::new).enumerate().collect();
        let mut sums = vec![0; live.len()];
        let running = meter.start();
        while !live.is_empty() {
            live.retain_mut(|(index, machine)| match machine.resume() {
                None => true,
                Some(sum) => {
                    sums[*index] = sum;
                    false
                }
            });
        }
        meter.stop(running, workload.resumptions(iterations));
        workload.verify(iterations, &sums)
    }
}

/// The state machine that the compiler makes of `sum_of_squares`, reduced to the necessary.
struct Machine {
    job: Job,
    /// The number to square next.
    next: u64,
    repeats_left: u64,
    sum: u64,
}

impl Machine {
    fn new(job: Job) -> Self {
        Self { job, next: job.first, repeats_left: job.repeats, sum: 0 }
    }

    /// Computes a square; returns the sum in the resumption after the last.
    #[inline]
    fn resume(&mut self) -> Option<u64> {
        if self.repeats_left == 0 {
            return Some(self.sum);
        }
        self.sum += black_box(self.next) * self.next;
        self.next += 1;
        if self.next == self.job.numbers().end {
            self.next = self.job.first;
            self.repeats_left -= 1;
        }
        None
    }
}

/// The very futures of the workload, boxed as executors must, polled in turn with a waker that does
/// nothing.
pub(super) struct Boxed;

impl Floor<Squares> for Boxed {
    const ID: &'static str = "floor-boxed";
    const ABOUT: &'static str = "a loop over the workload's own futures, boxed, through all levels";

    fn stage(_workload: &Squares) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Squares,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let task = |job| nested(sum_of_squares(job, Yield::default), workload.depth);
        let mut live: Vec<(usize, Nested)> =
            workload.jobs(iterations).map(task).enumerate().collect();
        let mut sums = vec![0; live.len()];
        let mut cx = Context::from_waker(Waker::noop());
        let running = meter.start();
        while !live.is_empty() {
            live.retain_mut(|(index, task)| match task.as_mut().poll(&mut cx) {
                Poll::Pending => true,
                Poll::Ready(sum) => {
                    sums[*index] = sum;
                    false
                }
            });
        }
        meter.stop(running, workload.resumptions(iterations));
        workload.verify(iterations, &sums)
    }
}

/// Suspends once and wakes nothing: the loop polls everything in turn.
#[derive(Default)]
struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
