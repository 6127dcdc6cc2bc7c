//! `tminus list rules`: what the conformance suite tries.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde::Serialize;
use tminus_conformance as conformance;
use tminus_conformance::{RULES, Rule};
use tminus_measure::registry::Registry;

use crate::cli;
use crate::cmd::columns::print_columns;
use crate::cmd::{SCHEMA, print_json};

#[derive(Serialize)]
struct Rules {
    schema: u32,
    rules: Vec<&'static Rule>,
}

/// Lists the rules that are tried on a chosen executor. A word is a part of the rule's id or of the
/// executor's; rules have no workload and no parameters.
pub(super) fn print(registry: &Registry, filters: &cli::Filters, json: bool) -> anyhow::Result<()> {
    ensure!(
        filters.workload.is_empty() && filters.param.is_empty() && filters.sweep.is_empty(),
        "rules have no workload and no parameters: choose by `--executor` or a part of a rule's name"
    );
    let filter = filters.read(registry, &[])?;
    registry.check(&filter)?;
    let cases = conformance::cases(&registry.executors, crate::cmd::limits().cores);
    let chosen: BTreeSet<&str> =
        cases.iter().filter(|case| filter.cell(&case.cell())).map(|case| case.rule.id).collect();
    ensure!(!chosen.is_empty(), "no rule matches these filters: see `tminus list rules`");
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| chosen.contains(rule.id)).collect();
    if json {
        return print_json(&Rules { schema: SCHEMA, rules });
    }
    let mut rows = vec![["RULE", "WHAT IT CHECKS"].map(String::from)];
    rows.extend(rules.iter().map(|rule| [rule.id, rule.about].map(String::from)));
    print_columns(&rows)?;
    Ok(())
}
