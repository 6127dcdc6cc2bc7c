//! The sign test: how likely so many values on one side of a limit are by chance alone.

use super::as_f64;

/// The probability that at least `above` of `count` values lie above their median by chance:
/// `P(X >= above)`, X binomial with `count` trials of one half. Small: the median is above the
/// limit that was counted against. 1 for no values.
///
/// The one-sided sign test: J. Arbuthnott (1710); Conover (1999), section 3.4.
#[must_use]
pub fn binomial_tail(above: usize, count: usize) -> f64 {
    if above == 0 {
        return 1.0;
    }
    // Sums the smaller tail, from its far end, so that nothing small is lost in something large.
    if above * 2 < count {
        return 1.0 - binomial_tail(count - above + 1, count);
    }
    let mut ln_mass = -(as_f64(count) * std::f64::consts::LN_2);
    let mut tail = 0.0;
    for outcome in 0..=count.saturating_sub(above) {
        if above > count {
            return 0.0;
        }
        tail += ln_mass.exp();
        ln_mass += (as_f64(count - outcome) / as_f64(outcome + 1)).ln();
    }
    tail.min(1.0)
}

/// The p-value of "the median of `values` is not above `limit`": small where it is above. A value
/// that equals the limit counts as not above, so ties never help. 1 for no values.
#[must_use]
pub fn above_by_chance(values: &[f64], limit: f64) -> f64 {
    binomial_tail(values.iter().filter(|value| **value > limit).count(), values.len())
}

/// The p-value of "the median of `values` is not below `limit`": small where it is below.
#[must_use]
pub fn below_by_chance(values: &[f64], limit: f64) -> f64 {
    binomial_tail(values.iter().filter(|value| **value < limit).count(), values.len())
}
