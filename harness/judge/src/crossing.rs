//! Where two executors change places as a parameter grows: below it one costs less, above it the
//! other. No I/O.
//!
//! Each round gives a curve of its own: the logarithm of the ratio at each size, joined by straight
//! lines over the logarithm of the size. Their median crosses none where the two change places.
//! The sign test over the rounds says at which sizes either side is sure; the sizes between are the
//! interval, as W. G. Fieller's is for a ratio (*Some Problems in Interval Estimation*, Journal of
//! the Royal Statistical Society B 16, 1954). So it is exact for every distribution that is
//! symmetric, needs nothing drawn at random, and lies inside the range by itself (docs/sweeps.md).

use std::collections::BTreeMap;

use crate::ratio::{Interval, Limits};
use crate::stats::{CONFIDENCE, median_interval};

/// Places that are looked at between two neighbouring sizes.
const STEPS: usize = 64;

/// The rounds of two executors at one size.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// The size, above zero.
    pub(crate) size: f64,
    /// By round the logarithm of how many times worse the first is than the second.
    pub(crate) ln_ratios: BTreeMap<u32, f64>,
}

/// A place where two executors change places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    /// The size.
    pub(crate) at: f64,
    /// Its interval, inside the sizes.
    pub(crate) interval: Interval,
    /// Whether it is the first that is better below.
    pub(crate) is_first_below: bool,
    /// How many times worse the other one is below, and above, where that is most.
    pub(crate) factors: [f64; 2],
}

/// The changes of two executors, and whether there may be one more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes {
    /// Ascending.
    pub(crate) told: Vec<Change>,
    /// Whether one is better for sure at some size, and at another seems worse.
    pub(crate) is_open: bool,
}

/// Finds the changes over `points`, which ascend. Only one of which both sides are sure is told: at
/// a size on either side the whole interval lies beyond the margin that counts.
pub(crate) fn changes(points: &[Point], limits: Limits) -> Changes {
    let margin_ln = limits.effective().ln();
    let sides: Vec<Option<(f64, f64)>> = points.iter().map(|it| side(it, margin_ln)).collect();
    let sure: Vec<(usize, f64)> = sides
        .iter()
        .enumerate()
        .filter_map(|(at, side)| Some((at, (*side)?)))
        .filter(|(_, (_, sure))| *sure != 0.0)
        .map(|(at, (median, _))| (at, median))
        .collect();
    let pairs = sure.windows(2).filter(|pair| pair[0].1.signum() != pair[1].1.signum());
    let told: Vec<Change> =
        pairs.filter_map(|pair| change(points, &sure, (pair[0], pair[1].0))).collect();
    let is_both = |sign: f64| sides.iter().flatten().any(|(median, _)| median * sign > 0.0);
    let is_open = told.is_empty() && !sure.is_empty() && is_both(1.0) && is_both(-1.0);
    Changes { told, is_open }
}

/// Returns the median at a point and the side that is sure there: above zero, below, or zero for
/// none.
fn side(point: &Point, margin_ln: f64) -> Option<(f64, f64)> {
    let values: Vec<f64> = point.ln_ratios.values().copied().collect();
    let estimate = median_interval(&values, CONFIDENCE)?;
    let sure = match estimate.interval {
        Some((low, _)) if low > margin_ln => 1.0,
        Some((_, high)) if high < -margin_ln => -1.0,
        _ => 0.0,
    };
    Some((estimate.value, sure))
}

/// Returns the change between two points at which opposite sides are sure.
fn change(
    points: &[Point],
    sure: &[(usize, f64)],
    ((first, before), last): ((usize, f64), usize),
) -> Option<Change> {
    let sign = before.signum();
    let curve: Vec<(f64, Option<Limb>)> = (first * STEPS..=last * STEPS)
        .map(|step| (float(step) / float(STEPS), limb(points, step)))
        .collect();
    let middle = middle(&curve, sign)?;
    let is_sure = |limb: &Limb, sign: f64| limb.low * sign > 0.0 && limb.high * sign > 0.0;
    let at = |wanted: f64, (place, limb): &(f64, Option<Limb>)| {
        limb.as_ref().filter(|limb| is_sure(limb, wanted)).map(|_| *place)
    };
    let below = curve.iter().filter(|step| step.0 <= middle).rev().find_map(|it| at(sign, it))?;
    let above = curve.iter().filter(|step| step.0 >= middle).find_map(|it| at(-sign, it))?;
    let most = |sign: f64, is_side: &dyn Fn(usize) -> bool| {
        let own = sure.iter().filter(|(at, median)| is_side(*at) && median * sign > 0.0);
        own.map(|(_, median)| median.abs()).fold(0.0, f64::max).exp()
    };
    Some(Change {
        at: size_at(points, middle),
        interval: Interval { low: size_at(points, below), high: size_at(points, above) },
        is_first_below: sign < 0.0,
        factors: [most(sign, &|at| at <= first), most(-sign, &|at| at >= last)],
    })
}

/// The median of the rounds' curves at a place, with its interval.
struct Limb {
    low: f64,
    median: f64,
    high: f64,
}

/// Returns it so many steps from the first point; `None` where too few rounds have both
/// neighbouring sizes.
fn limb(points: &[Point], step: usize) -> Option<Limb> {
    let (at, share) = (step / STEPS, float(step % STEPS) / float(STEPS));
    let before = &points.get(at)?.ln_ratios;
    let values: Vec<f64> = match points.get(at + 1).filter(|_| share > 0.0) {
        None => before.values().copied().collect(),
        Some(Point { ln_ratios: after, .. }) => {
            let joined = |(round, a): (&u32, &f64)| Some(a + share * (after.get(round)? - a));
            before.iter().filter_map(joined).collect()
        }
    };
    let estimate = median_interval(&values, CONFIDENCE)?;
    let (low, high) = estimate.interval?;
    Some(Limb { low, median: estimate.value, high })
}

/// Returns the place where the median leaves the side of `sign`: the middle one, if noise makes it
/// come back.
fn middle(curve: &[(f64, Option<Limb>)], sign: f64) -> Option<f64> {
    let medians: Vec<(f64, f64)> =
        curve.iter().filter_map(|(place, limb)| Some((*place, limb.as_ref()?.median))).collect();
    let zero = |pair: &[(f64, f64)]| {
        let [(a, before), (b, after)] = [pair[0], pair[1]];
        let crosses = (before * sign > 0.0) != (after * sign > 0.0);
        crosses.then(|| a + (b - a) * before / (before - after))
    };
    let zeros: Vec<f64> = medians.windows(2).filter_map(zero).collect();
    zeros.get(zeros.len() / 2).copied()
}

/// Returns the size at a place between points, on a logarithmic scale.
fn size_at(points: &[Point], place: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
    let at = (place.floor() as usize).min(points.len() - 1);
    let (low, high) = (points[at].size, points[(at + 1).min(points.len() - 1)].size);
    low * (high / low).powf(place - float(at))
}

#[expect(clippy::cast_precision_loss, reason = "few steps")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
