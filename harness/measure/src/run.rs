//! The loop of a run: for each round each group, a set of children that take turns, a record and a
//! line in the run file for each.
//!
//! It knows what is done from the records, so a run that was cut off goes on where it ended. It
//! judges no figure and prints nothing; a [`Watch`] is told what happens.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tminus_contract::Workers;
use tminus_contract::error::{Error, Result};
use tminus_record::{Cell, CellId, FailureKind, Header, Outcome, Profile, Record};

use crate::child::{self, Cancel, Program, Seat, Turns};
use crate::plan::Plan;
use crate::process::{cpu, make_room as make_room_for};
use crate::seed::{self, Use};
use crate::spec::Spec;
use crate::store::Writer;

/// Rounds for which the pages of the program stay where they are: see [`Program::read_anew`]. A bad
/// place is a third of the twelve rounds of a standard run then, which moves no median by much;
/// fewer rounds would cost a run of few cells more than they bring.
pub const ROUNDS_IN_PLACE: u32 = 4;

/// The most batches of a child of a quick run: half of what most workloads have.
const QUICK_BATCHES: u32 = 5;

/// Watches a run.
pub trait Watch {
    /// Is called before a child starts, and those that take turns with it.
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

/// Runs what `header` asks for and `records` does not hold yet; the records of a set are stored
/// before the next one starts.
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
    let cpus = cpu::allowed();
    // A program that was just copied lies in pages that nothing has used.
    let mut drawn = None;
    for set in sets(header) {
        let due: Vec<Task> = set.into_iter().filter(|task| progress.is_due(task)).collect();
        let Some(round) = due.first().map(|task| task.round) else { continue };
        let draw = round / ROUNDS_IN_PLACE;
        if drawn.replace(draw).is_some_and(|before| before != draw) {
            children.program.read_anew();
        }
        due.iter().for_each(|task| watch.starts(&task.cell, round));
        let cpu = cpus.get(draw as usize % cpus.len().max(1)).copied();
        let seats = seats(header, children, &progress, &due, cpu);
        let seed = seed::derive(header.seed, Use::Turns, round, &due[0].cell.group());
        let most = if header.profile == Profile::Quick { QUICK_BATCHES } else { u32::MAX };
        let turns = Turns { most, ..Turns::new(seed) };
        let reports = child::take_turns(seats, &turns, children.deadline, &children.cancel);
        let Some(reports) = reports else { return Ok(End::Cancelled) };
        for (Task { cell, position, .. }, report) in due.iter().zip(reports) {
            let record = report.into_record(cell.id(), round, *position);
            file.append(&record)?;
            progress.learn(&record);
            watch.ended(cell, &record);
            if progress.hopeless.contains(&record.cell) {
                watch.given_up(cell, (header.rounds - round - 1) as usize);
            }
        }
    }
    Ok(End::Complete)
}

/// Returns the seats of the children of `due`, of which those that one thread does stay on `cpu`.
fn seats<'a>(
    header: &Header,
    children: &'a Children,
    progress: &Progress,
    due: &[Task],
    cpu: Option<usize>,
) -> Vec<Seat<'a>> {
    let seat = |(at, Task { cell, round, .. }): (usize, &Task)| {
        // The A/A pair does the same work under both names.
        let is_same = |other: &Task| Cell { twin: cell.twin, ..other.cell.clone() } == *cell;
        let like = due[..at].iter().position(is_same);
        let iterations = progress.iterations.get(&cell.id()).copied();
        let cpu = cpu.filter(|_| has_one_worker(header, cell));
        let memory = children.memory_limit_bytes;
        let spec = spec(header, cell.clone(), *round, iterations, memory);
        Seat { program: &children.program, spec, cpu, like }
    };
    due.iter().enumerate().map(seat).collect()
}

/// Returns whether one thread does all the work; the same threads on two CPUs are what several
/// workers are for.
pub(crate) fn has_one_worker(header: &Header, cell: &Cell) -> bool {
    let facts = header.executors.iter().find(|facts| facts.id == cell.executor);
    does_one_thread(facts.map(|facts| facts.workers), cell)
}

/// Returns whether one thread does all the work of `cell`, whose executor takes such `workers`;
/// `None`: it has no executor that is known.
#[must_use]
pub fn does_one_thread(workers: Option<Workers>, cell: &Cell) -> bool {
    match workers {
        Some(Workers::One) => true,
        Some(Workers::Many) => cell.workers == Some(1),
        Some(Workers::PerTask) => false,
        None => cell.is_floor(),
    }
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
    for task in sets(header).into_iter().flatten().filter(|task| progress.is_due(task)) {
        *left.entry(task.cell.id()).or_default() += 1;
    }
    left
}

/// Lets this process have the children of the largest set alive together.
///
/// # Errors
/// [`Error::Usage`] if the system does not, with the way out.
pub fn make_room(header: &Header) -> Result<()> {
    let mut sizes: HashMap<String, usize> = HashMap::new();
    header.cells.iter().for_each(|cell| *sizes.entry(cell.group()).or_default() += 1);
    make_room_for(sizes.into_values().max().unwrap_or(0)).map_err(Error::Usage)
}

/// Returns the children of each round that take turns: those of a group, the groups and the
/// children of each in the order of the round.
fn sets(header: &Header) -> Vec<Vec<Task>> {
    let plan = Plan { cells: header.cells.clone(), exclusions: Vec::new() };
    let mut all = Vec::new();
    for round in 0..header.rounds {
        let mut sets: Vec<Vec<Task>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (position, cell) in (0..).zip(plan.round(header.seed, round)) {
            let place = *places.entry(cell.group()).or_insert(sets.len());
            if place == sets.len() {
                sets.push(Vec::new());
            }
            sets[place].push(Task { cell: cell.clone(), round, position });
        }
        all.extend(sets);
    }
    all
}

impl Progress {
    fn is_due(&self, Task { cell, round, .. }: &Task) -> bool {
        let key = (cell.id(), *round);
        !self.hopeless.contains(&key.0) && !self.done.contains(&key)
    }

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
