//! `tminus header`: the header that a run with these flags would have. A gate asks both programs.

use std::io::Write as _;

use tminus_measure::header::{self, Query};
use tminus_record::Header;

use super::{Exit, stdout};
use crate::{Catalog, cli};

/// Prints the header as one line.
pub(super) fn run(catalog: Catalog, arguments: &cli::Run) -> anyhow::Result<Exit> {
    let line = serde_json::to_string(&plan(catalog, arguments)?)?;
    writeln!(stdout(), "{}", super::harmless_json(&line))?;
    Ok(Exit::Ok)
}

/// Plans a run.
pub(super) fn plan(catalog: Catalog, arguments: &cli::Run) -> anyhow::Result<Header> {
    let registry = catalog.registry();
    let limits = super::limits();
    let filter = arguments.filters.planned(&registry, arguments.workers.as_ref(), limits.cores)?;
    let query = Query {
        profile: arguments.profile.into(),
        filter: &filter,
        limits,
        clock: arguments.clock.into(),
        rounds: arguments.rounds,
        seed: arguments.seed,
    };
    Ok(header::header(&registry, query, catalog.provenance())?)
}
