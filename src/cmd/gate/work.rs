//! The directory of a gate: copies of its programs, its plan, its run files. What is in there is
//! enough to go on after an interruption.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};
use tminus_harness::child::{self, Program};
use tminus_harness::compare;
use tminus_harness::gate::{self, Gate, Options, Session};
use tminus_harness::plan::{Cell, CellId};
use tminus_harness::record::Record;
use tminus_harness::store::{self, Header, Run};

use super::source;
use crate::cli;
use crate::cmd::progress::Progress;
use crate::gate::{Bounds, Part, Side};
use crate::runner::End;

const PLAN: &str = "gate.json";
const PROGRAMS: &str = "programs";
const SIDES: [&str; 3] = ["baseline", "copy", "candidate"];
/// A program that does not say by then what it would run is no tminus.
const ANSWER: Duration = Duration::from_secs(30);

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
            Self::Second(_) => format!("again-{side}.jsonl"),
        }
    }

    fn is_chosen(&self, cell: &Cell) -> bool {
        match self {
            Self::First => true,
            Self::Second(flagged) => flagged.contains(cell.id().as_str()),
        }
    }
}

/// What a gate needs to go on with, beside the headers in its run files.
#[derive(Serialize, Deserialize)]
struct Plan {
    schema: u32,
    options: Options,
    budget_s: Option<u64>,
    headers: [Header; 3],
    /// What another job flagged, where this gate is to confirm it: it has a second session only.
    #[serde(default)]
    confirms: Option<Gate>,
    /// Where to leave what is flagged, where another job is to confirm it.
    #[serde(default)]
    confirm_file: Option<PathBuf>,
}

/// What a gate works on.
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
            Some(directory) => (read_plan(directory)?, directory.clone()),
            None => begin(arguments, confirms)?,
        };
        let bounds = Bounds {
            deadline: arguments.bounds.deadline(),
            memory_limit_bytes: arguments.bounds.memory_limit_bytes(),
            until: None,
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

    /// What another job flagged and this one is to confirm.
    pub(super) fn confirms(&self) -> Option<&Gate> {
        self.plan.confirms.as_ref()
    }

    /// Where to leave what is flagged for another job.
    pub(super) fn confirm_file(&self) -> Option<&Path> {
        self.plan.confirm_file.as_deref()
    }

    /// The gate is at its end: nobody will go on with it.
    pub(super) fn clean(&self) {
        // What stays only takes room.
        let _ = fs::remove_dir_all(self.directory.join(PROGRAMS));
    }

    /// One session, or what is left of it; `None` if it was interrupted.
    ///
    /// # Errors
    /// What keeps a record from being stored.
    pub(super) fn session(&mut self, stage: &Stage<'_>) -> anyhow::Result<Option<Session>> {
        let headers = self.headers(stage);
        ensure!(!headers[0].cells.is_empty(), "none of the flagged cells is in this plan");
        let open = |side: usize| {
            let program = self.directory.join(PROGRAMS).join(program_name(side));
            Side::open(&program, &self.directory.join(stage.file(SIDES[side])), &headers[side])
        };
        let mut sides = [open(0)?, open(1)?, open(2)?];
        self.bounds.until = self.until(&sides);
        let all: u32 = headers[0].rounds;
        let done = sides.iter().map(|side| side.records().len()).sum();
        let left = left(&headers[0], sides.iter().flat_map(Side::records));
        let mut progress = Progress::new(all, done, left);
        let ended = self.looks(stage, &headers, &mut sides, &mut progress);
        progress.finish();
        Ok((ended? == End::Complete).then(|| sides_to_session(&headers, &sides, all)))
    }

    /// When the session has to end: without its programs it is at its end.
    fn until(&self, sides: &[Side; 3]) -> Option<Instant> {
        if !self.directory.join(PROGRAMS).is_dir() {
            return Some(Instant::now());
        }
        let spent_ns = sides.iter().flat_map(Side::records).map(|record| record.elapsed_ns);
        let spent = Duration::from_nanos(spent_ns.sum());
        let left = |seconds| Duration::from_secs(seconds).saturating_sub(spent);
        self.plan.budget_s.map(|seconds| Instant::now() + left(seconds))
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
            let to = (from * 2).clamp(self.plan.options.rounds, headers[0].rounds);
            let reversed = matches!(stage, Stage::Second(_));
            let part = Part { rounds: from..to, closed: &closed, reversed };
            let ended = crate::gate::run(&headers[0], &part, sides, &self.bounds, progress)?;
            let is_over = self.bounds.until.is_some_and(|until| Instant::now() >= until);
            let is_last = to == headers[0].rounds;
            if ended == End::Cancelled || is_over || is_last {
                return Ok(ended);
            }
            let seen = sides_to_session(headers, sides, to);
            closed = gate::decided(&gate::gate(&seen, &self.plan.options)?);
            closed.iter().for_each(|cell| progress.rests(cell));
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
                // Another order of the cells.
                header.seed = header.seed.wrapping_add(1);
            }
        }
        headers
    }
}

