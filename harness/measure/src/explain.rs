//! The loop of an explanation: counts two cells, then measures both and the prices of what differs,
//! a set of children each round that take turns.
//!
//! So a price is that of the same minutes and the same CPU. It takes nothing apart: that is for
//! [`tminus_judge::explain`] to do.

use std::collections::HashMap;

use tminus_contract::workload::Budget;
use tminus_judge::explain::{Price, Rounds, Side, Time, needed};
use tminus_record::{Cell, CellId, Counts, Outcome};

use crate::child::{self, Report, Seat, Turns};
use crate::prices;
use crate::process::cpu;
use crate::profile::{self, Extent};
use crate::run::{Children, ROUNDS_IN_PLACE};
use crate::seed::{self, Use};
use crate::spec::Spec;

/// What is asked: two cells of one group.
pub struct Question {
    /// The cells.
    pub cells: [Cell; 2],
    /// The time that is explained.
    pub time: Time,
    /// Whether one thread does all the work of either cell.
    pub one_thread: bool,
    /// Rounds to run.
    pub rounds: u32,
    /// Fixes what is drawn by lot.
    pub seed: u64,
}

/// What was measured of both cells, and of the prices.
pub struct Answer {
    /// The cells.
    pub sides: [Side; 2],
    /// The prices of what differs.
    pub prices: Vec<Price>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was cancelled.
    Cancelled,
    /// A cell failed.
    Cell {
        /// Which.
        cell: CellId,
        /// How.
        reason: String,
    },
}

/// Returns the time that explains two cells: of all threads where there are several, or where the
/// workload waits for time to pass, so that its wall time is no cost.
#[must_use]
pub fn time(budget: Budget, one_thread: bool) -> Time {
    if one_thread && matches!(budget, Budget::Batches { .. }) { Time::Wall } else { Time::Cpu }
}

/// Answers `question`; `watch` is told what comes next.
///
/// # Errors
/// The cell that fails, or that it was cancelled.
pub fn run(
    question: &Question,
    children: &Children,
    watch: &mut dyn FnMut(&str),
) -> Result<Answer, Failure> {
    watch("counting");
    let [a, b] = question.cells.each_ref().map(|cell| spec(children, cell));
    let one = question.one_thread;
    let counts = [counted(children, a, one)?, counted(children, b, one)?];
    let mut asked = asked(&counts, question.one_thread);
    watch("counting the prices");
    for price in &mut asked {
        match counted(children, price.spec.clone(), true) {
            Ok(counts) => price.counts = counts,
            Err(Failure::Cancelled) => return Err(Failure::Cancelled),
            Err(Failure::Cell { reason, .. }) => price.refusal = Some(reason),
        }
    }
    asked.retain(|price| price.refusal.is_none());
    let mut sides = [Rounds::new(), Rounds::new()];
    let mut iterations = HashMap::new();
    for round in 0..question.rounds {
        watch(&format!("round {} of {}", round + 1, question.rounds));
        let reports = one_round(question, children, &asked, &mut iterations, round)?;
        for (at, report) in reports.into_iter().enumerate() {
            let id = question.cells.get(at).map(Cell::id);
            match (&report.outcome, id) {
                (Outcome::Ok, Some(_)) => sides[at].push(report.samples),
                (Outcome::Ok, None) => asked[at - 2].rounds.push(report.samples),
                (outcome, Some(cell)) => {
                    return Err(Failure::Cell { cell, reason: reason_of(outcome) });
                }
                // An account without it has more rest.
                (outcome, None) => asked[at - 2].refusal = Some(reason_of(outcome)),
            }
        }
        asked.retain(|price| price.refusal.is_none());
    }
    Ok(answer(question, counts, sides, asked))
}

/// A price that is asked for.
struct Asked {
    /// The counts that it is the price of, and whether it only bounds them.
    names: Vec<(String, bool)>,
    about: &'static str,
    spec: Spec,
    counts: Counts,
    rounds: Rounds,
    refusal: Option<String>,
}

