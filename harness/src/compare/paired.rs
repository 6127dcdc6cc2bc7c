//! The rounds of two sides in one metric, and what they say of its ratio.
//!
//! A round gives one ratio, whose median is judged by the sign test. A quantile of a distribution
//! (`lateness_p99_ns`) is one only where each round holds enough values to tell it; where some do not,
//! the values of all rounds are taken together, and the rounds are what changes sides.

use super::side::Side;
use crate::protocol::Distribution;
use crate::rank::{Interval, higher_is_better, quantile_of};
use crate::stats::{
    CONFIDENCE, Counted, Estimate, Pooled, above_by_chance, below_by_chance, median,
    median_interval,
};

/// So many values must lie on the far side of a quantile for a round to tell it: what is asked of
/// tails in charts too.
const FEWEST_BEYOND: f64 = 10.0;

/// The logarithm of a ratio in which one side is zero: farther than any other. Only its place in the
/// order counts.
const ENDLESS_LN: f64 = 30.0;

/// Of a quantile over all rounds, for baseline and candidate: between which values it lies by their
/// number alone; `None` where there are too few.
pub type Resolution = [Option<Interval>; 2];

/// Candidate to baseline; positive where the candidate costs more.
#[derive(Clone, Debug)]
pub(crate) enum Paired {
    /// The logarithm of the ratio of each round.
    Rounds(Vec<f64>),
    /// A quantile over all rounds.
    Pooled(Pooled),
}

impl Paired {
    /// The rounds that a cell of each side, by its id, has in common with the other in `metric`:
    /// first the yardstick.
    pub(crate) fn of(sides: [(&Side<'_>, &str); 2], metric: &str) -> Self {
        let pooled = || pooled(&distributions(sides, metric)?, metric);
        match pooled() {
            Some(pooled) => Self::Pooled(pooled),
            None => Self::Rounds(ln_ratios(sides, metric)),
        }
    }

    /// Rounds in common.
    pub(crate) fn rounds(&self) -> usize {
        match self {
            Self::Rounds(ln_ratios) => ln_ratios.len(),
            Self::Pooled(pooled) => pooled.rounds(),
        }
    }

    /// The logarithm of the ratio with its interval; `None` without a round.
    pub(crate) fn estimate(&self, confidence: f64) -> Option<Estimate> {
        match self {
            Self::Rounds(ln_ratios) => median_interval(ln_ratios, confidence),
            Self::Pooled(pooled) => Some(pooled.estimate(confidence)),
        }
    }

    /// The logarithm of the ratio that is farthest from none, where there is no interval.
    pub(crate) fn farthest(&self) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => {
                ln_ratios.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
            }
            Self::Pooled(pooled) => ln_ratio(pooled).abs(),
        }
    }

    /// The p-value of "not above `limit_ln`".
    pub(crate) fn above_by_chance(&self, limit_ln: f64) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => above_by_chance(ln_ratios, limit_ln),
            Self::Pooled(pooled) => pooled.above_by_chance(limit_ln),
        }
    }

    /// The p-value of "not below `limit_ln`".
    pub(crate) fn below_by_chance(&self, limit_ln: f64) -> f64 {
        match self {
            Self::Rounds(ln_ratios) => below_by_chance(ln_ratios, limit_ln),
            Self::Pooled(pooled) => pooled.below_by_chance(limit_ln),
        }
    }

    /// The ratio itself, without more than that.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let ln_ratio = match self {
            Self::Rounds(ln_ratios) => median(ln_ratios)?,
            Self::Pooled(pooled) => ln_ratio(pooled),
        };
        Some(ln_ratio.exp())
    }

    /// What either side takes, the median over rounds or the quantile over all of them; in the latter
    /// case with the [`Resolution`]. `None` without a value.
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

fn ln_ratio(pooled: &Pooled) -> f64 {
    let [baseline, candidate] = pooled.quantiles();
    (candidate / baseline).ln()
}

/// Nothing is dropped: a round in which one side is zero counts as farther than any other.
fn ln_ratios(sides: [(&Side<'_>, &str); 2], metric: &str) -> Vec<f64> {
    let sign = if higher_is_better(metric) { -1.0 } else { 1.0 };
    let [theirs, ours] = sides.map(|(side, id)| side.values(id, metric));
    let pairs = theirs.iter().filter_map(|(round, a)| Some((*a, *ours.get(round)?)));
    let good = pairs.filter(|(a, b)| [a, b].iter().all(|it| it.is_finite() && **it >= 0.0));
    let ln_ratio = |(a, b): (f64, f64)| match (a > 0.0, b > 0.0) {
        (true, true) => b.ln() - a.ln(),
        (false, true) => ENDLESS_LN,
        (true, false) => -ENDLESS_LN,
        (false, false) => 0.0,
    };
    good.map(|pair| sign * ln_ratio(pair)).collect()
}

/// The distribution that `metric` is a quantile of, of each round that both sides have.
fn distributions<'a>(
    sides: [(&Side<'a>, &str); 2],
    metric: &str,
) -> Option<Vec<[&'a Distribution; 2]>> {
    let (name, _) = quantile_of(metric)?;
    let [theirs, ours] = sides.map(|(side, id)| side.distributions(id, name));
    let rounds = theirs.iter().filter_map(|(round, a)| Some([*a, *ours.get(round)?]));
    Some(rounds.collect())
}

/// `None` where every round holds enough values, or none holds any.
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
