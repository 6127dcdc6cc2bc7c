//! The loop without a program to run, and the orders against what they are for.

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;
use tminus_contract::Clock;
use tminus_contract::sample::Sample;
use tminus_judge::gate as verdict;
use tminus_judge::gate::{Gate, Options, Session};
use tminus_record::machine::Provenance;
use tminus_record::{ExecutorFacts, Profile, Run, SCHEMA};

use super::*;

fn cell(executor: &str) -> Cell {
    let id = format!("squares/tasks=10/{executor}").parse().expect("an id");
    Cell::from_id(&id).expect("a cell")
}

fn header(rounds: u32, executors: &[&str]) -> Header {
    Header {
        schema: SCHEMA,
        seed: 0,
        seeds: 0,
        profile: Profile::Quick,
        rounds,
        clock: Clock::Real,
        turns: false,
        cells: executors.iter().map(|executor| cell(executor)).collect(),
        exclusions: Vec::new(),
        workloads: Vec::new(),
        executors: Vec::new(),
        verified: Vec::new(),
        provenance: Provenance::default(),
    }
}

fn record(executor: &str, round: u32, wall_ns: u64) -> Record {
    let sample = Sample { ops: 1, iterations: 1, wall_ns, cpu_ns: wall_ns, ..Sample::default() };
    Record {
        cell: cell(executor).id(),
        round,
        position: 0,
        started_unix_ns: 0,
        set_unix_ns: None,
        elapsed_ns: 1,
        outcome: Outcome::Ok,
        samples: vec![sample],
        distributions: Vec::new(),
        metrics: BTreeMap::new(),
        order: None,
        withheld: None,
    }
}

#[test]
fn each_side_stands_in_each_place_and_before_each_other_equally_often() {
    for (sides, reversed) in (2..=9).flat_map(|sides| [(sides, false), (sides, true)]) {
        let mut places = vec![vec![0; sides]; sides];
        let (mut before, mut next) = (places.clone(), places.clone());
        for round in 0..2 * sides as u32 {
            let order = turns(round, reversed, sides);
            for (place, side) in order.iter().enumerate() {
                places[*side][place] += 1;
                order[place + 1..].iter().for_each(|later| before[*side][*later] += 1);
                order.get(place + 1).into_iter().for_each(|later| next[*side][*later] += 1);
            }
        }
        assert!(places.iter().flatten().all(|count| *count == 2), "{places:?}");
        let of_others = |all: &[Vec<usize>], count: usize| {
            let is_right = |(a, b): (usize, usize)| all[a][b] == if a == b { 0 } else { count };
            (0..sides).flat_map(|a| (0..sides).map(move |b| (a, b))).all(is_right)
        };
        assert!(of_others(&before, sides), "{before:?}");
        assert!(of_others(&next, 2), "{sides}: {next:?}");
    }
    assert_eq!((0..40).filter(|&round| turns(round, false, 3) == turns(round, true, 3)).count(), 0);
    let orders: BTreeSet<Vec<usize>> = (0..6).map(|round| turns(round, false, 3)).collect();
    assert_eq!(orders.len(), 6, "all that three sides have");
}

/// Returns a gate of one and the same program, each child of which takes 2 % longer than the one
/// before it.
fn drifting(order: impl Fn(u32) -> Vec<usize>) -> Gate {
    let empty = || Run::new(header(40, &["heap"]));
    let mut sides = [empty(), empty(), empty()];
    let mut wall_ns = 1e6;
    for round in 0..40 {
        for side in order(round) {
            sides[side].records.push(record("heap", round, wall_ns as u64));
            wall_ns *= 1.02;
        }
    }
    let [baseline, copy, candidate] = sides;
    let metric = Some("wall_ns_per_op".into());
    let options =
        Options { margin: 1.01, detect: 1.05, detect_many: 1.08, metric, rounds: 40, looks: 1 };
    verdict::gate(&Session { baseline, copy, candidate }, &options).expect("a verdict")
}

#[test]
fn a_drift_within_rounds_cancels_in_these_orders_and_in_no_fixed_one() {
    for reversed in [false, true] {
        let gate = drifting(|round| turns(round, reversed, 3));
        assert_eq!(gate.end, verdict::End::Pass, "{gate:?}");
        assert!(gate.cells[0].judged.ratio.median.ln().abs() < 1e-4, "{gate:?}");
    }
    for fixed in 0..6 {
        let gate = drifting(|_| turns(fixed, false, 3));
        assert_eq!(gate.end, verdict::End::Unfit, "{gate:?}");
    }
}

