//! Which order statistics enclose a quantile: an interval without any assumption about the shape.

use statrs::function::beta::beta_reg;

/// Returns the ranks, from 1, of the order statistics among `count` values that enclose the
/// quantile `at` with at least `confidence`: those for which the binomial distribution with `count`
/// trials of `at` leaves at most half of the rest outside at either end. `None` where not even the
/// extremes do, and beyond a million values, where the ends are as good as the quantile.
///
/// Conover (1999), section 3.2; Hahn and Meeker, *Statistical Intervals* (1991), section 5.2.
#[must_use]
pub fn quantile_ranks(count: u64, at: f64, confidence: f64) -> Option<(u64, u64)> {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    if count == 0 || count > 1_000_000 || !inside(at) || !inside(confidence) {
        return None;
    }
    let allowed = (1.0 - confidence) / 2.0 * (1.0 + 1e-9);
    let low = binomial_rank(count, at, allowed);
    let high = binomial_rank(count, 1.0 - at, allowed);
    (low > 0 && high > 0).then(|| (low, count + 1 - high))
}

/// Returns the largest rank k with `P(X < k) <= allowed`, X binomial with `count` trials of
/// `share`: M. Abramowitz and I. Stegun, *Handbook of Mathematical Functions* (1964), 26.5.24.
fn binomial_rank(count: u64, share: f64, allowed: f64) -> u64 {
    let below = |rank| beta_reg(large(count - rank + 1), large(rank), 1.0 - share);
    let (mut fits, mut too_many) = (0, count + 1);
    while too_many - fits > 1 {
        let middle = u64::midpoint(fits, too_many);
        if below(middle) <= allowed { fits = middle } else { too_many = middle }
    }
    fits
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub(super) fn large(count: u64) -> f64 {
    count as f64
}
