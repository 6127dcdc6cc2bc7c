//! The rounds of two sides in one metric, and what they say of its ratio.
//!
//! Of sides that ran in turns a round gives one ratio, whose median is judged by the sign test.
//! Sides that ran apart share no round: their medians are held against each other, and judged by
//! the test of Mann and Whitney. A quantile of a distribution (`lateness_p99_ns`) is one only where
//! each round holds enough values to tell it; where some do not, the values of all rounds are taken
//! together, and the rounds are what changes sides: if the programs do not differ, any two rounds
//! may as well have been exchanged, whether they ran in turns or apart.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tminus_record::Distribution;

use crate::rank::sweeps::Sweeps;
use crate::rank::{higher_is_better, quantile_of};
use crate::ratio::Interval;
use crate::side::Side;
use crate::stats::{
    CONFIDENCE, Counted, Estimate, Pooled, RisingPairs, TwoSamples, above_by_chance,
    below_by_chance, median, median_interval, spread,
};

/// So many values must lie on the far side of a quantile for a round to tell it: what is asked of
/// tails in charts too.
const FEWEST_BEYOND: f64 = 10.0;

/// The logarithm of a ratio in which one side is zero, or as good as that: farther than any other.
/// Only its place in the order counts.
const ENDLESS_LN: f64 = 30.0;

/// The logarithm of zero: below that of any number.
const ZERO_LN: f64 = -1e6;

/// Of a quantile over all rounds, for baseline and candidate: between which values it lies by their
/// number alone; `None` where there are too few.
pub type Resolution = [Option<Interval>; 2];

/// Candidate to baseline; positive where the candidate costs more.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    /// The logarithm of the ratio of each round.
    Rounds(Vec<f64>),
    /// The logarithms of the rounds of either side, which are no pairs.
    Apart(TwoSamples),
    /// A quantile over all rounds.
    Pooled(Pooled),
}

/// The chances of [`TwoSamples`], each size once.
#[derive(Debug, Default)]
pub(crate) struct Chances(RefCell<HashMap<(usize, usize), Arc<RisingPairs>>>);

impl Chances {
    fn of(&self, theirs: usize, ours: usize) -> Arc<RisingPairs> {
        let mut known = self.0.borrow_mut();
        let new = || Arc::new(RisingPairs::of(theirs, ours));
        Arc::clone(known.entry((theirs, ours)).or_insert_with(new))
    }
}

impl Evidence {
    /// Makes the rounds that a cell of each side, by its id, has in common with the other in
    /// `metric`, where both ran in turns: first the yardstick.
    pub(crate) fn paired(sides: [(&Side<'_>, &str); 2], metric: &str) -> Self {
        let pooled = || pooled(&distributions(sides, metric)?, metric);
        match pooled() {
            Some(pooled) => Self::Pooled(pooled),
            None => Self::Rounds(ln_ratios(sides, metric)),
        }
    }

    /// Makes the rounds of a cell of each side, by its id, in `metric`, where the sides did not run
    /// in turns.
    pub(crate) fn apart(sides: [(&Side<'_>, &str); 2], metric: &str, chances: &Chances) -> Self {
        let pooled = || pooled(&distributions(sides, metric)?, metric);
        match pooled() {
            Some(pooled) => Self::Pooled(pooled),
            None => two_samples(sides, metric, chances)
                .map_or_else(|| Self::Rounds(Vec::new()), Self::Apart),
        }
    }

    /// Returns the number of rounds in common; of sides that ran apart, those of the side with
    /// fewer.
    pub(crate) fn rounds(&self) -> usize {
        match self {
            Self::Rounds(ln_ratios) => ln_ratios.len(),
            Self::Apart(samples) => samples.fewest(),
            Self::Pooled(pooled) => pooled.rounds(),
        }
    }

    /// Returns the logarithm of the ratio with its interval; `None` without a round.
    pub(crate) fn estimate(&self, confidence: f64) -> Option<Estimate> {
        match self {
            Self::Rounds(ln_ratios) => median_interval(ln_ratios, confidence),
            Self::Apart(samples) => Some(within(samples.estimate(confidence))),
            Self::Pooled(pooled) => Some(pooled.estimate(confidence)),
        }
    }

    /// Returns how far half of the rounds are from the middle one; `None` where there are no rounds
    /// that are pairs.
    pub(crate) fn spread(&self) -> Option<f64> {
        let Self::Rounds(ln_ratios) = self else { return None };
        spread(ln_ratios)
    }

    /// Returns the logarithm of the ratio that is farthest from none, where there is no interval.
    pub(crate) fn farthest(&self) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => {
                ln_ratios.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
            }
            Self::Apart(samples) => within(samples.estimate(0.0)).value.abs(),
            Self::Pooled(pooled) => ln_ratio(pooled).abs(),
        }
    }

    /// Returns the p-value of "not above `limit_ln`".
    pub(crate) fn above_by_chance(&self, limit_ln: f64) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => above_by_chance(ln_ratios, limit_ln),
            Self::Apart(samples) => samples.above_by_chance(limit_ln),
            Self::Pooled(pooled) => pooled.above_by_chance(limit_ln),
        }
    }