/// Returns the prices of all that differs, each once.
fn asked(counts: &[Counts; 2], one_thread: bool) -> Vec<Asked> {
    let mut names = needed(&counts[0], &counts[1]);
    if !one_thread {
        names.push("atomics_contended".into());
    }
    let mut all: Vec<Asked> = Vec::new();
    for name in names {
        let Some((price, is_bound)) = prices::of_count(&name) else { continue };
        let bytes = (name == "allocations").then(|| bytes_of(counts));
        let spec = prices::spec(price.name, bytes);
        match all.iter_mut().find(|known| known.spec.id == spec.id) {
            Some(known) => known.names.push((name, is_bound)),
            None => all.push(Asked {
                names: vec![(name, is_bound)],
                about: price.about,
                spec,
                counts: Counts::default(),
                rounds: Rounds::new(),
                refusal: None,
            }),
        }
    }
    all
}

/// Returns the bytes of a usual allocation of the cell that makes more of them: a power of two.
fn bytes_of(counts: &[Counts; 2]) -> usize {
    let of = |counts: &Counts, name: &str| counts.values.get(name).copied().unwrap_or(0.0);
    let more = counts.iter().max_by(|one, other| {
        of(one, "allocations_per_op").total_cmp(&of(other, "allocations_per_op"))
    });
    let mean =
        more.map_or(0.0, |it| of(it, "allocated_bytes_per_op") / of(it, "allocations_per_op"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let mean = mean.clamp(16.0, 65_536.0) as usize;
    mean.next_power_of_two()
}

/// Runs the children of one round in turns.
fn one_round(
    question: &Question,
    children: &Children,
    asked: &[Asked],
    iterations: &mut HashMap<CellId, u64>,
    round: u32,
) -> Result<Vec<Report>, Failure> {
    let cpus = cpu::allowed();
    let place = (round / ROUNDS_IN_PLACE) as usize % cpus.len().max(1);
    let cpu = cpus.get(place).copied();
    let group = question.cells[0].group();
    let of_cells = question.cells.iter().map(|cell| Spec {
        round,
        seed: seed::derive(question.seed, Use::Work, round, &group),
        ..spec(children, cell)
    });
    let specs: Vec<Spec> = of_cells.chain(asked.iter().map(|price| price.spec.clone())).collect();
    let seats = specs.iter().enumerate().map(|(at, spec)| {
        let spec = Spec { iterations: iterations.get(&spec.id).copied(), ..spec.clone() };
        let alone = spec.cell.label != "atomics_contended" && (at > 1 || question.one_thread);
        Seat { program: &children.program, spec, cpu: cpu.filter(|_| alone), like: None }
    });
    let turns = Turns::new(seed::derive(question.seed, Use::Turns, round, &group));
    let reports = child::take_turns(seats.collect(), &turns, children.deadline, &children.cancel);
    let reports = reports.ok_or(Failure::Cancelled)?;
    for (spec, report) in specs.iter().zip(&reports) {
        if let Some(sample) = report.samples.first() {
            iterations.entry(spec.id.clone()).or_insert(sample.iterations);
        }
    }
    Ok(reports)
}

fn answer(
    question: &Question,
    counts: [Counts; 2],
    rounds: [Rounds; 2],
    asked: Vec<Asked>,
) -> Answer {
    let [a, b] = &question.cells;
    let side = |cell: &Cell, counts, rounds| Side {
        cell: cell.id().into(),
        name: cell.column(),
        counts,
        rounds,
    };
    let [counts_a, counts_b] = counts;
    let [rounds_a, rounds_b] = rounds;
    let sides = [side(a, counts_a, rounds_a), side(b, counts_b, rounds_b)];
    let prices = asked.into_iter().flat_map(|Asked { names, about, counts, rounds, .. }| {
        names.into_iter().map(move |(name, is_bound)| Price {
            name,
            about: about.into(),
            is_bound,
            counts: counts.clone(),
            rounds: rounds.clone(),
        })
    });
    Answer { sides, prices: prices.collect() }
}

fn reason_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok => String::new(),
        Outcome::Failed { reason, .. } | Outcome::Excluded { reason } => reason.clone(),
    }
}

/// Returns the order to measure `cell`.
fn spec(children: &Children, cell: &Cell) -> Spec {
    Spec { memory_limit_bytes: children.memory_limit_bytes, ..Spec::new(cell.clone()) }
}

/// Counts what a cell or a price does, an op.
///
/// # Errors
/// That it fails, or was cancelled.
fn counted(children: &Children, spec: Spec, one_thread: bool) -> Result<Counts, Failure> {
    let cell = spec.id.clone();
    let counts = profile::count_spec(spec, one_thread, children, Extent::All);
    counts.ok_or(Failure::Cancelled)?.map_err(|reason| Failure::Cell { cell, reason })
}

#[cfg(test)]
mod tests;
