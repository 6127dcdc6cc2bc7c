//! How many iterations the next sample of a child has, from the samples so far: warm-up,
//! calibration, then batches, until its budget is spent or as requests ask for them.

use std::io;

use tminus_contract::sample::{Edge, Meter};
use tminus_contract::workload::{Budget, Wrong};
use tminus_contract::{Clock, counted};

use super::Port;
use super::edges;
use super::turns::Turns;
use crate::protocol::{Message, Request};
use crate::spec::{COUNTED_OPS, MAX_ITERATIONS, Mode, Spec};

/// On a virtual clock no task sleeps.
const VIRTUAL_BUDGET: Budget = Budget::Batches { total_ns: 10_000_000, batches: 10 };

/// Decides how many iterations the next sample has, from the samples so far.
pub(super) enum Pace<'a> {
    /// Warm-up and calibration: these samples are forgotten.
    Calibrate {
        total_ns: u64,
        batches: u32,
        iterations: u64,
        fixed: bool,
        ran: bool,
        turns: Option<&'a Port>,
    },
    /// These samples are stored.
    Measure { total_ns: u64, batches: u32, iterations: u64 },
    /// One sample of one iteration, then the end.
    Once { iterations: u64, ran: bool },
    /// One sample to warm up, or two where the first tells how many iterations to take; then one
    /// that is counted.
    Count { iterations: Option<u64>, ran: bool, watch: fn(Edge) },
    /// As many as each request asks for.
    Serve { port: &'a Port, asked: bool },
    /// A batch when it is its turn.
    Turns(Box<Turns<'a>>),
}

impl<'a> Pace<'a> {
    /// Makes the pace of the cell of `spec`, whose workload has this `budget`.
    pub(super) fn new(budget: Budget, spec: &Spec, port: &'a Port) -> Self {
        let budget = if spec.clock == Clock::Virtual { VIRTUAL_BUDGET } else { budget };
        let iterations = spec.iterations.unwrap_or(1).max(1);
        match (spec.mode, budget) {
            (Mode::Serve, _) => Self::Serve { port, asked: false },
            (Mode::Measure | Mode::Turns, Budget::Batches { total_ns, batches }) => {
                Self::Calibrate {
                    total_ns,
                    batches: batches.max(1),
                    iterations,
                    fixed: spec.iterations.is_some(),
                    ran: false,
                    turns: (spec.mode == Mode::Turns).then_some(port),
                }
            }
            (Mode::Count | Mode::CountPolls, _) => {
                let polls = spec.mode == Mode::CountPolls;
                let watch = if polls { counted::watch } else { edges::watch };
                Self::Count { iterations: spec.iterations, ran: false, watch }
            }
            (Mode::Turns, Budget::Once) => Self::Turns(Box::new(Turns::new(port, iterations, 1))),
            (Mode::Measure | Mode::Verify | Mode::Conform, _) => {
                Self::Once { iterations, ran: false }
            }
        }
    }

    /// Returns the iterations of the next sample; `None` where there is none.
    ///
    /// # Errors
    /// If the parent is gone that a batch is asked by.
    pub(super) fn next(&mut self, meter: &mut Meter) -> Result<Option<u64>, Wrong> {
        match self {
            Self::Calibrate { ran: ran @ false, iterations, .. } => {
                *ran = true;
                Ok(Some(*iterations))
            }
            Self::Calibrate { .. } => self.calibrate(meter),
            Self::Measure { total_ns, batches, iterations } => {
                let spent_ns: u64 = meter.samples.iter().map(|sample| sample.wall_ns).sum();
                let more = spent_ns < *total_ns && meter.samples.len() < *batches as usize;
                Ok(more.then_some(*iterations))
            }
            Self::Once { ran: true, .. } => Ok(None),
            Self::Once { ran, iterations } => {
                *ran = true;
                meter.begin();
                Ok(Some(*iterations))
            }
            Self::Count { iterations, ran: ran @ false, .. } => {
                *ran = true;
                Ok(Some(iterations.unwrap_or(1)))
            }
            Self::Count { iterations: known @ None, .. } => {
                let ops = meter.samples.last().map_or(1, |sample| sample.ops).max(1);
                Ok(Some(*known.insert((COUNTED_OPS / ops).max(1))))
            }
            Self::Count { iterations: Some(chosen), watch, .. } => {
                let (chosen, watch) = (*chosen, *watch);
                *self = Self::Once { iterations: chosen, ran: true };
                meter.begin();
                meter.watch = Some(watch);
                Ok(Some(chosen))
            }
            Self::Serve { port, asked } => serve(port, asked, meter),
            Self::Turns(turns) => turns.next(meter),
        }
    }

    /// Takes another step of calibration, or begins to measure.
    fn calibrate(&mut self, meter: &mut Meter) -> Result<Option<u64>, Wrong> {
        let Self::Calibrate { total_ns, batches, iterations, fixed, turns, .. } = self else {
            return Ok(None);
        };
        let (total_ns, batches) = (*total_ns, *batches);
        let took_ns = meter.samples.last().map_or(0, |sample| sample.wall_ns).max(1);
        let target_ns = (total_ns / u64::from(batches)).max(1);
        let wanted = scaled(*iterations, target_ns, took_ns).min(MAX_ITERATIONS);
        // Another step unless the clock's own cost is small in what was seen.
        if !*fixed && took_ns < target_ns / 2 && wanted > *iterations {
            *iterations = wanted.min(iterations.saturating_mul(16));
            return Ok(Some(*iterations));
        }
        let chosen = if *fixed { *iterations } else { wanted };
        if let Some(port) = *turns {
            let batch_ns = scaled(took_ns, chosen, *iterations);
            let fit = u32::try_from(total_ns.div_ceil(batch_ns)).unwrap_or(u32::MAX);
            *self = Self::Turns(Box::new(Turns::new(port, chosen, fit.clamp(1, batches))));
            return self.next(meter);
        }
        *self = Self::Measure { total_ns, batches, iterations: chosen };
        meter.begin();
        Ok(Some(chosen))
    }
}

/// Answers a request, if one was asked, and returns the iterations of the next one.
fn serve(port: &Port, asked: &mut bool, meter: &mut Meter) -> Result<Option<u64>, Wrong> {
    if std::mem::replace(asked, true) {
        let sample = meter.samples.last().copied().unwrap_or_default();
        let elapsed = Message::Elapsed { wall_ns: sample.wall_ns, ops: sample.ops };
        port.send(&elapsed).map_err(lost)?;
    }
    meter.clear();
    let request: Option<Request> = port.request().map_err(lost)?;
    Ok(request.map(|request| request.iterations.clamp(1, MAX_ITERATIONS)))
}

/// Returns `iterations * target_ns / took_ns`, at least 1.
fn scaled(iterations: u64, target_ns: u64, took_ns: u64) -> u64 {
    let wanted = u128::from(iterations) * u128::from(target_ns) / u128::from(took_ns);
    u64::try_from(wanted).unwrap_or(u64::MAX).max(1)
}

/// Makes the failure of a child that cannot answer.
pub(super) fn lost(error: io::Error) -> Wrong {
    Wrong::Answer(format!("the parent is gone: {error}"))
}
