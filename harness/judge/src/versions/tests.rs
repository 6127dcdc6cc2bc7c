//! Releases that are made up, with one figure a round.

use tminus_record::Outcome;
use tminus_record::testing::{cell, record, run};

use super::*;

const NAMES: [&str; 4] = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"];

fn options() -> Options {
    let metric = Some("wall_ns_per_op".into());
    Options { margin: 1.01, detect: 1.05, detect_many: 1.08, metric, rounds: 40, looks: 1 }
}

/// A series of rounds around `ns`, spread over `spread` per mille.
fn rounds(ns: u64, spread: u64, seed: u64) -> Vec<u64> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..40).map(|_| ns + rng.u64(0..=ns * spread / 1000)).collect()
}

/// Judges a session of releases of which two cells take so many ns; the copy is as the first.
fn judged(deque: &[u64], heap: &[u64], spread: u64, seed: u64) -> Versions {
    let names: Vec<String> = NAMES[..deque.len()].iter().map(|it| (*it).to_owned()).collect();
    versions("tokio", &[], &session(&names, [deque, heap], spread, seed), &options()).unwrap()
}

fn session<'a>(
    versions: &'a [String],
    [deque, heap]: [&[u64]; 2],
    spread: u64,
    seed: u64,
) -> Session<'a> {
    let of = |at: usize, seed: u64| {
        run(&[
            (cell("deque"), rounds(deque[at], spread, seed)),
            (cell("heap"), rounds(heap[at], spread, seed + 1)),
        ])
    };
    let runs = (0..deque.len()).map(|at| of(at, seed + 10 * at as u64)).collect();
    Session { versions, runs, copy: of(0, seed + 1_000) }
}

/// Returns what changed: cell, from, to, and whether for the worse.
fn changes(found: &Versions) -> Vec<(String, String, String, bool)> {
    let of = |cell: &Tracked| {
        let steps: Vec<Step> = cell.all().filter(|step| step.is_change()).cloned().collect();
        let name = cell.cell.executor.clone();
        let worse = |it: &Step| it.verdict == Verdict::Regressed;
        steps.into_iter().map(move |it| {
            let is_worse = worse(&it);
            (name.clone(), it.from, it.to, is_worse)
        })
    };
    found.cells.iter().flat_map(of).collect()
}

const SAME: [u64; 4] = [100_000; 4];

#[test]
fn a_change_is_told_at_its_release_and_of_its_cell() {
    let worse = judged(&SAME, &[100_000, 100_000, 104_000, 104_000], 10, 1);
    let step = |from: &str, to: &str, worse| ("heap".to_owned(), from.into(), to.into(), worse);
    assert_eq!(changes(&worse), [step("1.1.0", "1.2.0", true), step("1.0.0", "1.3.0", true)]);
    assert_eq!(flagged(&worse), ["squares/tasks=10/heap".to_owned()].into());
    let size = worse.cells[1].steps[1].judged.ratio.median;
    assert!((1.03..1.05).contains(&size), "{size}");
    // What is won and lost again shows in the steps and not in the whole.
    let both = judged(&SAME, &[100_000, 95_000, 95_000, 100_000], 10, 1);
    assert_eq!(changes(&both), [step("1.0.0", "1.1.0", false), step("1.2.0", "1.3.0", true)]);
    assert_eq!(both.cells[1].whole.as_ref().unwrap().verdict, Verdict::Equivalent);
    // What creeps shows in the whole alone.
    let creeping = judged(&SAME, &[100_000, 100_900, 101_800, 102_700], 2, 1);
    assert_eq!(changes(&creeping), [step("1.0.0", "1.3.0", true)]);
    let two = judged(&SAME[..2], &[100_000, 104_000], 10, 1);
    assert!(changes(&two) == [step("1.0.0", "1.1.0", true)] && two.cells[1].whole.is_none());
}

/// A session of equal releases has six steps and two wholes, each of which may err.
#[test]
fn equal_releases_are_seldom_told_apart() {
    let seeds = (0..200).map(|n| 10_000 * n);
    let false_alarms =
        seeds.filter(|seed| !changes(&judged(&SAME, &SAME, 60, *seed)).is_empty()).count();
    // Of 200 sessions 5 % are 10; the sign test is exact, and a margin lies before it.
    assert!(false_alarms <= 10, "{false_alarms}");
}

#[test]
fn the_more_steps_the_surer_each_must_be() {
    let alone = judged(&SAME[..2], &[100_000, 103_000], 40, 7).cells[1].steps[0].p_changed;
    let among = judged(&SAME, &[100_000, 103_000, 103_000, 103_000], 40, 7);
    // Two cells of one step each, or eight comparisons; Holm's method multiplies by those left.
    assert!(among.cells[1].steps[0].p_changed > alone);
    assert!(among.cells[1].steps[0].p_changed <= 4.0 * alone * (1.0 + 1e-9));
}

#[test]
fn a_change_must_show_twice() {
    let names: Vec<String> = NAMES.map(str::to_owned).into();
    let slow = [100_000, 100_000, 104_000, 104_000];
    let first = || judged(&SAME, &slow, 10, 1);
    let again = session(&names, [&SAME, &slow], 10, 5_000);
    let told = confirm(first(), &again).unwrap();
    assert_eq!(changes(&told), changes(&first()));
    assert!(
        told.cells[1].steps[1].confirmed.is_some() && told.cells[0].steps[1].confirmed.is_none()
    );
    let not_again = session(&names, [&SAME, &SAME], 10, 5_000);
    let told = confirm(first(), &not_again).unwrap();
    assert!(changes(&told).is_empty());
    assert_eq!(told.cells[1].steps[1].confirmed.unwrap().verdict, Verdict::Equivalent);
}

#[test]
fn a_release_that_fails_is_passed_over() {
    let names: Vec<String> = NAMES.map(str::to_owned).into();
    let mut all = session(&names, [&SAME, &[100_000, 100_000, 104_000, 104_000]], 10, 1);
    let mut failed = record(&cell("heap"), 0, 1);
    failed.outcome = Outcome::Excluded { reason: "it cannot".into() };
    all.runs[2].records.push(failed.clone());
    let found = versions("tokio", &[], &all, &options()).unwrap();
    let heap = &found.cells[1];
    assert_eq!(heap.failed, [Failed { version: "1.2.0".into(), reason: "it cannot".into() }]);
    assert_eq!(heap.figures.len(), 3);
    assert_eq!(changes(&found)[0].1, "1.1.0");
    assert_eq!(changes(&found)[0].2, "1.3.0");
    // Without the yardstick there is nothing to hold the others against.
    all.copy.records.push(failed);
    let found = versions("tokio", &[], &all, &options()).unwrap();
    assert_eq!(found.without[0].reason, "failed in the copy: it cannot");
}

#[test]
fn a_copy_that_differs_makes_it_unfit() {
    let names: Vec<String> = NAMES.map(str::to_owned).into();
    let mut all = session(&names, [&SAME, &SAME], 10, 1);
    all.copy = session(&names, [&[103_000; 4], &SAME], 10, 1).copy;
    let found = versions("tokio", &[], &all, &options()).unwrap();
    assert_eq!(found.biased, ["squares/tasks=10/deque"]);
    assert!(flagged(&found).is_empty());
}

#[test]
fn what_could_hide_much_is_not_decided() {
    let calm = judged(&SAME, &SAME, 10, 1);
    assert_eq!(decided(&calm).len(), 2);
    let loud = judged(&SAME, &SAME, 400, 1);
    assert!(decided(&loud).is_empty());
    assert!(loud.cells[0].steps[0].could_hide() > 1.05);
}
