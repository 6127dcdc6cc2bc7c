//! `tminus site`: a static site from a history, in a directory that is its own.
//!
//! A file names all that was written, [`MARKER`]: a directory that has files and not this one is left
//! alone, and what others put into ours (`CNAME`, `.git`) stays. Files are replaced one by one, each in
//! one step, the first page last; what the site no longer has goes after that.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path};

use anyhow::{Context as _, bail};
use tminus_harness::error::Error;
use tminus_harness::history::{Asked, History, check};
use tminus_harness::plan::Filter;
use tminus_harness::rank;
use tminus_reports::Output;
use tminus_reports::site::{self, Newest, Site};

use super::files::replace_below;
use super::{Exit, beside};
use crate::cli::history as flags;

/// The list of what was written, by which a directory is known to be ours.
const MARKER: &str = ".tminus-site";
/// What a directory for GitHub Pages may hold before the first site.
const MAY_STAND: [&str; 2] = [".git", "CNAME"];
/// Places whose newest run is shown in full: each is read and ranked.
const MAX_PLACES: usize = 10;

pub(super) fn run(arguments: &flags::Site) -> anyhow::Result<Exit> {
    let old = claim(&arguments.out)?;
    let files = files(arguments)?;
    let new: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let all: BTreeSet<&str> = old.iter().map(String::as_str).chain(new.iter().copied()).collect();
    // Claimed first: a kill half way leaves a directory that the next one may go on with.
    write(&arguments.out, MARKER, list(&all).as_bytes())?;
    let (first, others): (Vec<&Output>, Vec<&Output>) =
        files.iter().partition(|file| file.path == "index.html");
    for file in others.into_iter().chain(first) {
        write(&arguments.out, &file.path, &file.bytes)?;
    }
    for gone in old.iter().filter(|path| !new.contains(path.as_str())) {
        remove(&arguments.out.join(gone))?;
    }
    write(&arguments.out, MARKER, list(&new).as_bytes())?;
    writeln!(io::stdout(), "{}", arguments.out.join("index.html").display())?;
    Ok(Exit::Ok)
}

/// What the directory holds of an earlier site.
///
/// # Errors
/// One that holds something else, and what keeps it from being read.
fn claim(out: &Path) -> anyhow::Result<Vec<String>> {
    let at = || out.display().to_string();
    match fs::read_to_string(out.join(MARKER)) {
        Ok(list) => Ok(list.lines().filter(|line| is_ours(line)).map(String::from).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let entries = match fs::read_dir(out) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error).with_context(at),
            };
            for entry in entries {
                let name = entry.with_context(at)?.file_name();
                if !MAY_STAND.iter().any(|known| name == *known) {
                    bail!("{}: holds files and is no site of tminus; choose a new directory", at());
                }
            }
            Ok(Vec::new())
        }
        Err(error) => Err(error).with_context(at),
    }
}

/// A path that leads to nothing outside and to nothing that may stand beside a site: a list may be
/// damaged, and what it names is deleted.
fn is_ours(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    let stands = |name: &OsStr| MAY_STAND.iter().any(|known| name.eq_ignore_ascii_case(known));
    let is_first_ours = matches!(parts.next(), Some(Component::Normal(name)) if !stands(name));
    is_first_ours && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn files(arguments: &flags::Site) -> anyhow::Result<Vec<Output>> {
    let flags::Site { database, metric, thresholds, .. } = arguments;
    let conformance = arguments.conformance.as_deref().map(beside::conformance).transpose()?;
    let history = History::open(&database.db)?;
    let filter = Filter::default();
    let log = history.log(&Asked { filter: &filter, metric: metric.as_deref() })?;
    if log.series.is_empty() {
        bail!("{}: no run of this history went well", database.db.display());
    }
    let found = check(&log, &thresholds.options());
    let mut newest = Vec::new();
    for number in site::newest(&log).into_iter().take(MAX_PLACES) {
        let run = history.run(number)?;
        // It may lack the metric that earlier runs of its place have: then it is not shown in full.
        let ranking = match rank::rank(&run, &filter, metric.as_deref()) {
            Ok(ranking) if !ranking.groups.is_empty() => ranking,
            Ok(_) | Err(Error::Usage(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        newest.push(Newest { number, run, ranking });
    }
    Ok(site::site(&Site {
        log: &log,
        found: &found,
        newest: &newest,
        metric: metric.as_deref(),
        conformance: conformance.as_ref(),
    }))
}

/// Writes what is not there yet or differs.
fn write(out: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    if fs::read(out.join(path)).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    replace_below(out, path, bytes)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

fn list(paths: &BTreeSet<&str>) -> String {
    paths.iter().map(|path| format!("{path}\n")).collect()
}
