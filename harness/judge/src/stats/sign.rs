//! The sign test: how likely so many values on one side of a limit are by chance alone.

use statrs::function::beta::beta_reg;

use super::as_f64;

/// Returns the probability that at least `above` of `count` values lie above their median by
/// chance: `P(X >= above)`, X binomial with `count` trials of one half. Small: the median is above
/// the limit that was counted against. 1 for no values.
///
/// The one-sided sign test: J. Arbuthnott (1710); Conover (1999), section 3.4.
#[must_use]
pub fn binomial_tail(above: usize, count: usize) -> f64 {
    match above {
        0 => 1.0,
        above if above > count => 0.0,
        above => beta_reg(as_f64(above), as_f64(count - above + 1), 0.5),
    }
}

/// Returns the p-value of "the median of `values` is not above `limit`": small where it is above. A
/// value that equals the limit counts as not above, so ties never help. 1 for no values.
#[must_use]
pub fn above_by_chance(values: &[f64], limit: f64) -> f64 {
    binomial_tail(values.iter().filter(|value| **value > limit).count(), values.len())
}

/// Returns the p-value of "the median of `values` is not below `limit`": small where it is below.
#[must_use]
pub fn below_by_chance(values: &[f64], limit: f64) -> f64 {
    binomial_tail(values.iter().filter(|value| **value < limit).count(), values.len())
}
