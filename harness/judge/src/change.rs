//! Finds where a series of runs changed: E-divisive with a t-test, as Apache Otava does it. No I/O,
//! nothing drawn at random: the same series gives the same change points.
//!
//! A window moves over the series; inside it the place that divides the values best becomes a
//! candidate as long as a t-test finds both sides apart, and so on in each part. Then all
//! candidates are tested again, each against everything up to its neighbours: the weakest is
//! dropped and its neighbours are tested anew, until every one left is strong enough and large
//! enough. A part has at least [`Options::min_runs`] runs, and in the second pass a p-value counts
//! as often as there were places to choose from. Sources, reasons and measurements:
//! docs/history.md.

use serde::{Deserialize, Serialize};

use crate::stats::{Divided, divide, divide_end, mean, same_mean_by_chance};

/// The runs that are looked at together in the first pass, as in Otava; more where parts must be
/// long.
const WINDOW: usize = 50;
/// How much more lenient the first pass is, as in Otava.
const LENIENCE: f64 = 10.0;

/// The definition of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The largest p-value, corrected for the number of places that it was chosen from.
    pub max_p: f64,
    /// The smallest change, as a factor above 1: `1.01`.
    pub min_change: f64,
    /// The fewest runs before and after a change; less than 2 counts as 2.
    pub min_runs: usize,
}

impl Default for Options {
    /// Returns one in a thousand, as Otava; a change of 1 %; three runs on either side.
    fn default() -> Self {
        Self { max_p: 0.001, min_change: 1.01, min_runs: 3 }
    }
}

/// A place where a series changed. It lasts from the change before it to the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// The first value after the change, counted from 0.
    pub at: usize,
    /// The mean from the change before it.
    pub before: f64,
    /// The mean to the change after it.
    pub after: f64,
    /// The corrected p-value of a t-test of both.
    pub p: f64,
}

impl ChangePoint {
    /// Returns the mean after to the mean before; `None` where one is not above zero.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let ratio = self.after / self.before;
        (self.before > 0.0 && self.after > 0.0 && ratio.is_finite()).then_some(ratio)
    }

    /// Returns the size of the change as a factor above 1; infinite where there is no ratio.
    fn size(&self) -> f64 {
        self.ratio().map_or(f64::INFINITY, |ratio| ratio.max(ratio.recip()))
    }
}

/// Returns the changes of `values`, which stand in the order of their times. None where a value is
/// not a number.
#[must_use]
pub fn change_points(values: &[f64], options: &Options) -> Vec<ChangePoint> {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest == 0.0 || !values.iter().all(|value| value.is_finite()) {
        return Vec::new();
    }
    // So that no sum of distances overflows.
    let scaled: Vec<f64> = values.iter().map(|value| value / largest).collect();
    let found = confirmed(&scaled, candidates(&scaled, options), options);
    let unscaled = |change: ChangePoint| ChangePoint {
        before: change.before * largest,
        after: change.after * largest,
        ..change
    };
    found.into_iter().map(unscaled).collect()
}

/// Makes the first pass: returns places, ascending, in windows that overlap by half.
fn candidates(values: &[f64], options: &Options) -> Vec<usize> {
    let max_p = (options.max_p * LENIENCE).min(1.0);
    let mut found: Vec<usize> = Vec::new();
    let length = WINDOW.max(4 * options.min_runs);
    let mut start = 0;
    while start < values.len() {
        let window = &values[start..values.len().min(start + length)];
        let mut inside = Vec::new();
        divide_again(window, 0, max_p, options.min_runs, &mut inside);
        let last = inside.iter().max().map_or(0, |last| start + last);
        found.extend(inside.into_iter().map(|at| start + at));
        start = last.max(start + length / 2);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Divides `values` where they divide best, and their parts, as long as the parts differ; adds
/// `offset` to every place.
fn divide_again(values: &[f64], offset: usize, max_p: f64, least: usize, found: &mut Vec<usize>) {
    let differ = |at| same_mean_by_chance(&values[..at], &values[at..]) <= max_p;
    let Some(divided) = divide(values, least) else { return };
    // Too few runs lie behind the real change, or before it. They are left out, or the change would
    // be located next to its true position.
    if let Some(Divided { at, divergence }) = divide_end(values, least)
        && divergence > divided.divergence
        && differ(at)
    {
        let from_start = at < least.max(2);
        let (rest, start) = if from_start { (&values[at..], at) } else { (&values[..at], 0) };
        return divide_again(rest, offset + start, max_p, least, found);
    }
    if differ(divided.at) {
        let (left, right) = values.split_at(divided.at);
        found.push(offset + divided.at);
        divide_again(left, offset, max_p, least, found);
        divide_again(right, offset + divided.at, max_p, least, found);
    }
}

/// Makes the second pass: drops the weakest candidate until all are strong enough, then the
/// smallest until all are large enough.
fn confirmed(values: &[f64], places: Vec<usize>, options: &Options) -> Vec<ChangePoint> {
    let all = |places: &[usize]| -> Vec<ChangePoint> {
        (0..places.len()).map(|index| change_point(values, places, index, options)).collect()
    };
    let mut places = places;
    let mut changes = all(&places);
    while let Some(index) = falls(&changes, options) {
        places.remove(index);
        changes.remove(index);
        for neighbour in [index.checked_sub(1), Some(index)].into_iter().flatten() {
            if neighbour < places.len() {
                changes[neighbour] = change_point(values, &places, neighbour, options);
            }
        }
    }
    changes
}

/// Returns the change at the place of this index, by comparing what lies between it and its
/// neighbours.
fn change_point(values: &[f64], places: &[usize], index: usize, options: &Options) -> ChangePoint {
    let at = places[index];
    let start = index.checked_sub(1).map_or(0, |before| places[before]);
    let end = places.get(index + 1).copied().unwrap_or(values.len());
    let (left, right) = (&values[start..at], &values[at..end]);
    let least = options.min_runs.max(2);
    let choices = (end - start + 1).saturating_sub(2 * least);
    #[expect(clippy::cast_precision_loss, reason = "counts of runs stay far below 2^53")]
    let p = match left.len().min(right.len()) < least {
        // Two windows proposed places side by side.
        true => 1.0,
        false => (same_mean_by_chance(left, right) * choices as f64).min(1.0),
    };
    let side = |values| mean(values).unwrap_or(f64::NAN);
    ChangePoint { at, before: side(left), after: side(right), p }
}

/// Returns the index of the change that is not good enough and the worst.
fn falls(changes: &[ChangePoint], options: &Options) -> Option<usize> {
    let indexed = || changes.iter().enumerate();
    let weakest = indexed().max_by(|a, b| a.1.p.total_cmp(&b.1.p))?;
    if weakest.1.p > options.max_p {
        return Some(weakest.0);
    }
    let smallest = indexed().min_by(|a, b| a.1.size().total_cmp(&b.1.size()))?;
    (smallest.1.size() < options.min_change).then_some(smallest.0)
}

#[cfg(test)]
mod tests;
