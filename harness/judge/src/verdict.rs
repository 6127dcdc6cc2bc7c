//! The verdict of a comparison of one cell: better, worse, the same, or not enough to tell. No I/O.
//!
//! Log-ratios come in, one a round (never one a sample), and are held against a margin. Without a
//! margin every difference is found in the end, since no two programs are equally fast; so it takes
//! the larger of what the user calls important and what the environment shows between two copies of
//! the same program.
//!
//! The method is that of equivalence tests against a margin: D. J. Schuirmann, *A Comparison of the
//! Two One-Sided Tests Procedure*, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
pub use crate::ratio::Limits;
use crate::ratio::{Interval, Ratio};
use crate::stats::{CONFIDENCE, Estimate, detectable};

/// The verdict of a comparison. "More" is more of the metric that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval lies above the margin: it costs more.
    Regressed,
    /// The whole interval lies below the margin: it costs less.
    Improved,
    /// The interval reaches over an end of the margin, or the margin had to be lifted too far.
    Inconclusive,
    /// The whole interval lies inside the margin.
    Equivalent,
}

/// The comparison of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Candidate to baseline, above 1 where the candidate costs more.
    pub ratio: Ratio,
    /// The limits it was held against.
    pub limits: Limits,
    /// The verdict.
    pub verdict: Verdict,
    /// The chance of so many rounds beyond the margin if the true ratio were inside: the p-value
    /// that is corrected for the number of cells.
    pub p_regressed: f64,
    /// The smallest ratio that so many such rounds would have shown to be a regression.
    pub detectable: Option<f64>,
}

/// Judges the `ln_ratios` of the rounds (candidate to baseline, positive where the candidate costs
/// more). `None` without a round, or with a value that is not finite; with fewer than six rounds
/// there is no interval and the verdict is [`Verdict::Inconclusive`].
#[must_use]
pub fn judge(ln_ratios: &[f64], limits: Limits) -> Option<Judged> {
    judge_at(&Evidence::Rounds(ln_ratios.to_vec()), limits, CONFIDENCE)
}

/// Does as [`judge`] for rounds of any kind, at another confidence than [`CONFIDENCE`], between 0
/// and 1: a figure that is looked at several times must be surer each time.
pub(crate) fn judge_at(pair: &Evidence, limits: Limits, confidence: f64) -> Option<Judged> {
    let estimate = pair.estimate(confidence)?;
    let margin_ln = limits.effective().ln();
    let verdict = match estimate.interval {
        Some((low, _)) if low > margin_ln => Verdict::Regressed,
        Some((_, high)) if high < -margin_ln => Verdict::Improved,
        Some((low, high)) if inside(low, high, margin_ln) && !limits.lifted_too_far() => {
            Verdict::Equivalent
        }
        _ => Verdict::Inconclusive,
    };
    Some(Judged {
        ratio: as_ratio(estimate, pair.rounds()),
        limits,
        verdict,
        p_regressed: pair.above_by_chance(margin_ln),
        detectable: estimate.interval.map(|ends| detectable(ends, margin_ln).exp()),
    })
}

/// Returns the ratio alone, without a verdict.
pub(crate) fn ratio(pair: &Evidence, confidence: f64) -> Option<Ratio> {
    Some(as_ratio(pair.estimate(confidence)?, pair.rounds()))
}

/// Turns logarithms back into a ratio.
fn as_ratio(estimate: Estimate, rounds: usize) -> Ratio {
    let interval = |(low, high): (f64, f64)| Interval { low: low.exp(), high: high.exp() };
    Ratio {
        median: estimate.value.exp(),
        interval: estimate.interval.map(interval),
        rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
    }
}

fn inside(low: f64, high: f64, margin_ln: f64) -> bool {
    -margin_ln <= low && high <= margin_ln
}

