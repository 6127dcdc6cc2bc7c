//! Sessions that are made up, with one figure a round.

mod broken;
mod metrics;
mod null;

use null::noise;
use tminus_record::Exclusion;
use tminus_record::testing::{cell, record, run};

use super::*;
use crate::compare::Without;

const OPTIONS: Options =
    Options { margin: 1.01, detect: 1.05, detect_many: 1.08, metric: None, rounds: 40, looks: 1 };

/// Forty rounds around `ns`, spread over `spread` per mille.
fn rounds(ns: u64, spread: u64, seed: u64) -> Vec<u64> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..40).map(|_| ns + rng.u64(0..=ns * spread / 1000)).collect()
}

/// Returns a session of two cells: baseline, copy and candidate of each, spread over `spread` per
/// mille.
fn session_of(deque: [u64; 3], heap: [u64; 3], spread: u64) -> Session {
    let side = |side: usize| {
        let seed = 10 * side as u64;
        run(&[
            (cell("deque"), rounds(deque[side], spread, seed)),
            (cell("heap"), rounds(heap[side], spread, seed + 1)),
        ])
    };
    Session { baseline: side(0), copy: side(1), candidate: side(2) }
}

const SAME: [u64; 3] = [100_000; 3];
const SLOWER: [u64; 3] = [100_000, 100_000, 104_000];

fn wall() -> Options {
    Options { metric: Some("wall_ns_per_op".into()), ..OPTIONS }
}

fn verdicts(gate: &Gate) -> Vec<Verdict> {
    gate.cells.iter().map(|cell| cell.verdict).collect()
}

#[test]
fn no_change_passes() {
    let gate = gate(&session_of(SAME, SAME, 10), &wall()).unwrap();
    assert_eq!(gate.end, End::Pass);
    assert_eq!(verdicts(&gate), [Verdict::Equivalent; 2]);
    assert!(flagged(&gate).is_empty());
}

#[test]
fn a_regression_must_fall_twice() {
    let first = session_of(SAME, SLOWER, 10);
    let once = gate(&first, &wall()).unwrap();
    assert_eq!(once.end, End::Flagged);
    assert_eq!(flagged(&once), ["squares/tasks=10/heap".to_owned()].into());
    let again = confirm(once.clone(), &session_of(SAME, SLOWER, 12)).unwrap();
    assert_eq!(again.end, End::Regressed);
    let not_again = confirm(once.clone(), &session_of(SAME, SAME, 12)).unwrap();
    assert_eq!(not_again.end, End::Pass);
    assert_eq!(verdicts(&not_again), [Verdict::Equivalent, Verdict::Inconclusive]);
    // The second session clears what the first could hide, and what it hides itself counts.
    let far = gate(&session_of(SAME, [100_000, 100_000, 107_000], 10), &wall()).unwrap();
    assert_eq!(confirm(far, &session_of(SAME, SAME, 12)).unwrap().end, End::Pass);
    let wide = confirm(once.clone(), &session_of(SAME, SAME, 900)).unwrap();
    assert_eq!(wide.end, End::Inconclusive);
    // A second session that does not hold the cell confirms nothing.
    let mut empty = session_of(SAME, SLOWER, 12);
    for run in [&mut empty.baseline, &mut empty.copy, &mut empty.candidate] {
        run.header.cells.retain(|cell| cell.executor != "heap");
    }
    assert_eq!(confirm(once.clone(), &empty).unwrap().end, End::Flagged);
    let unfit = session_of(SAME, [100_000, 104_000, 104_000], 10);
    let unfit = confirm(once, &unfit).unwrap();
    assert_eq!((unfit.end, unfit.biased.len()), (End::Unfit, 1));
    // A cell that shows it in both sessions is one cell.
    let same_again = session_of(SAME, [100_000, 104_000, 104_000], 12);
    assert_eq!(confirm(unfit, &same_again).unwrap().biased.len(), 1);
}

/// Each look spends its share: what is sure enough for one look need not be for a later one.
#[test]
fn more_looks_must_be_surer() {
    let one = wall();
    let first = Options { looks: 5, ..wall() };
    let later = Options { rounds: 20, ..first.clone() };
    let confidence = [&one, &first, &later].map(|options| options.confidence(40));
    for (confidence, expected) in confidence.into_iter().zip([0.95, 0.96, 0.9975]) {
        assert!((confidence - expected).abs() < 1e-12, "{confidence}");
    }
    let all = 0.05 - (1.0 - first.confidence(40)) - 4.0 * (1.0 - later.confidence(40));
    assert!(all.abs() < 1e-12, "{all} is left over");
    let session = session_of(SAME, SLOWER, 10);
    let width = |options| {
        let gate = gate(&session, options).unwrap();
        let interval = gate.cells[1].judged.ratio.interval.unwrap();
        (gate.cells[1].verdict, interval.high - interval.low)
    };
    assert_eq!((width(&one).0, width(&later).0), (Verdict::Regressed, Verdict::Regressed));
    assert!(width(&later).1 > width(&one).1);
    assert_eq!(decided(&gate(&session, &later).unwrap()).len(), 2);
    let wide = gate(&session_of(SAME, SAME, 900), &later).unwrap();
    assert!(decided(&wide).is_empty());
}