/// How many children of each cell are still to be run, after `done` of all sides.
fn left<'a>(header: &Header, done: impl Iterator<Item = &'a Record>) -> HashMap<CellId, usize> {
    let all = header.rounds as usize * SIDES.len();
    let mut left: HashMap<_, _> = header.cells.iter().map(|cell| (cell.id(), all)).collect();
    for record in done {
        if let Some(left) = left.get_mut(&record.cell) {
            *left = left.saturating_sub(1);
        }
    }
    left
}

/// What the sides recorded before the round `to`.
fn sides_to_session(headers: &[Header; 3], sides: &[Side; 3], to: u32) -> Session {
    let run = |side: usize| {
        let records = sides[side].records().iter().filter(|record| record.round < to);
        Run { header: headers[side].clone(), records: records.cloned().collect() }
    };
    Session { baseline: run(0), copy: run(1), candidate: run(2) }
}

/// Names of one length: the name of a program is part of its stack.
fn program_name(side: usize) -> String {
    format!("{side}")
}

fn read_plan(directory: &Path) -> anyhow::Result<Plan> {
    let path = directory.join(PLAN);
    let at = || path.display().to_string();
    let text = fs::read(&path).with_context(at)?;
    let plan: Plan =
        serde_json::from_slice(&text).with_context(|| format!("{}: is no plan of a gate", at()))?;
    ensure!(plan.schema == store::SCHEMA, "{}: of another version of tminus", at());
    Ok(plan)
}

/// Begins a gate in a directory of its own.
fn begin(arguments: &cli::Gate, confirms: Option<Gate>) -> anyhow::Result<(Plan, PathBuf)> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    // A confirmation is judged as what it confirms, and has as many rounds.
    let options = confirms.as_ref().map(|first| first.options.clone());
    let options = options.unwrap_or_else(|| Options {
        margin: arguments.margin,
        detect: arguments.detect,
        detect_many: arguments.detect_many,
        metric: arguments.metric.clone(),
        rounds: arguments.rounds,
        looks: arguments.looks(),
    });
    let programs = source::programs(arguments)?;
    let headers = headers(arguments, &programs, seed, &options)?;
    let directory = arguments.out.join(format!("gate-{seed:016x}"));
    let at = || directory.display().to_string();
    fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    fs::create_dir(&directory).with_context(at)?;
    let copies = directory.join(PROGRAMS);
    fs::create_dir(&copies).with_context(at)?;
    let [baseline, candidate] = &programs;
    for (side, program) in [baseline, baseline, candidate].into_iter().enumerate() {
        let copy = copies.join(program_name(side));
        // Written out: the system forgets no page that is not on a disk, see `Program::read_anew`.
        fs::copy(program, &copy)
            .and_then(|_| fs::File::open(&copy)?.sync_all())
            .with_context(|| program.display().to_string())?;
    }
    let plan = Plan {
        schema: store::SCHEMA,
        options,
        budget_s: arguments.budget.map(|budget| budget.as_secs()),
        headers,
        confirms,
        confirm_file: arguments.confirm_file.as_ref().map(std::path::absolute).transpose()?,
    };
    fs::write(directory.join(PLAN), serde_json::to_vec(&plan)?).with_context(at)?;
    Ok((plan, directory))
}

