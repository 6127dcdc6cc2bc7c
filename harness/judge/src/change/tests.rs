//! Series whose changes are known, and noise without any.

use super::*;

/// Normal noise around `levels`, each for so many runs; sd 1 % of 100.
fn series(levels: &[(f64, usize)], seed: u64) -> Vec<f64> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let levels = levels.iter().flat_map(|(level, count)| std::iter::repeat_n(*level, *count));
    levels.map(|level| level + normal(&mut rng)).collect()
}

/// Box and Muller (1958).
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let (u, v) = (1.0 - rng.f64(), rng.f64());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn found(values: &[f64]) -> Vec<ChangePoint> {
    change_points(values, &Options::default())
}

/// Returns whether every change was found within two runs of its place, and nothing else.
fn near(found: &[ChangePoint], places: &[usize]) -> bool {
    found.len() == places.len()
        && found.iter().zip(places).all(|(change, place)| change.at.abs_diff(*place) <= 2)
}

#[test]
fn steps_up_and_down_are_found_where_they_are() {
    for seed in 0..20 {
        let up = found(&series(&[(100.0, 40), (105.0, 40)], seed));
        assert!(near(&up, &[40]), "{seed}: {up:?}");
        assert!((up[0].ratio().unwrap() - 1.05).abs() < 0.01, "{up:?}");
        let down = found(&series(&[(100.0, 25), (90.0, 10)], seed));
        assert!(near(&down, &[25]) && down[0].after < down[0].before, "{seed}: {down:?}");
    }
}

#[test]
fn two_steps_are_two_changes_each_held_against_its_neighbours() {
    for seed in 0..20 {
        let both = found(&series(&[(100.0, 150), (104.0, 90), (97.0, 160)], seed));
        assert!(near(&both, &[150, 240]), "{seed}: {both:?}");
        assert!((both[0].after - both[1].before).abs() < 1e-9, "{both:?}");
        let back = found(&series(&[(100.0, 30), (110.0, 8), (100.0, 30)], seed));
        assert!(near(&back, &[30, 38]), "{seed}: {back:?}");
    }
}

#[test]
fn a_step_is_found_once_there_are_enough_runs_after_it() {
    let values = series(&[(100.0, 30), (110.0, 6)], 3);
    assert!(found(&values[..31]).is_empty());
    assert!(near(&found(&values[..33]), &[30]));
    let strict = Options { min_runs: 6, ..Options::default() };
    assert!(change_points(&values[..35], &strict).is_empty());
    assert!(near(&change_points(&values, &strict), &[30]));
}

/// Random walks are full of changes; no part is shorter than asked for, whatever the windows
/// propose.
#[test]
fn every_part_is_as_long_as_asked_for() {
    let mut rng = fastrand::Rng::with_seed(4);
    for min_runs in [0, 2, 3, 7, 30] {
        let options = Options { max_p: 0.05, min_runs, min_change: 1.0 };
        let mut seen = 0;
        for _ in 0..20 {
            let mut level = 100.0;
            let values = std::iter::repeat_with(|| {
                level += normal(&mut rng);
                level
            });
            let values: Vec<f64> = values.take(300).collect();
            let changes = change_points(&values, &options);
            let inner = changes.iter().map(|change| change.at);
            let ends: Vec<usize> = [0].into_iter().chain(inner).chain([values.len()]).collect();
            assert!(ends.windows(2).all(|part| part[1] - part[0] >= min_runs.max(2)), "{ends:?}");
            seen += changes.len();
        }
        assert!(seen > 20, "{min_runs}: {seen}");
    }
}

#[test]
fn a_drift_is_stairs_in_one_direction() {
    let mut values = series(&[(100.0, 200)], 5);
    values.iter_mut().zip(0..).for_each(|(value, run)| *value += 0.1 * f64::from(run));
    let changes = found(&values);
    assert!((2..12).contains(&changes.len()), "{changes:?}");
    assert!(changes.iter().all(|change| change.after > change.before), "{changes:?}");
}

/// One of three thousand, where one in a thousand was asked for.
#[test]
fn noise_gives_hardly_any_change() {
    let alarms = |count: usize, trials: u64| -> usize {
        (0..trials).filter(|seed| !found(&series(&[(100.0, count)], *seed)).is_empty()).count()
    };
    let all = [alarms(20, 2000), alarms(60, 900), alarms(300, 100)];
    assert!(all.iter().sum::<usize>() <= 5, "{all:?}");
}

#[test]
fn one_wild_run_is_no_change() {
    for seed in 0..50 {
        let mut values = series(&[(100.0, 40)], seed);
        values[20] = 400.0;
        assert!(found(&values).is_empty(), "{seed}");
    }
}

#[test]
fn what_is_smaller_than_asked_for_is_left_out() {
    let values = series(&[(100.0, 50), (103.0, 50)], 1);
    let asked = |min_change| change_points(&values, &Options { min_change, ..Options::default() });
    assert!(near(&asked(1.01), &[50]));
    assert!(asked(1.05).is_empty());
}

#[test]
fn counts_that_never_vary_change_for_sure() {
    let values = [vec![1200.0; 10], vec![1300.0; 4]].concat();
    let change = ChangePoint { at: 10, before: 1200.0, after: 1300.0, p: 0.0 };
    assert_eq!(found(&values), [change]);
    let from_zero = found(&[vec![0.0; 10], vec![1.0; 4]].concat());
    assert_eq!((from_zero.len(), from_zero[0].ratio()), (1, None));
}

#[test]
fn without_an_answer_there_is_none() {
    assert!(found(&[]).is_empty());
    assert!(found(&[1.0]).is_empty());
    assert!(found(&[1.0, 2.0]).is_empty());
    assert!(found(&[0.0; 50]).is_empty());
    assert!(found(&[5.0; 500]).is_empty());
    assert!(found(&[f64::NAN; 50]).is_empty());
    assert!(found(&[[1.0; 20], [f64::INFINITY; 20]].concat()).is_empty());
    // Nothing overflows on the way.
    let huge = found(&[vec![1e308; 10], vec![1.7e308; 10]].concat());
    assert_eq!(huge.len(), 1);
    assert!(huge[0].after.is_finite());
    let tiny = found(&[vec![1e-320; 10], vec![3e-320; 10]].concat());
    assert!(tiny.iter().all(|change| change.at == 10));
}

/// The scale says nothing: neither where nor how sure.
#[test]
fn the_unit_does_not_matter() {
    let values = series(&[(100.0, 60), (103.0, 60), (101.0, 60)], 9);
    let scaled: Vec<f64> = values.iter().map(|value| value * 4096.0).collect();
    let (ours, theirs) = (found(&values), found(&scaled));
    assert!(ours.len() >= 2);
    let shape = |all: &[ChangePoint]| all.iter().map(|it| (it.at, it.p)).collect::<Vec<_>>();
    assert_eq!(shape(&ours), shape(&theirs));
}
