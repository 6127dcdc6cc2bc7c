//! The pass that counts: what a cell does an op, apart from how long that takes.
//!
//! Each counter runs a child of its own with the same iterations, seed and warm-up, so that
//! each pass does the same: a count is called exact only where a second child gives it too. What
//! one cannot count here is missing with its reason; all else goes on. Nothing is timed, and no
//! figure of it is in a timed record.

pub mod callgrind;
pub mod calls;
mod ordinary;
mod outside;
mod polls;

use std::time::Duration;

use tminus_contract::sample::Sample;
use tminus_record::{Cell, Counts, Header, Outcome, Quality};

use crate::child::{self, Cancel, Program, Report, Watcher};
use crate::inside::WAITS;
use crate::run::{Children, has_one_worker};
use crate::spec::{Mode, Spec};

/// A source of counts.
struct Counter {
    /// Those that are missing where it fails.
    names: &'static [&'static str],
    /// Counts.
    ///
    /// # Errors
    /// Why that cannot be done here, in one line.
    count: fn(&Subject<'_>) -> Result<Vec<Figure>, String>,
}

/// A count of an op with its name.
type Figure = (String, f64, Quality);

/// How much is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All but what takes seconds a cell.
    Short,
    /// Instructions, branches and atomics too, by callgrind.
    All,
}

impl Extent {
    /// Returns the counters, in the order in which they count, and why the others are left out.
    fn counters(self) -> (&'static [Counter], &'static [Counter], &'static str) {
        const COUNTERS: &[Counter] =
            &[ordinary::COUNTER, polls::COUNTER, outside::CALLS, outside::INSTRUCTIONS];
        let (short, long) = COUNTERS.split_at(COUNTERS.len() - 1);
        match self {
            Self::Short => (short, long, "not taken here, since it takes seconds a cell"),
            Self::All => (COUNTERS, &[], ""),
        }
    }
}

/// A cell that is counted.
struct Subject<'a> {
    program: &'a Program,
    /// The order to a child that counts.
    spec: Spec,
    /// Ops of the region of the first child, which all others do too.
    ops: u64,
    /// How far counts of it hold that depend on nothing but the order of its tasks.
    quality: Quality,
    /// Whether the process has one thread: what others do depends on when they run.
    one_thread: bool,
    limit: Duration,
    cancel: &'a Cancel,
}

/// Counts what `cell` does an op. `None` if it was cancelled.
///
/// # Errors
/// Why the cell fails, in one line.
#[must_use]
pub fn count(
    header: &Header,
    cell: &Cell,
    children: &Children,
    extent: Extent,
) -> Option<Result<Counts, String>> {
    let mut spec = Spec { clock: header.clock, ..Spec::new(cell.clone()) };
    spec.memory_limit_bytes = children.memory_limit_bytes;
    count_spec(spec, has_one_worker(header, cell), children, extent)
}

/// Counts what the cell of `spec` does an op; `one_worker`: whether one thread does all the work.
/// `None` if it was cancelled.
///
/// # Errors
/// As for [`count`].
#[must_use]
pub fn count_spec(
    spec: Spec,
    one_worker: bool,
    children: &Children,
    extent: Extent,
) -> Option<Result<Counts, String>> {
    let Children { program, deadline: limit, cancel, .. } = children;
    let limit = *limit;
    let mut spec = Spec { mode: Mode::Count, ..spec };
    let report = child::run(program, &spec, limit, cancel)?;
    let sample = match (&report.outcome, report.samples.last()) {
        (Outcome::Failed { reason, .. }, _) => return Some(Err(reason.clone())),
        (Outcome::Excluded { reason }, _) => return Some(Ok(without(reason))),
        (Outcome::Ok, sample) => *sample?,
    };
    spec.iterations = Some(sample.iterations);
    let quality = quality(one_worker, &report);
    // Floors do not say: they are their thread's.
    let threads = report.metrics.get("threads_during_count");
    let one_thread = threads.is_none_or(|threads| *threads <= 1.0);
    let ops = sample.ops;
    let subject = Subject { program, spec, ops, quality, one_thread, limit, cancel };
    let mut counts = Counts::default();
    let (counters, others, why) = extent.counters();
    for counter in counters {
        match counter.checked(&subject) {
            _ if cancel.is_cancelled() => return None,
            Ok(figures) => {
                figures.iter().for_each(|(name, value, how)| counts.add(name, *value, *how));
            }
            Err(reason) => counter.lack(&mut counts, &reason),
        }
    }
    others.iter().for_each(|counter| counter.lack(&mut counts, why));
    Some(Ok(counts))
}

