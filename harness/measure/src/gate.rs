//! The loop of a gate: for each round each cell, a child of each program, in turns.
//!
//! Never two at once: two busy executors on two cores disturb each other. The sides (baseline, copy
//! and candidate; or releases of a crate) start in balanced orders, so that none is first, or comes
//! before another, more often than the others; what grows from child to child then cancels. Each
//! child has an environment of another size, so that the place of its stack is no property of a
//! program. Nor is the place of its code: see [`Program::read_anew`]. Where one thread does the
//! work, the children of a round run on one CPU: on any they would find one beside a busy neighbour
//! and one at rest. Each side is a run file of its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use tminus_contract::error::Result;
use tminus_record::{Cell, CellId, Header, Outcome, Record};

use crate::child::{self, Cancel, Program, Report, Seat, Turns};
use crate::plan::Plan;
use crate::process::cpu;
use crate::seed::{self, Use};
use crate::store::{TornLine, Writer};

use crate::run::{self, End, Watch};

/// How many sizes of environment there are.
const LAYOUTS: usize = 16;

/// Rounds for which the pages of the programs, and the children of one worker, stay where they are.
/// A bad place is a fifth of 40 rounds then, which moves no median by much; in each round the
/// reading would take as long as the children, and a CPU that was just moved to is cold.
const ROUNDS_IN_PLACE: u32 = 8;

/// So many children cool the caches of each other little.
const FEW: usize = 3;

/// The variable that makes an environment larger; it is never read.
const PADDING: &str = "TMINUS_PADDING";

/// One program of a gate: how its children start and where their records go.
pub struct Side {
    layouts: Vec<Program>,
    file: Writer,
    records: Vec<Record>,
}

impl Side {
    /// Opens the program at `path`, whose records go to the run file `file` with `header`; if that
    /// exists, after what it holds. A torn last line of it is cut off and returned.
    ///
    /// # Errors
    /// If the run file cannot be created, or is another's.
    pub fn open(path: &Path, file: &Path, header: &Header) -> Result<(Self, Option<TornLine>)> {
        let padding = |size: usize| OsString::from("x".repeat(size * 4096 / LAYOUTS));
        let layout = |size| Program::new(path).env(PADDING, padding(size));
        let layouts = (0..LAYOUTS).map(layout).collect();
        let (file, records, torn) = if file.exists() {
            let (file, run, torn) = Writer::resume(file, header)?;
            (file, run.records, torn)
        } else {
            (Writer::create(file, header)?, Vec::new(), None)
        };
        Ok((Self { layouts, file, records }, torn))
    }

    /// Returns the records so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

/// The settings that all children of a gate have in common.
pub struct Bounds {
    /// How long each may take.
    pub deadline: Duration,
    /// The address space that each may take.
    pub memory_limit_bytes: Option<u64>,
    /// No round begins after this; time for which this program was stopped is added to it.
    pub until: std::cell::Cell<Option<Instant>>,
    /// Ends the child at work and the gate.
    pub cancel: Cancel,
}

impl Bounds {
    /// Returns whether no further round may begin.
    pub fn is_over(&self) -> bool {
        self.until.get().is_some_and(|until| Instant::now() >= until)
    }

    /// Adds the time for which this program was stopped: it measured nothing then.
    fn add(&self, away: Duration) {
        self.until.set(self.until.get().and_then(|until| until.checked_add(away)));
    }
}

/// Which part of a gate to run.
pub struct Part<'a> {
    /// The rounds.
    pub rounds: Range<u32>,
    /// Cells that need no further round.
    pub closed: &'a BTreeSet<String>,
    /// Turns the order of the sides round.
    pub reversed: bool,
    /// What a failed child ends.
    pub failure: Failure,
}

/// What a child that failed ends, from the next round on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its cell: the other sides have nothing to be compared with.
    EndsCell,
    /// Its side of the cell: the others still have each other.
    EndsSide,
}

/// Runs one part of what `header` asks for on all `sides`. What they hold already is not run again.
///
/// # Errors
/// The error that keeps a record from being stored.
pub fn run(
    header: &Header,
    part: &Part<'_>,
    sides: &mut [Side],
    bounds: &Bounds,
    watch: &mut impl Watch,
) -> Result<End> {
    let plan = Plan { cells: header.cells.clone(), exclusions: Vec::new() };
    let cpus = cpu::allowed();
    let mut progress = Progress::of(sides);
    for round in part.rounds.clone() {
        if bounds.is_over() {
            break;
        }
        if round.is_multiple_of(ROUNDS_IN_PLACE) {
            sides.iter().for_each(|side| side.layouts[0].read_anew());
        }
        let cpu = cpus.get((round / ROUNDS_IN_PLACE) as usize % cpus.len().max(1));
        for (position, cell) in (0..).zip(plan.round(header.seed, round)) {
            let id = cell.id();
            // From the round and the cell, so that a gate that was cut off goes on as it would
            // have.
            let seed = seed::derive(header.seed, Use::Layout, round, id.as_str());
            let mut rng = fastrand::Rng::with_seed(seed);
            let layouts: Vec<usize> = sides.iter().map(|_| rng.usize(..LAYOUTS)).collect();
            let due = progress.due(&id, round, part);
            if part.closed.contains(id.as_str()) || due.is_empty() {
                continue;
            }
            watch.starts(cell, round);
            let iterations = progress.iterations.get(&id).copied();
            let memory = bounds.memory_limit_bytes;
            let spec = run::spec(header, cell.clone(), round, iterations, memory);
            let cpu = cpu.filter(|_| run::has_one_worker(header, cell)).copied();
            let programs = due.iter().map(|turn| &sides[*turn].layouts[layouts[*turn]]);
            let seat = |(at, program)| {
                let like = (at > 0).then_some(0);
                Seat { program, spec: spec.clone(), cpu, like }
            };
            let seats = programs.enumerate().map(seat).collect();
            let Some(reports) = reports(header, seats, round, bounds) else {
                return Ok(End::Cancelled);
            };
            for (turn, report) in due.into_iter().zip(reports) {
                bounds.add(report.away);
                let record = report.into_record(id.clone(), round, position);
                sides[turn].file.append(&record)?;
                progress.learn(turn, &record);
                watch.ended(cell, &record);
                sides[turn].records.push(record);
            }
            if part.failure == Failure::EndsCell && progress.failed.contains_key(&id) {
                watch.given_up(cell, (part.rounds.end - round - 1) as usize * sides.len());
            }
        }
    }
    Ok(End::Complete)
}

