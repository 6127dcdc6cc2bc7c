//! Student's t-test: how likely means so far apart are by chance alone.

use statrs::function::beta::beta_reg;

use super::as_f64;

/// Returns the sum over the count; `None` for no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / as_f64(values.len()))
}

/// Returns the two-sided p-value of "both sides have the same mean", under normal errors of one
/// variance: small where they differ. 1 where there is nothing to tell by: an empty side, fewer
/// than three values in all, a value that is no number. Values without any spread tell for sure: 0
/// or 1.
///
/// Student, *The Probable Error of a Mean*, Biometrika 6 (1908); pooled over two samples as in R.
/// A. Fisher, *Statistical Methods for Research Workers* (1925), section 24.
#[must_use]
pub fn same_mean_by_chance(left: &[f64], right: &[f64]) -> f64 {
    let freedom = (left.len() + right.len()).saturating_sub(2);
    let (Some(a), Some(b)) = (mean(left), mean(right)) else { return 1.0 };
    if freedom == 0 {
        return 1.0;
    }
    let pooled = (squares(left, a) + squares(right, b)) / as_f64(freedom);
    let error = (pooled * (as_f64(left.len()).recip() + as_f64(right.len()).recip())).sqrt();
    let distance = (a - b).abs();
    match () {
        // What adding up rounds away is no distance.
        () if distance <= 1e-12 * a.abs().max(b.abs()) => 1.0,
        () if error == 0.0 => 0.0,
        () if distance.is_finite() && error.is_finite() => two_sided(distance / error, freedom),
        () => 1.0,
    }
}

/// Returns the squared distances to the mean.
fn squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Returns `P(|T| >= t)` for Student's distribution with `freedom` degrees: M. Abramowitz and I.
/// Stegun, *Handbook of Mathematical Functions* (1964), 26.5.27.
pub(super) fn two_sided(t: f64, freedom: usize) -> f64 {
    let (nu, squared) = (as_f64(freedom), t * t);
    // From the end that is nearer: the other is 1 less it, and loses digits.
    match squared > nu {
        true => beta_reg(nu / 2.0, 0.5, nu / (nu + squared)),
        false => 1.0 - beta_reg(0.5, nu / 2.0, squared / (nu + squared)),
    }
}