/// Returns how far counts hold: where one thread does all the work and waits for nothing, each pass
/// does the same.
fn quality(one_worker: bool, report: &Report) -> Quality {
    match report.metrics.get(WAITS) {
        Some(waits) if one_worker && *waits == 0.0 => Quality::Exact,
        _ => Quality::Indicative,
    }
}

/// Returns the counts of a cell that cannot run here: each is missing for that `reason`.
#[must_use]
pub fn without(reason: &str) -> Counts {
    let mut counts = Counts::default();
    let (counters, ..) = Extent::All.counters();
    counters.iter().for_each(|counter| counter.lack(&mut counts, reason));
    counts
}

impl Counter {
    /// Says of all its counts why they are not there.
    fn lack(&self, counts: &mut Counts, reason: &str) {
        self.names.iter().for_each(|name| counts.lack(name, reason));
    }

    /// Counts, and again where counts claim to repeat: where that differs none of them does, as of
    /// an executor that tunes itself by the time that polls take.
    fn checked(&self, subject: &Subject<'_>) -> Result<Vec<Figure>, String> {
        let mut figures = (self.count)(subject)?;
        let claims = |figure: &&Figure| figure.2 != Quality::Indicative;
        if !figures.iter().any(|figure| claims(&figure)) {
            return Ok(figures);
        }
        let again = (self.count)(subject)?;
        let pairs = figures.iter().filter(claims).zip(again.iter().filter(claims));
        let same = figures.iter().filter(claims).count() == again.iter().filter(claims).count();
        if !same || pairs.into_iter().any(|(one, other)| !agree(one, other)) {
            figures.iter_mut().for_each(|figure| figure.2 = Quality::Indicative);
        }
        Ok(figures)
    }
}

/// Returns whether two passes gave the same count, as far as its quality says.
fn agree(one: &Figure, other: &Figure) -> bool {
    let margin = if one.2 == Quality::Repeatable { 1e-4 * one.1.abs() } else { 0.0 };
    one.0 == other.0 && one.2 == other.2 && (one.1 - other.1).abs() <= margin
}

impl Subject<'_> {
    /// Runs a child in `mode` and returns what it says of the same ops.
    ///
    /// # Errors
    /// How it ended, if not well.
    fn child(&self, mode: Mode) -> Result<(Sample, Report), String> {
        let spec = Spec { mode, ..self.spec.clone() };
        let report = child::run(self.program, &spec, self.limit, self.cancel);
        let report = report.ok_or("it was interrupted")?;
        match (&report.outcome, report.samples.last()) {
            (Outcome::Failed { reason, .. } | Outcome::Excluded { reason }, _) => {
                Err(reason.clone())
            }
            (Outcome::Ok, Some(sample)) if sample.ops == self.ops => Ok((*sample, report)),
            (Outcome::Ok, sample) => {
                let ops = sample.map_or(0, |sample| sample.ops);
                Err(format!("{} ops became {ops}", self.ops))
            }
        }
    }

    /// Returns a count of the region as one of an op.
    #[expect(clippy::cast_precision_loss, reason = "no region has 2^53 ops")]
    fn per_op(&self, count: f64) -> f64 {
        count / self.ops as f64
    }
}

/// Runs the cell of `spec` in the mode that counts, seen by `watcher`.
///
/// # Errors
/// It was interrupted.
fn run(
    program: &Program,
    spec: &Spec,
    limit: Duration,
    cancel: &Cancel,
    watcher: Option<Watcher>,
) -> Result<Report, String> {
    let spec = Spec { mode: Mode::Count, ..spec.clone() };
    let report = child::run_watched(program, &spec, limit, cancel, watcher);
    report.ok_or_else(|| "it was interrupted".into())
}

/// Returns the ops of the counted sample.
///
/// # Errors
/// How the child ended, if not well.
fn ops_of(report: &Report) -> Result<u64, String> {
    match &report.outcome {
        Outcome::Ok => {}
        Outcome::Excluded { reason } => return Err(reason.clone()),
        Outcome::Failed { reason, .. } => return Err(format!("the counted child: {reason}")),
    }
    match report.samples.as_slice() {
        [sample] => Ok(sample.ops),
        several => Err(format!("{} samples instead of one that is counted", several.len())),
    }
}

#[cfg(test)]
mod tests;
