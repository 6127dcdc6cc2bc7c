//! The loop of a run: for each round each cell, a child, a record, a line in the run file.
//!
//! It knows what is done from the records, so a run that was cut off goes on where it ended. It
//! judges no figure and prints nothing; a [`Watch`] is told what happens.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tminus_contract::error::Result;
use tminus_record::{Cell, CellId, FailureKind, Header, Outcome, Record};

use crate::child::{self, Cancel, Program};
use crate::plan::Plan;
use crate::seed::{self, Use};
use crate::spec::Spec;
use crate::store::Writer;

/// Rounds for which the pages of the program stay where they are: see [`Program::read_anew`]. A bad
/// place is a third of the twelve rounds of a standard run then, which moves no median by much;
/// fewer rounds would cost a run of few cells more than they bring.
pub const ROUNDS_IN_PLACE: u32 = 4;

/// Watches a run.
pub trait Watch {
    /// Is called before a child starts.
    fn starts(&mut self, cell: &Cell, round: u32);
    /// Is called after a child has ended and its record is stored.
    fn ended(&mut self, cell: &Cell, record: &Record);
    /// Is called when a cell will not be tried again: its children of later rounds are left out.
    fn given_up(&mut self, cell: &Cell, children: usize);
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to do.
    Complete,
    /// It was cancelled.
    Cancelled,
}

/// How children are started.
pub struct Children {
    /// The program that they run.
    pub program: Program,
    /// How long each may take.
    pub deadline: Duration,
    /// The address space that each may take.
    pub memory_limit_bytes: Option<u64>,
    /// Ends the child at work and the run.
    pub cancel: Cancel,
}

impl Children {
    /// Runs one child; returns `None` if it was cancelled.
    fn run(&self, spec: &Spec, position: u32) -> Option<Record> {
        let report = child::run(&self.program, spec, self.deadline, &self.cancel)?;
        Some(report.into_record(spec.id.clone(), spec.round, position))
    }
}

/// One child to come: a cell in a round.
struct Task {
    cell: Cell,
    round: u32,
    position: u32,
}

/// The state of each cell, from its records.
#[derive(Default)]
struct Progress {
    done: HashSet<(CellId, u32)>,
    /// The iterations of the first good round: all rounds run the same number.
    iterations: HashMap<CellId, u64>,
    /// Cells that are not tried again.
    hopeless: HashSet<CellId>,
}

/// Runs what `header` asks for and `records` does not hold yet; each record is stored before the
/// next child starts.
///
/// # Errors
/// The error that keeps a record from being stored; all records before it are safe.
pub fn run(
    header: &Header,
    records: &[Record],
    children: &Children,
    file: &mut Writer,
    watch: &mut impl Watch,
) -> Result<End> {
    let mut progress = Progress::default();
    records.iter().for_each(|record| progress.learn(record));
    // A program that was just copied lies in pages that nothing has used.
    let mut drawn = None;
    for Task { cell, round, position } in tasks(header) {
        let id = cell.id();
        if progress.hopeless.contains(&id) || progress.done.contains(&(id.clone(), round)) {
            continue;
        }
        let draw = round / ROUNDS_IN_PLACE;
        if drawn.replace(draw).is_some_and(|before| before != draw) {
            children.program.read_anew();
        }
        watch.starts(&cell, round);
        let iterations = progress.iterations.get(&id).copied();
        let spec = spec(header, cell, round, iterations, children.memory_limit_bytes);
        let Some(record) = children.run(&spec, position) else { return Ok(End::Cancelled) };
        file.append(&record)?;
        progress.learn(&record);
        watch.ended(&spec.cell, &record);
        if progress.hopeless.contains(&record.cell) {
            watch.given_up(&spec.cell, (header.rounds - round - 1) as usize);
        }
    }
    Ok(End::Complete)
}

/// Returns the spec for the child of `cell` in `round`: it calibrates itself unless `iterations`
/// are known.
pub fn spec(
    header: &Header,
    cell: Cell,
    round: u32,
    iterations: Option<u64>,
    memory_limit_bytes: Option<u64>,
) -> Spec {
    let mut spec = Spec::new(cell);
    spec.round = round;
    // All executors of a group get the same deadlines in a round.
    spec.seed = seed::derive(header.seed, Use::Work, round, &spec.cell.group());
    spec.iterations = iterations;
    spec.clock = header.clock;
    spec.memory_limit_bytes = memory_limit_bytes;
    spec
}

/// Returns how many children are still to be run.
pub fn left(header: &Header, records: &[Record]) -> HashMap<CellId, usize> {
    let mut progress = Progress::default();
    records.iter().for_each(|record| progress.learn(record));
    let mut left = HashMap::new();
    for Task { cell, round, .. } in tasks(header) {
        let key = (cell.id(), round);
        if !progress.hopeless.contains(&key.0) && !progress.done.contains(&key) {
            *left.entry(key.0).or_default() += 1;
        }
    }
    left
}

fn tasks(header: &Header) -> Vec<Task> {
    let plan = Plan { cells: header.cells.clone(), exclusions: Vec::new() };
    let mut tasks = Vec::new();
    for round in 0..header.rounds {
        for (position, cell) in (0..).zip(plan.round(header.seed, round)) {
            tasks.push(Task { cell: cell.clone(), round, position });
        }
    }
    tasks
}

impl Progress {
    fn learn(&mut self, record: &Record) {
        let id = &record.cell;
        self.done.insert((id.clone(), record.round));
        if let (Outcome::Ok, Some(sample)) = (&record.outcome, record.samples.first()) {
            self.iterations.entry(id.clone()).or_insert(sample.iterations);
        }
        if is_hopeless(&record.outcome) {
            self.hopeless.insert(id.clone());
        }
    }
}

/// Returns whether another try would fail again: the cell cannot run here, or would take its whole
/// deadline again.
fn is_hopeless(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Ok => false,
        Outcome::Excluded { .. } => true,
        Outcome::Failed { kind, .. } => {
            matches!(kind, FailureKind::Deadline | FailureKind::Hang | FailureKind::OutOfMemory)
        }
    }
}
