//! What is registered, checked before a verb runs: an outside crate may have added anything.

use tminus_conformance as conformance;
use tminus_contract::error::{Error, Result};
use tminus_contract::params::Params;
use tminus_measure::prices;
use tminus_measure::registry::Registry;

/// Refuses executors and workloads that cell ids could not name.
///
/// # Errors
/// Which one, and what is wrong with it.
pub fn check(registry: &Registry) -> Result<()> {
    check_executors(registry)?;
    check_workloads(registry)
}

fn check_executors(registry: &Registry) -> Result<()> {
    let ids: Vec<&str> = registry.executors.iter().map(|info| info.id).collect();
    let is_good = |id: &str| is_id(id, b'-') && !id.starts_with("floor");
    check_ids("executor", &ids, is_good, "`-`, and does not begin with `floor`")?;
    for executor in &registry.executors {
        if let Some(rule) = conformance::unknown_deviation(executor) {
            return Err(Error::Usage(format!(
                "the executor `{}` deviates from `{rule}`, which is no rule: see `tminus list rules`",
                executor.id
            )));
        }
    }
    Ok(())
}

fn check_workloads(registry: &Registry) -> Result<()> {
    let ids: Vec<&str> = registry.workloads.iter().map(|entry| entry.info.id).collect();
    let taken = [conformance::WORKLOAD, prices::WORKLOAD];
    let is_good = |id: &str| is_id(id, b'_') && !taken.contains(&id);
    let rule = format!("`_`, and is not `{}` or `{}`", taken[0], taken[1]);
    check_ids("workload", &ids, is_good, &rule)?;
    for workload in &registry.workloads {
        if !is_id(workload.category, b'_') {
            return Err(Error::Usage(format!(
                "the category `{}` of the workload `{}`: it has up to 30 lower-case letters, digits and `_`",
                workload.category.escape_debug(),
                workload.info.id
            )));
        }
        let sizes = workload.info.sizes;
        for size in [sizes.quick, sizes.standard, sizes.thorough, sizes.verify].concat() {
            workload.needs(&Params::parse(&workload.info, size)?)?;
        }
    }
    Ok(())
}

/// Refuses an id that is not good, with `rule` as the end of the reason, and one that stands twice.
fn check_ids(what: &str, ids: &[&str], is_good: impl Fn(&str) -> bool, rule: &str) -> Result<()> {
    for (index, id) in ids.iter().enumerate() {
        if !is_good(id) {
            return Err(Error::Usage(format!(
                "the {what} `{}`: an id has up to 30 lower-case letters, digits and {rule}",
                id.escape_debug()
            )));
        }
        if ids[..index].contains(id) {
            return Err(Error::Usage(format!("there are two {what}s `{id}`: rename one")));
        }
    }
    Ok(())
}

/// Returns whether `id` has up to 30 lower-case letters, digits and `mark`.
fn is_id(id: &str, mark: u8) -> bool {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || byte == mark;
    !id.is_empty() && id.len() <= 30 && id.bytes().all(is_part)
}
