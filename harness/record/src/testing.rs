//! Runs that are made up, with figures that can be worked out by hand.

use std::collections::BTreeMap;

use tminus_contract::params::Params;
use tminus_contract::sample::Sample;
use tminus_contract::{Clock, Family, Order, Workers};

use crate::machine::Provenance;
use crate::{Cell, ExecutorFacts, Header, Outcome, Profile, Record, Run, SCHEMA, WorkloadFacts};

/// Returns the parameters that `text` holds as JSON.
///
/// # Panics
/// If it holds none.
#[must_use]
pub fn params(text: &str) -> Params {
    serde_json::from_str(text).unwrap()
}

/// Returns a cell of `executor`; its workload and parameters are always the same.
#[must_use]
pub fn cell(executor: &str) -> Cell {
    Cell {
        workload: "squares".into(),
        params: params(r#"{"tasks":10,"depth":1}"#),
        label: "tasks=10".into(),
        executor: executor.into(),
        workers: None,
        twin: false,
    }
}

/// Returns the facts of an executor of one worker.
#[must_use]
pub fn executor(id: &str, order: Order, note: &str) -> ExecutorFacts {
    ExecutorFacts {
        id: id.into(),
        name: id.into(),
        family: Family::Hand,
        workers: Workers::One,
        order,
        borrows: BTreeMap::new(),
        missing: BTreeMap::new(),
        crates: BTreeMap::new(),
        note: note.into(),
        module: String::new(),
    }
}

/// Returns a run in which each cell has the given wall times per op, a round each.
#[must_use]
pub fn run(cells: &[(Cell, Vec<u64>)]) -> Run {
    let records = cells.iter().flat_map(|(cell, times)| {
        times.iter().zip(0..).map(|(time, round)| record(cell, round, *time))
    });
    Run {
        records: records.collect(),
        counts: BTreeMap::new(),
        header: Header {
            schema: SCHEMA,
            seed: 0,
            seeds: 0,
            profile: Profile::Quick,
            rounds: 6,
            clock: Clock::Real,
            turns: false,
            cells: cells.iter().map(|(cell, _)| cell.clone()).collect(),
            exclusions: Vec::new(),
            workloads: vec![WorkloadFacts {
                id: "squares".into(),
                title: "Squares".into(),
                about: String::new(),
                category: String::new(),
                op: "resumption".into(),
                version: 1,
                metrics: vec!["wall_ns_per_op".into(), "cpu_ns_per_op".into()],
                distributions: Vec::new(),
                floors: Vec::new(),
                purposes: Vec::new(),
                module: String::new(),
            }],
            executors: vec![
                executor("heap", Order::Fifo, ""),
                executor("deque", Order::Task, "a note"),
            ],
            verified: Vec::new(),
            provenance: Provenance::default(),
        },
    }
}

/// Returns a record in which the median of the wall times is the given one, behind an outlier.
#[must_use]
pub fn record(cell: &Cell, round: u32, wall_ns_per_op: u64) -> Record {
    let sample = Sample { ops: 10, wall_ns: wall_ns_per_op * 10, cpu_ns: 50, ..Sample::default() };
    // The median of the samples counts: the first is an outlier.
    let outlier =
        Sample { wall_ns: 1_000_000, involuntary_switches: u64::from(round == 2), ..sample };
    Record {
        cell: cell.id(),
        round,
        position: 0,
        started_unix_ns: 0,
        set_unix_ns: None,
        elapsed_ns: 0,
        outcome: Outcome::Ok,
        samples: vec![outlier, sample, sample],
        distributions: Vec::new(),
        metrics: BTreeMap::new(),
        order: Some(Order::Fifo),
        withheld: None,
    }
}
