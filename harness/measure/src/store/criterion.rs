//! The files in criterion's directory, as a run: every sample as it was measured, and nothing
//! that criterion derived from them.
//!
//! A directory of criterion is what one process did last, so it is one round. Where and of what it
//! was made criterion does not store: that is [`UNKNOWN`] in the run. The directory may come from
//! anywhere: what is read is bounded and checked, links are not followed. A benchmark that is not
//! as criterion writes it is a row with its reason; no other suffers from it.

mod files;
mod name;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tminus_contract::Clock;
use tminus_contract::error::{Error, Result};
use tminus_record::machine::{Build, Machine, Provenance, UNKNOWN};
use tminus_record::text::escape;
use tminus_record::{Cell, Header, Outcome, Profile, Record, Run, SCHEMA, WorkloadFacts};

use files::Measured;
use name::Named;

const MAX_ROUNDS: usize = 1000;
/// Of all directories together: a run file of some 250 MiB.
const MAX_SAMPLES: usize = 2_000_000;

/// A benchmark of one directory.
struct Measurement {
    round: u32,
    named: Named,
    /// The measurements, or why they cannot be read.
    measured: std::result::Result<Measured, String>,
}

/// The rounds of a cell.
type Rounds = BTreeMap<u32, std::result::Result<Measured, String>>;

/// Reads `directories` of criterion, a round each, and gives the run: of each benchmark what its
/// baseline `baseline` holds (`new` is what was measured last). What cannot be read of a benchmark
/// is an excluded round of its cell, with the reason. The run's command is left empty.
///
/// # Errors
/// [`Error::File`] and [`Error::Foreign`] where no benchmark can be read; [`Error::Usage`] where
/// there is none, or a directory stands twice.
pub fn read(directories: &[PathBuf], baseline: &str) -> Result<Run> {
    files::check_baseline(baseline)?;
    check_rounds(directories)?;
    let (mut found, mut samples, mut first_error) = (Vec::new(), 0, None);
    for (directory, round) in directories.iter().zip(0..) {
        for path in files::benchmarks(directory, baseline)? {
            let (name, measured) = files::read(directory, &path);
            samples += measured.as_ref().map_or(0, |measured| measured.samples.len());
            if samples > MAX_SAMPLES {
                let expected = format!("expected at most {MAX_SAMPLES} samples in all");
                return Err(Error::Foreign { path, line: 1, expected });
            }
            let measured = measured.map_err(|error| {
                let reason = reason(&error, directory);
                first_error.get_or_insert(error);
                reason
            });
            found.push(Measurement { round, named: name.cell(), measured });
        }
    }
    match first_error {
        Some(error) if found.iter().all(|it| it.measured.is_err()) => return Err(error),
        _ => {}
    }
    let cells = cells(found);
    let rounds = u32::try_from(directories.len()).unwrap_or(u32::MAX);
    let empty = Run::new(header(&cells, rounds));
    Ok(Run { records: records(cells, rounds), ..empty })
}

/// Returns what is wrong with a file, by its path below `directory`.
fn reason(error: &Error, directory: &Path) -> String {
    let text = error.to_string();
    let start = format!("{}/", files::shown(directory).display());
    text.strip_prefix(&start).unwrap_or(&text).to_owned()
}

/// Returns the cells of all benchmarks. Figures of two benchmarks are never mixed up: names that
/// would become one get hashes, and what two claim all the same goes to neither.
fn cells(mut found: Vec<Measurement>) -> BTreeMap<Named, Rounds> {
    name::tell_apart(found.iter_mut().map(|it| &mut it.named));
    let mut owners: BTreeMap<String, BTreeSet<Named>> = BTreeMap::new();
    for it in &found {
        owners.entry(it.named.cell.id().into()).or_default().insert(it.named.clone());
    }
    let mut cells: BTreeMap<Named, Rounds> = BTreeMap::new();
    for Measurement { round, named, measured } in found {
        let all = &owners[named.cell.id().as_str()];
        // One of several owners stands for all.
        let owner = all.first().unwrap_or(&named).clone();
        let rounds = cells.entry(owner).or_default();
        let is_taken = rounds.contains_key(&round);
        let measured = match (all.len(), is_taken) {
            (1, false) => measured,
            (1, true) => Err("there are two benchmarks of this name in one directory".into()),
            _ => Err("there are several benchmarks whose names would become this one".into()),
        };
        rounds.insert(round, measured);
    }
    cells
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

fn header(cells: &BTreeMap<Named, Rounds>, rounds: u32) -> Header {
    let mut workloads: BTreeMap<&str, WorkloadFacts> = BTreeMap::new();
    for named in cells.keys() {
        workloads.entry(&named.cell.workload).or_insert_with(|| facts(named));
    }
    let measured = cells.values().flat_map(BTreeMap::values).flatten();
    let started = measured.map(|measured| measured.ended_unix_ns).min();
    Header {
        schema: SCHEMA,
        seed: 0,
        seeds: 0,
        profile: Profile::Imported,
        rounds,
        clock: Clock::Real,
        turns: false,
        cells: cells.keys().map(|named| named.cell.clone()).collect(),
        exclusions: Vec::new(),
        workloads: workloads.into_values().collect(),
        executors: Vec::new(),
        verified: Vec::new(),
        provenance: provenance(started.unwrap_or(0)),
    }
}

/// Returns the facts of a workload of version 0, which no workload has: criterion's figures must
/// not be compared with those of a run.
fn facts(named: &Named) -> WorkloadFacts {
    WorkloadFacts {
        id: named.cell.workload.clone(),
        title: name::short(&named.title),
        about: "imported from criterion".into(),
        category: String::new(),
        op: "iteration".into(),
        version: 0,
        metrics: vec!["wall_ns_per_op".into()],
        distributions: Vec::new(),
        floors: Vec::new(),
        purposes: Vec::new(),
        module: String::new(),
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

/// Returns the records round by round, as a run writes them.
fn records(cells: BTreeMap<Named, Rounds>, rounds: u32) -> Vec<Record> {
    let mut by_round: Vec<Vec<Record>> = (0..rounds).map(|_| Vec::new()).collect();
    for (named, measured) in cells {
        for (round, measured) in measured {
            let records = &mut by_round[round as usize];
            let position = u32::try_from(records.len()).unwrap_or(u32::MAX);
            records.push(record(&named.cell, round, position, measured));
        }
    }
    by_round.into_iter().flatten().collect()
}

fn record(
    cell: &Cell,
    round: u32,
    position: u32,
    measured: std::result::Result<Measured, String>,
) -> Record {
    let (outcome, measured) = match measured {
        Ok(measured) => (Outcome::Ok, measured),
        Err(reason) => (Outcome::Excluded { reason: escape(&reason) }, Measured::default()),
    };
    let times = measured.samples.iter().map(|sample| sample.wall_ns);
    Record {
        cell: cell.id(),
        round,
        position,
        started_unix_ns: measured.ended_unix_ns,
        set_unix_ns: None,
        elapsed_ns: times.fold(0, u64::saturating_add),
        outcome,
        samples: measured.samples,
        distributions: Vec::new(),
        metrics: BTreeMap::new(),
        order: None,
        withheld: None,
    }
}

#[cfg(test)]
mod tests;
