//! `tminus import`: what criterion measured, as a run file that the other verbs read.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::bail;
use tminus_harness::machine::Machine;
use tminus_harness::plan::{Cell, Params, Registry};
use tminus_harness::store::{self, ExecutorFacts, Run, WorkloadFacts, criterion};
use tminus_reports::words;

use super::{Exit, stdout};
use crate::{App, cli, provenance};

/// Nothing is written before all is read and found good.
pub(super) fn run(app: &App, arguments: &cli::Import) -> anyhow::Result<Exit> {
    let mut run = criterion::read(&arguments.directories, &arguments.baseline)?;
    complete(&mut run, &app.registry());
    let provenance = &mut run.header.provenance;
    provenance.command = command(arguments);
    if arguments.here {
        provenance.machine = Machine::read();
        (provenance.git, provenance.git_refusal) = provenance::revision();
        super::say_no_revision(provenance);
    }
    let path = arguments.out.join(file_name(&run));
    let known = if path.exists() { " (was there already)" } else { "" };
    write(&path, &run)?;
    let cells = words::count(run.header.cells.len() as u64, "cell");
    let rounds = words::count(run.header.rounds.into(), "round");
    super::say(format_args!("{cells}, {rounds}: the wall time of an iteration"));
    writeln!(stdout(), "{}{known}", super::shown(&path))?;
    Ok(Exit::Ok)
}

/// The benches of this program's own matrix get what it knows of them back: parameters, titles,
/// executors. Versions stay unknown.
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
            let known = WorkloadFacts::of(&workload.info, &workload.floors);
            (facts.title, facts.floors) = (known.title, known.floors);
        }
    }
    let known = registry.executors.iter().filter(|it| executors.iter().any(|id| id == it.id));
    header.executors = known.map(|info| ExecutorFacts::of(info, &BTreeMap::new())).collect();
}

/// As if it had been typed in full.
fn command(arguments: &cli::Import) -> Vec<String> {
    let words = ["tminus", "import", "--baseline", &arguments.baseline];
    let here = arguments.here.then_some("--here");
    let directories = arguments.directories.iter().map(|it| it.display().to_string());
    words.into_iter().chain(here).map(String::from).chain(directories).collect()
}

/// After the time at which criterion wrote the first of its files: the same each time.
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
