//! How the executors of a field stand to its best: best or equivalent, slower, or too noisy to
//! tell. No I/O.
//!
//! An executor is called best only where each other one is surely not better by more than a margin,
//! so noise never makes a best. That is a comparison of all with the best, with an indifference
//! zone: J. C. Hsu, *Constrained Simultaneous Confidence Intervals for Multiple Comparisons with
//! the Best*, Annals of Statistics 12 (1984). To be best all of its intervals must say so at once,
//! which needs no correction for their number (R. L. Berger, *Multiparameter Hypothesis Testing and
//! Acceptance Sampling*, Technometrics 24, 1982).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_record::CellId;
use tminus_record::machine::Build;

use super::group;
use super::measured::Measured;
use super::{Interval, Ratio, Twin, higher_is_better};
use crate::ratio::Limits;
use crate::stats::{CONFIDENCE, Estimate, median_interval};

/// The effect of the place of code in memory on cells that do the same, where functions begin
/// anywhere: up to 3.9 % (docs/code-layout.md). A smaller difference may be one of layout.
pub const MARGIN: f64 = 1.04;

/// As [`MARGIN`], of a program whose functions begin cache lines: twice the 1.0 % that was seen.
pub const MARGIN_ALIGNED: f64 = 1.02;

/// How an executor stands to the best of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Best or equivalent: the interval of its ratio to each other one ends inside the margin.
    Best,
    /// The intervals allow for either.
    CannotTell,
    /// The interval of its ratio to the best lies beyond the margin.
    Slower,
}

/// A cell in a field of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// The median over rounds.
    pub median: f64,
    /// Its interval; `None` with fewer than six rounds.
    pub interval: Option<Interval>,
    /// The ratio to the cell with the best median; `None` where a round measured 0.
    pub ratio: Option<Ratio>,
    /// How it stands.
    pub standing: Standing,
}

/// Returns the limits of a program that was built as `build` says, beside the A/A pair of its run.
pub(super) fn limits(build: &Build, twin: Option<&Twin>) -> Limits {
    let is_aligned = build.aligned == Some(true);
    Limits {
        margin: if is_aligned { MARGIN_ALIGNED } else { MARGIN },
        floor: twin.map_or(1.0, |twin| farthest(&twin.ratio)),
    }
}

/// Returns the end of the interval that is farther from 1, as a factor above it.
fn farthest(ratio: &Ratio) -> f64 {
    let Interval { low, high } =
        ratio.interval.unwrap_or(Interval { low: ratio.median, high: ratio.median });
    high.max(low.recip())
}

/// Cells beside each other.
pub(super) struct Field {
    /// The one with the best median; `None` if none has a value.
    pub(super) best: Option<usize>,
    /// One entry a cell; `None` for one without a value.
    pub(super) placed: Vec<Option<Placed>>,
}

/// Places each of `cells` in the field of all of them, by `metric`.
pub(super) fn field(
    cells: &[CellId],
    metric: &str,
    limits: Limits,
    measured: &Measured<'_>,
) -> Field {
    let rounds: Vec<BTreeMap<u32, f64>> =
        cells.iter().map(|cell| group::values(cell, metric, measured).collect()).collect();
    let of_rounds = |values: &BTreeMap<u32, f64>| {
        median_interval(&values.values().copied().collect::<Vec<_>>(), CONFIDENCE)
    };
    let estimates: Vec<Option<Estimate>> = rounds.iter().map(of_rounds).collect();
    let known: Vec<usize> = (0..cells.len()).filter(|at| estimates[*at].is_some()).collect();
    let sign = if higher_is_better(metric) { -1.0 } else { 1.0 };
    let key = |at: usize| estimates[at].map_or(f64::INFINITY, |it| it.value * sign);
    let Some(best) = (0..known.len()).min_by(|a, b| key(known[*a]).total_cmp(&key(known[*b])))
    else {
        return Field { best: None, placed: vec![None; cells.len()] };
    };
    let slowdown = |a: usize, b: usize| slowdown(&rounds[known[a]], &rounds[known[b]], sign);
    let standings = standings(known.len(), best, slowdown, limits);
    let mut placed = vec![None; cells.len()];
    for (at, standing) in known.iter().zip(standings) {
        let ratio = group::ratio(&cells[*at], &cells[known[best]], metric, measured);
        placed[*at] = estimates[*at].map(|Estimate { value: median, interval }| Placed {
            median,
            interval: interval.map(Interval::from),
            ratio,
            standing,
        });
    }
    Field { best: Some(known[best]), placed }
}

/// The logarithm of a ratio in which one side is zero: farther than any other. Only its place in
/// the order counts.
const ENDLESS_LN: f64 = 30.0;

/// Returns the logarithm of how many times worse `ours` is than `theirs` in each round that both
/// have. Unlike a ratio that is shown it knows rounds that measured 0, as `compare` does.
pub(super) fn ln_ratios(
    ours: &BTreeMap<u32, f64>,
    theirs: &BTreeMap<u32, f64>,
    sign: f64,
) -> impl Iterator<Item = (u32, f64)> {
    let ln_ratio = move |(ours, theirs): (f64, f64)| match (ours > 0.0, theirs > 0.0) {
        (true, true) => ours.ln() - theirs.ln(),
        (true, false) => ENDLESS_LN,
        (false, true) => -ENDLESS_LN,
        (false, false) => 0.0,
    };
    let pairs =
        ours.iter().filter_map(|(round, ours)| Some((*round, (*ours, *theirs.get(round)?))));
    pairs.map(move |(round, pair)| (round, sign * ln_ratio(pair)))
}

