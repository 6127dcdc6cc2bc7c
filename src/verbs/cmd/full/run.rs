//! `tminus run`: plan, verify, measure, store, count, rank, report.

mod counts;
mod verified;

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, bail, ensure};
use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::header::add_facts;
use tminus_measure::run::{Children, End};
use tminus_measure::store::{self, Writer};
use tminus_measure::{run as measure, seed};
use tminus_record::machine::Git;
use tminus_record::{Cell, Filter, Header, Outcome, Record, Run};

use tminus_reports::Beside;
use tminus_reports::terminal::rank::Intervals;

use super::progress::Progress;
use super::{Exit, header, rank, report, runs};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Run) -> anyhow::Result<Exit> {
    let (program, cancel) = (Program::current()?, super::cancel_on_ctrl_c()?);
    child::greet(&program, &cancel)?;
    let (Run { header, records, .. }, mut file) = match &arguments.resume {
        Some(path) => resume(catalog, arguments, path)?,
        None => match begin(catalog, arguments, (&program, &cancel))? {
            Some(begun) => begun,
            None => {
                super::say(format_args!("interrupted: nothing was measured yet"));
                return Ok(Exit::Interrupted);
            }
        },
    };
    let path = file.path().to_owned();
    if cfg!(debug_assertions) {
        super::say(format_args!("a debug build: its figures mean nothing; use `--release`"));
    }
    let children = Children {
        program: copied(program, &header, &path),
        deadline: arguments.bounds.deadline(),
        memory_limit_bytes: arguments.bounds.memory_limit_bytes(),
        cancel,
    };
    let left = measure::left(&header, &records);
    let mut progress = Progress::new(header.rounds, records.len(), left);
    child::adopt();
    let ended = measure::run(&header, &records, &children, &mut file, &mut progress);
    progress.finish();
    let again = format!("`{} run --resume {}`", runs::program(), path.display());
    let mut end = ended.with_context(|| format!("the run is cut off; go on with {again}"))?;
    if end == End::Complete && !arguments.no_profile {
        let (run, _) = store::read(&path)?;
        let counted = counts::count(&run, &children, &mut file);
        if !counted.with_context(|| format!("counts are lacking; go on with {again}"))? {
            end = End::Cancelled;
        }
    }
    match end {
        End::Complete => finish(&path, arguments.json),
        End::Cancelled => {
            super::say(format_args!("interrupted: what was measured is kept; go on with {again}"));
            Ok(Exit::Interrupted)
        }
    }
}

/// Returns a copy of `program`, which is running, beside the run file at `path`, so that its pages
/// can be drawn anew; `program` itself where that cannot be, or for fewer rounds than pages stay.
fn copied(program: Program, header: &Header, path: &Path) -> Program {
    if header.rounds <= measure::ROUNDS_IN_PLACE {
        return program;
    }
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Program::copied_to(beside.unwrap_or(Path::new("."))).unwrap_or_else(|error| {
        super::say(format_args!(
            "the program stays where it lies in memory, since no copy of it can be run there: {error}"
        ));
        program
    })
}

/// Plans a run, tries its executors and writes its header: a directory that cannot be written to is
/// found out before anything is measured. `None` if `cancel` was called.
fn begin(
    catalog: Catalog,
    arguments: &cli::Run,
    (program, cancel): (&Program, &Cancel),
) -> anyhow::Result<Option<(Run, Writer)>> {
    let mut header = header::plan(catalog, arguments)?;
    if header.cells.is_empty() {
        bail!("nothing can be measured: {}", first_exclusion(&header, &[]));
    }
    measure::make_room(&header)?;
    if !arguments.no_verify {
        let registry = catalog.registry();
        let children = (program, &arguments.bounds, cancel);
        let Some(found) = verified::verify(&registry, &header, children) else { return Ok(None) };
        header.verified = found;
    }
    let file = Writer::create(&arguments.out.join(file_name(&header)?), &header)?;
    let (cells, rounds, excluded) = (header.cells.len(), header.rounds, header.exclusions.len());
    super::say(format_args!(
        "{cells} cells ({excluded} excluded), {rounds} rounds, to {}",
        file.path().display()
    ));
    super::say_no_revision(&header.provenance);
    say_refusals(&header);
    Ok(Some((Run::new(header), file)))
}

/// Reports what this machine refuses, once, whatever number of cells it affects.
fn say_refusals(header: &Header) {
    let Err(reason) = super::limits().ports else { return };
    let refused = header.exclusions.iter().filter(|it| it.reason == reason).count();
    if refused > 0 {
        super::say(format_args!("{refused} cells cannot run here: {reason}"));
    }
}

/// Names the run file after the time and the profile: `20260131T095959.123Z-quick.jsonl`.
fn file_name(header: &Header) -> anyhow::Result<String> {
    let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    let profile = serde_json::to_value(header.profile)?;
    let name = format!("{time}-{}.jsonl", profile.as_str().unwrap_or("run"));
    Ok(name.replace(':', "").replacen('-', "", 2))
}

