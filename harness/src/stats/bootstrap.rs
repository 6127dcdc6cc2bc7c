//! The bootstrap, for composite figures that have no exact interval.

use super::{Estimate, quantile};

/// How often [`bootstrap`] draws unless there is reason for more.
pub const RESAMPLES: usize = 2_000;

/// The interval of a statistic of values in groups (rounds in sessions): groups are drawn with
/// replacement, then values inside each, so that what a whole session has in common widens the
/// interval as it must. `seed` fixes the draws. The interval is that of the percentile method; it
/// is `None` for fewer than six values in all, and the whole is where the statistic has no answer.
///
/// B. Efron and R. Tibshirani, *An Introduction to the Bootstrap* (1993), sections 13.3 and 8.3; A.
/// Davison and D. Hinkley, *Bootstrap Methods and their Application* (1997), section 3.8, for
/// hierarchies.
#[must_use]
pub fn bootstrap(
    groups: &[Vec<f64>],
    statistic: impl Fn(&[f64]) -> Option<f64>,
    resamples: usize,
    confidence: f64,
    seed: u64,
) -> Option<Estimate> {
    let groups: Vec<&[f64]> =
        groups.iter().map(Vec::as_slice).filter(|group| !group.is_empty()).collect();
    let all = groups.concat();
    let value = statistic(&all)?;
    if all.len() < 6 || !(0.0..1.0).contains(&confidence) {
        return Some(Estimate { value, interval: None });
    }
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut drawn = Vec::with_capacity(all.len());
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.clear();
        for _ in 0..groups.len() {
            let group = groups[rng.usize(..groups.len())];
            drawn.extend((0..group.len()).map(|_| group[rng.usize(..group.len())]));
        }
        values.push(statistic(&drawn)?);
    }
    let outside = (1.0 - confidence) / 2.0;
    let interval = quantile(&values, outside).zip(quantile(&values, 1.0 - outside));
    Some(Estimate { value, interval })
}