/// What falls in a cell alone, but not among fifty, is looked at again.
#[test]
fn a_suspected_cell_gets_more_rounds() {
    let options = Options { looks: 4, ..wall() };
    let session = |rounds: u64| {
        let side = |ns: fn(u64) -> u64| {
            let slow = (0..rounds).map(ns).collect();
            let same =
                (1..50).map(|n| (cell(&format!("made-{n}")), vec![100_000; rounds as usize]));
            run(&std::iter::once((cell("slow"), slow)).chain(same).collect::<Vec<_>>())
        };
        let (same, slower) =
            (side(|_| 100_000), side(|n| if n % 4 == 0 { 100_500 } else { 103_000 }));
        Session { baseline: same.clone(), copy: same, candidate: slower }
    };
    let first = gate(&session(40), &options).unwrap();
    assert_eq!(first.cells.iter().filter(|cell| cell.is_suspected()).count(), 1);
    assert!(!first.cells[0].is_open(&options));
    assert_eq!((first.end, decided(&first).len()), (End::Pass, 49));
    let second = gate(&session(80), &options).unwrap();
    assert_eq!((second.end, decided(&second).len()), (End::Flagged, 50));
}

#[test]
fn a_copy_that_differs_makes_the_environment_unfit() {
    let drifting = session_of([100_000, 103_000, 100_000], SLOWER, 10);
    let gate = gate(&drifting, &wall()).unwrap();
    assert_eq!(gate.end, End::Unfit);
    assert_eq!(gate.biased, ["squares/tasks=10/deque"]);
}

#[test]
fn what_could_hide_beyond_the_limit_of_detection_is_no_pass() {
    let gate = gate(&session_of(SAME, SAME, 900), &wall()).unwrap();
    assert_eq!(gate.end, End::Inconclusive);
    assert!(gate.cells[0].could_hide() > 1.05);
}

/// As long as they are few: a gate must not pass because nothing could be seen.
#[test]
fn a_cell_that_differs_from_its_own_copy_by_much_decides_nothing() {
    let two = noisy(2, false);
    assert_eq!(two.cells.iter().filter(|cell| cell.is_unsteady(&OPTIONS)).count(), 2);
    let loud = two.cells.iter().filter(|cell| cell.noise.is_some_and(|noise| noise > 1.05));
    assert_eq!(loud.count(), 2);
    let mut loud = two.cells.iter().find(|cell| cell.is_unsteady(&OPTIONS)).unwrap().clone();
    loud.judged.ratio.median = loud.judged.limits.effective() * 1.01;
    assert!(!loud.is_unsteady(&OPTIONS), "what costs more is not excused");
    // However far its own noise lifts the margin.
    loud.judged.limits.floor = 1.25;
    loud.judged.ratio.median = 1.2;
    assert!(!loud.is_unsteady(&OPTIONS), "what costs more is not excused");
    assert_eq!((two.end, noisy(3, false).end), (End::Pass, End::Inconclusive));
}

/// Cells of several workers have a limit of their own, which is never the lower one.
#[test]
fn several_workers_may_hide_more() {
    let of = |executor: &str, options: &Options| {
        let id = format!("squares/tasks=10/{executor}").parse().unwrap();
        options.detect_of(&Cell::from_id(&id).unwrap())
    };
    let limits = ["heap", "smol/w1", "smol/w2"].map(|executor| of(executor, &OPTIONS));
    assert_eq!(limits, [1.05, 1.05, 1.08]);
    assert_eq!(of("smol/w2", &Options { detect: 1.5, ..OPTIONS }), 1.5);
}

#[test]
fn a_candidate_that_alone_is_noisy_is_no_pass() {
    let gate = noisy(1, true);
    assert_eq!(gate.cells.iter().filter(|cell| cell.is_unsteady(&OPTIONS)).count(), 0);
    assert_eq!(gate.end, End::Inconclusive);
}

