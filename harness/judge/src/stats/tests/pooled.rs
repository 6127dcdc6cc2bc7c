//! Quantiles of many values in few rounds, against slow obvious versions.

use proptest::prelude::*;

use crate::stats::*;

/// `P(X <= most)`, X binomial, summed from Pascal's triangle.
fn slow_binomial(most: usize, count: usize, share: f64) -> f64 {
    let mut row = vec![1.0_f64];
    for _ in 0..count {
        let mut next = vec![0.0; row.len() + 1];
        for (place, mass) in row.iter().enumerate() {
            next[place] += mass * (1.0 - share);
            next[place + 1] += mass * share;
        }
        row = next;
    }
    row.iter().take(most + 1).sum()
}

#[test]
fn ranks_of_a_quantile_are_the_tightest_that_hold() {
    for (count, at) in [(20, 0.5), (100, 0.9), (368, 0.99), (1000, 0.99), (400, 0.5)] {
        let (low, high) = quantile_ranks(count as u64, at, 0.95).expect("enough values");
        let (low, high) = (low as usize, high as usize);
        let outside = 0.025 * (1.0 + 1e-9);
        assert!(slow_binomial(low - 1, count, at) <= outside, "{count} {at}");
        assert!(slow_binomial(low, count, at) > outside, "{count} {at}");
        assert!(1.0 - slow_binomial(high - 1, count, at) <= outside, "{count} {at}");
        assert!(1.0 - slow_binomial(high - 2, count, at) > outside, "{count} {at}");
    }
    // The upper end of the 99th percentile needs a value above it in 97.5 of 100 samples.
    assert_eq!(quantile_ranks(367, 0.99, 0.95), None);
    assert_eq!(quantile_ranks(0, 0.5, 0.95), None);
    assert_eq!(quantile_ranks(20, 1.0, 0.95), None);
    // As R 4.3: qbinom(0.025, 100, 0.9) = 84 and qbinom(0.975, 100, 0.9) + 1 = 96.
    assert_eq!(quantile_ranks(100, 0.9, 0.95), Some((84, 96)));
}

/// Returns the number of rounds taken together.
fn rounds(seed: u64, count: usize, values: usize, factor: f64) -> Vec<[Counted; 2]> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut side = |factor: f64| {
        let stall = if rng.u8(0..10) == 0 { 3.0 } else { 1.0 };
        let error = 1.0 + 0.1 * rng.f64();
        (0..values).map(|_| (factor * stall * error * (0.05 - rng.f64().ln()), 1)).collect()
    };
    (0..count).map(|_| [side(1.0), side(factor)]).collect()
}

fn swap(rounds: &[[Counted; 2]]) -> Vec<[Counted; 2]> {
    rounds.iter().map(|[a, b]| [b.clone(), a.clone()]).collect()
}

/// Sorts all values, and tries every swap instead of some.
fn slow_above(rounds: &[[Counted; 2]], at: f64, limit: f64) -> f64 {
    let ln_ratio = |swaps: usize| {
        let mut sides: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for (round, pair) in rounds.iter().enumerate() {
            for (side, counted) in pair.iter().enumerate() {
                let shrunk = if side == 1 { (-limit).exp() } else { 1.0 };
                let side = side ^ ((swaps >> round) & 1);
                for (value, count) in counted {
                    sides[side].extend((0..*count).map(|_| value * shrunk));
                }
            }
        }
        let [baseline, candidate] = sides.map(|mut values| {
            values.sort_by(f64::total_cmp);
            values[(at * as_f64(values.len())).ceil() as usize - 1].ln()
        });
        candidate - baseline
    };
    let all = 1 << rounds.len();
    let as_far = (0..all).filter(|swaps| ln_ratio(*swaps) >= ln_ratio(0) - 1e-12).count();
    as_f64(as_far) / as_f64(all)
}

#[test]
fn some_swaps_tell_what_all_swaps_tell() {
    for (seed, at, factor, limit) in
        [(1, 0.5, 1.3, 0.01), (2, 0.9, 1.0, 0.01), (3, 0.99, 2.0, 0.3), (4, 0.5, 0.9, -0.1)]
    {
        let rounds = rounds(seed, 10, 12, factor);
        let pooled = Pooled::new(&rounds, at).expect("values");
        let (fast, slow) = (pooled.above_by_chance(limit), slow_above(&rounds, at, limit));
        assert!((fast - slow).abs() < 0.02, "{seed}: {fast} {slow}");
    }
}