/// The headers of baseline, copy and candidate, with the cells that both programs have.
fn headers(
    arguments: &cli::Gate,
    [baseline, candidate]: &[PathBuf; 2],
    seed: u64,
    options: &Options,
) -> anyhow::Result<[Header; 3]> {
    let mut theirs = header_of(baseline, arguments, seed, options)?;
    let mut ours = header_of(candidate, arguments, seed, options)?;
    let differences = compare::differences(&theirs, &ours);
    if !differences.is_empty() {
        let all = differences.join("; ");
        ensure!(arguments.force, "these programs cannot be compared: {all}; `--force` does");
        crate::cmd::say(format_args!("not comparable, forced: {all}"));
    }
    let known: BTreeSet<CellId> = ours.cells.iter().map(Cell::id).collect();
    theirs.cells.retain(|cell| !cell.is_floor() && !cell.twin && known.contains(&cell.id()));
    ensure!(!theirs.cells.is_empty(), "the two programs have no such cell in common");
    if let Some(metric) = &arguments.metric {
        gate::keep_cells_with(metric, &mut theirs)?;
    }
    ours.cells.clone_from(&theirs.cells);
    Ok([theirs.clone(), theirs, ours])
}

/// Asks the program at `path` what it would run.
fn header_of(
    path: &Path,
    arguments: &cli::Gate,
    seed: u64,
    options: &Options,
) -> anyhow::Result<Header> {
    let times = options.looks.checked_sub(1).and_then(|later| 2_u32.checked_pow(later));
    // What is too much the program refuses.
    let rounds = options.rounds.saturating_mul(times.unwrap_or(u32::MAX));
    let mut words: Vec<OsString> = vec!["header".into()];
    words.extend(["--rounds".into(), rounds.to_string().into()]);
    words.extend(["--seed".into(), seed.to_string().into()]);
    words.extend(["--profile".into(), arguments.profile.name().into()]);
    words.extend(arguments.filters.words().into_iter().map(OsString::from));
    let at = || path.display().to_string();
    let answer = child::ask(&Program::new(path).arguments(words), ANSWER)
        .map_err(|reason| anyhow!("{}: did not tell what it would run: {reason}", at()))?;
    serde_json::from_slice(&answer)
        .with_context(|| format!("{}: is no tminus of this version", at()))
}

#[cfg(test)]
mod tests {
    use tminus_harness::record::Outcome;

    use super::*;

    #[test]
    fn what_was_run_before_an_interruption_is_not_left() {
        let cell = |executor: &str| {
            let id = format!("squares/tasks=10/{executor}").parse().expect("an id");
            Cell::from_id(&id).expect("a cell")
        };
        let header = Header {
            schema: store::SCHEMA,
            seed: 0,
            profile: tminus_harness::plan::Profile::Quick,
            rounds: 6,
            clock: tminus_harness::contract::Clock::Real,
            cells: vec![cell("heap"), cell("deque")],
            exclusions: Vec::new(),
            workloads: Vec::new(),
            executors: Vec::new(),
            provenance: tminus_harness::machine::Provenance::default(),
        };
        let record = |executor: &str, round| Record {
            cell: cell(executor).id(),
            round,
            position: 0,
            started_unix_ns: 0,
            elapsed_ns: 1,
            outcome: Outcome::Ok,
            samples: Vec::new(),
            distributions: Vec::new(),
            metrics: std::collections::BTreeMap::new(),
            order: None,
        };
        let done = [record("heap", 0), record("heap", 1), record("deque", 0), record("other", 0)];
        let left = left(&header, done.iter());
        assert_eq!((left[&cell("heap").id()], left[&cell("deque").id()]), (16, 17));
        assert_eq!(left.len(), 2);
    }
}
