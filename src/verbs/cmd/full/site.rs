//! `tminus site`: a static site from a history, in a directory that is its own.
//!
//! A file names all that was written, [`MARKER`]: a directory that has files and not this one is
//! left alone, and what others put into ours (`CNAME`, `.git`) stays. Links are refused before
//! anything is changed. Files are replaced one by one, each in one step, the first page last; what
//! the site no longer has goes after that.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::bail;
use tminus_contract::error::Error;
use tminus_history::{History, Query, check};
use tminus_judge::rank;
use tminus_measure::files::Tree;
use tminus_record::Filter;
use tminus_reports::Output;
use tminus_reports::page::site::{self, Newest, Site};

use super::{Exit, beside, stdout};
use crate::cli::history as flags;

/// The list of what was written, by which a directory is known to be ours.
const MARKER: &str = ".tminus-site";
/// More than any site has, with its names.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// The one file of a site whose name begins with a dot.
const NO_JEKYLL: &str = ".nojekyll";
/// Files that a directory for GitHub Pages may hold before the first site.
const MAY_STAND: [&str; 2] = [".git", "CNAME"];
/// Places whose newest run is shown in full: each is read and ranked.
const MAX_PLACES: usize = 10;

pub(super) fn run(arguments: &flags::Site) -> anyhow::Result<Exit> {
    let old = claim(&arguments.out)?;
    let files = files(arguments)?;
    let new: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let all: BTreeSet<&str> = old.iter().map(String::as_str).chain(new.iter().copied()).collect();
    let tree = Tree::open_or_create(&arguments.out)?;
    // Refused before anything is changed.
    all.iter().chain([&MARKER]).try_for_each(|path| tree.check(path))?;
    // Claimed first: a kill half way leaves a directory that the next one may go on with.
    tree.write(MARKER, list(&all).as_bytes())?;
    let (first, others): (Vec<&Output>, Vec<&Output>) =
        files.iter().partition(|file| file.path == "index.html");
    others.into_iter().chain(first).try_for_each(|file| tree.write(&file.path, &file.bytes))?;
    old.iter()
        .filter(|path| !new.contains(path.as_str()))
        .try_for_each(|gone| tree.remove(gone))?;
    tree.write(MARKER, list(&new).as_bytes())?;
    writeln!(stdout(), "{}", super::shown(&arguments.out.join("index.html")))?;
    Ok(Exit::Ok)
}

/// Returns the files of an earlier site in the directory.
///
/// # Errors
/// One that holds something else, and what keeps it from being read.
fn claim(out: &Path) -> anyhow::Result<Vec<String>> {
    let Some(tree) = Tree::open(out)? else { return Ok(Vec::new()) };
    if let Some(list) = tree.read(MARKER, MAX_LIST_BYTES)? {
        let list = String::from_utf8_lossy(&list);
        return Ok(list.lines().filter(|line| is_ours(line)).map(String::from).collect());
    }
    if tree.names()?.iter().any(|name| !MAY_STAND.iter().any(|known| name == *known)) {
        bail!("{}: holds files and is no site of tminus; choose a new directory", out.display());
    }
    Ok(Vec::new())
}

/// Returns whether a site could have made this path: a list may be damaged or made to do harm, and
/// what it names is deleted. Pages are named in ASCII, so no spelling of `.git` is one.
fn is_ours(path: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.=,+/".contains(letter);
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.');
    let stands = |name: &str| MAY_STAND.iter().any(|known| name.eq_ignore_ascii_case(known));
    path == NO_JEKYLL || path.chars().all(is_plain) && path.split('/').all(is_name) && !stands(path)
}

fn files(arguments: &flags::Site) -> anyhow::Result<Vec<Output>> {
    let flags::Site { database, metric, thresholds, .. } = arguments;
    let conformance = arguments.conformance.as_deref().map(beside::conformance).transpose()?;
    let history = History::open(&database.db)?;
    let filter = Filter::default();
    let log = beside::log(&history, &Query { filter: &filter, metric: metric.as_deref() })?;
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

fn list(paths: &BTreeSet<&str>) -> String {
    paths.iter().map(|path| format!("{path}\n")).collect()
}
