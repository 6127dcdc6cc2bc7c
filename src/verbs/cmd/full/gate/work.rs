//! The directory of a gate: copies of its programs, its plan, its run files. What is in there is
//! enough to go on after an interruption.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use tminus_judge::gate::{self, Gate, Options, Session};
use tminus_measure::gate::{Bounds, Failure};
use tminus_record::Run;

use super::allowance::Allowance;
use super::directory::{GATE, programs_of};
use super::plan::Plan;
use super::session::{Sessions, Stage};
use crate::cli;
use crate::cmd::full::runs;

const SIDES: [&str; 3] = ["baseline", "copy", "candidate"];

/// The work of a gate.
pub(super) struct Work {
    plan: Plan,
    directory: PathBuf,
    bounds: Bounds,
}

impl Work {
    /// Finds or builds the programs, asks them what they would run, and writes the plan; or reads
    /// that of a gate that was interrupted. `confirms` is what another job flagged.
    ///
    /// # Errors
    /// Programs that are no tminus or that cannot be compared.
    pub(super) fn prepare(arguments: &cli::Gate, confirms: Option<Gate>) -> anyhow::Result<Self> {
        let (plan, directory) = match &arguments.resume {
            Some(directory) => (resume(arguments, directory)?, directory.clone()),
            None => Plan::begin(arguments, confirms)?,
        };
        let bounds = plan.allowance.bounds()?;
        Ok(Self { plan, directory, bounds })
    }

    pub(super) fn options(&self) -> &Options {
        &self.plan.options
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns what another job flagged and this one is to confirm.
    pub(super) fn confirms(&self) -> Option<&Gate> {
        self.plan.confirms.as_ref()
    }

    /// Returns `gate` with the cells that the programs do not have in common.
    pub(super) fn with_apart(&self, gate: Gate) -> Gate {
        gate::with_apart(gate, &self.plan.apart)
    }

    /// Returns where to leave what is flagged for another job.
    pub(super) fn confirm_file(&self) -> Option<&Path> {
        self.plan.confirm_file.as_deref()
    }

    /// Removes the programs: the gate has ended and will not be resumed.
    pub(super) fn clean(&self) {
        // What stays only takes room.
        let _ = fs::remove_dir_all(programs_of(&self.directory));
    }

    /// Runs one session, or what is left of it; returns `None` if it was interrupted.
    ///
    /// # Errors
    /// The error that keeps a record from being stored.
    pub(super) fn session(&self, stage: &Stage<'_>) -> anyhow::Result<Option<Session>> {
        let decided = |runs| Ok(gate::decided(&gate::gate(&of_sides(runs)?, &self.plan.options)?));
        self.sessions().run(stage, &decided)?.map(of_sides).transpose()
    }

    /// Counts what both programs do, apart from times, and returns `gate` with what that says;
    /// `None` if it was interrupted.
    ///
    /// # Errors
    /// The error that keeps counts from being stored.
    pub(super) fn with_counts(&self, gate: Gate) -> anyhow::Result<Option<Gate>> {
        if self.plan.counts == cli::CountsName::Off {
            return Ok(Some(gate));
        }
        let sessions = self.sessions();
        let Some(baseline) = sessions.counts(0)? else { return Ok(None) };
        let Some(candidate) = sessions.counts(2)? else { return Ok(None) };
        let fails = self.plan.counts == cli::CountsName::Fail;
        Ok(Some(gate::with_counts(gate, gate::counted(&baseline, &candidate, fails))))
    }

    fn sessions(&self) -> Sessions<'_> {
        Sessions {
            directory: &self.directory,
            names: SIDES.into(),
            headers: &self.plan.headers,
            options: &self.plan.options,
            budget_s: self.plan.allowance.budget_s,
            bounds: &self.bounds,
            failure: Failure::EndsCell,
        }
    }
}

/// Makes a session of the runs of its sides.
fn of_sides(runs: Vec<Run>) -> anyhow::Result<Session> {
    let three: Result<[Run; 3], _> = runs.try_into();
    let [baseline, copy, candidate] = three.map_err(|_| anyhow!("a gate has three sides"))?;
    Ok(Session { baseline, copy, candidate })
}

/// Reads the plan of the gate in `directory`, with what the user asks for anew.
fn resume(arguments: &cli::Gate, directory: &Path) -> anyhow::Result<Plan> {
    let mut plan = Plan::read(directory)?;
    ensure_handed_over_again(&plan, arguments, directory)?;
    ensure!(
        plan.confirms.is_none() || arguments.confirm_file.is_none(),
        "{}: this gate confirms what another one flagged; there is nothing to hand over",
        directory.display()
    );
    let new = Allowance::new(arguments.judging.budget, &arguments.bounds);
    plan.allowance.renew(&new, directory, GATE.verb)?;
    Ok(plan)
}

/// Ensures that the user names the file to overwrite: a plan may be another user's, and so may the
/// file that it names.
fn ensure_handed_over_again(
    plan: &Plan,
    arguments: &cli::Gate,
    directory: &Path,
) -> anyhow::Result<()> {
    let Some(stored) = plan.confirm_file.as_deref() else { return Ok(()) };
    ensure!(
        arguments.confirm_file.is_some(),
        "{at}: this gate leaves what is flagged in a file outside of it; if that is yours, say so again: \
         `{program} gate --resume {at} --confirm-file {stored}`",
        at = directory.display(),
        program = runs::program(),
        stored = tminus_record::text::escape(&stored.display().to_string()),
    );
    Ok(())
}
