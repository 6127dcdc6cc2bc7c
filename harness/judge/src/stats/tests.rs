//! Against published figures, against slow obvious versions, and by properties.

use proptest::prelude::*;

use super::*;

mod pooled;
mod two_samples;

/// Returns the rank of the lower end of the median's interval.
fn median_rank(count: usize, confidence: f64) -> Option<usize> {
    let (low, high) = quantile_ranks(count as u64, 0.5, confidence)?;
    assert_eq!(low + high, count as u64 + 1, "the ends lie alike");
    usize::try_from(low).ok()
}

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
        for confidence in [0.5, 0.75, 0.9, 0.95, 0.99, 0.999] {
            assert_eq!(
                median_rank(count as usize, confidence),
                slow_median_rank(count, confidence),
                "{count} values at {confidence}"
            );
        }
    }
}

/// The widest rank that the published table gives at 95 % or above (textbook table A.7, *Confidence
/// Intervals for the Population Median*, for n up to 20; Hahn and Meeker (1991), table A.15, for
/// 100).
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
    assert_eq!(paired_ratio(&[(1.0, 0.0)], 0.95), None);
    assert_eq!(paired_ratio(&[], 0.95), None);
}

/// Returns the sums that `binomial_tail` avoids.
fn slow_binomial_tail(above: u32, count: u32) -> f64 {
    let outcomes = 1_u32 << count;
    let enough = (0..outcomes).filter(|toss| toss.count_ones() >= above).count();
    as_f64(enough) / f64::from(outcomes)
}

#[test]
fn tails_equal_those_of_all_coin_tosses() {
    for count in 0..=14 {
        for above in 0..=count + 1 {
            let (fast, slow) =
                (binomial_tail(above as usize, count as usize), slow_binomial_tail(above, count));
            assert!((fast - slow).abs() < 1e-12, "{above} of {count}: {fast}, counted {slow}");
        }
    }
}

/// R: `binom.test(8, 9, alternative = "greater")` gives 0.01953, of 2 in 3 it gives 0.5.
#[test]
fn the_sign_test_is_that_of_r() {
    assert!((binomial_tail(8, 9) - 0.019_531_25).abs() < 1e-12);
    // A value at the limit is not above it.
    assert!((above_by_chance(&[2.0, 3.0, 1.0], 1.0) - 0.5).abs() < 1e-12);
    assert!((below_by_chance(&[0.5, 0.2, 0.1], 1.0) - 0.125).abs() < 1e-12);
    assert_eq!(above_by_chance(&[], 1.0), 1.0);
}

/// The fifteen p-values of the worked example in Y. Benjamini and Y. Hochberg, *Controlling the
/// False Discovery Rate*, Journal of the Royal Statistical Society B 57 (1995), section 4.1 (the
/// thrombolysis study): Bonferroni's method, and so Holm's, rejects three at 0.05.
#[test]
fn many_comparisons_as_in_the_paper() {
    let p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0,
    ];
    assert_eq!(holm(&p_values).unwrap().iter().filter(|p| **p <= 0.05).count(), 3);
    assert_eq!(holm(&[0.5, f64::NAN]), None);
    assert_eq!(holm(&[1.1]), None);
    assert_eq!(holm(&[]), Some(vec![]));
}

/// R: `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`.
#[test]
fn adjusted_as_r_does() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]).unwrap();
    for (ours, theirs) in adjusted.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((ours - theirs).abs() < 1e-12, "{ours} for {theirs}");
    }
}

/// Simulated: of experiments with a true median at what the first one called detectable, nearly all
/// find it, whatever the shape of the error.
#[test]
fn what_is_detectable_is_detected() {
    let mut rng = fastrand::Rng::with_seed(5);
    let shapes: [fn(&mut fastrand::Rng) -> f64; 3] = [
        |rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0,
        |rng| -rng.f64().max(1e-12).ln() - std::f64::consts::LN_2,
        |rng| (std::f64::consts::PI * (rng.f64() - 0.5)).tan(),
    ];
    for (shape, error) in shapes.into_iter().enumerate() {
        let mut found = 0;
        for _ in 0..1_000 {
            let first: Vec<f64> = (0..40).map(|_| 0.01 * error(&mut rng)).collect();
            let ends = median_interval(&first, 0.95).unwrap().interval.unwrap();
            let effect = detectable(ends, 0.01);
            let again: Vec<f64> = (0..40).map(|_| effect + 0.01 * error(&mut rng)).collect();
            let (low, _) = median_interval(&again, 0.95).unwrap().interval.unwrap();
            found += u32::from(low > 0.01);
        }
        assert!(found >= 900, "shape {shape}: {found} of 1000");
    }
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(1e-3_f64..1e9, 1..60)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    /// Holm never rejects more than no correction and never less than Bonferroni.
    #[test]
    fn corrections_are_ordered(p_values in proptest::collection::vec(0.0_f64..=1.0, 1..40)) {
        for (p, holm) in p_values.iter().zip(holm(&p_values).unwrap()) {
            let bonferroni = (p * as_f64(p_values.len())).min(1.0);
            prop_assert!(*p <= holm + 1e-12);
            prop_assert!(holm <= bonferroni + 1e-12);
        }
    }

    /// The smaller of two one-sided p-values is at most 0.025 exactly where the 95 % interval
    /// leaves the limit out.
    #[test]
    fn p_values_agree_with_intervals(
        values in proptest::collection::vec(-1.0_f64..1.0, 6..60),
        limit in -1.0_f64..1.0,
    ) {
        let (low, high) = median_interval(&values, 0.95).unwrap().interval.unwrap();
        prop_assert_eq!(above_by_chance(&values, limit) <= 0.025, low > limit);
        prop_assert_eq!(below_by_chance(&values, limit) <= 0.025, high < limit);
    }
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
