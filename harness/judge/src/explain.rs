//! Why one cell costs more than another: an account that adds up.
//!
//! Each count of which an op of one cell has more than an op of the other is a cause, and its
//! growth times its price is what it adds. No nanosecond is charged twice: the instructions and
//! atomics that a dearer kind holds (an allocation, the user's side of a system call) are charged
//! with it and taken off the rows of instructions and atomics. What no count explains is the rest,
//! and the rest is stated. docs/explain.md says what each row means.
//!
//! Functions over counts and samples; what they measure, and how, is for others to say.

mod causes;
mod rates;

use std::collections::BTreeMap;

use serde::Serialize;
use tminus_contract::sample::Sample;
use tminus_record::{Counts, Quality};

use crate::stats::{CONFIDENCE, Estimate, median, median_interval};
use causes::{Entry, Ledger};
use rates::Rates;

/// The batches of a child, of each round: the rounds of all that are compared are the same.
pub type Rounds = Vec<Vec<Sample>>;

/// The time that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Time {
    /// Of a clock, where one thread does the work and waits for nothing.
    Wall,
    /// Of all threads on their CPUs.
    Cpu,
}

/// One of the two cells.
#[derive(Clone, Debug)]
pub struct Side {
    /// The id of the cell.
    pub cell: String,
    /// Its executor, with its workers: what sentences call it.
    pub name: String,
    /// Its counts.
    pub counts: Counts,
    /// Its batches.
    pub rounds: Rounds,
}

/// What one thing costs on this machine.
#[derive(Clone, Debug)]
pub struct Price {
    /// The count that it is the price of, without `_per_op`.
    pub name: String,
    /// What was done to find it.
    pub about: String,
    /// Whether the thing has no price of its own, and this is the cheapest of its kind.
    pub is_bound: bool,
    /// The counts of its loop.
    pub counts: Counts,
    /// The batches of its loop.
    pub rounds: Rounds,
}

/// A value with the interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The value.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A cause: of what one cell has more than the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The count, without `_per_op`: `syscalls_write`; `off_cpu` for time.
    pub name: String,
    /// What its price is that of.
    pub about: String,
    /// Of an op of the first cell, less what is charged with other causes.
    pub a_per_op: f64,
    /// Of an op of the second cell.
    pub b_per_op: f64,
    /// What one costs.
    pub price_ns: f64,
    /// What it adds to an op of the first cell: negative where it takes off.
    pub ns: Span,
    /// Whether the price is only a lower bound.
    pub is_bound: bool,
    /// How far the counts can be relied on: as far as the worse of both.
    pub quality: Quality,
}

/// The difference of two cells, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// The ids of the cells.
    pub cells: [String; 2],
    /// What sentences call them.
    pub names: [String; 2],
    /// The unit of work, in the singular.
    pub op: String,
    /// The time that is explained.
    pub time: Time,
    /// What an op takes.
    pub costs_ns: [f64; 2],
    /// What an op of the first cell takes more than one of the second, by rounds.
    pub difference_ns: Span,
    /// The part of the difference that no cause explains.
    pub rest_ns: Span,
    /// The causes, by their part of the difference; those that work against it come last.
    pub causes: Vec<Cause>,
    /// Why counts are not there.
    pub missing: BTreeMap<String, String>,
    /// Rounds in which all were measured.
    pub rounds: usize,
}

impl Account {
    /// Returns whether the rounds tell which cell costs more.
    #[must_use]
    pub fn is_told(&self) -> bool {
        let Span { low, high, .. } = self.difference_ns;
        low > 0.0 || high < 0.0
    }
}

/// Returns the counts, without `_per_op`, whose prices an account of these cells needs: those that
/// differ, and what all others are made of.
#[must_use]
pub fn needed(a: &Counts, b: &Counts) -> Vec<String> {
    let mut needed: Vec<String> = causes::names(a, b)
        .into_iter()
        .filter(|name| {
            PRIMITIVES.contains(&name.as_str()) || causes::differing(a, b, name).is_some()
        })
        .collect();
    // What is taken off a switch.
    let has = |name: &str| needed.iter().any(|known| known == name);
    if has(SWITCHES) && !has(FUTEX) {
        needed.push(FUTEX.into());
    }
    needed
}

/// A count is the same where it differs by less: one in a million ops.
const LEAST_PER_OP: f64 = 1e-6;

/// What dearer kinds are made of, the smallest first.
const PRIMITIVES: [&str; 2] = ["instructions", "atomics"];

