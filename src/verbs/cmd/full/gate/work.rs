//! The directory of a gate: copies of its programs, its plan, its run files. What is in there is
//! enough to go on after an interruption.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tminus_judge::gate::{self, Gate, OfCells, Options, Session};
use tminus_measure::child::Program;
use tminus_measure::gate::{Bounds, Part, Side};
use tminus_measure::profile::{self, Extent};
use tminus_measure::run::{Children, End};
use tminus_measure::seed::{self, Use};
use tminus_measure::store::Writer;
use tminus_record::{Cell, Header, Run};

use super::directory::{program_name, programs_of};
use super::plan::Plan;
use crate::cli;
use crate::cmd::full::progress::Progress;
use crate::cmd::full::runs;

const SIDES: [&str; 3] = ["baseline", "copy", "candidate"];

/// How the run files of a second session begin.
const AGAIN: &str = "again-";

/// A session of a gate.
pub(super) enum Stage<'a> {
    /// All cells.
    First,
    /// The flagged ones, in reversed order.
    Second(&'a BTreeSet<String>),
}

impl Stage<'_> {
    fn file(&self, side: &str) -> String {
        match self {
            Self::First => format!("{side}.jsonl"),
            Self::Second(_) => format!("{AGAIN}{side}.jsonl"),
        }
    }

    fn is_chosen(&self, cell: &Cell) -> bool {
        match self {
            Self::First => true,
            Self::Second(flagged) => flagged.contains(cell.id().as_str()),
        }
    }
}

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
        let of_children = cli::Bounds {
            deadline: plan.deadline_s.map(Duration::from_secs),
            memory_limit: plan.memory_limit_mib,
        };
        let bounds = Bounds {
            deadline: of_children.deadline(),
            memory_limit_bytes: of_children.memory_limit_bytes(),
            until: None.into(),
            cancel: crate::cmd::cancel_on_ctrl_c()?,
        };
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

    /// Counts what both programs do, apart from times, and returns `gate` with what that says;
    /// `None` if it was interrupted. A cell that has its counts already is not counted again.
    ///
    /// # Errors
    /// The error that keeps counts from being stored.
    pub(super) fn with_counts(&self, gate: Gate) -> anyhow::Result<Option<Gate>> {
        if self.plan.counts == cli::CountsName::Off {
            return Ok(Some(gate));
        }
        let Some(baseline) = self.counts_of(0)? else { return Ok(None) };
        let Some(candidate) = self.counts_of(2)? else { return Ok(None) };
        let fails = self.plan.counts == cli::CountsName::Fail;
        Ok(Some(gate::with_counts(gate, gate::counted(&baseline, &candidate, fails))))
    }

    fn counts_of(&self, side: usize) -> anyhow::Result<Option<OfCells>> {
        let header = &self.plan.headers[side];
        let file = self.directory.join(Stage::First.file(SIDES[side]));
        let (mut file, run, _) = Writer::resume(&file, header)?;
        let children = Children {
            program: Program::new(programs_of(&self.directory).join(program_name(side))),
            deadline: self.bounds.deadline,
            memory_limit_bytes: self.bounds.memory_limit_bytes,
            cancel: self.bounds.cancel.clone(),
        };
        let has_ended = is_at_its_end(&self.directory);
        let mut all = OfCells::new();
        for cell in &header.cells {
            let id = cell.id();
            let counts = match run.counts.get(&id) {
                Some(counts) => Ok(counts.clone()),
                None if has_ended => Err("the gate ended before it was counted".into()),
                None => match profile::count(header, cell, &children, Extent::Short) {
                    None => return Ok(None),
                    Some(Err(reason)) => Err(reason),
                    Some(Ok(counts)) => {
                        file.append_counts(&id, &counts)?;
                        Ok(counts)
                    }
                },
            };
            all.insert(id, counts);
        }
        Ok(Some(all))
    }

    /// Runs one session, or what is left of it; returns `None` if it was interrupted.
    ///
    /// # Errors
    /// The error that keeps a record from being stored.
    pub(super) fn session(&mut self, stage: &Stage<'_>) -> anyhow::Result<Option<Session>> {
        let headers = self.headers(stage);
        ensure!(!headers[0].cells.is_empty(), "none of the flagged cells is in this plan");
        let open = |side: usize| {
            let program = programs_of(&self.directory).join(program_name(side));
            let file = self.directory.join(stage.file(SIDES[side]));
            let (side, torn) = Side::open(&program, &file, &headers[side])?;
            runs::say_torn(&file, torn);
            anyhow::Ok(side)
        };
        let mut sides = [open(0)?, open(1)?, open(2)?];
        self.bounds.until.set(self.until(stage, &sides));
        let all: u32 = headers[0].rounds;
        let done = sides.iter().map(|side| side.records().len()).sum();
        let mut progress = Progress::new(all, done, HashMap::new());
        progress.ends_at(self.bounds.until.get());
        tminus_measure::child::adopt();
        let ended = self.looks(stage, &headers, &mut sides, &mut progress);
        progress.finish();
        Ok((ended? == End::Complete).then(|| sides_to_session(&headers, &sides, all)))
    }

    /// Returns when the session has to end. Without its programs it has ended. So has the first
    /// session where there is a second: its verdict chose the cells of the second, and further
    /// rounds could change it.
    fn until(&self, stage: &Stage<'_>, sides: &[Side; 3]) -> Option<Instant> {
        let second = self.directory.join(format!("{AGAIN}{}.jsonl", SIDES[0]));
        let is_judged = matches!(stage, Stage::First) && second.exists();
        if is_judged || is_at_its_end(&self.directory) {
            return Some(Instant::now());
        }
        let spent_ns = sides.iter().flat_map(Side::records).map(|record| record.elapsed_ns);
        let spent = Duration::from_nanos(spent_ns.fold(0, u64::saturating_add));
        let left = Duration::from_secs(self.plan.budget_s?).saturating_sub(spent);
        // More than there will ever be is no limit.
        Instant::now().checked_add(left)
    }

    /// Runs look by look, each after twice the rounds of the one before.
    fn looks(
        &self,
        stage: &Stage<'_>,
        headers: &[Header; 3],
        sides: &mut [Side; 3],
        progress: &mut Progress,
    ) -> anyhow::Result<End> {
        let (mut from, mut closed) = (0, BTreeSet::new());
        while from < headers[0].rounds {
            let to = (from * 2).max(self.plan.options.rounds).min(headers[0].rounds);
            let reversed = matches!(stage, Stage::Second(_));
            let part = Part { rounds: from..to, closed: &closed, reversed };
            let is_last = to == headers[0].rounds;
            progress.next_part(to, tminus_measure::gate::left(&headers[0], &part, sides), is_last);
            let ended =
                tminus_measure::gate::run(&headers[0], &part, sides, &self.bounds, progress)?;
            if ended == End::Cancelled || self.bounds.is_over() || is_last {
                return Ok(ended);
            }
            let seen = sides_to_session(headers, sides, to);
            closed = gate::decided(&gate::gate(&seen, &self.plan.options)?);
            if closed.len() == headers[0].cells.len() {
                break;
            }
            from = to;
        }
        Ok(End::Complete)
    }

    fn headers(&self, stage: &Stage<'_>) -> [Header; 3] {
        let mut headers = self.plan.headers.clone();
        for header in &mut headers {
            header.cells.retain(|cell| stage.is_chosen(cell));
            if matches!(stage, Stage::Second(_)) {
                // Another order of the cells, and other work in each round.
                header.seed = seed::derive(header.seed, Use::Again, 0, "");
            }
        }
        headers
    }
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
    let given = [
        ("--budget", arguments.budget.map(|budget| budget.as_secs()), &mut plan.budget_s),
        ("--deadline", arguments.bounds.deadline_s(), &mut plan.deadline_s),
        ("--memory-limit", arguments.bounds.memory_limit, &mut plan.memory_limit_mib),
    ];
    for (flag, new, old) in given {
        if new.is_none() || new == *old {
            continue;
        }
        ensure!(
            !is_at_its_end(directory),
            "{}: this gate is at its end, so {flag} changes nothing: leave it out to see the verdict",
            directory.display()
        );
        crate::cmd::say(format_args!("another {flag} from here on"));
        *old = new;
    }
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

/// Returns whether the gate has no programs left and so cannot go on.
fn is_at_its_end(directory: &Path) -> bool {
    !programs_of(directory).is_dir()
}

/// Returns the records of the sides before the round `to`.
fn sides_to_session(headers: &[Header; 3], sides: &[Side; 3], to: u32) -> Session {
    let run = |side: usize| {
        let records = sides[side].records().iter().filter(|record| record.round < to);
        Run { records: records.cloned().collect(), ..Run::new(headers[side].clone()) }
    };
    Session { baseline: run(0), copy: run(1), candidate: run(2) }
}
