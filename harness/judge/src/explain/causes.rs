//! The lines of an account: each count that differs, with what it adds to an op.
//!
//! Polls and wakes are charged last but for plain code: an executor's turn is nothing but
//! instructions and atomics, so a further turn is charged with those that are seen beside it, up to
//! as many as a turn of the other cell comes with, and at least with those of the shortest code
//! that polls or wakes.

use std::collections::BTreeSet;

use tminus_record::{Counts, Quality};

use super::rates::{Rate, Rates, Work};
use super::{Cause, LEAST_PER_OP, PRIMITIVES, SWITCHES, Side, Span, Time, figure, is_call, span};
use crate::stats::median;

/// Kinds that are made of instructions and atomics alone, in the order in which they are charged.
const TURNS: [&str; 2] = ["polls", "wakes"];

/// Cells that differ by fewer polls or wakes an op differ by something else.
const LEAST_TURNS: f64 = 0.1;

/// Returns whether a count is a line of its own, and no part or sum of others.
fn is_cause(name: &str) -> bool {
    let single = ["allocations", "waker_clones", SWITCHES];
    let all = single.into_iter().chain(TURNS).chain(PRIMITIVES);
    all.into_iter().any(|known| known == name) || is_call(name)
}

/// A cause with what it adds in each round.
pub(super) struct Entry {
    pub(super) cause: Cause,
    pub(super) rounds: Vec<f64>,
}

/// All that the lines are made from.
pub(super) struct Ledger<'a> {
    pub(super) a: &'a Side,
    pub(super) b: &'a Side,
    pub(super) rates: &'a Rates,
    pub(super) time: Time,
    pub(super) rounds: usize,
}

