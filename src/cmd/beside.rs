//! What pages show beside a run: a history of the place where it was made, and what the conformance
//! suite found.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use tminus_harness::history::{Asked, History};
use tminus_harness::plan::Filter;
use tminus_harness::rank::Ranking;
use tminus_harness::store::Run;
use tminus_reports::conformance::{Conformance, MAX_BYTES};
use tminus_reports::past::Past;

/// What the history at `db` says of the cells of `run` that `filter` chooses.
///
/// # Errors
/// What keeps it from being read.
pub(super) fn past(
    db: &Path,
    filter: &Filter,
    run: &Run,
    ranking: &Ranking,
) -> anyhow::Result<Past> {
    let log = History::open(db)?.log(&Asked { filter, metric: None })?;
    Ok(Past::of(log, run, ranking))
}

/// What `tminus verify --json` wrote to the file at `path`.
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
