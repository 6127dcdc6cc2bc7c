//! Against published figures, against slow obvious versions, and by properties.

use proptest::prelude::*;

use super::*;

/// Counts all outcomes of `count` coin tosses instead of summing a distribution.
fn slow_median_rank(count: u32, confidence: f64) -> Option<usize> {
    let outcomes = 1_u32 << count;
    let below = |rank: u32| (0..outcomes).filter(|toss| toss.count_ones() < rank).count();
    (1..=count.div_ceil(2))
        .rev()
        .find(|rank| {
            let outside = 2.0 * as_f64(below(*rank)) / f64::from(outcomes);
            1.0 - outside >= confidence
        })
        .map(|rank| rank as usize)
}

#[test]
fn ranks_equal_those_of_all_coin_tosses() {
    for count in 0..=14 {
        for confidence in [0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] {
            assert_eq!(
                median_rank(count as usize, confidence),
                slow_median_rank(count, confidence),
                "{count} values at {confidence}"
            );
        }
    }
}

/// The widest rank that the published table gives at 95 % or above (textbook table A.7, *Confidence
/// Intervals for the Population Median*, for n up to 20; Hahn and Meeker (1991), table A.15, for 100).
#[test]
fn ranks_equal_the_published_table() {
    let table = [
        (6, 1),
        (7, 1),
        (8, 1),
        (9, 2),
        (10, 2),
        (11, 2),
        (12, 3),
        (13, 3),
        (15, 4),
        (16, 4),
        (17, 5),
        (18, 5),
        (19, 5),
        (20, 6),
        (100, 40),
    ];
    for (count, rank) in table {
        assert_eq!(median_rank(count, 0.95), Some(rank), "{count}");
    }
    assert!((0..6).all(|count| median_rank(count, 0.95).is_none()));
}

/// Large counts: the normal approximation of the binomial, which is within one rank there.
#[test]
fn large_counts_neither_underflow_nor_drift() {
    for count in [2_000_usize, 100_000] {
        let rank = as_f64(median_rank(count, 0.95).unwrap());
        let approximate = as_f64(count) / 2.0 - 1.959_964 * as_f64(count).sqrt() / 2.0;
        assert!((rank - approximate).abs() <= 1.5, "{count}: {rank} for {approximate}");
    }
}

/// The worked example that D. G. Bonett's R package statpsych gives for `ci.median`, after Snedecor
/// and Cochran, *Statistical Methods*, 8th ed. (1989): 20.7, from 10.8 to 30.9.
#[test]
fn a_published_example_comes_out() {
    let values = [
        30.2, 20.4, 15.1, 10.2, 10.5, 60.8, 20.8, 25.0, 20.7, 30.9, 10.8, 5.1, 50.9, 40.0, 20.9,
        10.8, 0.0, 20.5, 50.8,
    ];
    let expected = Estimate { value: 20.7, interval: Some((10.8, 30.9)) };
    assert_eq!(median_interval(&values, 0.95), Some(expected));
}

#[test]
fn quantiles_are_those_of_r() {
    // quantile(c(1, 2, 4, 8, 16), c(0, .1, .25, .5, .9, 1)) in R.
    let values = [16.0, 1.0, 8.0, 2.0, 4.0];
    let expected = [(0.0, 1.0), (0.1, 1.4), (0.25, 2.0), (0.5, 4.0), (0.9, 12.8), (1.0, 16.0)];
    for (at, value) in expected {
        assert!((quantile(&values, at).unwrap() - value).abs() < 1e-12, "{at}");
    }
}