#[test]
fn one_worker_is_that_of_a_loop_or_the_only_one_of_many() {
    let facts = |id: &str, workers: &str| -> ExecutorFacts {
        let facts = json!({ "id": id, "name": id, "family": "hand", "workers": workers,
            "order": "fifo", "borrows": {}, "crates": {}, "note": "" });
        serde_json::from_value(facts).expect("facts")
    };
    let mut header = header(6, &[]);
    header.executors =
        vec![facts("heap", "one"), facts("smol", "many"), facts("threads", "per-task")];
    let stays = ["heap", "smol/w1", "smol/w2", "threads", "floor-hot"]
        .map(|executor| run::has_one_worker(&header, &cell(executor)));
    assert_eq!(stays, [true, true, false, false, true]);
}

#[test]
fn what_was_run_before_an_interruption_is_not_left() {
    let header = header(6, &["heap", "deque", "smol", "threads"]);
    let mut progress = Progress { sides: 3, ..Progress::default() };
    progress.learn(0, &record("heap", 0, 1));
    progress.learn(1, &record("heap", 0, 1));
    progress.learn(2, &record("deque", 3, 1));
    progress.learn(0, &record("other", 0, 1));
    let hang = Outcome::Excluded { reason: "it cannot".into() };
    progress.learn(0, &Record { outcome: hang, ..record("smol", 1, 1) });
    let closed = BTreeSet::from([cell("threads").id().to_string()]);
    let left = |rounds, failure| {
        let part = Part { rounds, closed: &closed, reversed: false, failure };
        let left = progress.left(&header, &part);
        let of = |executor: &str| left.get(&cell(executor).id()).copied();
        ["heap", "deque", "smol", "threads"].map(of)
    };
    // After its failure a cell has nothing left but the rest of that round.
    let ends = Failure::EndsCell;
    assert_eq!(left(0..3, ends), [Some(7), Some(9), Some(5), None]);
    assert_eq!(left(3..6, ends), [Some(9), Some(8), Some(0), None]);
    // Or what the other sides have.
    let ends = Failure::EndsSide;
    assert_eq!(left(0..3, ends), [Some(7), Some(9), Some(7), None]);
    assert_eq!(left(3..6, ends), [Some(9), Some(8), Some(6), None]);
}

/// The deadlines of a round are those of no other, nor of one of the session that confirms; within
/// it they are those of all executors of a group.
#[test]
fn no_work_recurs_but_for_those_that_are_compared() {
    let first = header(40, &["heap", "deque"]);
    let again = Header { seed: seed::derive(first.seed, Use::Again, 0, ""), ..first.clone() };
    let next = Header { seed: first.seed + 1, ..first.clone() };
    let mut seeds = BTreeSet::new();
    for header in [&first, &again, &next] {
        for round in 0..40 {
            let work = |cell: &Cell| run::spec(header, cell.clone(), round, None, None).seed;
            assert_eq!(work(&header.cells[0]), work(&header.cells[1]));
            assert!(seeds.insert(work(&header.cells[0])), "round {round}");
        }
    }
}

/// What a gate says while it runs.
#[derive(Default)]
struct Told(Vec<String>);

impl Watch for Told {
    fn starts(&mut self, _: &Cell, round: u32) {
        self.0.push(format!("round {round}"));
    }

    fn ended(&mut self, _: &Cell, record: &Record) {
        self.0.push(format!("ended in round {}", record.round));
    }

    fn given_up(&mut self, _: &Cell, children: usize) {
        self.0.push(format!("given up, {children} left out"));
    }
}

#[test]
fn a_cell_that_fails_is_given_up_after_its_round() {
    let here = TempDir::new().expect("a directory");
    let header = header(4, &["heap"]);
    let open = |name: &str| {
        let (program, file) = (here.path().join("none"), here.path().join(name));
        Side::open(&program, &file, &header).expect("a side").0
    };
    let mut sides = ["baseline", "copy", "candidate"].map(open);
    let bounds = Bounds {
        deadline: Duration::from_secs(60),
        memory_limit_bytes: None,
        until: None.into(),
        cancel: Cancel::new().expect("a pipe"),
    };
    let mut told = Told::default();
    for rounds in [0..3, 3..4] {
        let failure = Failure::EndsCell;
        let part = Part { rounds, closed: &BTreeSet::new(), reversed: false, failure };
        let ended = run(&header, &part, &mut sides, &bounds, &mut told).expect("records");
        assert_eq!(ended, End::Complete);
        assert_eq!(left(&header, &part, &sides)[&cell("heap").id()], 0);
    }
    let ended = "ended in round 0";
    assert_eq!(told.0, ["round 0", ended, ended, ended, "given up, 6 left out"]);
}

#[test]
fn a_budget_is_not_spent_while_the_program_is_stopped() {
    let cancel = Cancel::new().expect("a pipe");
    let (deadline, memory_limit_bytes) = (Duration::from_secs(60), None);
    let soon = Instant::now();
    let bounds = Bounds { deadline, memory_limit_bytes, until: Some(soon).into(), cancel };
    assert!(bounds.is_over());
    let hour = Duration::from_secs(3600);
    bounds.add(hour);
    assert!(!bounds.is_over());
    assert_eq!(bounds.until.get(), Some(soon + hour));
}