/// Opens a run that was cut off, if this program and machine can go on with it.
fn resume(catalog: Catalog, arguments: &cli::Run, path: &Path) -> anyhow::Result<(Run, Writer)> {
    let path = runs::find(path, &arguments.out)?;
    ensure!(path.is_file(), "{}: is no plain file, so no run can go on in it", path.display());
    let (Run { header: found, .. }, _) = store::read(&path)?;
    let (then, now) = (&found.provenance, catalog.provenance());
    let commit = |git: &Option<Git>| git.as_ref().map(|git| (git.revision.clone(), git.dirty));
    if commit(&then.git) != commit(&now.git) {
        bail!(
            "{}: made from another revision, so its rounds would not compare: start a new run",
            path.display()
        );
    }
    let registry = catalog.registry();
    let mut expected = Header { seeds: seed::VERSION, provenance: now, ..found };
    let known = |cell: &Cell| registry.entry(&cell.workload, &cell.executor).is_some();
    expected.cells.retain(known);
    add_facts(&mut expected, &registry);
    measure::make_room(&expected)?;
    let (file, run, torn) = Writer::resume(&path, &expected)?;
    runs::say_torn(&path, torn);
    Ok((run, file))
}

/// Ranks, reports, prints: the report is on the disk, whatever becomes of what is printed.
fn finish(path: &Path, json: bool) -> anyhow::Result<Exit> {
    let (run, _) = store::read(path)?;
    let ranking = tminus_judge::rank::rank(&run, &Filter::default(), None)?;
    let page = report::write(&run, &ranking, &report::directory(path), &Beside::default());
    rank::print(&ranking, Intervals::Drawn, json)?;
    let page = page.with_context(|| {
        format!("no report; the run is safe: `{} report {}`", runs::program(), path.display())
    })?;
    super::say(format_args!("run     {}\nreport  {}", path.display(), page.display()));
    exit_of(&run)
}

/// Returns the exit code of a complete run.
///
/// # Errors
/// One that has measured nothing, with the first reason.
fn exit_of(run: &Run) -> anyhow::Result<Exit> {
    let any = |is: fn(&Outcome) -> bool| run.records.iter().any(|record| is(&record.outcome));
    if any(|outcome| matches!(outcome, Outcome::Failed { .. })) {
        return Ok(Exit::Failed);
    }
    if !any(|outcome| *outcome == Outcome::Ok) {
        bail!("nothing was measured: {}", first_exclusion(&run.header, &run.records));
    }
    Ok(Exit::Ok)
}

/// Returns the first exclusion, of perhaps many, with its reason.
fn first_exclusion(header: &Header, records: &[Record]) -> String {
    let of_records = records.iter().filter_map(|record| match &record.outcome {
        Outcome::Excluded { reason } => Some((&record.cell, reason)),
        Outcome::Ok | Outcome::Failed { .. } => None,
    });
    let of_plan = header.exclusions.iter().map(|it| (&it.cell, &it.reason));
    let first = of_records.chain(of_plan).next();
    first.map_or_else(|| "there is no cell".into(), |(cell, why)| format!("{cell}: {why}"))
}

#[cfg(test)]
mod tests {
    use tminus_contract::Clock;
    use tminus_record::machine::Provenance;
    use tminus_record::{Exclusion, Profile};

    use super::*;

    #[test]
    fn a_run_that_measured_nothing_did_not_end_well() {
        let cell: tminus_record::CellId = "echo/connections=1/heap".parse().expect("an id");
        let header = Header {
            schema: tminus_record::SCHEMA,
            seed: 0,
            seeds: seed::VERSION,
            profile: Profile::Quick,
            rounds: 1,
            clock: Clock::Real,
            turns: false,
            cells: Cell::from_id(&cell).into_iter().collect(),
            exclusions: vec![Exclusion { cell: cell.clone(), reason: "of the plan".into() }],
            workloads: Vec::new(),
            executors: Vec::new(),
            verified: Vec::new(),
            provenance: Provenance::default(),
        };
        let record = |outcome| Record {
            cell: cell.clone(),
            round: 0,
            position: 0,
            started_unix_ns: 0,
            set_unix_ns: None,
            elapsed_ns: 1,
            outcome,
            samples: Vec::new(),
            distributions: Vec::new(),
            metrics: std::collections::BTreeMap::new(),
            order: None,
            withheld: None,
        };
        let end = |outcomes: Vec<Outcome>| {
            let records = outcomes.into_iter().map(record).collect();
            exit_of(&Run { records, ..Run::new(header.clone()) }).map_err(|error| error.to_string())
        };
        let refused = || Outcome::Excluded { reason: "loopback is down".into() };
        let (kind, stderr) = (tminus_record::FailureKind::Hang, String::new());
        let failed = Outcome::Failed { kind, reason: "idle".into(), stderr };
        let nothing = |why| Err(format!("nothing was measured: echo/connections=1/heap: {why}"));
        assert_eq!(end(vec![refused(), refused()]), nothing("loopback is down"));
        assert_eq!(end(vec![]), nothing("of the plan"));
        assert_eq!(end(vec![refused(), Outcome::Ok]), Ok(Exit::Ok));
        assert_eq!(end(vec![refused(), failed]), Ok(Exit::Failed));
    }
}
