//! Two samples that share nothing, as two runs of two moments: by how much one lies above the
//! other.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Estimate, RisingPairs};

/// Two samples without pairs.
#[derive(Clone, Debug)]
pub struct TwoSamples {
    /// Ascending.
    theirs: Vec<f64>,
    /// Ascending.
    ours: Vec<f64>,
    value: f64,
    rising: Arc<RisingPairs>,
}

impl TwoSamples {
    /// Compares two samples and the shift from `theirs` to `ours` that is shown: the difference of
    /// their medians. `rising` is that of their sizes. Returns `None` if one is empty or a value is
    /// no finite number.
    #[must_use]
    pub fn new(theirs: &[f64], ours: &[f64], value: f64, rising: Arc<RisingPairs>) -> Option<Self> {
        let (theirs, ours) = (super::sorted(theirs)?, super::sorted(ours)?);
        value.is_finite().then_some(Self { theirs, ours, value, rising })
    }

    /// Returns the number of values in the smaller sample.
    #[must_use]
    pub fn fewest(&self) -> usize {
        self.theirs.len().min(self.ours.len())
    }

    /// Returns the shift with its interval, that of the Mann-Whitney test: at least `confidence`
    /// where both distributions have one shape. Where their shapes differ a median may move another
    /// way than most values: then the interval is stretched until it holds the shift of the
    /// medians. At 95 % it takes four values on each side.
    ///
    /// J. L. Hodges and E. L. Lehmann, *Estimates of Location Based on Rank Tests*, Annals of
    /// Mathematical Statistics 34 (1963); the interval is L. E. Moses's: M. Hollander and D. A.
    /// Wolfe, *Nonparametric Statistical Methods*, 2nd ed. (1999), section 4.3.
    #[must_use]
    pub fn estimate(&self, confidence: f64) -> Estimate {
        let ends = |rank: usize| {
            let (low, high) = (self.difference(rank), self.difference(self.pairs() + 1 - rank));
            (low.min(self.value), high.max(self.value))
        };
        Estimate { value: self.value, interval: self.rising.rank(confidence).map(ends) }
    }

    /// Returns the p-value of "not shifted above `limit`": small where it is. Pairs at the limit
    /// count as not above, so ties never help.
    #[must_use]
    pub fn above_by_chance(&self, limit: f64) -> f64 {
        self.rising.at_most(self.count(|difference| difference <= limit))
    }

    /// Returns the p-value of "not shifted below `limit`": small where it is.
    #[must_use]
    pub fn below_by_chance(&self, limit: f64) -> f64 {
        self.rising.at_most(self.pairs() - self.count(|difference| difference < limit))
    }

    fn pairs(&self) -> usize {
        self.theirs.len() * self.ours.len()
    }

    /// Returns the number of differences that are small: `is_small` holds for all up to some value.
    /// One pass over both samples: the larger theirs, the more of ours are small against it.
    fn count(&self, is_small: impl Fn(f64) -> bool) -> usize {
        let mut small = 0;
        let of_theirs = self.theirs.iter().map(|theirs| {
            while self.ours.get(small).is_some_and(|ours| is_small(ours - theirs)) {
                small += 1;
            }
            small
        });
        of_theirs.sum()
    }

    /// Returns the difference of this rank, from 1, among those of all pairs: the least number that
    /// so many do not exceed, found by halving, without a list of all pairs.
    fn difference(&self, rank: usize) -> f64 {
        let (Some(first), Some(last)) = (self.ends(0, usize::MAX), self.ends(usize::MAX, 0)) else {
            return self.value;
        };
        let (mut low, mut high) = (order(first), order(last));
        while low < high {
            // Rounded down, also below zero, and without overflow.
            let middle = (low & high) + ((low ^ high) >> 1);
            let value = number(middle);
            match self.count(|difference| difference <= value).cmp(&rank) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal | Ordering::Greater => high = middle,
            }
        }
        number(low)
    }

    /// Returns the difference of ours and theirs at these places, or the last.
    fn ends(&self, ours: usize, theirs: usize) -> Option<f64> {
        let at = |values: &[f64], at: usize| values.get(at).or(values.last()).copied();
        Some(at(&self.ours, ours)? - at(&self.theirs, theirs)?)
    }
}

/// Maps floats to whole numbers in the order of the finite floats.
#[expect(clippy::cast_possible_wrap, reason = "the bits are kept")]
fn order(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// Returns the float of an [`order`].
#[expect(clippy::cast_sign_loss, reason = "the bits are kept")]
fn number(order: i64) -> f64 {
    f64::from_bits(if order < 0 { order ^ i64::MAX } else { order } as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples(theirs: &[f64], ours: &[f64]) -> TwoSamples {
        let median = |values: &[f64]| super::super::median(values).unwrap();
        let rising = Arc::new(RisingPairs::of(theirs.len(), ours.len()));
        TwoSamples::new(theirs, ours, median(ours) - median(theirs), rising).unwrap()
    }

    proptest! {
        /// Against the list of all differences.
        #[test]
        fn ranks_of_differences_are_found_without_their_list(
            theirs in proptest::collection::vec(-5.0_f64..5.0, 1..12),
            ours in proptest::collection::vec(-5.0_f64..5.0, 1..12),
        ) {
            let samples = samples(&theirs, &ours);
            let pairs = ours.iter().flat_map(|ours| theirs.iter().map(move |theirs| ours - theirs));
            let mut all: Vec<f64> = pairs.collect();
            all.sort_by(f64::total_cmp);
            for (rank, value) in (1..).zip(&all) {
                prop_assert_eq!(samples.difference(rank), *value);
            }
            let above = samples.above_by_chance(0.0);
            let swapped = self::samples(&ours, &theirs);
            prop_assert!((above - swapped.below_by_chance(0.0)).abs() < 1e-12);
        }

        /// The interval holds the difference of the medians, so neither ever contradicts the other.
        #[test]
        fn the_interval_holds_what_is_shown(
            theirs in proptest::collection::vec(0.0_f64..5.0, 4..20),
            ours in proptest::collection::vec(0.0_f64..5.0, 4..20),
        ) {
            let Estimate { value, interval } = samples(&theirs, &ours).estimate(0.95);
            let (low, high) = interval.expect("four values suffice");
            prop_assert!(low <= value && value <= high);
        }
    }

    /// Most pairs rise here although the median falls: nothing is told.
    #[test]
    fn shapes_that_differ_widen_the_interval() {
        let theirs = [50.0, 50.0, 50.0, 50.0, 50.0, 58.7, 58.7, 58.7, 58.7, 58.7, 58.7, 58.7];
        let ours = [56.3, 56.3, 56.3, 56.3, 56.3, 56.3, 56.3, 80.0, 80.0, 80.0, 80.0, 80.0];
        let estimate = samples(&theirs, &ours).estimate(0.95);
        assert!((estimate.value + 2.4).abs() < 1e-9);
        assert!(estimate.interval.is_some_and(|(low, high)| low < -2.3 && high > 2.4));
    }

    /// Of 2,000 pairs of samples of one distribution, the interval misses 0 in about 5 %.
    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut sample =
            |count: usize| -> Vec<f64> { (0..count).map(|_| -(1.0 - rng.f64()).ln()).collect() };
        let missed = (0..2_000).filter(|_| {
            let (low, high) = samples(&sample(12), &sample(9)).estimate(0.95).interval.unwrap();
            low > 0.0 || high < 0.0
        });
        let missed = missed.count();
        assert!((50..=110).contains(&missed), "{missed}");
    }
}