/// Runs the children of one cell in a round, in turns if the programs can; all have the iterations
/// that the first one calibrates. `None` if cancelled.
fn reports(
    header: &Header,
    seats: Vec<Seat<'_>>,
    round: u32,
    Bounds { deadline, cancel, .. }: &Bounds,
) -> Option<Vec<Report>> {
    if header.turns {
        let id = seats.first().map(|seat| seat.spec.id.to_string()).unwrap_or_default();
        let seed = seed::derive(header.seed, Use::Turns, round, &id);
        let is_few = seats.len() <= FEW;
        let turns = if is_few { Turns::of_one_cell(seed) } else { Turns::new(seed) };
        return child::take_turns(seats, &turns, *deadline, cancel);
    }
    let mut iterations = None;
    let mut alone = |Seat { program, mut spec, cpu, .. }: Seat<'_>| {
        let _stay = cpu.map(cpu::Stay::on);
        spec.iterations = spec.iterations.or(iterations);
        let report = child::run(program, &spec, *deadline, cancel)?;
        iterations = iterations.or(report.samples.first().map(|sample| sample.iterations));
        Some(report)
    };
    seats.into_iter().map(&mut alone).collect()
}

/// Returns how many children of each cell `part` has yet to run.
pub fn left(header: &Header, part: &Part<'_>, sides: &[Side]) -> HashMap<CellId, usize> {
    Progress::of(sides).left(header, part)
}

/// The state of a gate, from its records.
#[derive(Default)]
struct Progress {
    /// How many there are.
    sides: usize,
    /// The sides and rounds of each cell that have their record.
    done: HashMap<CellId, HashSet<(usize, u32)>>,
    /// All sides run what was calibrated once.
    iterations: HashMap<CellId, u64>,
    /// The first round in which each side failed.
    failed: HashMap<CellId, HashMap<usize, u32>>,
}

impl Progress {
    fn of(sides: &[Side]) -> Self {
        let mut progress = Self { sides: sides.len(), ..Self::default() };
        for (side, records) in sides.iter().map(Side::records).enumerate() {
            records.iter().for_each(|record| progress.learn(side, record));
        }
        progress
    }

    fn learn(&mut self, side: usize, record: &Record) {
        let id = &record.cell;
        self.done.entry(id.clone()).or_default().insert((side, record.round));
        match (&record.outcome, record.samples.first()) {
            (Outcome::Ok, Some(sample)) => {
                self.iterations.entry(id.clone()).or_insert(sample.iterations);
            }
            (Outcome::Ok, None) => {}
            _ => {
                let of_cell = self.failed.entry(id.clone()).or_default();
                let first = of_cell.entry(side).or_insert(record.round);
                *first = record.round.min(*first);
            }
        }
    }

    /// Returns the sides that have yet to run the cell in this round, in their turns. In the round
    /// of a failure all have their turn, or only the first would have failed.
    fn due(&self, id: &CellId, round: u32, part: &Part<'_>) -> Vec<usize> {
        let (done, failed) = (self.done.get(id), self.failed.get(id));
        let has_ended = |side: usize| match (failed, part.failure) {
            (None, _) => false,
            (Some(failed), Failure::EndsCell) => failed.values().any(|at| *at < round),
            (Some(failed), Failure::EndsSide) => failed.get(&side).is_some_and(|at| *at < round),
        };
        let is_done = |side: usize| done.is_some_and(|done| done.contains(&(side, round)));
        let mut turns = turns(round, part.reversed, self.sides);
        turns.retain(|side| !is_done(*side) && !has_ended(*side));
        turns
    }

    fn left(&self, header: &Header, part: &Part<'_>) -> HashMap<CellId, usize> {
        let ids = header.cells.iter().map(Cell::id);
        let open = ids.filter(|id| !part.closed.contains(id.as_str()));
        let due = |id| {
            let of_rounds = part.rounds.clone().map(|it| self.due(&id, it, part).len());
            let all: usize = of_rounds.sum();
            (id, all)
        };
        open.map(due).collect()
    }
}

/// Returns the order of the sides in a round. Over twice as many rounds as there are sides each
/// stands in each place equally often, since the first child of a cell finds everything cold, and
/// over two each pair in both orders.
///
/// The orders are rows of a Latin square, each followed by its reverse: E. J. Williams,
/// *Experimental Designs Balanced for the Estimation of Residual Effects of Treatments*, Australian
/// Journal of Scientific Research A 2 (1949).
fn turns(round: u32, reversed: bool, sides: usize) -> Vec<usize> {
    let row = round as usize / 2;
    // 0, 1, the last, 2, the last but one, ...
    let zigzag = |place: usize| if place % 2 == 1 { place.div_ceil(2) } else { sides - place / 2 };
    let mut turns: Vec<usize> = (0..sides).map(|place| (zigzag(place) + row) % sides).collect();
    if (round % 2 == 1) != reversed {
        turns.reverse();
    }
    turns
}

#[cfg(test)]
mod tests;
