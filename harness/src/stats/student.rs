//! Student's t-test: how likely means so far apart are by chance alone.

use super::as_f64;

/// The sum over the count; `None` for no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / as_f64(values.len()))
}

/// The two-sided p-value of "both sides have the same mean", under normal errors of one variance:
/// small where they differ. 1 where there is nothing to tell by: an empty side, fewer than three
/// values in all, a value that is no number. Values without any spread tell for sure: 0 or 1.
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

/// The squared distances to the mean.
fn squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// `P(|T| >= t)` for Student's distribution with `freedom` degrees: the regularised incomplete beta
/// function at `freedom / (freedom + t^2)` with the parameters `freedom / 2` and one half.
///
/// M. Abramowitz and I. Stegun, *Handbook of Mathematical Functions* (1964), 26.5.27.
pub(super) fn two_sided(t: f64, freedom: usize) -> f64 {
    let nu = as_f64(freedom);
    let (x, a, b) = (nu / (nu + t * t), nu / 2.0, 0.5);
    // 1 - x, without the loss where t is small.
    let rest = t * t / (nu + t * t);
    let weight = x.powf(a) * rest.powf(b) / beta_half(freedom);
    // Either end of the distribution: the fraction converges fast only below its middle.
    let p = if x < (a + 1.0) / (a + b + 2.0) {
        weight * fraction(x, a, b) / a
    } else {
        1.0 - weight * fraction(rest, b, a) / b
    };
    p.clamp(0.0, 1.0)
}

/// The beta function of `freedom / 2` and one half, from its value at 1/2 or 1 upwards by the
/// recurrence `B(a + 1, b) = B(a, b) * a / (a + b)`.
fn beta_half(freedom: usize) -> f64 {
    let (mut a, mut beta) = if freedom % 2 == 1 { (0.5, std::f64::consts::PI) } else { (1.0, 2.0) };
    while a < as_f64(freedom) / 2.0 {
        beta *= a / (a + 0.5);
        a += 1.0;
    }
    beta
}

/// The continued fraction of the incomplete beta function, Abramowitz and Stegun 26.5.8, from its
/// front as in W. J. Lentz, *Generating Bessel Functions in Mie Scattering Calculations*, Applied
/// Optics 15 (1976).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut numerator = 1.0;
    let mut denominator = away_from_zero(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut value = denominator;
    for step in 1..1000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            denominator = away_from_zero(1.0 + term * denominator).recip();
            numerator = away_from_zero(1.0 + term / numerator);
            value *= denominator * numerator;
        }
        if (value - before).abs() <= 1e-15 * value.abs() {
            break;
        }
    }
    value
}