#[test]
fn quantiles_over_all_rounds_are_those_of_sorted_values() {
    let ten = |first: u32| (first..first + 10).map(|value| (f64::from(value), 1)).collect();
    let rounds = [[ten(1), ten(101)], [ten(11), ten(111)]];
    let pooled = Pooled::new(&rounds, 0.9).expect("values");
    let [baseline, candidate] = pooled.quantiles();
    assert!((baseline - 18.0).abs() < 1e-9 && (candidate - 118.0).abs() < 1e-9);
    // The upper end would take 36 values.
    assert_eq!(pooled.resolution(0.95), [None, None]);
    let counted: Counted = vec![(5.0, 100), (7.0, 100)];
    let pooled = Pooled::new(&[[counted.clone(), counted]], 0.5).expect("values");
    let [(low, high), _] = pooled.resolution(0.95).map(|ends| ends.expect("enough values"));
    assert!((low - 5.0).abs() < 1e-9 && (high - 7.0).abs() < 1e-9);
}

#[test]
fn what_has_no_quantile_has_no_answer() {
    let some: Counted = vec![(1.0, 1)];
    assert!(Pooled::new(&[], 0.5).is_none());
    assert!(Pooled::new(&[[some.clone(), vec![]]], 0.5).is_none());
    assert!(Pooled::new(&[[some.clone(), vec![(0.0, 1)]]], 0.5).is_none());
    assert!(Pooled::new(&[[some.clone(), vec![(f64::NAN, 1)]]], 0.5).is_none());
    assert!(Pooled::new(&[[some.clone(), some.clone()]], 1.0).is_none());
    let one = Pooled::new(&[[some.clone(), some]], 0.5).expect("values");
    assert_eq!(one.estimate(0.95), Estimate { value: 0.0, interval: None });
}

/// Six rounds are the fewest that an interval of 95 % takes, as for the sign test.
#[test]
fn five_rounds_tell_nothing_and_six_do() {
    let pooled = |count| Pooled::new(&rounds(7, count, 40, 20.0), 0.5).expect("values");
    assert_eq!(pooled(5).estimate(0.95).interval, None);
    let (low, high) = pooled(6).estimate(0.95).interval.expect("an interval");
    assert!(low > 1.0 && high > low && high < 5.0, "{low} {high}");
}

/// Values that do not vary: the interval has hardly any width, and nothing is found by chance.
#[test]
fn without_noise_the_ratio_is_what_it_is() {
    let side = |ns: f64| vec![(ns, 10)];
    let same = vec![[side(100.0), side(100.0)]; 12];
    let pooled = Pooled::new(&same, 0.99).expect("values");
    let (low, high) = pooled.estimate(0.95).interval.expect("an interval");
    assert!(low <= 0.0 && high >= 0.0 && high - low < 1e-3, "{low} {high}");
    assert!(pooled.above_by_chance(0.0) > 0.99 && pooled.below_by_chance(0.0) > 0.99);
    let slower = vec![[side(100.0), side(110.0)]; 12];
    let pooled = Pooled::new(&slower, 0.99).expect("values");
    assert!(pooled.above_by_chance(0.01) < 0.01);
    let (low, high) = pooled.estimate(0.95).interval.expect("an interval");
    assert!(low <= 1.1_f64.ln() && high >= 1.1_f64.ln() && high - low < 1e-3, "{low} {high}");
}

/// Rounds stall as a whole, so their values are anything but independent; a difference is found all
/// the same.
#[test]
fn stalls_of_whole_rounds_raise_no_false_alarm() {
    let alarm = |seed: &u64| {
        let pooled = Pooled::new(&rounds(1_000 + seed, 12, 12, 1.0), 0.9).expect("values");
        pooled.above_by_chance(0.0) <= 0.05
    };
    let alarms = (0..60).filter(alarm).count();
    // Binomial with 60 trials of 5 %: 9 or more in fewer than one of 200 repetitions.
    assert!(alarms <= 8, "{alarms} of 60");
    let found = (0..20).filter(|seed| {
        let pooled = Pooled::new(&rounds(2_000 + seed, 20, 15, 3.0), 0.9).expect("values");
        pooled.estimate(0.95).interval.is_some_and(|(low, _)| low > 0.0)
    });
    assert!(found.count() >= 18);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// Swapping the sides turns everything round, and the interval holds the value.
    #[test]
    fn sides_are_treated_alike(
        seed: u64,
        count in 1_usize..9,
        values in 1_usize..12,
        at in 0.05_f64..0.95,
    ) {
        let rounds = rounds(seed, count, values, 1.2);
        let (ours, theirs) =
            (Pooled::new(&rounds, at).unwrap(), Pooled::new(&swap(&rounds), at).unwrap());
        let (a, b) = (ours.estimate(0.8), theirs.estimate(0.8));
        prop_assert!((a.value + b.value).abs() < 1e-9);
        prop_assert!((ours.above_by_chance(0.1) - theirs.below_by_chance(-0.1)).abs() < 1e-9);
        if let Some((low, high)) = a.interval {
            prop_assert!(low <= a.value && a.value <= high);
        }
    }
}
