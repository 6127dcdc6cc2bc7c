//! Statistics without assumptions about the shape of what is measured. No I/O; what is drawn at
//! random is drawn from a seed.
//!
//! Every function takes values in any order and gives `None` where there is no answer: too few
//! values, or one that is not a number. Nothing is dropped quietly and nothing panics.
//!
//! Benchmark times are skewed and have heavy tails, so means and t-intervals mislead: medians with
//! exact order-statistic intervals hold whatever the distribution is.

mod energy;
mod multiple;
mod pooled;
mod ranks;
mod rising;
mod shift;
mod sign;
mod student;

pub use energy::{Divided, divide, divide_end};
pub use multiple::holm;
pub use pooled::{Counted, Pooled};
pub use ranks::quantile_ranks;
pub use rising::RisingPairs;
pub use shift::TwoSamples;
pub use sign::{above_by_chance, below_by_chance, binomial_tail};
pub use student::{mean, same_mean_by_chance};

/// Confidence of every interval that is published.
pub const CONFIDENCE: f64 = 0.95;

/// A value with the interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// Lower and upper end; `None` where there are too few values for the confidence asked for.
    pub interval: Option<(f64, f64)>,
}

/// Returns the middle value, or the mean of the two middle ones.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values)?;
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        Some(sorted[middle])
    } else {
        Some(f64::midpoint(sorted[middle - 1], sorted[middle]))
    }
}

/// Returns how far from their median half of the values are: the median absolute deviation.
#[must_use]
pub fn spread(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
}

/// Returns the median with its exact order-statistic interval: that of the sign test, whose
/// coverage is the binomial distribution's and so at least `confidence` for every continuous
/// distribution. At 95 % it takes six values.
///
/// W. J. Conover, *Practical Nonparametric Statistics*, 3rd ed. (1999), section 3.2; G. J. Hahn and
/// W. Q. Meeker, *Statistical Intervals* (1991), section 5.2.
#[must_use]
pub fn median_interval(values: &[f64], confidence: f64) -> Option<Estimate> {
    let value = median(values)?;
    let sorted = sorted(values)?;
    let place = |rank: u64| usize::try_from(rank).ok().map(|rank| sorted[rank - 1]);
    let interval = quantile_ranks(sorted.len() as u64, 0.5, confidence)
        .and_then(|(low, high)| place(low).zip(place(high)));
    Some(Estimate { value, interval })
}

/// Returns how much larger `ours` is than `theirs`, pair by pair: the median of the ratios on the
/// log scale, so that swapping both sides gives the reciprocal. Pairs share what disturbed them, so
/// their ratio is steadier than that of two medians.
///
/// Conover (1999), section 3.4 (the sign test on matched pairs) and 3.2 for the interval.
#[must_use]
pub fn paired_ratio(pairs: &[(f64, f64)], confidence: f64) -> Option<Estimate> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let ln_ratio = |(ours, theirs): &(f64, f64)| {
        (positive(*ours) && positive(*theirs)).then(|| ours.ln() - theirs.ln())
    };
    let ln_ratios: Vec<f64> = pairs.iter().map(ln_ratio).collect::<Option<_>>()?;
    let Estimate { value, interval } = median_interval(&ln_ratios, confidence)?;
    // Of values as far apart as floats can be: still a number above zero.
    let ratio = |ln: f64| ln.clamp(-MAX_LN_RATIO, MAX_LN_RATIO).exp();
    let interval = interval.map(|(low, high)| (ratio(low), ratio(high)));
    Some(Estimate { value: ratio(value), interval })
}

/// The logarithm of the largest ratio that [`paired_ratio`] gives: about 1e300.
const MAX_LN_RATIO: f64 = 690.0;

/// Returns the smallest true median that values with this spread would have shown to lie above
/// `margin` in most repetitions: the margin and the whole width of the interval of the median. A
/// shift by it puts the lower end of the interval one half width above the margin: nine times in
/// ten or more that shows again, since the width itself varies (simulated with 40 values that are
/// normal, skewed and heavy-tailed).
///
/// The width of a confidence interval as the measure of what an experiment could see: J. Hoenig and
/// D. Heisey, *The Abuse of Power*, The American Statistician 55 (2001).
#[must_use]
pub fn detectable((low, high): (f64, f64), margin: f64) -> f64 {
    margin + (high - low)
}

/// Returns the value below which the share `at` (0 to 1) of the values lies, interpolated between
/// the two nearest: definition 7 of R. J. Hyndman and Y. Fan, *Sample Quantiles in Statistical
/// Packages*, The American Statistician 50 (1996); what R and NumPy give.
#[must_use]
pub fn quantile(values: &[f64], at: f64) -> Option<f64> {
    let sorted = sorted(values)?;
    if !(0.0..=1.0).contains(&at) {
        return None;
    }
    let place = at * as_f64(sorted.len() - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to len - 1")]
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let share = place - as_f64(below);
    Some(sorted[below] + share * (sorted[above] - sorted[below]))
}

/// Sorts the values; returns `None` if there is none, or one that is infinite or not a number.
fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
