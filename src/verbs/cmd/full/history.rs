//! `tminus history`: many runs, and when their figures changed. It tells and decides nothing: runs
//! of two moments differ in more than the code.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tminus_history::{Added, Facts, Findings, History, Incoming, Log, Query, SCHEMA, check};
use tminus_measure::files::create;
use tminus_reports::terminal::history as text;

use super::{Exit, beside, print_json, runs, shown, stdout, style};
use crate::Catalog;
use crate::cli::{self, history as flags};

pub(super) fn run(catalog: Catalog, arguments: flags::History) -> anyhow::Result<Exit> {
    match arguments {
        flags::History::Add(arguments) => add(&arguments)?,
        flags::History::List(arguments) => list(&arguments)?,
        flags::History::Show(arguments) => show(catalog, &arguments)?,
        flags::History::Check(arguments) => search(catalog, &arguments)?,
        flags::History::Export(arguments) => export(&arguments)?,
    }
    Ok(Exit::Ok)
}

/// Adds run files. Reads each before anything is written: if one is damaged, none is added. Holds
/// one at a time, so each of several is read again when it is added.
fn add(arguments: &flags::Add) -> anyhow::Result<()> {
    let find = |run: &PathBuf| runs::find(run, cli::OUT.as_ref());
    let paths: Vec<PathBuf> = arguments.runs.iter().map(find).collect::<anyhow::Result<_>>()?;
    let mut only = None;
    for path in &paths {
        let read = Incoming::read(path)?;
        runs::say_torn(path, read.torn);
        only = (paths.len() == 1).then_some(read);
    }
    let mut history = History::open_or_create(&arguments.database.db)?;
    for path in &paths {
        let run = only.take().map_or_else(|| Incoming::read(path), Ok)?;
        let done = match history.add(&run).with_context(|| path.display().to_string())? {
            Added::New(id) => format!("added as run {id}"),
            Added::Completed(id) => format!("completed run {id}, which had fewer records"),
            Added::Known(id) => format!("is run {id} already"),
        };
        writeln!(stdout(), "{}: {done}", shown(path))?;
    }
    Ok(())
}

fn list(arguments: &flags::List) -> anyhow::Result<()> {
    /// One run as JSON.
    #[derive(Serialize)]
    struct Row<'a> {
        run: i64,
        #[serde(flatten)]
        facts: &'a Facts,
    }
    let runs = History::open(&arguments.database.db)?.runs()?;
    if arguments.json {
        let rows: Vec<Row<'_>> = runs.iter().map(|(run, facts)| Row { run: *run, facts }).collect();
        return print_json(&serde_json::json!({ "schema": SCHEMA, "runs": rows }));
    }
    write!(stdout(), "{}", text::list(&runs, &style()))?;
    Ok(())
}

fn show(catalog: Catalog, arguments: &flags::Show) -> anyhow::Result<()> {
    let (log, found) = searched(catalog, &arguments.search)?;
    if arguments.search.json {
        let changes = &found.changes;
        let (runs, series) = (&log.runs, &log.series);
        return print_json(&serde_json::json!({
            "schema": SCHEMA, "runs": runs, "series": series, "changes": changes,
        }));
    }
    write!(stdout(), "{}", text::show(&log, &found, arguments.last, &style()))?;
    Ok(())
}

fn search(catalog: Catalog, arguments: &flags::Search) -> anyhow::Result<()> {
    let (_, found) = searched(catalog, arguments)?;
    if arguments.json {
        return print_json(&found);
    }
    write!(stdout(), "{}", text::check(&found, &style()))?;
    Ok(())
}

/// Returns the series that are asked for, and where they changed.
fn searched(catalog: Catalog, arguments: &flags::Search) -> anyhow::Result<(Log, Findings)> {
    let flags::Search { database, metric, filters, thresholds, .. } = arguments;
    let filter = filters.read(&catalog.registry(), &[])?;
    let asked = Query { filter: &filter, metric: metric.as_deref() };
    let log = beside::log(&History::open(&database.db)?, &asked)?;
    if log.series.is_empty() {
        bail!("{}: no cell of this history matches the filters", database.db.display());
    }
    let found = check(&log, &thresholds.options());
    Ok((log, found))
}

fn export(arguments: &flags::Export) -> anyhow::Result<()> {
    let history = History::open(&arguments.database.db)?;
    let runs = match arguments.runs.as_slice() {
        [] => history.runs()?.into_keys().collect(),
        chosen => chosen.to_vec(),
    };
    for run in runs {
        let bytes = history.file(run)?;
        let path = arguments.out.join(format!("run-{run}.jsonl"));
        create(&path, &bytes).with_context(|| path.display().to_string())?;
        writeln!(stdout(), "{}", shown(&path))?;
    }
    Ok(())
}
