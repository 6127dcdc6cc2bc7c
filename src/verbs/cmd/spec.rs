//! `tminus spec CELL`: the line that tells a child what to do.

use std::io::Write as _;

use tminus_conformance as conformance;
use tminus_contract::Workers;
use tminus_contract::error::{Error, Named, Result};
use tminus_contract::params::Params;
use tminus_measure::registry::Registry;
use tminus_measure::{plan, prices, spec};
use tminus_record::Cell;

use super::{Exit, stdout};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Spec) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let mut spec = match arguments.cell.split_once('/') {
        Some((conformance::WORKLOAD, _)) => case(&registry, &arguments.cell)?,
        Some((prices::WORKLOAD, _)) => price(&arguments.cell)?,
        _ => spec::Spec::new(find(&registry, &arguments.cell)?),
    };
    let clock = arguments.clock.into();
    registry.keeps(clock, &spec.cell.workload, &spec.cell.executor).map_err(Error::Usage)?;
    spec.clock = clock;
    spec.iterations = arguments.iterations.or(spec.iterations);
    spec.check().map_err(Error::Usage)?;
    let line = serde_json::to_string(&spec)?;
    writeln!(stdout(), "{line}")?;
    Ok(Exit::Ok)
}

/// Returns the order to try one rule of the conformance suite: its id, as `verify --verbose` shows
/// it.
///
/// # Errors
/// [`Error::Usage`] with the nearest id.
fn case(registry: &Registry, text: &str) -> Result<spec::Spec> {
    let cases = conformance::cases(&registry.executors, super::limits().cores);
    let specs: Vec<spec::Spec> = cases.iter().map(|case| case.spec(1, 0)).collect();
    let found = specs.iter().find(|spec| spec.id.as_str() == text).cloned();
    let ids = specs.iter().map(|spec| spec.id.as_str());
    found.ok_or_else(|| Error::unknown(Named::Case, text, ids))
}

/// Returns the order to measure one price.
///
/// # Errors
/// [`Error::Usage`] with the nearest id.
fn price(text: &str) -> Result<spec::Spec> {
    let all = prices::all();
    let ids: Vec<String> =
        all.iter().map(|price| prices::spec(price.name, None).id.to_string()).collect();
    let unknown = || Error::unknown(Named::Price, text, ids.iter().map(String::as_str));
    prices::spec_of(text).ok_or_else(unknown)
}

/// Returns the cell with the id `text`, which may have any valid parameters.
///
/// # Errors
/// [`Error::Usage`] that names the part that is wrong, with the nearest name.
pub(super) fn find(registry: &Registry, text: &str) -> Result<Cell> {
    let mut parts = text.split('/');
    let (Some(workload), Some(params), Some(executor)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(expected(text, "WORKLOAD/PARAMETERS/EXECUTOR"));
    };
    let known = registry.workloads.iter().map(|entry| entry.info.id);
    let entry = registry
        .find_workload(workload)
        .ok_or_else(|| Error::unknown(Named::Workload, workload, known))?;
    let params = Params::parse(&entry.info, params)?;
    let needs = entry.needs(&params)?;
    let pairs = registry.entries.iter().filter(|pair| pair.workload == workload);
    if registry.entry(workload, executor).is_none() {
        return Err(Error::unknown(Named::Executor, executor, pairs.map(|pair| pair.executor)));
    }
    let info = registry.find_executor(executor);
    let workers = match (info.map(|info| info.capabilities.workers), parts.next()) {
        (Some(Workers::Many), Some(text)) => Some(workers_of(text)?.into()),
        (Some(Workers::Many), None) => {
            return Err(expected(text, &format!("the workers too: `{text}/w1`")));
        }
        (_, Some(_)) => return Err(expected(text, &format!("no worker count for `{executor}`"))),
        (_, None) => None,
    };
    let limits = super::limits();
    if let Some(Err(reason)) = info.map(|info| plan::fits(info, workers, &needs, &limits)) {
        // Obeyed all the same: a request for one cell overrides the plan.
        super::say(format_args!("a run leaves this cell out: {reason}"));
    }
    match parts.next() {
        Some(_) => Err(expected(text, "nothing after the worker count")),
        None => Ok(Cell::new(&entry.info, &params, executor, workers)),
    }
}

/// Returns the number of workers in the end of an id: `w2`.
pub(super) fn workers_of(text: &str) -> Result<u16> {
    let count = text.strip_prefix('w').and_then(|count| count.parse::<u16>().ok());
    count
        .filter(|count| (1..=tminus_record::MAX_WORKERS).contains(&usize::from(*count)))
        .ok_or_else(|| {
            expected(text, &format!("a worker count from w1 to w{}", tminus_record::MAX_WORKERS))
        })
}

fn expected(text: &str, what: &str) -> Error {
    let text: String = text.chars().take(200).collect();
    Error::Usage(format!("`{}`: expected {what}; see `tminus list cells`", text.escape_debug()))
}
