//! `tminus explain`: why an op of one cell costs more than one of another. Counts both, measures
//! them and the prices of what differs in turns, and prints an account that adds up.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use tminus_contract::Workers;
use tminus_judge::explain::explain;
use tminus_measure::child::{self, Program};
use tminus_measure::explain as measure;
use tminus_measure::explain::{Children, Failure, Question};
use tminus_measure::registry::Registry;
use tminus_record::Cell;
use tminus_reports::data::explain::explanation;
use tminus_reports::terminal::explain as text;

use super::{Exit, print_json, runs, spec, stdout, style};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Explain) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let cells = [spec::find(&registry, &arguments.a)?, spec::find(&registry, &arguments.b)?];
    let [a, b] = [&cells[0], &cells[1]];
    ensure!(
        a.group() == b.group(),
        "`{}` and `{}` do other work: cells of one workload with the same parameters are explained",
        a.group(),
        b.group()
    );
    let info = registry.find_workload(&a.workload).context("it was found before")?.info;
    let one_thread = cells.iter().all(|cell| has_one_thread(&registry, cell));
    let time = measure::time(info.budget, one_thread);
    let seed = child::unix_ns();
    let question = Question { cells, time, one_thread, rounds: arguments.rounds, seed };
    let (program, cancel) = (Program::current()?, super::cancel_on_ctrl_c()?);
    child::greet(&program, &cancel)?;
    if cfg!(debug_assertions) {
        super::say(format_args!("a debug build: its figures mean nothing; use `--release`"));
    }
    let deadline = arguments.bounds.deadline();
    child::adopt();
    let memory_limit_bytes = arguments.bounds.memory_limit_bytes();
    let children = Children { program: &program, deadline, memory_limit_bytes, cancel: &cancel };
    let answer = match measure::run(&question, &children, &mut |step| say_step(step)) {
        Ok(answer) => answer,
        Err(Failure::Cancelled) => {
            super::say(format_args!("interrupted: nothing is explained"));
            return Ok(Exit::Interrupted);
        }
        Err(Failure::Cell { cell, reason }) => {
            super::say(format_args!("{cell}: {reason}"));
            return Ok(Exit::Failed);
        }
    };
    let [a, b] = &answer.sides;
    let account = explain(a, b, info.op, time, &answer.prices);
    let account = account.context("a cell gave no time that can be compared")?;
    if arguments.json {
        print_json(&explanation(&account))?;
        return Ok(Exit::Ok);
    }
    write!(stdout(), "{}", text::text(&account, &style()))?;
    for cell in &question.cells {
        writeln!(stdout(), "\n{}", commands(cell))?;
    }
    Ok(Exit::Ok)
}

/// Returns whether one thread does all the work of a cell.
fn has_one_thread(registry: &Registry, cell: &Cell) -> bool {
    match registry.find_executor(&cell.executor).map(|info| info.capabilities.workers) {
        Some(Workers::One) | None => true,
        Some(Workers::Many) => cell.workers == Some(1),
        Some(Workers::PerTask) => false,
    }
}

/// Returns how to look further into a cell.
fn commands(cell: &Cell) -> String {
    let (tminus, id) = (runs::program(), cell.id());
    format!(
        "{tminus} spec {id} | valgrind --tool=callgrind {tminus} cell\n\
         {tminus} spec {id} | perf record -g {tminus} cell\n\
         {tminus} spec {id} | strace -f -c {tminus} cell"
    )
}

/// Says what comes next.
fn say_step(step: &str) {
    super::say(format_args!("{step}"));
}