const SWITCHES: &str = "voluntary_switches";

const FUTEX: &str = "syscalls_futex";

/// Returns whether a count is that of a system call by name.
fn is_call(name: &str) -> bool {
    name.starts_with("syscalls_") && name != "syscalls_per_op"
}

/// Takes the difference of `a` and `b` apart. `None` without a round.
#[must_use]
pub fn explain(a: &Side, b: &Side, op: &str, time: Time, prices: &[Price]) -> Option<Account> {
    let of = |side: &Side| -> Option<Vec<f64>> {
        side.rounds.iter().map(|batches| figure(batches, time)).collect()
    };
    let costs_ns = [median(&of(a)?)?, median(&of(b)?)?];
    let pairs = a.rounds.iter().zip(&b.rounds);
    let differences: Vec<f64> =
        pairs.map(|(a, b)| difference(a, b, time)).collect::<Option<_>>()?;
    let rates = Rates::of(prices, differences.len());
    let ledger = Ledger { a, b, rates: &rates, time, rounds: differences.len() };
    let (difference_ns, rest_ns, causes) = sums(&differences, ledger.entries())?;
    let missing = a.counts.missing.iter().chain(&b.counts.missing);
    Some(Account {
        cells: [a.cell.clone(), b.cell.clone()],
        names: [a.name.clone(), b.name.clone()],
        op: op.into(),
        time,
        costs_ns,
        difference_ns,
        rest_ns,
        causes,
        missing: missing.map(|(name, reason)| (name.clone(), reason.clone())).collect(),
        rounds: differences.len(),
    })
}

/// Returns the difference, its rest, and its causes in their order: the rest is what is left of the
/// difference, and has the interval of what is left in each round.
fn sums(differences: &[f64], mut entries: Vec<Entry>) -> Option<(Span, Span, Vec<Cause>)> {
    let whole = span(differences)?;
    entries.retain(|entry| entry.cause.ns.value.abs() >= LEAST_PART * whole.value.abs());
    let of_round = |(round, ns): (usize, &f64)| {
        ns - entries.iter().map(|entry| entry.rounds[round]).sum::<f64>()
    };
    let rests: Vec<f64> = differences.iter().enumerate().map(of_round).collect();
    let mut causes: Vec<Cause> = entries.into_iter().map(|entry| entry.cause).collect();
    let sign = whole.value.signum();
    causes.sort_by(|one, other| (sign * other.ns.value).total_cmp(&(sign * one.ns.value)));
    let explained: f64 = causes.iter().map(|cause| cause.ns.value).sum();
    Some((whole, span(&rests)?.around(whole.value - explained), causes))
}

/// A cause with a smaller part of the difference is no line of a table.
const LEAST_PART: f64 = 0.001;

impl Span {
    /// Returns the span with another value, which it is made to hold.
    fn around(self, value: f64) -> Self {
        Self { value, low: self.low.min(value), high: self.high.max(value) }
    }
}

/// Returns the median of the rounds with its interval; with too few rounds for one, their ends.
fn span(rounds: &[f64]) -> Option<Span> {
    let Estimate { value, interval } = median_interval(rounds, CONFIDENCE)?;
    let ends = || {
        let least = rounds.iter().copied().fold(f64::INFINITY, f64::min);
        (least, rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let (low, high) = interval.unwrap_or_else(ends);
    Some(Span { value, low, high })
}

/// Returns what an op took in a batch.
#[expect(clippy::cast_precision_loss, reason = "times and counts stay below 2^53")]
fn per_op(sample: &Sample, time: Time) -> Option<f64> {
    let ns = match time {
        Time::Wall => sample.wall_ns,
        Time::Cpu => sample.cpu_ns,
    };
    (sample.ops > 0).then(|| ns as f64 / sample.ops as f64)
}

/// Returns what an op took in a round: the median of its batches.
fn figure(batches: &[Sample], time: Time) -> Option<f64> {
    median(&batches.iter().filter_map(|sample| per_op(sample, time)).collect::<Vec<_>>())
}

/// Returns the difference of a round: of neighbouring batches, where both have as many.
fn difference(a: &[Sample], b: &[Sample], time: Time) -> Option<f64> {
    if a.len() != b.len() {
        return Some(figure(a, time)? - figure(b, time)?);
    }
    let of = |(a, b): (&Sample, &Sample)| Some(per_op(a, time)? - per_op(b, time)?);
    median(&a.iter().zip(b).filter_map(of).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
