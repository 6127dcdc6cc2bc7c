//! `tminus verify`: each cell once, small, its result checked; a line a cell.

use std::io::Write as _;

use serde::Serialize;
use tminus_harness::child::{self, Program};
use tminus_harness::plan::{CellId, Exclusion, Plan, Profile};
use tminus_harness::record::Outcome;
use tminus_harness::spec::{Mode, Spec};

use super::{Exit, SCHEMA, print_json};
use crate::{App, cli};

#[derive(Serialize)]
struct Verified {
    schema: u32,
    cells: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    cell: CellId,
    #[serde(flatten)]
    outcome: Outcome,
}

pub(super) fn run(app: &App, arguments: &cli::Verify) -> anyhow::Result<Exit> {
    let registry = app.registry();
    let filter = arguments.filters.filter(&registry)?;
    let plan = Plan::new(&registry, Profile::Verify, &filter, super::limits())?;
    let (program, cancel) = (Program::current()?, super::cancel_on_ctrl_c()?);
    let (deadline, limit) = (arguments.bounds.deadline(), arguments.bounds.memory_limit_bytes());
    let mut verified = Verified { schema: SCHEMA, cells: Vec::new() };
    for Exclusion { cell, reason } in plan.exclusions {
        verified.add(Line { cell, outcome: Outcome::Excluded { reason } }, arguments.json)?;
    }
    // The twin would be the same cell again.
    for cell in plan.cells.into_iter().filter(|cell| !cell.twin) {
        let spec = Spec { mode: Mode::Verify, memory_limit_bytes: limit, ..Spec::new(cell) };
        let Some(report) = child::run(&program, &spec, deadline, &cancel) else {
            super::say(format_args!("interrupted"));
            return Ok(Exit::Interrupted);
        };
        let line = Line { cell: spec.id, outcome: report.outcome };
        verified.add(line, arguments.json)?;
    }
    verified.end(arguments.json)
}

impl Verified {
    fn add(&mut self, line: Line, json: bool) -> std::io::Result<()> {
        if !json {
            let mut out = std::io::stdout().lock();
            match &line.outcome {
                Outcome::Ok => writeln!(out, "ok        {}", line.cell)?,
                Outcome::Excluded { reason } => writeln!(out, "excluded  {}: {reason}", line.cell)?,
                Outcome::Failed { reason, stderr, .. } => {
                    writeln!(out, "failed    {}: {reason}", line.cell)?;
                    for text in stderr.lines() {
                        writeln!(out, "            {text}")?;
                    }
                }
            }
        }
        self.cells.push(line);
        Ok(())
    }

    fn end(&self, json: bool) -> anyhow::Result<Exit> {
        let count = |test: fn(&Outcome) -> bool| {
            self.cells.iter().filter(|line| test(&line.outcome)).count()
        };
        let ok = count(|outcome| matches!(outcome, Outcome::Ok));
        let failed = count(|outcome| matches!(outcome, Outcome::Failed { .. }));
        let excluded = count(|outcome| matches!(outcome, Outcome::Excluded { .. }));
        if json {
            print_json(self)?;
        } else {
            writeln!(std::io::stdout(), "{ok} ok, {failed} failed, {excluded} excluded")?;
        }
        Ok(if failed == 0 { Exit::Ok } else { Exit::Failed })
    }
}
