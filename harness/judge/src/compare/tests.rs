//! Runs that are made up, with one figure a round.

use tminus_record::testing::{cell, record, run};
use tminus_record::{FailureKind, Outcome};

use super::*;

const OPTIONS: Options = Options { margin: 1.01, metric: None, force: false };

/// Twelve rounds around `ns`, no two alike.
fn around(ns: u64) -> Vec<u64> {
    (0..12).map(|round| ns + round % 5).collect()
}

fn base() -> Run {
    run(&[
        (cell("floor"), around(10_000)),
        (cell("heap"), around(20_000)),
        (cell("deque"), around(30_000)),
    ])
}

fn compared_with(candidate: &Run) -> Comparison {
    compare(&base(), candidate, &Filter::default(), &OPTIONS).unwrap()
}

fn verdicts(comparison: &Comparison) -> Vec<(&str, Verdict)> {
    let cells = comparison.cells.iter();
    cells.map(|it| (it.cell.executor.as_str(), it.judged.verdict)).collect()
}

#[test]
fn each_cell_is_held_against_itself() {
    let candidate = run(&[
        (cell("floor"), around(10_000)),
        (cell("heap"), around(21_000)),
        (cell("deque"), around(27_000)),
    ]);
    let comparison = compared_with(&candidate);
    assert_eq!(
        verdicts(&comparison),
        [
            ("floor", Verdict::Equivalent),
            ("heap", Verdict::Regressed),
            ("deque", Verdict::Improved)
        ]
    );
    let heap = &comparison.cells[1];
    assert!((heap.judged.ratio.median - 1.05).abs() < 1e-3);
    assert_eq!(heap.medians, [20_001.5, 21_001.5]);
    assert!((comparison.floors_moved.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(comparison.count(Verdict::Regressed), 1);
}

/// All got slower by a tenth, and so did the code that no executor has a part in: the machine.
#[test]
fn what_moves_the_floors_too_is_no_regression() {
    let candidate = run(&[
        (cell("floor"), around(11_000)),
        (cell("heap"), around(22_000)),
        (cell("deque"), around(45_000)),
    ]);
    let comparison = compared_with(&candidate);
    assert!((comparison.floors_moved.unwrap() - 1.1).abs() < 1e-3);
    assert_eq!(
        verdicts(&comparison)[1..],
        [("heap", Verdict::Inconclusive), ("deque", Verdict::Regressed)]
    );
}

#[test]
fn a_noisy_pair_lifts_the_margin_of_all() {
    let mut twin = cell("heap");
    twin.twin = true;
    let noisy = |noise: u64| {
        run(&[
            (cell("heap"), around(20_000)),
            (twin.clone(), around(20_000).iter().map(|ns| ns + noise).collect()),
        ])
    };
    let comparison = compare(&noisy(0), &noisy(2_000), &Filter::default(), &OPTIONS).unwrap();
    assert!(comparison.twins[1].unwrap() > 1.09);
    assert_eq!(verdicts(&comparison), [("heap", Verdict::Inconclusive)]);
}

#[test]
fn what_only_one_has_and_what_failed_are_rows_with_reasons() {
    let mut candidate = run(&[(cell("heap"), around(20_000)), (cell("new"), around(1))]);
    let mut failed = record(&cell("heap"), 12, 1);
    failed.outcome = Outcome::Failed {
        kind: FailureKind::Panic,
        reason: "it broke".into(),
        stderr: String::new(),
    };
    candidate.records.push(failed);
    let comparison = compared_with(&candidate);
    assert_eq!(verdicts(&comparison), []);
    let without: Vec<(&str, &str)> =
        comparison.without.iter().map(|it| (it.cell.as_str(), it.reason.as_str())).collect();
    assert_eq!(
        without,
        [
            ("squares/tasks=10/floor", "the candidate does not have it"),
            ("squares/tasks=10/heap", "failed in the candidate: it broke"),
            ("squares/tasks=10/deque", "the candidate does not have it"),
            ("squares/tasks=10/new", "the baseline does not have it"),
        ]
    );
}

#[test]
fn what_cannot_be_compared_is_refused_unless_forced() {
    let mut other = base();
    other.header.provenance.machine.cpu = "another".into();
    other.header.workloads[0].version = 2;
    other.header.executors[0].crates.insert("tokio".into(), "1.54.1 [net]".into());
    let mut ours = base();
    ours.header.executors[0].crates.insert("tokio".into(), "1.53.0 [net, rt]".into());
    let refused = compare(&ours, &other, &Filter::default(), &OPTIONS).unwrap_err().to_string();
    assert_eq!(
        refused,
        "these runs cannot be compared: the CPU is `` in one and `another` in the other; `squares` \
         is version 1 in one and 2 in the other; `tokio` has the features [net, rt] in one and [net] \
         in the other; `--force` does"
    );
    let forced = Options { force: true, ..OPTIONS };
    let comparison = compare(&ours, &other, &Filter::default(), &forced).unwrap();
    assert_eq!(comparison.differences.len(), 3);
}

/// Row B6: figures of two runs of two moments. Paired by their numbers, most rounds rise, though
/// the median falls.
#[test]
fn rounds_of_two_moments_are_no_pairs() {
    let before = vec![500, 510, 520, 530, 540, 587, 587, 590, 600, 610, 620, 630];
    let after = vec![540, 550, 560, 563, 563, 563, 563, 563, 563, 563, 563, 700];
    let runs = [before, after].map(|ns| run(&[(cell("heap"), ns)]));
    let compared = |runs: &[Run; 2]| {
        let comparison = compare(&runs[0], &runs[1], &Filter::default(), &OPTIONS).unwrap();
        (comparison.paired, comparison.cells[0].judged, comparison.cells[0].medians)
    };
    let (paired, judged, medians) = compared(&runs);
    assert!(!paired && medians[1] < medians[0]);
    assert!((judged.ratio.median - medians[1] / medians[0]).abs() < 1e-12);
    let ends = judged.ratio.interval.unwrap();
    assert!(ends.low <= judged.ratio.median && judged.ratio.median <= ends.high);
    // In turns, rounds are pairs.
    let mut turns = runs;
    for (side, run) in (0..).zip(&mut turns) {
        for record in &mut run.records {
            record.started_unix_ns = 10 * u64::from(record.round) + side;
        }
    }
    let (paired, judged, _) = compared(&turns);
    assert!(paired && judged.ratio.rounds == 12);
}

/// Four rounds on each side suffice, and sides may have different numbers of rounds.
#[test]
fn sides_may_have_different_numbers_of_rounds() {
    let of = |ns: u64, rounds: usize| run(&[(cell("heap"), around(ns)[..rounds].to_vec())]);
    let verdict = |a: usize, b: usize| {
        let comparison =
            compare(&of(20_000, a), &of(22_000, b), &Filter::default(), &OPTIONS).unwrap();
        comparison.cells[0].judged.verdict
    };
    assert_eq!(verdict(12, 5), Verdict::Regressed);
    assert_eq!(verdict(4, 4), Verdict::Regressed);
    assert_eq!(verdict(3, 4), Verdict::Inconclusive);
}

/// Another state of the machine, or another tminus, forbids nothing and is not passed over.
#[test]
fn what_may_have_moved_figures_is_noted() {
    let with = |kernel: &str, version: &str| {
        let mut run = base();
        run.header.provenance.machine.kernel = kernel.into();
        run.header.provenance.build.version = version.into();
        run
    };
    let (a, b) = (with("Linux 6.1", "0.1.0"), with("Linux 6.2", "0.2.0"));
    let notes = |b: &Run| compare(&a, b, &Filter::default(), &OPTIONS).unwrap().notes;
    assert_eq!(
        notes(&b),
        [
            "the kernel is `Linux 6.1` in one and `Linux 6.2` in the other",
            "the version of tminus is `0.1.0` in one and `0.2.0` in the other"
        ]
    );
    assert_eq!(notes(&a), [""; 0]);
}

/// Another version of a crate is what one compares.
#[test]
fn a_version_is_no_obstacle() {
    let with = |version: &str| {
        let mut run = base();
        run.header.executors[0].crates.insert("tokio".into(), version.into());
        run
    };
    let comparison =
        compare(&with("1.53.0 [rt]"), &with("1.54.0 [rt]"), &Filter::default(), &OPTIONS);
    assert_eq!(comparison.unwrap().differences, [""; 0]);
    // A dependency that became optional, or is no more, is not a choice of a feature.
    let built = |version: &str| {
        let mut run = with(version);
        let crates = &mut run.header.provenance.build.crates;
        crates.insert("num_cpus".into(), "1.17.0".into());
        run
    };
    let refused =
        |a: &str, b: &str| compare(&built(a), &built(b), &Filter::default(), &OPTIONS).is_err();
    assert!(!refused("1.38.0 [num_cpus, rt]", "1.54.0 [rt]"));
    assert!(refused("1.38.0 [num_cpus, rt, time]", "1.54.0 [rt]"));
    assert!(refused("1.54.0 [num_cpus, rt]", "1.54.0 [rt]"));
}

/// A new executor enables what it needs; what is taken away must not be overlooked.
#[test]
fn a_change_may_bring_features_but_not_take_them() {
    let with = |about: &str| {
        let mut header = base().header;
        header.executors[0].crates.insert("tokio".into(), about.into());
        header
    };
    let gained = |a: &str, b: &str| {
        let (a, b) = (with(a), with(b));
        assert_eq!(differences(&a, &b).len(), 1);
        gains(&a, &b) == differences(&a, &b)
    };
    assert!(gained("1.54.0 [net]", "1.54.0 [net, rt]"));
    assert!(gained("1.54.0", "1.54.0 [net, rt]"));
    assert!(!gained("1.54.0 [net, rt]", "1.54.0 [net]"));
    assert!(!gained("1.54.0 [net]", "1.54.0 [rt]"));
}

#[test]
fn an_unknown_metric_and_an_empty_choice_are_refused() {
    let metric = Options { metric: Some("cpu_ns_per_opp".into()), ..OPTIONS };
    let refused = compare(&base(), &base(), &Filter::default(), &metric).unwrap_err();
    assert!(refused.to_string().contains("did you mean `cpu_ns_per_op`?"), "{refused}");
    let nothing = Filter::parse(&["echo".into()], &[], &[], &[]).unwrap();
    assert!(compare(&base(), &base(), &nothing, &OPTIONS).is_err());
}

#[test]
fn a_run_against_itself_has_no_difference() {
    let comparison = compared_with(&base());
    assert_eq!(comparison.count(Verdict::Equivalent), 3);
    assert!(comparison.cells.iter().all(|it| it.judged.ratio.median == 1.0));
}
