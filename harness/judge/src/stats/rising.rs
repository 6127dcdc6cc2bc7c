//! Mann and Whitney's U: how likely so many rising pairs are by chance.

use super::as_f64;

/// How likely each number of rising pairs is, if two samples are of one distribution: Mann and
/// Whitney's U, the number of pairs (one value of either sample) in which the second is the larger.
///
/// H. B. Mann and D. R. Whitney, *On a Test of Whether one of Two Random Variables is
/// Stochastically Larger than the Other*, Annals of Mathematical Statistics 18 (1947). Exact as
/// long as the number of ways to mix both samples fits into 120 bits (up to about 60 values in
/// each); the normal approximation with a correction for continuity beyond.
#[derive(Debug)]
pub struct RisingPairs {
    pairs: usize,
    /// `P(U <= u)` for u up to the middle; empty where it is approximated.
    at_most: Vec<f64>,
    deviation: f64,
}

/// More pairs are approximated whatever their number of ways.
const MAX_PAIRS: usize = 1 << 20;

impl RisingPairs {
    /// Makes the distribution for samples of `theirs` and `ours` values.
    #[must_use]
    pub fn of(theirs: usize, ours: usize) -> Self {
        let pairs = theirs.saturating_mul(ours);
        let variance = as_f64(pairs) * as_f64(theirs + ours + 1) / 12.0;
        let (few, many) = (theirs.min(ours), theirs.max(ours));
        let ways = ways(few, many).filter(|_| pairs <= MAX_PAIRS);
        let at_most = ways.map_or_else(Vec::new, |ways| cumulated(few, many, ways));
        Self { pairs, at_most, deviation: variance.sqrt() }
    }

    /// Returns `P(U <= rising)`.
    pub(super) fn at_most(&self, rising: usize) -> f64 {
        let falling = self.pairs.saturating_sub(rising);
        match (self.at_most.get(rising), falling.checked_sub(1)) {
            (_, None) => 1.0,
            (Some(chance), _) => *chance,
            // It is symmetric.
            (None, Some(mirrored)) if !self.at_most.is_empty() => 1.0 - self.at_most[mirrored],
            _ => normal((as_f64(rising) + 0.5 - as_f64(self.pairs) / 2.0) / self.deviation),
        }
    }

    /// Returns the rank k, from 1, for which the k-th smallest and the k-th largest difference
    /// enclose the shift with at least `confidence`; `None` where not even the extremes do.
    pub(super) fn rank(&self, confidence: f64) -> Option<usize> {
        let allowed = (1.0 - confidence) / 2.0 * (1.0 + 1e-9);
        let (mut fits, mut too_many) = (0, self.pairs / 2 + 1);
        while fits < too_many {
            let middle = usize::midpoint(fits, too_many);
            if self.at_most(middle) <= allowed { fits = middle + 1 } else { too_many = middle }
        }
        (fits > 0).then_some(fits)
    }
}

/// Returns the ways to mix two samples: a binomial coefficient. `None` if it is too large.
fn ways(few: usize, many: usize) -> Option<i128> {
    (1..=few).try_fold(1_i128, |ways, index| {
        let factor = i128::try_from(many + index).ok()?;
        let ways = ways.checked_mul(factor)? / i128::try_from(index).ok()?;
        (ways < 1 << 120).then_some(ways)
    })
}

/// Returns `P(U <= u)` up to the middle. The numbers of ways are the coefficients of a Gaussian
/// binomial coefficient, the product over i of `(1 - q^(many + i)) / (1 - q^i)`.
fn cumulated(few: usize, many: usize, ways: i128) -> Vec<f64> {
    let half = few * many / 2;
    let mut counts = vec![0_i128; half + 1];
    counts[0] = 1;
    for index in 1..=few {
        for at in (many + index..=half).rev() {
            counts[at] -= counts[at - many - index];
        }
        for at in index..=half {
            counts[at] += counts[at - index];
        }
    }
    let mut sum = 0_i128;
    #[expect(clippy::cast_precision_loss, reason = "a probability needs no more digits")]
    let chance = |count: i128| {
        sum += count;
        sum as f64 / ways as f64
    };
    counts.into_iter().map(chance).collect()
}

/// Returns the normal distribution's `P(Z <= z)`, to seven digits: W. Press et al., *Numerical
/// Recipes*, 6.2.
fn normal(z: f64) -> f64 {
    const TERMS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = (1.0 + x / 2.0).recip();
    let power = TERMS.iter().rev().fold(0.0, |sum, term| sum * t + term);
    let tail = t * (power - x * x).exp() / 2.0;
    if z < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table J of Hollander and Wolfe, and R's `pwilcox`.
    #[test]
    fn chances_are_those_of_the_tables() {
        let near =
            |chance: f64, known: f64| assert!((chance - known).abs() < 5e-5, "{chance} {known}");
        near(RisingPairs::of(3, 4).at_most(0), 1.0 / 35.0);
        near(RisingPairs::of(3, 4).at_most(2), 4.0 / 35.0);
        near(RisingPairs::of(5, 5).at_most(2), 0.0159);
        near(RisingPairs::of(5, 5).at_most(4), 0.0476);
        near(RisingPairs::of(10, 10).at_most(23), 0.0216);
        near(RisingPairs::of(10, 10).at_most(49), 0.4853);
        near(RisingPairs::of(10, 10).at_most(50), 1.0 - 0.4853);
        near(RisingPairs::of(10, 10).at_most(100), 1.0);
        assert_eq!(RisingPairs::of(12, 12).rank(0.95), Some(38));
        assert_eq!(RisingPairs::of(4, 4).rank(0.95), Some(1));
        assert_eq!(RisingPairs::of(3, 4).rank(0.95), None);
    }

    #[test]
    fn many_values_are_approximated_and_agree() {
        let (exact, approximate) = (RisingPairs::of(58, 58), RisingPairs::of(58, 58));
        let approximate = RisingPairs { at_most: Vec::new(), ..approximate };
        assert!(!exact.at_most.is_empty());
        for rising in (0..=58 * 58).step_by(29) {
            let (a, b) = (exact.at_most(rising), approximate.at_most(rising));
            assert!((a - b).abs() < 1e-3, "{rising}: {a} {b}");
        }
        assert_eq!(exact.rank(0.95), approximate.rank(0.95));
        assert!(RisingPairs::of(100, 100).at_most.is_empty());
        assert!(RisingPairs::of(100_000, 100_000).rank(0.95).is_some());
        assert!(
            (normal(1.959_964) - 0.975).abs() < 1e-6 && (normal(-1.0) - 0.158_655).abs() < 1e-6
        );
    }
}