/// Returns what copies of the same program show: the end of the interval of their log-ratios that
/// is farther from none, as a factor. Without an interval it is the extreme itself; without values
/// 1.
pub(crate) fn floor(pair: &Evidence) -> f64 {
    let ends = pair.estimate(CONFIDENCE).and_then(|estimate| estimate.interval);
    let farthest = match ends {
        Some((low, high)) => low.abs().max(high.abs()),
        None => pair.farthest(),
    };
    farthest.exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { margin: 1.01, floor: 1.0 };

    fn around(center: f64, spread: f64) -> Vec<f64> {
        (0..40).map(|n| center + spread * (f64::from(n) / 39.0 - 0.5)).collect()
    }

    fn floor(ln_ratios: &[f64]) -> f64 {
        super::floor(&Evidence::Rounds(ln_ratios.to_vec()))
    }

    fn verdict(center: f64, spread: f64, limits: Limits) -> Verdict {
        judge(&around(center, spread), limits).unwrap().verdict
    }

    #[test]
    fn the_interval_decides_against_the_margin() {
        assert_eq!(verdict(0.03, 0.01, LIMITS), Verdict::Regressed);
        assert_eq!(verdict(-0.03, 0.01, LIMITS), Verdict::Improved);
        assert_eq!(verdict(0.001, 0.01, LIMITS), Verdict::Equivalent);
        assert_eq!(verdict(0.01, 0.01, LIMITS), Verdict::Inconclusive);
        assert_eq!(verdict(0.0, 0.2, LIMITS), Verdict::Inconclusive);
    }

    #[test]
    fn a_noisy_environment_is_never_called_equivalent() {
        let noisy = Limits { margin: 1.01, floor: 1.05 };
        assert_eq!(verdict(0.0, 0.01, noisy), Verdict::Inconclusive);
        assert_eq!(verdict(0.03, 0.01, noisy), Verdict::Inconclusive);
        assert_eq!(verdict(0.08, 0.01, noisy), Verdict::Regressed);
        let lifted = Limits { margin: 1.01, floor: 1.015 };
        assert_eq!(verdict(0.0, 0.01, lifted), Verdict::Equivalent);
    }

    #[test]
    fn too_few_rounds_decide_nothing() {
        assert_eq!(judge(&[0.5; 5], LIMITS).unwrap().verdict, Verdict::Inconclusive);
        assert_eq!(judge(&[0.5; 6], LIMITS).unwrap().verdict, Verdict::Regressed);
        assert_eq!(judge(&[], LIMITS), None);
        assert_eq!(judge(&[f64::NAN], LIMITS), None);
    }

    #[test]
    fn the_floor_is_the_far_end_of_what_copies_show() {
        assert_eq!(floor(&[]), 1.0);
        assert!((floor(&[-0.1, 0.05]) - 0.1_f64.exp()).abs() < 1e-12);
        assert!((floor(&around(0.0, 0.02)) - 1.0).abs() < 0.005);
    }

    proptest! {
        /// Swapping the sides swaps the verdicts.
        #[test]
        fn sides_are_treated_alike(
            values in proptest::collection::vec(-0.1_f64..0.1, 6..60),
            floor in 1.0_f64..1.1,
        ) {
            let limits = Limits { margin: 1.02, floor };
            let swapped: Vec<f64> = values.iter().map(|value| -value).collect();
            let (ours, theirs) =
                (judge(&values, limits).unwrap(), judge(&swapped, limits).unwrap());
            let mirrored = match ours.verdict {
                Verdict::Regressed => Verdict::Improved,
                Verdict::Improved => Verdict::Regressed,
                other => other,
            };
            prop_assert_eq!(theirs.verdict, mirrored);
        }

        /// A higher margin never makes a regression of what was none.
        #[test]
        fn a_higher_margin_flags_no_more(
            values in proptest::collection::vec(-0.1_f64..0.1, 6..60),
        ) {
            let flagged = |margin: f64| {
                judge(&values, Limits { margin, floor: 1.0 }).unwrap().verdict == Verdict::Regressed
            };
            prop_assert!(flagged(1.01) || !flagged(1.03));
        }
    }
}
