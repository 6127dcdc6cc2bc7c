//! Each cell once, small, its result checked.

use std::fmt;

use serde::Serialize;
use tminus_measure::child;
use tminus_measure::plan::Plan;
use tminus_measure::registry::Registry;
use tminus_measure::spec::{Mode, Spec};
use tminus_record::{CellId, Exclusion, Outcome, Profile};

use super::{Children, indented, stdout};
use crate::cmd::columns::print_wrapped;

#[derive(Serialize)]
pub(super) struct Line {
    cell: CellId,
    #[serde(flatten)]
    outcome: Outcome,
}

/// Verifies the cells that the filters choose; false if it was interrupted.
pub(super) fn verify(
    registry: &Registry,
    children: &Children<'_>,
    lines: &mut Vec<Line>,
) -> anyhow::Result<bool> {
    let arguments = children.arguments;
    let filter = arguments.filters.filter(registry)?;
    let plan = Plan::new(registry, Profile::Verify, &filter, crate::cmd::limits())?;
    let (deadline, limit) = (arguments.bounds.deadline(), arguments.bounds.memory_limit_bytes());
    let mut add = |line: Line| -> std::io::Result<()> {
        if !arguments.json {
            line.print()?;
        }
        lines.push(line);
        Ok(())
    };
    for Exclusion { cell, reason } in plan.exclusions {
        add(Line { cell, outcome: Outcome::Excluded { reason } })?;
    }
    // The twin would be the same cell again.
    for cell in plan.cells.into_iter().filter(|cell| !cell.twin) {
        let spec = Spec { mode: Mode::Verify, memory_limit_bytes: limit, ..Spec::new(cell) };
        let report = child::run(&children.program, &spec, deadline, &children.cancel);
        let Some(report) = report else { return Ok(false) };
        add(Line { cell: spec.id, outcome: report.outcome })?;
    }
    Ok(true)
}

impl Line {
    fn print(&self) -> std::io::Result<()> {
        let mut out = stdout();
        match &self.outcome {
            Outcome::Ok => print_wrapped(&mut out, 0, &format!("ok        {}", self.cell)),
            Outcome::Excluded { reason } => {
                print_wrapped(&mut out, 0, &format!("excluded  {}: {reason}", self.cell))
            }
            Outcome::Failed { reason, stderr, .. } => {
                print_wrapped(&mut out, 0, &format!("failed    {}: {reason}", self.cell))?;
                indented(&mut out, stderr)
            }
        }
    }
}

/// How many cells came out how.
pub(super) struct Counts {
    ok: usize,
    pub(super) failed: usize,
    excluded: usize,
}

impl Counts {
    pub(super) fn of(lines: &[Line]) -> Self {
        let count =
            |test: fn(&Outcome) -> bool| lines.iter().filter(|line| test(&line.outcome)).count();
        Self {
            ok: count(|outcome| matches!(outcome, Outcome::Ok)),
            failed: count(|outcome| matches!(outcome, Outcome::Failed { .. })),
            excluded: count(|outcome| matches!(outcome, Outcome::Excluded { .. })),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ok, {} failed, {} excluded", self.ok, self.failed, self.excluded)
    }
}
