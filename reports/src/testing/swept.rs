//! A made-up run of a service that is offered rates it can and cannot take. Its figures are those
//! of a queue: they rise as the rate comes near what an executor can do, and end there.

use std::collections::BTreeMap;

use tminus_contract::Family;
use tminus_contract::sample::Sample;
use tminus_judge::rank::Row;
use tminus_record::{Cell, Outcome, Record, Run, WorkloadFacts};

use super::fixture;

/// The rates of `rate=2000..100000/8`.
const RATES: [u64; 8] = [2_000, 3_497, 6_116, 10_694, 18_701, 32_702, 57_186, 100_000];

/// Executor, workers, family, latency without load in ns, what it can do in requests a second.
const EXECUTORS: [(&str, Option<usize>, Family, f64, f64); 7] = [
    ("floor", None, Family::Floor, 21_000.0, 105_000.0),
    ("heap", None, Family::Hand, 30_000.0, 60_000.0),
    ("tokio-current-thread", None, Family::Tokio, 36_000.0, 70_000.0),
    ("tokio-multi-thread", Some(1), Family::Tokio, 41_000.0, 64_000.0),
    ("tokio-multi-thread", Some(2), Family::Tokio, 70_000.0, 140_000.0),
    ("smol", Some(1), Family::Smol, 45_000.0, 66_000.0),
    ("smol", Some(2), Family::Smol, 90_000.0, 118_000.0),
];

/// Returns the run.
pub(crate) fn swept() -> Run {
    let cells = EXECUTORS.iter().flat_map(|it| {
        RATES.map(|rate| (it, rate, fixture::cell("load", "rate", rate, it.0, it.1)))
    });
    let cells: Vec<_> = cells.collect();
    let rows: Vec<Row> =
        cells.iter().map(|(it, _, cell)| fixture::row(cell.clone(), it.2, 1.0, 0.0)).collect();
    let groups = vec![fixture::group("load", "Load", "request", "latency_p99_ns", rows)];
    let mut run = fixture::run_of(&fixture::ranking_of(groups));
    run.header.workloads = vec![WorkloadFacts {
        category: "load".into(),
        id: "load".into(),
        title: "Load".into(),
        about: "Requests come at a rate that does not wait for answers.".into(),
        op: "request".into(),
        version: 1,
        metrics: ["latency_p99_ns", "latency_p50_ns", "cpu_ns_per_op"].map(String::from).into(),
        distributions: vec![("latency".into(), "intended start to answer".into())],
        floors: vec![("floor".into(), "the same in straight-line code".into())],
        purposes: Vec::new(),
        module: String::new(),
    }];
    run.header.cells = cells.iter().map(|(.., cell)| cell.clone()).collect();
    let records = (0..fixture::ROUNDS).flat_map(|round| {
        let records = cells.iter().zip(0..);
        records.map(move |((it, rate, cell), position)| {
            record(cell, (it.3, it.4), *rate, (round, position))
        })
    });
    run.records = records.collect();
    run
}

fn record(cell: &Cell, (idle, most): (f64, f64), rate: u64, at: (u32, u32)) -> Record {
    let (round, position) = at;
    let used = rate as f64 / most;
    let noise = 0.94 + 0.12 * fixture::jitter(u64::from(round) * 7_919 + u64::from(position));
    let p99 = idle * noise * (1.0 + 3.0 * used / (1.0 - used).max(0.01));
    let outcome = match used < 0.95 {
        true => Outcome::Ok,
        false => Outcome::Excluded { reason: "rate not reached: 0.93 of the offered one".into() },
    };
    let cpu_ns = idle * 0.2 * (1.3 - 0.5 * used) * (2.0 - noise);
    let sample = Sample {
        ops: 1_000,
        iterations: 1,
        wall_ns: 1_000_000_000_000 / rate,
        cpu_ns: (cpu_ns * 1_000.0) as u64,
        ..Sample::default()
    };
    let metrics = [("latency_p99_ns", p99), ("latency_p50_ns", p99 * 0.45)];
    let is_good = outcome == Outcome::Ok;
    Record {
        cell: cell.id(),
        round,
        position,
        started_unix_ns: 1_790_000_000_000_000_000 + u64::from(round * 1_000 + position),
        set_unix_ns: None,
        elapsed_ns: 9_000_000,
        outcome,
        samples: if is_good { vec![sample] } else { Vec::new() },
        distributions: Vec::new(),
        metrics: match is_good {
            true => metrics.map(|(name, value)| (name.to_owned(), value)).into(),
            false => BTreeMap::new(),
        },
        order: None,
        withheld: None,
    }
}

/// Executor, family, and how many times as fast it is with 1, 2 and 4 workers.
const SCALED: [(&str, Family, [f64; 3]); 3] = [
    ("tokio-multi-thread", Family::Tokio, [1.0, 1.7, 1.6]),
    ("smol", Family::Smol, [1.0, 0.8, 0.6]),
    ("futures-thread-pool", Family::Futures, [1.0, 1.02, 0.99]),
];

/// Returns a run of executors with several counts of workers on two cores.
pub(crate) fn scaled() -> Run {
    let cell =
        |who: &str, workers: usize| fixture::cell("work", "tasks", 1_000, who, Some(workers));
    let rows = SCALED.iter().flat_map(|(who, family, factors)| {
        let rows = [1, 2, 4].into_iter().zip(factors);
        rows.map(move |(workers, factor)| {
            fixture::row(cell(who, workers), *family, 400.0 / factor, 0.02)
        })
    });
    let group = fixture::group("work", "Work", "task", "wall_ns_per_op", rows.collect());
    let mut run = fixture::run_of(&fixture::ranking_of(vec![group.clone()]));
    run.header.workloads = vec![WorkloadFacts {
        category: "price".into(),
        id: "work".into(),
        title: "Work".into(),
        about: "Tasks are spawned and joined.".into(),
        op: "task".into(),
        version: 1,
        metrics: vec!["wall_ns_per_op".into()],
        distributions: Vec::new(),
        floors: Vec::new(),
        purposes: Vec::new(),
        module: String::new(),
    }];
    run.header.provenance.machine.cores = 2;
    let records = (0..fixture::ROUNDS).flat_map(|round| {
        let rows = group.rows.iter().zip(0..);
        rows.map(move |(row, position)| fixture::noisy(row, round, position))
    });
    run.records = records.collect();
    run
}
