//! `tminus verify`: each cell once, small, its result checked; then every rule of the conformance
//! suite on every executor. A line a cell and a line an executor, and every failure in full.

mod cells;
mod rules;

use serde::Serialize;
use tminus_measure::child::{self, Cancel, Program};
use tminus_record::machine::Build;

use super::columns::print_wrapped;
use super::{Exit, SCHEMA, print_json, stdout};
use crate::cli::Part;
use crate::{Catalog, cli};

#[derive(Serialize)]
struct Verified {
    schema: u32,
    /// The parts that were verified.
    build: Build,
    cells: Vec<cells::Line>,
    rules: Vec<rules::Line>,
}

/// How children are started and what is printed of them.
struct Children<'a> {
    program: Program,
    cancel: Cancel,
    arguments: &'a cli::Verify,
}

pub(super) fn run(catalog: Catalog, arguments: &cli::Verify) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let children =
        Children { program: Program::current()?, cancel: super::cancel_on_ctrl_c()?, arguments };
    child::greet(&children.program, &children.cancel)?;
    child::adopt();
    let mut verified =
        Verified { schema: SCHEMA, build: catalog.build(), cells: Vec::new(), rules: Vec::new() };
    let parts = parts(arguments);
    let found = (
        parts.contains(&Part::Cells) && !cells::verify(&registry, &children, &mut verified.cells)?,
        parts.contains(&Part::Rules) && !rules::verify(&registry, &children, &mut verified.rules)?,
    );
    if found.0 || found.1 {
        super::say(format_args!("interrupted"));
        return Ok(Exit::Interrupted);
    }
    verified.end(arguments.json)
}

/// Returns the parts to verify: both, unless flags choose among the cells or among the rules.
fn parts(arguments: &cli::Verify) -> Vec<Part> {
    let filters = &arguments.filters;
    let of_cells = [&filters.cells, &filters.workload, &filters.param];
    let chooses_cells = !filters.sweep.is_empty() || of_cells.iter().any(|words| !words.is_empty());
    match arguments.only {
        Some(part) => vec![part],
        None if !arguments.rule.is_empty() => vec![Part::Rules],
        None if chooses_cells => vec![Part::Cells],
        None => vec![Part::Cells, Part::Rules],
    }
}

impl Verified {
    fn end(&self, json: bool) -> anyhow::Result<Exit> {
        let (cells, rules) = (cells::Counts::of(&self.cells), rules::Counts::of(&self.rules));
        if json {
            print_json(self)?;
        } else {
            let mut out = stdout();
            if !self.cells.is_empty() {
                print_wrapped(&mut out, 0, &format!("cells: {cells}"))?;
            }
            rules::print_untried(&self.rules, &mut out)?;
            if !self.rules.is_empty() {
                print_wrapped(&mut out, 0, &format!("rules: {rules}"))?;
            }
        }
        Ok(if cells.failed + rules.failed == 0 { Exit::Ok } else { Exit::Failed })
    }
}

/// Prints the end of a child's stderr, below the line that it belongs to.
fn indented(out: &mut impl std::io::Write, stderr: &str) -> std::io::Result<()> {
    stderr.lines().try_for_each(|text| writeln!(out, "            {text}"))
}
