//! The parent's side of the suite: which rules are tried on which executor, and what came of each.

use std::time::Duration;

use tminus_contract::params::Params;
use tminus_contract::{ExecutorInfo, Workers};
use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::plan::worker_counts;
use tminus_measure::spec::{Mode, Spec};
use tminus_record::{Cell, Finding, Outcome};

use super::{RULES, Rule};

/// Stands for the workload in the ids of cases: `conformance/RULE/EXECUTOR`.
pub const WORKLOAD: &str = "conformance";

/// The effort of the stress runs.
pub const THOROUGH: u64 = 20;

/// Returns how long a rule may take: more than ten times what the slowest takes on a machine that
/// is idle.
#[must_use]
pub fn deadline(effort: u64) -> Duration {
    Duration::from_secs(effort.clamp(1, 600)) * 2 + Duration::from_secs(10)
}

/// A rule and the executor that it is tried on.
pub struct Case<'a> {
    /// The rule.
    pub rule: &'static Rule,
    /// The executor.
    pub executor: &'a ExecutorInfo,
    /// The number of workers, where the id names one.
    pub workers: Option<usize>,
}

/// Returns every rule on each of the executors, with one worker and with `cores` where they can
/// have many.
#[must_use]
pub fn cases(executors: &[ExecutorInfo], cores: usize) -> Vec<Case<'_>> {
    let columns = executors.iter().flat_map(|executor| {
        let counts = worker_counts(executor.capabilities.workers, cores);
        counts.into_iter().map(move |workers| (executor, workers))
    });
    columns
        .flat_map(|(executor, workers)| {
            RULES.iter().map(move |rule| Case { rule, executor, workers })
        })
        .collect()
}

impl Case<'_> {
    /// Returns the case as a cell: `conformance/timer-never-early/smol/w2`.
    #[must_use]
    pub fn cell(&self) -> Cell {
        Cell {
            workload: WORKLOAD.into(),
            params: Params::default(),
            label: self.rule.id.into(),
            executor: self.executor.id.into(),
            workers: self.workers,
            twin: false,
        }
    }

    /// Returns the order to a child to try it.
    #[must_use]
    pub fn spec(&self, effort: u64, seed: u64) -> Spec {
        let mode = Mode::Conform;
        Spec { mode, iterations: Some(effort), seed, ..Spec::new(self.cell()) }
    }

    /// Returns whether there is something to try; else what stands in its place.
    fn can_be_tried(&self) -> Result<(), Finding> {
        let ExecutorInfo { capabilities, deviations, available, .. } = self.executor;
        available().map_err(|reason| Finding::Excluded { reason })?;
        let not_promised = |reason| Finding::NotPromised { reason };
        let workers = match capabilities.workers {
            Workers::Many => self.workers.unwrap_or(1),
            Workers::One | Workers::PerTask => 1,
        };
        self.rule.promised(capabilities, workers).map_err(not_promised)?;
        match deviations.iter().find(|(rule, _)| *rule == self.rule.id) {
            Some((_, reason)) => Err(not_promised((*reason).into())),
            None => Ok(()),
        }
    }
}

/// Tries a case in a child of `program`, if the executor promises the rule. `None` if `cancel` was
/// called.
#[must_use]
pub fn try_case(
    program: &Program,
    case: &Case<'_>,
    spec: &Spec,
    deadline: Duration,
    cancel: &Cancel,
) -> Option<Finding> {
    if let Err(finding) = case.can_be_tried() {
        return Some(finding);
    }
    let report = child::run(program, spec, deadline, cancel)?;
    Some(match report.outcome {
        Outcome::Ok => Finding::Ok,
        Outcome::Failed { kind, reason, stderr } => Finding::Failed { kind, reason, stderr },
        Outcome::Excluded { reason } => Finding::Excluded { reason },
    })
}
