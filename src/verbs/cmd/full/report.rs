//! `tminus report`: page, pictures and tables of a stored run, or of what changed between two; or a
//! part of them in a README.

mod splice;

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use tminus_judge::compare::{self, Options};
use tminus_judge::rank::{self, Ranking};
use tminus_measure::files::Tree;
use tminus_measure::registry::Registry;
use tminus_record::Run;
use tminus_reports::data::csv;
use tminus_reports::page::compare as page;
use tminus_reports::{Beside, Output};

use super::{Exit, beside, runs, shown, stdout};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Report) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    if let Some([baseline, candidate]) = arguments.compare.as_deref() {
        return compare(&registry, arguments, [baseline, candidate]);
    }
    runs::check(&registry, "report", &arguments.run)?;
    if arguments.out.is_none() && arguments.splice.is_none() {
        ensure_has_place(&arguments.run)?;
    }
    let (path, mut run) = runs::read(&arguments.run, cli::OUT.as_ref())?;
    add_facts(&registry, &mut run);
    let filter = arguments.filters.read(&registry, &[&run])?;
    let ranking = rank::rank(&run, &filter, None)?;
    if ranking.groups.is_empty() {
        bail!("{}: no cell of this run matches the filters", path.display());
    }
    if let Some(document) = &arguments.splice {
        splice::splice(arguments, document, &run, &ranking)?;
        writeln!(stdout(), "{}", shown(document))?;
        return Ok(Exit::Ok);
    }
    let out = arguments.out.clone().unwrap_or_else(|| directory(&path));
    let (db, conformance) = (arguments.db.as_deref(), arguments.conformance.as_deref());
    let past = db.map(|db| beside::past(db, &filter, &run, &ranking)).transpose()?;
    let conformance = conformance.map(beside::conformance).transpose()?;
    let beside =
        Beside { past: past.as_ref(), conformance: conformance.as_ref(), png: arguments.png };
    let page = write(&run, &ranking, &out, &beside)?;
    writeln!(stdout(), "{}", shown(&page))?;
    Ok(Exit::Ok)
}

/// Adds what older run files do not hold: the purposes and categories of the workloads that are
/// known here.
fn add_facts(registry: &Registry, run: &mut Run) {
    for facts in &mut run.header.workloads {
        let Some(known) = registry.find_workload(&facts.id) else { continue };
        if facts.purposes.is_empty() {
            facts.purposes = known.purposes.to_vec();
        }
        if facts.category.is_empty() {
            facts.category = known.category.into();
        }
    }
}

/// Writes the page of two runs; like `tminus compare` it tells and decides nothing.
fn compare(
    registry: &Registry,
    arguments: &cli::Report,
    [baseline, candidate]: [&PathBuf; 2],
) -> anyhow::Result<Exit> {
    if arguments.out.is_none() {
        ensure_has_place(candidate)?;
    }
    let (_, baseline) = runs::read(baseline, cli::OUT.as_ref())?;
    let (path, candidate) = runs::read(candidate, cli::OUT.as_ref())?;
    let cli::Report { margin, metric, force, .. } = arguments;
    let options = Options { margin: *margin, metric: metric.clone(), force: *force };
    let filter = arguments.filters.read(registry, &[&baseline, &candidate])?;
    let compared = compare::compare(&baseline, &candidate, &filter, &options)?;
    let out = arguments.out.clone().unwrap_or_else(|| path.with_extension("compared"));
    let page =
        write_all(page::report([&baseline, &candidate], &compared, arguments.png)?, &out, None)?;
    writeln!(stdout(), "{}", shown(&page))?;
    Ok(Exit::Ok)
}

/// Refuses a pipe or a device, before it is read: no report can stand beside it.
fn ensure_has_place(run: &Path) -> anyhow::Result<()> {
    let is_there = fs::metadata(run);
    let is_pipe = is_there.is_ok_and(|it| !it.is_file() && !it.is_dir());
    let is_of_the_system = ["/dev", "/proc"].iter().any(|system| run.starts_with(system));
    ensure!(
        !is_pipe && !is_of_the_system,
        "{}: no plain file, so a report has no place beside it: choose one with `--out DIR`",
        run.display()
    );
    Ok(())
}

/// Returns where the report of the run file at `path` goes: beside it, under its name.
pub(super) fn directory(path: &Path) -> PathBuf {
    path.with_extension(if path.extension().is_some() { "" } else { "report" })
}

/// Writes every file of the report below `out` and returns the path of its page.
///
/// # Errors
/// The error that keeps a file from being written, with its path.
pub(super) fn write(
    run: &Run,
    ranking: &Ranking,
    out: &Path,
    beside: &Beside<'_>,
) -> anyhow::Result<PathBuf> {
    write_all(tminus_reports::report(run, ranking, beside)?, out, Some(run))
}

/// Writes index.html last, so that its links never dangle, and the rounds of `run` as CSV; nothing
/// where one file cannot be written.
fn write_all(mut outputs: Vec<Output>, out: &Path, run: Option<&Run>) -> anyhow::Result<PathBuf> {
    outputs.sort_by_key(|output| output.path == "index.html");
    let tree = Tree::open_or_create(out)?;
    outputs.iter().try_for_each(|output| tree.check(&output.path))?;
    if let Some(run) = run {
        tree.write_with("data.csv", |file| {
            let mut file = BufWriter::new(file);
            csv::write(run, &mut file)?;
            file.flush()
        })?;
    }
    outputs.iter().try_for_each(|output| tree.write(&output.path, &output.bytes))?;
    Ok(out.join("index.html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_never_stands_where_its_run_is() {
        assert_eq!(directory(Path::new("runs/a.jsonl")), Path::new("runs/a"));
        assert_eq!(directory(Path::new("runs/a")), Path::new("runs/a.report"));
    }
}
