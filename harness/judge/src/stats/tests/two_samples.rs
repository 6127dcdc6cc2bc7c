//! The t-test against published tables, the energy statistic against its definition.

use super::super::student::two_sided;
use super::*;

/// Critical values from table A.2 of Snedecor and Cochran and every other textbook: degrees of
/// freedom, two-sided level, t.
#[test]
fn t_equals_the_published_table() {
    let table = [
        (1, 0.05, 12.706),
        (1, 0.001, 636.62),
        (2, 0.05, 4.303),
        (3, 0.01, 5.841),
        (5, 0.001, 6.869),
        (10, 0.05, 2.228),
        (10, 0.001, 4.587),
        (20, 0.01, 2.845),
        (30, 0.5, 0.683),
        (60, 0.001, 3.460),
        (120, 0.05, 1.980),
        (10_000, 0.05, 1.960),
    ];
    for (freedom, level, t) in table {
        let p = two_sided(t, freedom);
        assert!((p / level - 1.0).abs() < 2e-3, "{t} with {freedom} degrees: {p} for {level}");
    }
}

/// With one and two degrees of freedom the distribution is elementary.
#[test]
fn t_equals_its_closed_forms_far_into_the_tail() {
    for t in [0.0, 1e-6, 0.1, 0.7, 1.0, 3.0, 50.0, 1e4, 1e8] {
        let one = 2.0 * f64::atan2(1.0, t) / std::f64::consts::PI;
        assert!((two_sided(t, 1) - one).abs() <= 1e-12 * one, "{t}");
        let two = 2.0 / ((t * t + 2.0) + t * (t * t + 2.0).sqrt());
        assert!((two_sided(t, 2) - two).abs() <= 1e-12 * two, "{t}");
    }
}

/// Student's own example (1908), the extra sleep of ten patients by two drugs, taken as two samples
/// as R's documentation of `t.test` does: t = -1.8608 with 18 degrees, p = 0.07919.
#[test]
fn the_sleep_data_come_out() {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    let p = same_mean_by_chance(&first, &second);
    assert!((p - 0.07919).abs() < 5e-6, "{p}");
}

#[test]
fn the_t_test_without_an_answer_is_not_sure_of_anything() {
    assert_eq!(same_mean_by_chance(&[], &[1.0, 2.0]), 1.0);
    assert_eq!(same_mean_by_chance(&[1.0], &[2.0]), 1.0);
    assert_eq!(same_mean_by_chance(&[1.0; 5], &[1.0; 5]), 1.0);
    assert_eq!(same_mean_by_chance(&[0.1; 3], &[0.1; 7]), 1.0);
    assert_eq!(same_mean_by_chance(&[1.0; 5], &[2.0; 5]), 0.0);
    assert_eq!(same_mean_by_chance(&[f64::NAN, 1.0], &[2.0; 5]), 1.0);
    assert_eq!(same_mean_by_chance(&[f64::INFINITY, 1.0], &[2.0; 5]), 1.0);
}

/// Returns the statistic as its definition has it, for every pair of parts.
fn slow_divide(values: &[f64], least: usize) -> Option<Divided> {
    let mean_distance = |x: &[f64], y: &[f64]| {
        let all = x.iter().flat_map(|a| y.iter().map(move |b| (a - b).abs()));
        all.sum::<f64>() / as_f64(x.len() * y.len())
    };
    // Over pairs of two different values: those with themselves are 0 and counted above.
    let inside = |x: &[f64]| mean_distance(x, x) * as_f64(x.len()) / as_f64(x.len() - 1);
    let mut best: Option<Divided> = None;
    for at in least..values.len() {
        for end in at + least..=values.len() {
            let (x, y) = (&values[..at], &values[at..end]);
            let weight = as_f64(x.len() * y.len()) / as_f64(x.len() + y.len());
            let divergence = weight * (2.0 * mean_distance(x, y) - inside(x) - inside(y));
            if divergence > best.map_or(1e-9, |best| best.divergence + 1e-9) {
                best = Some(Divided { at, divergence });
            }
        }
    }
    best
}

#[test]
fn series_divide_where_they_change() {
    let values = [1.0, 1.1, 0.9, 1.0, 5.0, 5.1, 4.9, 5.0, 5.0];
    assert_eq!(divide(&values, 2).unwrap().at, 4);
    assert_eq!(divide(&[1.0; 9], 2), None);
    assert_eq!(divide(&[1.0, 2.0, 3.0], 2), None);
    assert_eq!(divide(&[], 0), None);
    assert_eq!(divide(&values, 5), None);
}

#[test]
fn short_ends_are_cut_off() {
    let end = |values: &[f64]| divide_end(values, 3).map(|divided| divided.at);
    assert_eq!(end(&[1.0, 1.1, 0.9, 1.0, 1.1, 5.0, 5.1]), Some(5));
    assert_eq!(end(&[5.0, 1.1, 0.9, 1.0, 1.1, 1.0, 1.1]), Some(1));
    assert_eq!(end(&[1.0; 7]), None);
    assert_eq!(end(&[1.0, 2.0, 3.0, 4.0, 5.0]), None);
    // By hand: 3 * 5 / 8 * (2 * 4 - 0 - 0).
    let divided = divide_end(&[1.0, 1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0], 4).unwrap();
    assert_eq!(divided, Divided { at: 3, divergence: 15.0 / 8.0 * 8.0 });
}

proptest! {
    #[test]
    fn the_division_is_that_of_the_definition(
        values in prop::collection::vec(-100_i32..100, 0..24),
        least in 2_usize..5,
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        match (divide(&values, least), slow_divide(&values, least)) {
            (Some(fast), Some(slow)) => {
                prop_assert!((fast.divergence - slow.divergence).abs() < 1e-6);
            }
            (fast, slow) => prop_assert!(
                fast.or(slow).is_none_or(|it| it.divergence < 1e-6), "{fast:?} {slow:?}"
            ),
        }
    }

    #[test]
    fn the_t_test_knows_no_sides(
        left in prop::collection::vec(-1e6_f64..1e6, 1..20),
        right in prop::collection::vec(-1e6_f64..1e6, 1..20),
    ) {
        let p = same_mean_by_chance(&left, &right);
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert!((p - same_mean_by_chance(&right, &left)).abs() < 1e-9);
    }
}
