//! A session over the run files of a directory: look by look, until all cells are decided. It knows
//! sides by their names alone, of which there are any number, and judges nothing itself.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tminus_judge::gate::Options;
use tminus_measure::gate::{Bounds, Failure, Part, Side};
use tminus_measure::run::End;
use tminus_measure::seed::{self, Use};
use tminus_record::{Cell, Header, Run};

use super::directory::{program_name, programs_of};
use crate::cmd::full::progress::Progress;
use crate::cmd::full::runs;

/// How the run files of a second session begin.
const AGAIN: &str = "again-";

/// One of two sessions.
pub(super) enum Stage<'a> {
    /// All cells.
    First,
    /// The flagged ones, in reversed order.
    Second(&'a BTreeSet<String>),
}

impl Stage<'_> {
    pub(super) fn file(&self, side: &str) -> String {
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

    /// Returns the headers of this session, of those of the first.
    fn headers(&self, first: &[Header]) -> Vec<Header> {
        let mut headers = first.to_vec();
        for header in &mut headers {
            header.cells.retain(|cell| self.is_chosen(cell));
            if matches!(self, Stage::Second(_)) {
                // Another order of the cells, and other work in each round.
                header.seed = seed::derive(header.seed, Use::Again, 0, "");
            }
        }
        headers
    }
}

/// The settings of the sessions of one directory.
pub(super) struct Sessions<'a> {
    pub(super) directory: &'a Path,
    /// The names of the run files, in the order of the programs.
    pub(super) names: Vec<&'a str>,
    /// The headers of the first session.
    pub(super) headers: &'a [Header],
    pub(super) options: &'a Options,
    pub(super) budget_s: Option<u64>,
    pub(super) bounds: &'a Bounds,
    pub(super) failure: Failure,
}

/// Judges the runs of all sides so far: the cells that need no further round.
pub(super) type Decided<'a> = &'a dyn Fn(Vec<Run>) -> anyhow::Result<BTreeSet<String>>;

impl Sessions<'_> {
    /// Runs one session, or what is left of it; returns a run of each side, or `None` if it was
    /// interrupted.
    ///
    /// # Errors
    /// The error that keeps a record from being stored.
    pub(super) fn run(
        &self,
        stage: &Stage<'_>,
        decided: Decided<'_>,
    ) -> anyhow::Result<Option<Vec<Run>>> {
        let headers = stage.headers(self.headers);
        ensure!(!headers[0].cells.is_empty(), "none of the flagged cells is in this plan");
        let open = |(side, header): (usize, &Header)| {
            let program = programs_of(self.directory).join(program_name(side));
            let file = self.directory.join(stage.file(self.names[side]));
            let (side, torn) = Side::open(&program, &file, header)?;
            runs::say_torn(&file, torn);
            anyhow::Ok(side)
        };
        let mut sides = headers.iter().enumerate().map(open).collect::<anyhow::Result<Vec<_>>>()?;
        self.bounds.until.set(self.until(stage, &sides));
        let all: u32 = headers[0].rounds;
        let done = sides.iter().map(|side| side.records().len()).sum();
        let mut progress = Progress::new(all, done, HashMap::new());
        progress.ends_at(self.bounds.until.get());
        tminus_measure::child::adopt();
        let ended = self.looks(stage, &headers, &mut sides, &mut progress, decided);
        progress.finish();
        Ok((ended? == End::Complete).then(|| runs_before(&headers, &sides, all)))
    }

    /// Returns when the session has to end. Without its programs it has ended. So has the first
    /// session where there is a second: its verdict chose the cells of the second, and further
    /// rounds could change it.
    fn until(&self, stage: &Stage<'_>, sides: &[Side]) -> Option<Instant> {
        let second = self.directory.join(format!("{AGAIN}{}.jsonl", self.names[0]));
        let is_judged = matches!(stage, Stage::First) && second.exists();
        if is_judged || is_at_its_end(self.directory) {
            return Some(Instant::now());
        }
        let spent_ns = sides.iter().flat_map(Side::records).map(|record| record.elapsed_ns);
        let spent = Duration::from_nanos(spent_ns.fold(0, u64::saturating_add));
        let left = Duration::from_secs(self.budget_s?).saturating_sub(spent);
        // More than there will ever be is no limit.
        Instant::now().checked_add(left)
    }

    /// Runs look by look, each after twice the rounds of the one before.
    fn looks(
        &self,
        stage: &Stage<'_>,
        headers: &[Header],
        sides: &mut [Side],
        progress: &mut Progress,
        decided: Decided<'_>,
    ) -> anyhow::Result<End> {
        let (mut from, mut closed) = (0, BTreeSet::new());
        while from < headers[0].rounds {
            let to = (from * 2).max(self.options.rounds).min(headers[0].rounds);
            let (reversed, failure) = (matches!(stage, Stage::Second(_)), self.failure);
            let part = Part { rounds: from..to, closed: &closed, reversed, failure };
            let is_last = to == headers[0].rounds;
            progress.next_part(to, tminus_measure::gate::left(&headers[0], &part, sides), is_last);
            let ended =
                tminus_measure::gate::run(&headers[0], &part, sides, self.bounds, progress)?;
            if ended == End::Cancelled || self.bounds.is_over() || is_last {
                return Ok(ended);
            }
            closed = decided(runs_before(headers, sides, to))?;
            if closed.len() == headers[0].cells.len() {
                break;
            }
            from = to;
        }
        Ok(End::Complete)
    }
}

/// Returns whether there are no programs left in `directory`, so that it cannot go on.
pub(super) fn is_at_its_end(directory: &Path) -> bool {
    !programs_of(directory).is_dir()
}

/// Returns the records of the sides before the round `to`.
fn runs_before(headers: &[Header], sides: &[Side], to: u32) -> Vec<Run> {
    let run = |(header, side): (&Header, &Side)| {
        let records = side.records().iter().filter(|record| record.round < to);
        Run { records: records.cloned().collect(), ..Run::new(header.clone()) }
    };
    headers.iter().zip(sides).map(run).collect()
}
