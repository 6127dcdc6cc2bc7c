//! Measurements, not tests: the figures of docs/history.md come from here.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use tminus_judge::change::{Options, change_points};

use crate::made::Made;
use crate::{directory, said, text};

/// Measures for docs/history.md: `cargo test --release --test history -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement: 1,000 runs of 100 cells, a minute"]
#[expect(clippy::print_stdout, reason = "it is what a measurement is for")]
fn figures_of_a_large_history() {
    let here = directory();
    let make = |number: u64| {
        let wall_ns = if number < 700 { 20_000 } else { 21_000 };
        Made { cells: 100, ..Made::new(number, wall_ns) }.write(here.path())
    };
    let timed = |arguments: &[&str]| {
        let started = Instant::now();
        let text = said(here.path(), arguments);
        (started.elapsed(), text)
    };
    let mut adding = Vec::new();
    for number in 0..1000 {
        let path = make(number);
        adding.push(timed(&["history", "add", text(&path)]).0);
        fs::remove_file(path).expect("it is there");
    }
    let late = &mut adding[900..];
    late.sort();
    let mut checks: Vec<Duration> = (0..5).map(|_| timed(&["history", "check"]).0).collect();
    checks.sort();
    let size =
        fs::metadata(here.path().join("target/tminus/history.db")).expect("it is there").len();
    println!(
        "the last 100 adds: median {:?}, longest {:?}; check: median {:?}, longest {:?}; {} KiB a run",
        late[50],
        late[99],
        checks[2],
        checks[4],
        size / 1024 / 1000
    );
    let found = timed(&["history", "check", "--json"]).1;
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found["changes"].as_array().expect("a list").len(), 1, "{found:#}");
}

/// Measures for docs/history.md how often noise is called a change, and how soon a change is
/// found.
#[test]
#[ignore = "a measurement: half a minute"]
#[expect(clippy::print_stdout, reason = "it is what a measurement is for")]
fn figures_of_the_search() {
    let mut rng = fastrand::Rng::with_seed(7);
    let normal = |rng: &mut fastrand::Rng| {
        let (u, v) = (1.0 - rng.f64(), rng.f64());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    // Level 100, standard deviation 1: per cent.
    type Noise = fn(normal: f64, uniform: f64, last: f64) -> f64;
    let kinds: [(&str, Noise); 3] = [
        ("normal", |z, _, _| z),
        (
            "every tenth run slower, by 4 % on average",
            |z, u, _| if u < 0.1 { 5.0 * z.abs() } else { z },
        ),
        ("each run half like the one before", |z, _, last| 0.5 * last + z),
    ];
    for (name, noise) in kinds {
        for runs in [30, 100, 1000] {
            let trials = 200_000 / runs;
            let mut alarms = 0;
            for _ in 0..trials {
                let mut last = 0.0;
                let values = std::iter::repeat_with(|| {
                    last = noise(normal(&mut rng), rng.f64(), last);
                    100.0 + last
                });
                let values: Vec<f64> = values.take(runs).collect();
                alarms += usize::from(!change_points(&values, &Options::default()).is_empty());
            }
            println!("{name}, {runs} runs: {alarms} of {trials} series have a change");
        }
    }
    for (change, after) in
        [(2.0, 10), (2.0, 30), (3.0, 5), (3.0, 10), (5.0, 3), (5.0, 5), (10.0, 3)]
    {
        let (mut found, mut exact) = (0, 0);
        for _ in 0..1000 {
            let level = |run| if run < 100 { 100.0 } else { 100.0 + change };
            let values: Vec<f64> =
                (0..100 + after).map(|run| level(run) + normal(&mut rng)).collect();
            let changes = change_points(&values, &Options::default());
            found += usize::from(changes.iter().any(|it| it.at.abs_diff(100) <= 5));
            exact += usize::from(changes.iter().any(|it| it.at == 100));
        }
        println!(
            "{change} % after {after} runs: found in {found} of 1000, {exact} at the very run"
        );
    }
}
