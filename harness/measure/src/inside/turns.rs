//! The pace of a child that takes turns with others: each batch when a request asks for it, after a
//! part that counts for nothing, since the others have cooled the caches meanwhile. How much it
//! would add is a figure of the cell, `cold_cost_ratio`.

use std::mem;
use std::time::Duration;

use tminus_contract::resources;
use tminus_contract::sample::{Meter, Sample};
use tminus_contract::workload::Wrong;
use tminus_judge::stats;

use super::Port;
use super::pace::lost;
use crate::protocol::{Message, Request};
use crate::spec::MAX_ITERATIONS;

/// A child between its batches.
pub(super) struct Turns<'a> {
    port: &'a Port,
    /// What `ready` says; taken when it is said.
    ready: Option<Message>,
    step: Step,
    /// The meter of the cell while the part that does not count is at work.
    aside: Meter,
    /// The process's wait for cores before the batch at work.
    waited: Option<Duration>,
    /// The part before the batch at work.
    before: Option<Sample>,
    /// Of each batch: what an op takes if that part counts, in what it takes else.
    cold: Vec<f64>,
}

/// The state of the batch at work.
#[derive(Clone, Copy)]
enum Step {
    /// None was asked for yet, or the last one was told.
    Idle,
    /// The part before it is at work; it will have so many iterations.
    Warms(u64),
    /// It is at work.
    Runs,
}

impl<'a> Turns<'a> {
    /// Makes the pace of a child whose batches have so many `iterations`, with so many `batches` a
    /// round.
    pub(super) fn new(port: &'a Port, iterations: u64, batches: u32) -> Self {
        let ready = Some(Message::Ready { iterations, batches });
        let (step, aside, cold) = (Step::Idle, Meter::default(), Vec::new());
        Self { port, ready, step, aside, waited: None, before: None, cold }
    }

    /// Returns the iterations of the next sample, once a request asks for them; `None` where none
    /// does any more.
    ///
    /// # Errors
    /// If the parent is gone.
    pub(super) fn next(&mut self, meter: &mut Meter) -> Result<Option<u64>, Wrong> {
        match self.step {
            Step::Idle => {}
            Step::Warms(iterations) => {
                mem::swap(meter, &mut self.aside);
                self.before = self.aside.samples.last().copied();
                self.step = Step::Runs;
                return Ok(Some(iterations));
            }
            Step::Runs => self.tell(meter)?,
        }
        if let Some(ready) = self.ready.take() {
            meter.begin();
            self.port.send(&ready).map_err(lost)?;
        }
        let Some(Request { iterations, warm }) = self.port.request().map_err(lost)? else {
            self.step = Step::Idle;
            if let Some(ratio) = stats::median(&self.cold) {
                meter.metric("cold_cost_ratio", ratio);
            }
            return Ok(None);
        };
        (self.waited, self.before) = (resources::run_queue_wait(), None);
        let [iterations, warm] = [iterations.max(1), warm].map(|it| it.min(MAX_ITERATIONS));
        if warm == 0 {
            self.step = Step::Runs;
            return Ok(Some(iterations));
        }
        self.step = Step::Warms(iterations);
        self.aside = meter.fresh();
        mem::swap(meter, &mut self.aside);
        Ok(Some(warm))
    }

    /// Sends the sample of the batch that has ended.
    fn tell(&mut self, meter: &mut Meter) -> Result<(), Wrong> {
        let mut sample = meter.samples.pop().unwrap_or_default();
        meter.samples.clear();
        let ratio = self.before.map(|before| {
            let ops = before.ops.saturating_add(sample.ops);
            let wall_ns = before.wall_ns.saturating_add(sample.wall_ns);
            ns_per_op(&Sample { ops, wall_ns, ..sample }) / ns_per_op(&sample)
        });
        self.cold.extend(ratio.filter(|ratio| ratio.is_finite()));
        let waited = resources::run_queue_wait().zip(self.waited);
        sample.run_queue_wait_ns = waited.map(|(now, before)| {
            u64::try_from(now.saturating_sub(before).as_nanos()).unwrap_or(u64::MAX)
        });
        self.port.send(&Message::Sample(sample)).map_err(lost)
    }
}

#[expect(clippy::cast_precision_loss, reason = "times and counts stay below 2^53")]
fn ns_per_op(sample: &Sample) -> f64 {
    sample.wall_ns as f64 / sample.ops as f64
}
