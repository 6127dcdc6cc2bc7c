//! What criterion left in its directory, as a run: every sample as it was measured, and nothing that
//! criterion derived from them.
//!
//! A directory of criterion is what one process did last, so it is one round. Where and of what it was
//! made criterion does not store: that is [`UNKNOWN`] in the run. The directory may come from
//! anywhere: what is read is bounded and checked, links are not followed, and what is not as criterion
//! writes it is refused whole.

mod files;
mod name;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{Header, Run, SCHEMA, WorkloadFacts};
use crate::contract::Clock;
use crate::error::{Error, Result};
use crate::machine::{Build, Machine, Provenance, UNKNOWN};
use crate::plan::{Cell, Profile};
use crate::record::{Outcome, Record};
use crate::text::escape;

use files::Measured;
use name::{Name, Named};

const MAX_ROUNDS: usize = 1000;
/// Of all directories together: a run file of some 250 MiB.
const MAX_SAMPLES: usize = 2_000_000;

/// Reads `directories` of criterion, a round each, and gives the run: of each benchmark what its
/// baseline `baseline` holds (`new` is what was measured last). The run's command is left empty.
///
/// # Errors
/// [`Error::File`]; [`Error::Foreign`] for what is not as criterion writes it; [`Error::Usage`] where
/// there is nothing, a directory stands twice, or two benchmarks would have one name.
pub fn read(directories: &[PathBuf], baseline: &str) -> Result<Run> {
    files::check_baseline(baseline)?;
    check_rounds(directories)?;
    let (mut names, mut samples) = (Names::default(), 0);
    let mut cells: BTreeMap<Named, Vec<(u32, Measured)>> = BTreeMap::new();
    for (directory, round) in directories.iter().zip(0..) {
        for path in files::benchmarks(directory, baseline)? {
            let (name, measured) = files::read(&path)?;
            let foreign = |expected| Error::Foreign { path: path.clone(), line: 1, expected };
            samples += measured.samples.len();
            if samples > MAX_SAMPLES {
                return Err(foreign(format!("expected at most {MAX_SAMPLES} samples in all")));
            }
            let named = names.take(&name).map_err(foreign)?;
            let rounds = cells.entry(named).or_default();
            if rounds.last().is_some_and(|(last, _)| *last == round) {
                return Err(foreign(format!("expected {} once", name.shown())));
            }
            rounds.push((round, measured));
        }
    }
    let rounds = u32::try_from(directories.len()).unwrap_or(u32::MAX);
    Ok(Run { header: header(&cells, rounds), records: records(cells, rounds) })
}

fn check_rounds(directories: &[PathBuf]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for directory in directories {
        let failed = |cause| Error::File { path: directory.clone(), cause };
        if !seen.insert(std::fs::canonicalize(directory).map_err(failed)?) {
            let shown = escape(&directory.display().to_string());
            return Err(Error::Usage(format!("{shown}: given twice; each is one round")));
        }
    }
    if seen.len() > MAX_ROUNDS {
        return Err(Error::Usage(format!("at most {MAX_ROUNDS} directories, a round each")));
    }
    Ok(())
}

/// Which text of criterion's each part of an id stands for.
#[derive(Default)]
struct Names(BTreeMap<(&'static str, String), String>);

impl Names {
    /// The cell of `name`, or what another benchmark has in the way of it.
    fn take(&mut self, name: &Name) -> std::result::Result<Named, String> {
        let named = name.cell();
        for (part, ours, theirs) in named.parts() {
            let known = self.0.entry((part, ours)).or_insert_with(|| theirs.clone());
            if *known != theirs {
                return Err(format!(
                    "`{}` and `{}` would both be `{}`: rename one of them, or move it away",
                    name::short(known),
                    name::short(&theirs),
                    named.cell.id(),
                ));
            }
        }
        Ok(named)
    }
}

fn header(cells: &BTreeMap<Named, Vec<(u32, Measured)>>, rounds: u32) -> Header {
    let mut workloads: BTreeMap<&str, WorkloadFacts> = BTreeMap::new();
    for named in cells.keys() {
        workloads.entry(&named.cell.workload).or_insert_with(|| facts(named));
    }
    let started = cells.values().flatten().map(|(_, measured)| measured.ended_unix_ns).min();
    Header {
        schema: SCHEMA,
        seed: 0,
        seeds: 0,
        profile: Profile::Imported,
        rounds,
        clock: Clock::Real,
        cells: cells.keys().map(|named| named.cell.clone()).collect(),
        exclusions: Vec::new(),
        workloads: workloads.into_values().collect(),
        executors: Vec::new(),
        provenance: provenance(started.unwrap_or(0)),
    }
}

/// Version 0 is that of no workload: what criterion measured is not to be compared with a run.
fn facts(named: &Named) -> WorkloadFacts {
    WorkloadFacts {
        id: named.cell.workload.clone(),
        title: name::short(&named.title),
        about: "imported from criterion".into(),
        op: "iteration".into(),
        version: 0,
        metrics: vec!["wall_ns_per_op".into()],
        distributions: Vec::new(),
        floors: Vec::new(),
    }
}

fn provenance(started_unix_ns: u64) -> Provenance {
    let unknown = || UNKNOWN.to_owned();
    Provenance {
        command: Vec::new(),
        started_unix_ns,
        build: Build {
            version: env!("CARGO_PKG_VERSION").into(),
            rustc: unknown(),
            profile: unknown(),
            target: unknown(),
            allocator: unknown(),
            ..Build::default()
        },
        machine: Machine { cpu: unknown(), kernel: unknown(), ..Machine::default() },
        ..Provenance::default()
    }
}

/// Round by round, as a run writes them.
fn records(cells: BTreeMap<Named, Vec<(u32, Measured)>>, rounds: u32) -> Vec<Record> {
    let mut by_round: Vec<Vec<(Cell, Measured)>> = (0..rounds).map(|_| Vec::new()).collect();
    for (named, measured) in cells {
        for (round, measured) in measured {
            by_round[round as usize].push((named.cell.clone(), measured));
        }
    }
    let record = |round, position, (cell, measured): (Cell, Measured)| Record {
        cell: cell.id(),
        round,
        position,
        started_unix_ns: measured.ended_unix_ns,
        elapsed_ns: measured
            .samples
            .iter()
            .fold(0, |sum: u64, sample| sum.saturating_add(sample.wall_ns)),
        outcome: Outcome::Ok,
        samples: measured.samples,
        distributions: Vec::new(),
        metrics: BTreeMap::new(),
        order: None,
    };
    let rounds = by_round.into_iter().zip(0..);
    let records = rounds.flat_map(|(cells, round)| {
        cells.into_iter().zip(0..).map(move |(cell, position)| record(round, position, cell))
    });
    records.collect()
}

#[cfg(test)]
mod tests;
