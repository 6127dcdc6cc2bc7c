//! `tminus import`: what criterion measured, as a run file that the other verbs read.

use std::collections::BTreeMap;
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::bail;
use tminus_contract::params::Params;
use tminus_measure::machine;
use tminus_measure::registry::Registry;
use tminus_measure::store::{self, criterion};
use tminus_record::{Cell, ExecutorFacts, Outcome, Record, Run};
use tminus_reports::words::{self, sources};

use super::{Exit, stdout};
use crate::{Catalog, cli};

/// Imports, and writes nothing before everything has been read.
pub(super) fn run(catalog: Catalog, arguments: &cli::Import) -> anyhow::Result<Exit> {
    let directories = match arguments.directories.as_slice() {
        [] => vec![usual_directory()],
        chosen => chosen.to_vec(),
    };
    let mut run = criterion::read(&directories, &arguments.baseline)?;
    complete(&mut run, &catalog.registry());
    run.header.provenance.command = command(arguments, &directories);
    if arguments.here {
        stamp(&mut run)?;
    }
    say_what_is_not_there(&run);
    say_ages(&run);
    let path = arguments.out.join(file_name(&run));
    let known = if path.exists() { " (was there already)" } else { "" };
    write(&path, &run)?;
    let cells = words::count(run.header.cells.len() as u64, "cell");
    let rounds = words::count(run.header.rounds.into(), "round");
    super::say(format_args!("{cells}, {rounds}: the wall time of an iteration"));
    writeln!(stdout(), "{}{known}", super::shown(&path))?;
    Ok(Exit::Ok)
}

/// Returns where criterion writes: by the environment, as criterion itself decides, otherwise below
/// the nearest directory that has it.
fn usual_directory() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let target = || set("CARGO_TARGET_DIR").map(|target| target.join("criterion"));
    set("CRITERION_HOME").or_else(target).unwrap_or_else(|| cli::upward(DIRECTORY.as_ref()))
}

const DIRECTORY: &str = "target/criterion";

/// Says that it was all measured here, at the revision that is checked out. What was measured
/// before that commit was made cannot be of it: it becomes a row with this reason.
///
/// # Errors
/// If nothing is left.
fn stamp(run: &mut Run) -> anyhow::Result<()> {
    let provenance = &mut run.header.provenance;
    provenance.machine = machine::read();
    (provenance.git, provenance.git_refusal) = machine::revision_here();
    super::say_no_revision(provenance);
    let committed_s = provenance.git.as_ref().and_then(|git| git.committed_unix_s);
    let committed_ns = committed_s.unwrap_or(0).saturating_mul(NS_A_SECOND);
    let commit = sources::date(committed_ns);
    for record in &mut run.records {
        let measured_ns = record.started_unix_ns;
        if record.outcome == Outcome::Ok && measured_ns < committed_ns {
            let measured = sources::date(measured_ns);
            let reason = format!(
                "measured on {measured}, before the commit that is checked out was made ({commit})"
            );
            (record.outcome, record.samples) = (Outcome::Excluded { reason }, Vec::new());
        }
    }
    if !run.records.iter().any(|record| record.outcome == Outcome::Ok) {
        bail!(
            "all was measured before the commit that is checked out was made ({commit}), so it is not of \
             this revision: measure again, or leave out `--here`"
        );
    }
    Ok(())
}

const NS_A_SECOND: u64 = 1_000_000_000;
const NS_A_DAY: u64 = 86_400 * NS_A_SECOND;
/// Lines of one kind; more are counted.
const MAX_LINES: usize = 20;

/// Says which benchmarks have no figure, and why; they are rows of the run all the same.
fn say_what_is_not_there(run: &Run) {
    let lines = run.records.iter().filter_map(|record| match &record.outcome {
        Outcome::Excluded { reason } => Some(format!("no figure of {}: {reason}", record.cell)),
        _ => None,
    });
    say_some(&lines.collect::<Vec<_>>());
}

/// Says how much older than the newest a benchmark is, if that is a day or more: criterion keeps
/// what it measured until it measures it again.
fn say_ages(run: &Run) {
    let good = || run.records.iter().filter(|record| record.outcome == Outcome::Ok);
    let newest = good().map(|record| record.started_unix_ns).max().unwrap_or(0);
    let line = |record: &Record| {
        let days = (newest - record.started_unix_ns) / NS_A_DAY;
        let measured = sources::date(record.started_unix_ns);
        (days > 0).then(|| {
            format!(
                "{}: measured on {measured}, {} before the newest",
                record.cell,
                words::count(days, "day")
            )
        })
    };
    say_some(&good().filter_map(line).collect::<Vec<_>>());
}

fn say_some(lines: &[String]) {
    for line in lines.iter().take(MAX_LINES) {
        super::say(format_args!("{line}"));
    }
    if lines.len() > MAX_LINES {
        super::say(format_args!("and {} more", lines.len() - MAX_LINES));
    }
}

/// Restores parameters, titles and executors of the benches of this program's own matrix. Versions
/// stay unknown.
fn complete(run: &mut Run, registry: &Registry) {
    let header = &mut run.header;
    let mut executors = Vec::new();
    for cell in &mut header.cells {
        let Some(workload) = registry.find_workload(&cell.workload) else { continue };
        let info = &workload.info;
        let params = Params::parse(info, &cell.label).ok();
        let own = params.map(|it| Cell::new(info, &it, &cell.executor, cell.workers));
        if let Some(own) = own.filter(|own| own.id() == cell.id()) {
            executors.push(own.executor.clone());
            *cell = own;
        }
    }
    for facts in &mut header.workloads {
        let mut cells = header.cells.iter().filter(|cell| cell.workload == facts.id);
        let Some(workload) = registry.find_workload(&facts.id) else { continue };
        if cells.any(|cell| executors.contains(&cell.executor)) {
            let known = workload.facts();
            (facts.title, facts.category) = (known.title, known.category);
            (facts.floors, facts.purposes) = (known.floors, known.purposes);
        }
    }
    let known = registry.executors.iter().filter(|it| executors.iter().any(|id| id == it.id));
    header.executors = known.map(|info| ExecutorFacts::of(info, &BTreeMap::new())).collect();
}

/// Returns the command as if it had been typed in full.
fn command(arguments: &cli::Import, directories: &[PathBuf]) -> Vec<String> {
    let words = ["tminus", "import", "--baseline", &arguments.baseline];
    let here = arguments.here.then_some("--here");
    let directories = directories.iter().map(|it| it.display().to_string());
    words.into_iter().chain(here).map(String::from).chain(directories).collect()
}

/// Names the run file after the time at which criterion wrote its first file, so the name is the
/// same each time.
fn file_name(run: &Run) -> String {
    let since = Duration::from_nanos(run.header.provenance.started_unix_ns);
    let time = humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string();
    format!("{time}-criterion.jsonl").replace(':', "").replacen('-', "", 2)
}

/// Writes the run file, unless it is there; never over another one.
fn write(path: &Path, run: &Run) -> anyhow::Result<()> {
    if path.exists() {
        let is_it = store::read(path).is_ok_and(|(known, _)| known == *run);
        if is_it {
            return Ok(());
        }
        bail!("{}: there is another run of that name; choose another `--out`", path.display());
    }
    Ok(store::write(path, run)?)
}