/// Returns the interval of how many times worse `ours` are than `theirs` in the rounds that both
/// have.
fn slowdown(ours: &BTreeMap<u32, f64>, theirs: &BTreeMap<u32, f64>, sign: f64) -> Option<Interval> {
    let ln_ratios: Vec<f64> = ln_ratios(ours, theirs, sign).map(|(_, ln)| ln).collect();
    let (low, high) = median_interval(&ln_ratios, CONFIDENCE)?.interval?;
    Some(Interval { low: low.exp(), high: high.exp() })
}

/// Returns how each of `count` stands, of which `best` has the best median; `slowdown` is the
/// interval of how many times worse the first is than the second. What the A/A pair shows makes it
/// harder to be slower and never easier to be best.
fn standings(
    count: usize,
    best: usize,
    slowdown: impl Fn(usize, usize) -> Option<Interval>,
    limits: Limits,
) -> Vec<Standing> {
    let to_best: Vec<Option<Interval>> = (0..count).map(|at| slowdown(at, best)).collect();
    let is_slower = |at: usize| to_best[at].is_some_and(|ends| ends.low > limits.effective());
    let rivals: Vec<usize> = (0..count).filter(|at| !is_slower(*at)).collect();
    let is_inside = |ends: Option<Interval>| ends.is_some_and(|ends| ends.high <= limits.margin);
    let is_best = |at: usize| {
        !limits.lifted_too_far()
            && is_inside(to_best[at])
            && rivals.iter().all(|rival| *rival == at || is_inside(slowdown(at, *rival)))
    };
    (0..count)
        .map(|at| match () {
            () if is_slower(at) => Standing::Slower,
            () if is_best(at) => Standing::Best,
            () => Standing::CannotTell,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Standing::{Best, CannotTell, Slower};
    use super::*;

    const LIMITS: Limits = Limits { margin: 1.04, floor: 1.0 };

    /// Of executors whose logarithms of time are `levels`, in rounds of so many times `noise`.
    fn told(levels: &[f64], noise: &[Vec<f64>], scale: f64, limits: Limits) -> Vec<Standing> {
        let ln = |at: usize, round: usize| levels[at] + scale * noise[round][at];
        let slowdown = |a: usize, b: usize| {
            let ratios: Vec<f64> = (0..noise.len()).map(|it| ln(a, it) - ln(b, it)).collect();
            let (low, high) = median_interval(&ratios, CONFIDENCE)?.interval?;
            Some(Interval { low: low.exp(), high: high.exp() })
        };
        standings(levels.len(), 0, slowdown, limits)
    }

    /// Rounds of noise around none: each value has its opposite.
    fn rounds(count: usize, spread: f64) -> Vec<Vec<f64>> {
        let of_round = |round: usize| {
            let share = round as f64 / (count - 1) as f64 - 0.5;
            vec![spread * share, -spread * share, -spread * share, spread * share]
        };
        (0..count).map(of_round).collect()
    }

    #[test]
    fn near_is_best_and_far_is_slower_where_it_is_quiet() {
        let found = told(&[0.0, 0.02, 0.1, 0.5], &rounds(12, 0.01), 1.0, LIMITS);
        assert_eq!(found, [Best, Best, Slower, Slower]);
    }

    #[test]
    fn noise_makes_no_best() {
        // 30 % apart, in rounds that differ by as much: the interval includes 1.
        let found = told(&[0.0, 0.1, 0.3, 3.0], &rounds(12, 0.8), 1.0, LIMITS);
        assert_eq!(found, [CannotTell, CannotTell, CannotTell, Slower]);
    }

    #[test]
    fn a_loud_pair_lets_nobody_be_best_and_a_little_one_fewer_be_slower() {
        let at = |floor| {
            told(&[0.0, 0.02, 0.06, 0.5], &rounds(12, 0.01), 1.0, Limits { floor, ..LIMITS })
        };
        assert_eq!(at(1.0), [Best, Best, Slower, Slower]);
        // 6 % are no longer surely slower, but they are not equivalent for that.
        assert_eq!(at(1.07), [Best, Best, CannotTell, Slower]);
        assert_eq!(at(1.1), [CannotTell, CannotTell, CannotTell, Slower]);
    }

    proptest! {
        /// Twice the noise around the same medians calls no executor best that was not.
        #[test]
        fn the_more_noise_the_fewer_are_best(
            levels in proptest::collection::vec(0.0_f64..0.2, 3),
            half in proptest::collection::vec(proptest::collection::vec(-0.1_f64..0.1, 4), 3..20),
            more in 1.0_f64..8.0,
        ) {
            let mut levels = levels;
            levels.insert(0, 0.0);
            // With its opposite, so that no ratio's median moves.
            let opposite = half.iter().map(|round| round.iter().map(|it| -it).collect());
            let noise: Vec<Vec<f64>> = half.iter().cloned().chain(opposite).collect();
            let few = told(&levels, &noise, 1.0, LIMITS);
            let many = told(&levels, &noise, more, LIMITS);
            for (quiet, loud) in few.iter().zip(&many) {
                prop_assert!(*loud != Best || *quiet == Best, "{few:?} {many:?}");
                prop_assert!(*loud != Slower || *quiet == Slower, "{few:?} {many:?}");
            }
        }
    }
}
