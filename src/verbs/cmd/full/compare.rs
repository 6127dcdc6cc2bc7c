//! `tminus compare`: two stored runs side by side. It tells and decides nothing: runs of two
//! moments differ in more than the code.

use std::io::Write as _;

use anyhow::Context as _;
use tminus_judge::compare;
use tminus_measure::files::replace;
use tminus_reports::terminal::compare as text;

use super::{Exit, print_json, runs, stdout, style};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: cli::Compare) -> anyhow::Result<Exit> {
    let (_, baseline) = runs::read(&arguments.baseline, cli::OUT.as_ref())?;
    let (_, candidate) = runs::read(&arguments.candidate, cli::OUT.as_ref())?;
    let cli::Compare { margin, metric, force, markdown, all, json, .. } = arguments;
    let cli::Compare { cells, workload, executor, param, .. } = arguments;
    let filters = cli::Filters { cells, workload, executor, param, sweep: Vec::new() };
    let filter = filters.read(&catalog.registry(), &[&baseline, &candidate])?;
    let options = compare::Options { margin, metric, force };
    let compared = compare::compare(&baseline, &candidate, &filter, &options)?;
    if let Some(path) = &markdown {
        replace(path, text::markdown(&compared).as_bytes())
            .with_context(|| path.display().to_string())?;
    }
    if json {
        print_json(&compared)?;
    } else {
        write!(stdout(), "{}", text::text(&compared, all, &style()))?;
    }
    Ok(Exit::Ok)
}
