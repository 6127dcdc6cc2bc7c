//! The data that pages show beside a run: a history of the place where it was made, and what the
//! conformance suite found.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use tminus_history::{Commits, History, Log, Query};
use tminus_judge::rank::Ranking;
use tminus_measure::git;
use tminus_record::{Filter, Run};
use tminus_reports::model::conformance::{Conformance, MAX_BYTES};
use tminus_reports::model::past::Past;

/// Reads from the history at `db` the past of those cells of `run` that `filter` chooses.
///
/// # Errors
/// The error that keeps it from being read.
pub(super) fn past(
    db: &Path,
    filter: &Filter,
    run: &Run,
    ranking: &Ranking,
) -> anyhow::Result<Past> {
    let log = log(&History::open(db)?, &Query { filter, metric: None })?;
    Ok(Past::of(log, run, ranking))
}

/// Returns the series that are asked for, in the order of commits: as the repository of the current
/// directory has them, else by the dates that the runs store.
///
/// # Errors
/// As [`History::log`].
pub(super) fn log(history: &History, asked: &Query<'_>) -> anyhow::Result<Log> {
    let log = history.log(asked)?;
    let commits = commits(&log.revisions());
    Ok(Log::new(log.runs, log.series, &commits))
}

/// More hashes do not fit into a command line.
const MAX_REVISIONS: usize = 20_000;

/// Asks the repository of the current directory for these commits; returns none where there is no
/// repository.
fn commits(revisions: &BTreeSet<&str>) -> Commits {
    let is_hash = |it: &&&str| it.len() >= 40 && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hashes: Vec<&str> = revisions.iter().filter(is_hash).copied().take(MAX_REVISIONS).collect();
    if hashes.is_empty() {
        return Commits::default();
    }
    let order = ["rev-list", "--date-order", "--reverse", "--timestamp", "--ignore-missing"];
    let words: Vec<&str> = order.iter().chain(&hashes).chain(&["--"]).copied().collect();
    let told = git::ask(Path::new("."), &words).unwrap_or_default();
    // The date, a space and the hash.
    let commit = |line: &str| {
        let (date, hash) = line.split_once(' ')?;
        revisions.contains(hash).then(|| Some((hash.to_owned(), date.parse().ok()?)))?
    };
    Commits::in_order(told.lines().filter_map(commit))
}

/// Reads the output of `tminus verify --json` from the file at `path`.
///
/// # Errors
/// One that cannot be read, that is too long, or that is something else.
pub(super) fn conformance(path: &Path) -> anyhow::Result<Conformance> {
    let at = || path.display().to_string();
    let mut bytes = Vec::new();
    let read = |file: File| file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    File::open(path).and_then(read).with_context(at)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!(
            "{}: longer than {} MiB, so not what `tminus verify --json` prints",
            at(),
            MAX_BYTES >> 20
        );
    }
    Conformance::parse(&bytes).with_context(at)
}
