//! The loop of a gate: for each round each cell, a child of each program, in turns.
//!
//! Never two at once: two busy executors on two cores disturb each other. The order of baseline and
//! candidate alternates from round to round, the copy of the baseline stands between them, and each
//! child has an environment of another size, so that the place of its stack is no property of a
//! program. Nor is the place of its code: see [`Program::read_anew`]. Where one thread does the work, the
//! three children of a round run on one and the same CPU: on any they would find one beside a busy neighbour
//! and one at rest. Each side is a run file of its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use tminus_harness::child::{self, Cancel, Program};
use tminus_harness::contract::Workers;
use tminus_harness::error::Result;
use tminus_harness::plan::{Cell, CellId, Plan};
use tminus_harness::record::{Outcome, Record};
use tminus_harness::resources::cpu;
use tminus_harness::store::{Header, Writer};

use crate::runner::{self, End, Watch};

/// How many sizes of environment there are.
const LAYOUTS: usize = 16;

/// Rounds for which the pages of the programs, and the children of one worker, stay where they are. A bad
/// place is a fifth of 40 rounds then, which moves no median by much; in each round the reading would take
/// as long as the children, and a CPU that was just moved to is cold.
const ROUNDS_IN_PLACE: u32 = 8;

/// The variable that makes an environment larger; nobody reads it.
const PADDING: &str = "TMINUS_PADDING";

/// One program of a gate: how its children start and where their records go.
pub(crate) struct Side {
    layouts: Vec<Program>,
    file: Writer,
    records: Vec<Record>,
}

impl Side {
    /// The program at `path`, whose records go to the run file `file` with `header`; if that is
    /// there already, after what it holds.
    ///
    /// # Errors
    /// If the run file cannot be created, or is another's.
    pub(crate) fn open(path: &Path, file: &Path, header: &Header) -> Result<Self> {
        let padding = |size: usize| OsString::from("x".repeat(size * 4096 / LAYOUTS));
        let layout = |size| Program::new(path).env(PADDING, padding(size));
        let (file, records) = if file.exists() {
            let (file, run, _) = Writer::resume(file, header)?;
            (file, run.records)
        } else {
            (Writer::create(file, header)?, Vec::new())
        };
        Ok(Self { layouts: (0..LAYOUTS).map(layout).collect(), file, records })
    }

    /// What was recorded.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }
}

/// What all children of a gate have in common.
pub(crate) struct Bounds {
    /// How long each may take.
    pub(crate) deadline: Duration,
    /// The address space that each may take.
    pub(crate) memory_limit_bytes: Option<u64>,
    /// No round begins after this.
    pub(crate) until: Option<Instant>,
    /// Ends the child at work and the gate.
    pub(crate) cancel: Cancel,
}

/// Which part of a gate to run.
pub(crate) struct Part<'a> {
    /// The rounds.
    pub(crate) rounds: Range<u32>,
    /// Cells that need no further round.
    pub(crate) closed: &'a BTreeSet<String>,
    /// Turns the order of the sides round.
    pub(crate) reversed: bool,
}

