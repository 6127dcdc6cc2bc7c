//! Made-up rounds of which it is known where the curves cross.

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { margin: 1.04, floor: 1.0 };
const SIZES: u32 = 8;
/// From one size to the next.
const STEP: f64 = 1.75;

fn size(at: f64) -> f64 {
    2_000.0 * STEP.powf(at)
}

/// Makes rounds of two executors whose ratio grows by the factor `slope` a size and is 1 at the
/// place `cross`; each round and size has noise of this size, and each round as much in common.
fn made(
    rng: &mut fastrand::Rng,
    rounds: u32,
    (cross, slope): (f64, f64),
    noise: f64,
) -> Vec<Point> {
    let common: Vec<f64> = (0..rounds).map(|_| noise * normal(rng)).collect();
    let point = |at: u32, rng: &mut fastrand::Rng| {
        let ratio = (f64::from(at) - cross) * slope.ln();
        let of_round = |(round, common): (u32, &f64)| (round, ratio + common + noise * normal(rng));
        Point {
            size: size(f64::from(at)),
            ln_ratios: (0..rounds).zip(&common).map(of_round).collect(),
        }
    };
    (0..SIZES).map(|at| point(at, rng)).collect()
}

/// Returns a value of the normal distribution.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let (a, b) = (1.0 - rng.f64(), rng.f64());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

#[test]
fn a_crossing_is_found_where_it_is() {
    let mut rng = fastrand::Rng::with_seed(1);
    let found = changes(&made(&mut rng, 12, (3.4, 1.5), 0.01), LIMITS);
    let [change] = found.told.as_slice() else { panic!("{found:?}") };
    assert!((change.at / size(3.4)).ln().abs() < 0.02, "{change:?}");
    let Interval { low, high } = change.interval;
    assert!(low < change.at && change.at < high && high / low < 1.1, "{change:?}");
    assert!(change.is_first_below && !found.is_open);
    // 1.5 to the power of the distance to either end.
    let [below, above] = change.factors;
    assert!((below / 1.5_f64.powf(3.4) - 1.0).abs() < 0.05, "{below}");
    assert!((above / 1.5_f64.powf(3.6) - 1.0).abs() < 0.05, "{above}");
    let swapped: Vec<Point> = made(&mut rng, 12, (3.4, 1.0 / 1.5), 0.01);
    assert!(!changes(&swapped, LIMITS).told[0].is_first_below);
}

#[test]
fn two_crossings_are_told_apart() {
    let level = [-0.5, -0.3, 0.3, 0.4, 0.2, -0.2, -0.4, -0.6];
    let point = |(at, ln): (usize, &f64)| Point {
        size: size(at as f64),
        ln_ratios: (0..6).map(|round| (round, ln + 0.01 * f64::from(round))).collect(),
    };
    let points: Vec<Point> = level.iter().enumerate().map(point).collect();
    let found = changes(&points, LIMITS);
    let places: Vec<f64> = found.told.iter().map(|it| (it.at / 2_000.0).ln() / STEP.ln()).collect();
    assert_eq!(places.len(), 2, "{found:?}");
    assert!((1.0..2.0).contains(&places[0]) && (4.0..5.0).contains(&places[1]), "{places:?}");
    assert!(found.told[0].is_first_below && !found.told[1].is_first_below);
}

#[test]
fn what_is_sure_on_one_side_alone_is_open() {
    let mut rng = fastrand::Rng::with_seed(4);
    // It crosses just before the last size, where noise hides it.
    let found = changes(&made(&mut rng, 12, (6.8, 1.3), 0.08), LIMITS);
    assert_eq!((found.told.len(), found.is_open), (0, true), "{found:?}");
    // Five rounds have no interval.
    let few = changes(&made(&mut rng, 5, (3.4, 1.5), 0.01), LIMITS);
    assert_eq!(few, Changes::default());
    assert_eq!(changes(&[], LIMITS), Changes::default());
}

#[test]
fn less_than_the_margin_is_no_difference() {
    let mut rng = fastrand::Rng::with_seed(5);
    let points = made(&mut rng, 12, (3.5, 1.008), 0.000_1);
    assert_eq!(changes(&points, LIMITS), Changes::default());
    let told = changes(&points, Limits { margin: 1.001, floor: 1.0 }).told;
    assert_eq!(told.len(), 1, "{told:?}");
}

/// The share of crossings outside their interval, and of equal pairs that seem to cross.
#[test]
fn the_interval_covers_as_often_as_it_says() {
    let mut rng = fastrand::Rng::with_seed(6);
    for rounds in [6, 12, 20] {
        for noise in [0.02, 0.1, 0.3] {
            let (mut told, mut missed, mut false_alarms) = (0, 0, 0);
            for _ in 0..400 {
                let cross = 2.5 + 2.0 * rng.f64();
                let found = changes(&made(&mut rng, rounds, (cross, 1.4), noise), LIMITS).told;
                told += found.len();
                missed += found
                    .iter()
                    .filter(|it| !(it.interval.low..=it.interval.high).contains(&size(cross)))
                    .count();
                let equal = made(&mut rng, rounds, (0.0, 1.0), noise);
                false_alarms += changes(&equal, LIMITS).told.len();
            }
            let what =
                format!("{rounds} rounds, noise {noise}: {missed} of {told}, {false_alarms}");
            assert!(told >= if noise < 0.2 { 390 } else { 150 }, "{what}");
            // At most 5 %, and three standard deviations of counting.
            assert!(missed * 1_000 <= told * 83, "{what}");
            assert!(false_alarms <= 8, "{what}");
        }
    }
}

proptest! {
    /// Swapping the sides swaps the answer and moves nothing; the interval lies inside the sizes.
    #[test]
    fn sides_are_treated_alike(
        levels in proptest::collection::vec(-0.5_f64..0.5, 2..8),
        noise in proptest::collection::vec(-0.2_f64..0.2, 6..15),
    ) {
        let made = |sign: f64| -> Vec<Point> {
            let of_round = |level: f64, round: usize, at: usize| {
                sign * (level + noise[(round * 7 + at) % noise.len()])
            };
            levels.iter().enumerate().map(|(at, level)| Point {
                size: size(at as f64),
                ln_ratios: (0..noise.len())
                    .map(|round| (round as u32, of_round(*level, round, at)))
                    .collect(),
            }).collect()
        };
        let (ours, theirs) = (changes(&made(1.0), LIMITS), changes(&made(-1.0), LIMITS));
        prop_assert_eq!((ours.told.len(), ours.is_open), (theirs.told.len(), theirs.is_open));
        let (first, last) = (size(0.0) * 0.999, size(levels.len() as f64 - 1.0) * 1.001);
        for (a, b) in ours.told.iter().zip(&theirs.told) {
            prop_assert!((a.at / b.at - 1.0).abs() < 1e-9 && a.is_first_below != b.is_first_below);
            let Interval { low, high } = a.interval;
            prop_assert!(first <= low && low <= a.at && a.at <= high && high <= last, "{a:?}");
        }
    }
}