    /// Returns the p-value of "not below `limit_ln`".
    pub(crate) fn below_by_chance(&self, limit_ln: f64) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => below_by_chance(ln_ratios, limit_ln),
            Self::Apart(samples) => samples.below_by_chance(limit_ln),
            Self::Pooled(pooled) => pooled.below_by_chance(limit_ln),
        }
    }

    /// Returns the ratio itself, without more than that.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let ln_ratio = match self {
            Self::Rounds(ln_ratios) => median(ln_ratios)?,
            Self::Apart(samples) => within(samples.estimate(0.0)).value,
            Self::Pooled(pooled) => ln_ratio(pooled),
        };
        Some(ln_ratio.exp())
    }

    /// Returns the level of either side: the median over rounds, or the quantile over all of them
    /// with its [`Resolution`]. `None` without a value.
    pub(crate) fn levels(
        &self,
        sides: [(&Side<'_>, &str); 2],
        metric: &str,
    ) -> Option<([f64; 2], Option<Resolution>)> {
        if let Self::Pooled(pooled) = self {
            let ends = pooled.resolution(CONFIDENCE).map(|ends| ends.map(Interval::from));
            return Some((pooled.quantiles(), Some(ends)));
        }
        let middle = |(side, id): (&Side<'_>, &str)| {
            median(&side.values(id, metric).into_values().collect::<Vec<_>>())
        };
        Some(([middle(sides[0])?, middle(sides[1])?], None))
    }
}

/// Bounds an estimate: no ratio is farther than that of something and nothing.
fn within(estimate: Estimate) -> Estimate {
    let end = |ln: f64| ln.clamp(-ENDLESS_LN, ENDLESS_LN);
    let interval = estimate.interval.map(|(low, high)| (end(low), end(high)));
    Estimate { value: end(estimate.value), interval }
}

fn ln_ratio(pooled: &Pooled) -> f64 {
    let [baseline, candidate] = pooled.quantiles();
    (candidate / baseline).ln()
}

/// Returns the logarithm of a number that may be zero.
fn ln(value: f64) -> f64 {
    if value > 0.0 { value.ln() } else { ZERO_LN }
}

/// Returns whether a value has its place in the order of times and counts.
fn is_good(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// Returns 1, or -1 where more of the metric is better.
fn sign(metric: &str) -> f64 {
    if higher_is_better(metric) { -1.0 } else { 1.0 }
}

/// Returns the log-ratios: of children that took turns batch by batch. Nothing is dropped: a round
/// in which one side is zero counts as farther than any other.
fn ln_ratios(sides: [(&Side<'_>, &str); 2], metric: &str) -> Vec<f64> {
    let [theirs, ours] = sides.map(|(side, id)| side.values(id, metric));
    let of_values = |round: &u32| {
        let (a, b) = (*theirs.get(round)?, *ours.get(round)?);
        (is_good(a) && is_good(b)).then(|| ln(b) - ln(a))
    };
    let of_batches = |round: &u32| {
        let [theirs, ours] = sides.map(|(side, id)| side.record(id, *round));
        Sweeps::ln_ratio(ours?, theirs?, metric)
    };
    let of_round = |round: &u32| of_batches(round).or_else(|| of_values(round));
    let all = theirs.keys().filter_map(of_round);
    all.map(|ln| sign(metric) * ln.clamp(-ENDLESS_LN, ENDLESS_LN)).collect()
}

/// Returns all rounds of either side.
fn two_samples(
    sides: [(&Side<'_>, &str); 2],
    metric: &str,
    chances: &Chances,
) -> Option<TwoSamples> {
    let values = sides.map(|(side, id)| -> Vec<f64> {
        side.values(id, metric).into_values().filter(|value| is_good(*value)).collect()
    });
    // Of the medians that are shown, so that none contradicts them.
    let [before, after] = [median(&values[0])?, median(&values[1])?].map(ln);
    let [theirs, ours] = values.map(|values| -> Vec<f64> {
        values.into_iter().map(|value| sign(metric) * ln(value)).collect()
    });
    let chances = chances.of(theirs.len(), ours.len());
    TwoSamples::new(&theirs, &ours, sign(metric) * (after - before), chances)
}

/// Returns the distribution that `metric` is a quantile of, of each round that both sides have.
fn distributions<'a>(
    sides: [(&Side<'a>, &str); 2],
    metric: &str,
) -> Option<Vec<[&'a Distribution; 2]>> {
    let (name, _) = quantile_of(metric)?;
    let [theirs, ours] = sides.map(|(side, id)| side.distributions(id, name));
    let rounds = theirs.iter().filter_map(|(round, a)| Some([*a, *ours.get(round)?]));
    Some(rounds.collect())
}

/// Pools the values of all rounds; returns `None` where every round holds enough values, or none
/// holds any.
fn pooled(rounds: &[[&Distribution; 2]], metric: &str) -> Option<Pooled> {
    let (_, at) = quantile_of(metric)?;
    let is_enough =
        |it: &&Distribution| as_f64(it.count) * at.min(1.0 - at) >= FEWEST_BEYOND - 1e-9;
    if rounds.iter().flatten().all(is_enough) {
        return None;
    }
    let sides = |pair: &[&Distribution; 2]| Some([counted(pair[0])?, counted(pair[1])?]);
    Pooled::new(&rounds.iter().filter_map(sides).collect::<Vec<_>>(), at)
}

fn counted(distribution: &Distribution) -> Option<Counted> {
    let histogram = distribution.decode().ok()?;
    // Zero is less than the clock can tell.
    let value = |ns: u64| as_f64(ns.max(1));
    let values = histogram.iter_recorded();
    Some(
        values.map(|it| (value(it.value_iterated_to()), it.count_since_last_iteration())).collect(),
    )
}

#[expect(clippy::cast_precision_loss, reason = "times and counts stay below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