/// Runs one part of what `header` asks for on all `sides`: baseline, copy, candidate. What they hold
/// already is not run again.
///
/// # Errors
/// What keeps a record from being stored.
pub(crate) fn run(
    header: &Header,
    part: &Part<'_>,
    sides: &mut [Side; 3],
    bounds: &Bounds,
    watch: &mut impl Watch,
) -> Result<End> {
    let plan = Plan { cells: header.cells.clone(), exclusions: Vec::new() };
    let cpus = cpu::allowed();
    let mut known = Known::default();
    for (side, records) in sides.iter().map(Side::records).enumerate() {
        records.iter().for_each(|record| known.learn(side, record));
    }
    for round in part.rounds.clone() {
        if bounds.until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        if round.is_multiple_of(ROUNDS_IN_PLACE) {
            sides.iter().for_each(|side| side.layouts[0].read_anew());
        }
        let cpu = cpus.get((round / ROUNDS_IN_PLACE) as usize % cpus.len().max(1));
        // From the round, so that a gate that was cut off goes on as it would have.
        let mut rng = fastrand::Rng::with_seed(header.seed ^ u64::from(round));
        for (position, cell) in (0..).zip(plan.round(header.seed, round)) {
            let id = cell.id();
            let layouts: [usize; 3] = std::array::from_fn(|_| rng.usize(..LAYOUTS));
            // In the round of a failure all sides have their turn: else the first one alone would have failed.
            let has_failed = known.failed.get(&id).is_some_and(|at| *at < round);
            if part.closed.contains(id.as_str()) || has_failed {
                continue;
            }
            watch.starts(cell, round);
            let _stay = cpu.filter(|_| has_one_worker(header, cell)).map(|cpu| cpu::Stay::on(*cpu));
            for turn in turns(round, part.reversed) {
                if known.done.contains(&(turn, id.clone(), round)) {
                    continue;
                }
                let iterations = known.iterations.get(&id).copied();
                let memory = bounds.memory_limit_bytes;
                let spec = runner::spec(header, cell.clone(), round, iterations, memory);
                let program = &sides[turn].layouts[layouts[turn]];
                let report = child::run(program, &spec, bounds.deadline, &bounds.cancel);
                let Some(report) = report else { return Ok(End::Cancelled) };
                let record = report.into_record(id.clone(), round, position);
                sides[turn].file.append(&record)?;
                known.learn(turn, &record);
                watch.ended(cell, &record);
                sides[turn].records.push(record);
            }
        }
    }
    Ok(End::Complete)
}

/// Whether one thread does all the work; the same threads on two CPUs are what several workers are for.
fn has_one_worker(header: &Header, cell: &Cell) -> bool {
    let facts = header.executors.iter().find(|facts| facts.id == cell.executor);
    match facts.map(|facts| facts.workers) {
        Some(Workers::One) => true,
        Some(Workers::Many) => cell.workers == Some(1),
        Some(Workers::PerTask) | None => false,
    }
}

/// What the records tell.
#[derive(Default)]
struct Known {
    /// Side, cell, round.
    done: HashSet<(usize, CellId, u32)>,
    /// All sides run what was calibrated once.
    iterations: HashMap<CellId, u64>,
    /// The rounds after which there is nothing to compare them with any more.
    failed: HashMap<CellId, u32>,
}

impl Known {
    fn learn(&mut self, side: usize, record: &Record) {
        let id = &record.cell;
        self.done.insert((side, id.clone(), record.round));
        match (&record.outcome, record.samples.first()) {
            (Outcome::Ok, Some(sample)) => {
                self.iterations.entry(id.clone()).or_insert(sample.iterations);
            }
            (Outcome::Ok, None) => {}
            _ => {
                let first = self.failed.entry(id.clone()).or_insert(record.round);
                *first = record.round.min(*first);
            }
        }
    }
}

/// The order of the sides in a round: over six rounds each stands in each place equally often, since
/// the first child of a cell finds everything cold, and over two each pair in both orders.
fn turns(round: u32, reversed: bool) -> [usize; 3] {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]];
    let mut turns = ORDERS[round as usize % ORDERS.len()];
    if reversed {
        turns.reverse();
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::turns;

    #[test]
    fn each_side_stands_in_each_place_and_before_each_other_equally_often() {
        for reversed in [false, true] {
            let (mut places, mut before) = ([[0; 3]; 3], [[0; 3]; 3]);
            for round in 0..6 {
                let order = turns(round, reversed);
                for (place, side) in order.into_iter().enumerate() {
                    places[side][place] += 1;
                    order[place + 1..].iter().for_each(|later| before[side][*later] += 1);
                }
            }
            assert_eq!(places, [[2; 3]; 3]);
            assert_eq!(before, [[0, 3, 3], [3, 0, 3], [3, 3, 0]]);
        }
        assert_eq!((0..40).filter(|&round| turns(round, false) == turns(round, true)).count(), 0);
    }
}
