//! `tminus rank`: which executor is fastest in a stored run, by how much, and how sure that is.

use std::io::Write as _;

use anyhow::bail;
use tminus_judge::rank::{self, Ranking};
use tminus_reports::data::json;
use tminus_reports::terminal::rank::{Intervals, ranking as table};

use super::{Exit, print_json, runs, stdout, style_or};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Rank) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    runs::check(&registry, "rank", &arguments.run)?;
    let (path, run) = runs::read(&arguments.run, cli::OUT.as_ref())?;
    let filter = arguments.filters.read(&registry, &[&run])?;
    let ranking = rank::rank(&run, &filter, arguments.metric.as_deref())?;
    if ranking.groups.is_empty() {
        bail!("{}: no cell of this run matches the filters", path.display());
    }
    let intervals = if arguments.figures { Intervals::Written } else { Intervals::Drawn };
    print(&ranking, intervals, arguments.json)?;
    Ok(Exit::Ok)
}

/// Prints the tables, or the JSON.
pub(super) fn print(ranking: &Ranking, intervals: Intervals, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&json::ranking(ranking));
    }
    write!(stdout(), "{}", table(ranking, intervals, &style_or(80)))?;
    Ok(())
}