/// Ten cells of which `count` take now more and now less, in all programs or in the candidate.
fn noisy(count: usize, candidate_alone: bool) -> Gate {
    let mut rng = fastrand::Rng::with_seed(6);
    let mut session = noise(&mut rng, 10, |_| 1.0);
    let Session { baseline, copy, candidate } = &mut session;
    let runs = if candidate_alone { vec![candidate] } else { vec![baseline, copy, candidate] };
    for record in runs.into_iter().flat_map(|run| &mut run.records) {
        let name = record.cell.as_str();
        let is_one = (0..count).any(|n| name.ends_with(&format!("made-{n}")));
        let percent = match is_one {
            true if candidate_alone => *rng.choice(&[70, 130]).unwrap(),
            true => rng.u64(100..200),
            false => 100,
        };
        record.samples.iter_mut().for_each(|it| it.wall_ns = it.wall_ns * percent / 100);
    }
    gate(&session, &wall()).unwrap()
}

#[test]
fn many_cells_without_a_comparison_are_no_pass() {
    let mut rng = fastrand::Rng::with_seed(5);
    let ends = [2, 3].map(|count| {
        let mut session = noise(&mut rng, 10, |_| 1.0);
        for run in [&mut session.baseline, &mut session.copy, &mut session.candidate] {
            let is_one = |name: &str| (0..count).any(|n| name.ends_with(&format!("made-{n}")));
            run.records.retain(|record| !is_one(record.cell.as_str()));
        }
        gate(&session, &wall()).unwrap().end
    });
    assert_eq!(ends, [End::Pass, End::Inconclusive]);
}

/// The change took `heap` away and brought `smol`.
#[test]
fn cells_of_one_program_alone_are_named() {
    let header = |executors: [&str; 2]| run(&executors.map(|it| (cell(it), vec![1]))).header;
    let (mut theirs, mut ours) = (header(["deque", "heap"]), header(["smol", "deque"]));
    theirs.cells.push(Cell { twin: true, ..cell("deque") });
    ours.cells.push(cell("floor-hot"));
    let (mut before, mut after) = (theirs.clone(), ours.clone());
    let apart = Apart::keep_common(&mut theirs, &mut ours);
    assert_eq!((&theirs.cells, &ours.cells), (&vec![cell("deque")], &vec![cell("deque")]));
    let named = |these: &[Without]| {
        let name = |it: &Without| format!("{}: {}", it.cell, it.reason);
        these.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(named(&apart.lost), ["squares/tasks=10/heap: not in the candidate"]);
    assert_eq!(named(&apart.new), ["squares/tasks=10/smol: not in the baseline"]);
    let reason = "no timers".to_owned();
    after.exclusions.push(Exclusion { cell: cell("heap").id(), reason });
    let excluded = Apart::keep_common(&mut before, &mut after);
    assert_eq!(
        named(&excluded.lost),
        ["squares/tasks=10/heap: left out by the candidate: no timers"]
    );
    let fine = || gate(&session_of(SAME, SAME, 10), &wall()).unwrap();
    let lost = with_apart(fine(), &apart);
    assert_eq!((lost.end, lost.lost.len(), lost.without.len()), (End::Inconclusive, 1, 2));
    let forced = with_apart(fine(), &Apart { is_forced: true, ..apart.clone() });
    // One of three cells has no comparison then, which is one too many.
    assert_eq!((forced.end, forced.lost.len()), (End::Inconclusive, 0));
    // As many new ones as there may be are no reason.
    let new = vec![apart.new[0].clone(); 9];
    let added = with_apart(fine(), &Apart { new, ..Apart::default() });
    assert_eq!((added.end, added.new.len(), added.without.len()), (End::Pass, 9, 9));
    // A second session changes nothing of it.
    let slow = with_apart(gate(&session_of(SAME, SLOWER, 10), &wall()).unwrap(), &apart);
    assert_eq!(slow.end, End::Flagged);
    assert_eq!(confirm(slow, &session_of(SAME, SAME, 12)).unwrap().end, End::Inconclusive);
}

/// They may come from a file that another program wrote.
#[test]
fn options_that_no_gate_can_go_by_are_refused() {
    let refused = |options: Options| options.check().is_err();
    assert_eq!(OPTIONS.check(), Ok(()));
    assert_eq!(Options { rounds: 40, looks: 8, ..OPTIONS }.most_rounds(), 5120);
    for margin in [1.0, 0.5, 2.5, f64::NAN, f64::INFINITY] {
        assert!(refused(Options { margin, ..OPTIONS }), "{margin}");
        assert!(refused(Options { detect_many: margin, ..OPTIONS }), "{margin}");
    }
    let counts = [(5, 1), (0, 0), (40, 0), (40, 9), (u32::MAX, 1), (40, u32::MAX), (10_000, 2)];
    for (rounds, looks) in counts {
        assert!(refused(Options { rounds, looks, ..OPTIONS }), "{rounds} and {looks}");
    }
    assert!(!refused(Options { rounds: MAX_ROUNDS, looks: 1, ..OPTIONS }));
}
