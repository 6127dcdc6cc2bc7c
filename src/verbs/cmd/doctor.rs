//! `tminus doctor`: is this machine fit to measure, and what would make it fit.

mod probe;

use serde::Serialize;
use tminus_measure::machine::{self, Check, Fit};
use tminus_record::machine::Machine;

use super::columns::print_columns;
use super::{Exit, SCHEMA, print_json};
use crate::{Catalog, cli};

#[derive(Serialize)]
struct Diagnosis {
    schema: u32,
    fit: bool,
    checks: Vec<Check>,
    machine: Machine,
}

pub(super) fn run(catalog: Catalog, arguments: &cli::Doctor) -> anyhow::Result<Exit> {
    let mut checks = machine::doctor();
    checks.push(probe::probe(catalog));
    let fit = !checks.iter().any(|check| check.fit == Fit::Poor);
    if arguments.json {
        print_json(&Diagnosis { schema: SCHEMA, fit, checks, machine: machine::read() })?;
    } else {
        print(&checks, fit)?;
    }
    Ok(if arguments.strict && !fit { Exit::Unfit } else { Exit::Ok })
}

fn print(checks: &[Check], fit: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for check in checks {
        let mark = match check.fit {
            Fit::Good => "good",
            Fit::Poor => "poor",
            Fit::Unknown => "?",
        };
        rows.push([mark.into(), check.name.clone(), check.finding.clone()]);
        if !check.remedy.is_empty() {
            rows.push([String::new(), String::new(), format!("-> {}", check.remedy)]);
        }
    }
    let verdict = if fit { "fit to measure" } else { "figures will be noisier or biased" };
    rows.push([String::new(), String::new(), String::new()]);
    rows.push(["all".into(), String::new(), verdict.into()]);
    Ok(print_columns(&rows)?)
}