impl Ledger<'_> {
    /// Returns a line for each count that differs and has a price.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        // What is left of the counts of each side for those charged later.
        let mut left = [&self.a.counts, &self.b.counts].map(work_of);
        for name in names(&self.a.counts, &self.b.counts).iter().filter(|name| !is_late(name)) {
            let (Some([a, b]), Some(rate)) = (self.both(name), self.rates.get(name)) else {
                continue;
            };
            charge(&mut left, a - b, rate.holds);
            entries.push(self.entry(name, [a, b], rate, &rate.rounds));
        }
        for name in TURNS {
            entries.extend(self.turns(name, &mut left));
        }
        entries.extend(self.primitives(left));
        entries.extend(self.off_cpu());
        entries
    }

    /// Returns the count of either side, if they differ.
    fn both(&self, name: &str) -> Option<[f64; 2]> {
        differing(&self.a.counts, &self.b.counts, name)
    }

    /// Makes a line from the price of one in each round.
    fn entry(&self, name: &str, [a, b]: [f64; 2], rate: &Rate, prices: &[f64]) -> Entry {
        let rounds: Vec<f64> = prices.iter().map(|price| (a - b) * price).collect();
        let ns = span(&rounds).unwrap_or(Span { value: 0.0, low: 0.0, high: 0.0 });
        let full = format!("{name}_per_op");
        let qualities = [self.a, self.b].map(|side| side.counts.quality.get(&full).copied());
        let cause = Cause {
            name: name.into(),
            about: rate.about.clone(),
            a_per_op: a,
            b_per_op: b,
            price_ns: median(prices).unwrap_or(0.0),
            ns,
            is_bound: rate.is_bound,
            quality: qualities.into_iter().flatten().max().unwrap_or(Quality::Exact),
        };
        Entry { cause, rounds }
    }

    /// Returns the line of polls or wakes; nothing where they are so few more that what is seen
    /// beside them cannot be theirs.
    fn turns(&self, name: &str, left: &mut [Work; 2]) -> Option<Entry> {
        let ([a, b], shortest) = (self.both(name)?, self.rates.get(name)?);
        let (more, fewer) = if a > b { (0, 1) } else { (1, 0) };
        let extra = (a - b).abs();
        if extra < LEAST_TURNS {
            return None;
        }
        let of_fewer = a.min(b);
        // Where the other cell has none, what is seen is all there is to go by.
        let most = |all: f64| if of_fewer > LEAST_PER_OP { all / of_fewer } else { f64::INFINITY };
        let seen = |of: fn(&Work) -> f64| {
            let beside = (of(&left[more]) - of(&left[fewer])) / extra;
            beside.min(most(of(&left[fewer]))).max(of(&shortest.holds))
        };
        let holds =
            Work { instructions: seen(|it| it.instructions), atomics: seen(|it| it.atomics) };
        charge(left, a - b, holds);
        let code = Work {
            instructions: holds.instructions - shortest.holds.instructions - holds.atomics
                + shortest.holds.atomics,
            atomics: holds.atomics - shortest.holds.atomics,
        };
        let prices: Vec<f64> = (0..self.rounds)
            .map(|round| shortest.rounds[round] + self.price(code, round))
            .collect();
        let mut entry = self.entry(name, [a, b], shortest, &prices);
        let least = (a - b) * median(&shortest.rounds)?;
        let ns = &mut entry.cause.ns;
        (ns.low, ns.high) = (ns.low.min(least), ns.high.max(least));
        Some(entry)
    }

    /// Returns what plain code of so much work costs in a round.
    fn price(&self, work: Work, round: usize) -> f64 {
        let of = |name: &str, count: f64| {
            self.rates.get(name).map_or(0.0, |rate| count * rate.rounds[round])
        };
        of("instructions", work.instructions) + of("atomics", work.atomics)
    }

    /// Returns the lines of the instructions and atomics that are left.
    fn primitives(&self, left: [Work; 2]) -> Vec<Entry> {
        let is_counted = |name: &str| self.both(name).is_some();
        let mut lines = Vec::new();
        let atomics = left.map(|it| it.atomics);
        let mut instructions = left.map(|it| it.instructions);
        if let Some(rate) = self.rates.get("atomics").filter(|_| is_counted("atomics")) {
            for (instructions, atomics) in instructions.iter_mut().zip(atomics) {
                *instructions -= atomics * rate.holds.instructions;
            }
            let mut entry = self.entry("atomics", atomics, rate, &rate.rounds);
            self.widen_by_contention(&mut entry);
            lines.push(entry);
        }
        if let Some(rate) = self.rates.get("instructions").filter(|_| is_counted("instructions")) {
            lines.push(self.entry("instructions", instructions, rate, &rate.rounds));
        }
        lines
    }

    /// Raises the upper end to what an atomic costs under contention, where several threads meet.
    fn widen_by_contention(&self, entry: &mut Entry) {
        let Some(price) = self.rates.get("atomics_contended").and_then(|it| median(&it.rounds))
        else {
            return;
        };
        let ns = &mut entry.cause.ns;
        let far = (entry.cause.a_per_op - entry.cause.b_per_op) * price;
        (ns.low, ns.high) = (ns.low.min(far), ns.high.max(far));
    }

    /// Returns the line of the time in which no thread was on a CPU, where that is part of what is
    /// explained.
    fn off_cpu(&self) -> Option<Entry> {
        if self.time == Time::Cpu {
            return None;
        }
        let of = |side: &Side| -> Option<Vec<f64>> {
            let off = |batches: &Vec<_>| {
                Some((figure(batches, Time::Wall)? - figure(batches, Time::Cpu)?).max(0.0))
            };
            side.rounds.iter().map(off).collect()
        };
        let (a, b) = (of(self.a)?, of(self.b)?);
        let rounds: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let cause = Cause {
            name: "off_cpu".into(),
            about: "nanoseconds in which no thread ran".into(),
            a_per_op: median(&a)?,
            b_per_op: median(&b)?,
            price_ns: 1.0,
            ns: span(&rounds)?,
            is_bound: false,
            quality: Quality::Indicative,
        };
        Some(Entry { cause, rounds })
    }
}

/// Returns the names, without `_per_op`, of all counts that may be lines.
pub(super) fn names(a: &Counts, b: &Counts) -> BTreeSet<String> {
    let all = a.values.keys().chain(b.values.keys());
    let names = all.filter_map(|name| name.strip_suffix("_per_op")).filter(|name| is_cause(name));
    names.map(str::to_owned).collect()
}

/// Returns the count of either side, if they differ.
pub(super) fn differing(a: &Counts, b: &Counts, name: &str) -> Option<[f64; 2]> {
    let full = format!("{name}_per_op");
    let ((a, _), (b, _)) = (a.of(&full)?, b.of(&full)?);
    ((a - b).abs() > LEAST_PER_OP).then_some([a, b])
}

/// Returns whether a kind is charged after all others.
fn is_late(name: &str) -> bool {
    TURNS.into_iter().chain(PRIMITIVES).any(|late| late == name)
}

fn work_of(counts: &Counts) -> Work {
    let of = |name: &str| counts.values.get(name).copied().unwrap_or(0.0);
    Work { instructions: of("instructions_per_op"), atomics: of("atomics_per_op") }
}

/// Takes what `growth` things hold off the side that has more of them.
fn charge(left: &mut [Work; 2], growth: f64, holds: Work) {
    let side = &mut left[usize::from(growth < 0.0)];
    side.instructions -= growth.abs() * holds.instructions;
    side.atomics -= growth.abs() * holds.atomics;
}