#[test]
fn without_an_answer_there_is_none() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[1.0, f64::NAN]), None);
    assert_eq!(median_interval(&[f64::INFINITY], 0.95), None);
    assert_eq!(median_interval(&[1.0; 5], 0.95).unwrap().interval, None);
    assert_eq!(median_interval(&[1.0; 6], f64::NAN).unwrap().interval, None);
    assert_eq!(median_rank(10, 1.0), None);
    assert_eq!(quantile(&[1.0], 1.1), None);
    assert_eq!(geometric_mean(&[1.0, 0.0]), None);
    assert_eq!(paired_ratio(&[(1.0, 0.0)], 0.95), None);
    assert_eq!(paired_ratio(&[], 0.95), None);
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(1e-3_f64..1e9, 1..60)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #[test]
    fn the_median_has_as_many_below_as_above(values in values()) {
        let median = median(&values).unwrap();
        let below = values.iter().filter(|value| **value < median).count();
        let above = values.iter().filter(|value| **value > median).count();
        prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        prop_assert!(close(median, quantile(&values, 0.5).unwrap()));
    }

    #[test]
    fn the_interval_holds_the_median_and_grows_with_confidence(values in values()) {
        let at = |confidence| median_interval(&values, confidence).unwrap();
        let Estimate { value, interval } = at(0.9);
        if let Some((low, high)) = interval {
            prop_assert!(low <= value && value <= high);
            prop_assert!(values.contains(&low) && values.contains(&high));
        }
        if let (Some(narrow), Some(wide)) = (interval, at(0.99).interval) {
            prop_assert!(wide.0 <= narrow.0 && narrow.1 <= wide.1);
        }
    }

    #[test]
    fn order_does_not_matter(values in values(), seed: u64) {
        let mut shuffled = values.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(median_interval(&values, 0.95), median_interval(&shuffled, 0.95));
        prop_assert_eq!(quantile(&values, 0.3), quantile(&shuffled, 0.3));
    }

    #[test]
    fn swapping_the_sides_gives_the_reciprocal(
        pairs in proptest::collection::vec((1e-3_f64..1e6, 1e-3_f64..1e6), 1..40),
    ) {
        let swapped: Vec<_> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
        let (there, back) =
            (paired_ratio(&pairs, 0.95).unwrap(), paired_ratio(&swapped, 0.95).unwrap());
        prop_assert!(close(there.value, 1.0 / back.value));
        if let (Some(there), Some(back)) = (there.interval, back.interval) {
            prop_assert!(close(there.0, 1.0 / back.1) && close(there.1, 1.0 / back.0));
        }
    }

    #[test]
    fn a_factor_common_to_all_pairs_is_found(values in values(), factor in 0.1_f64..10.0) {
        let pairs: Vec<_> = values.iter().map(|value| (value * factor, *value)).collect();
        let ratio = paired_ratio(&pairs, 0.95).unwrap();
        prop_assert!(close(ratio.value, factor));
    }

    #[test]
    fn the_geometric_mean_of_ratios_is_the_ratio_of_the_means(
        pairs in proptest::collection::vec((1e-3_f64..1e6, 1e-3_f64..1e6), 1..40),
    ) {
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let ratios: Vec<f64> = pairs.iter().map(|(a, b)| a / b).collect();
        let of_means = geometric_mean(&ours).unwrap() / geometric_mean(&theirs).unwrap();
        prop_assert!(close(geometric_mean(&ratios).unwrap(), of_means));
    }

    #[test]
    fn quantiles_lie_between_their_neighbours(values in values(), at in 0.0_f64..=1.0) {
        let value = quantile(&values, at).unwrap();
        prop_assert!(quantile(&values, 0.0).unwrap() <= value);
        prop_assert!(value <= quantile(&values, 1.0).unwrap());
    }
}

/// Draws from a skewed distribution whose median is known; the interval holds it at least as often
/// as it promises (seeded: always the same draws).
#[test]
fn coverage_is_at_least_the_confidence() {
    let mut random = fastrand::Rng::with_seed(1);
    let trials = 4_000;
    let held = (0..trials)
        .filter(|_| {
            let draws: Vec<f64> = (0..12).map(|_| -(1.0 - random.f64()).ln()).collect();
            let (low, high) = median_interval(&draws, 0.95).unwrap().interval.unwrap();
            (low..=high).contains(&std::f64::consts::LN_2)
        })
        .count();
    // 96.1 % by the binomial distribution; four standard errors are 1.2 points.
    let coverage = as_f64(held) / f64::from(trials);
    assert!((0.949..0.973).contains(&coverage), "{coverage}");
}
