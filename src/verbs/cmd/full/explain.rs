//! `tminus explain`: why an op of one cell costs more than one of another. Counts both, measures
//! them and the prices of what differs in turns, and prints an account that adds up.

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use tminus_judge::explain::{Account, explain};
use tminus_measure::child::{self, Program};
use tminus_measure::explain as measure;
use tminus_measure::explain::{Answer, Failure, Question};
use tminus_measure::registry::Registry;
use tminus_measure::run::{Children, does_one_thread};
use tminus_record::Cell;
use tminus_reports::data::explain::explanation;
use tminus_reports::terminal::explain as text;

use super::{Exit, print_json, runs, spec, stdout, style};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Explain) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let cells = [spec::find(&registry, &arguments.a)?, spec::find(&registry, &arguments.b)?];
    let [a, b] = [cells[0].group(), cells[1].group()];
    ensure!(
        a == b,
        "`{a}` and `{b}` do other work: cells of one workload with the same parameters are explained"
    );
    let info = registry.find_workload(&cells[0].workload).context("it was found before")?.info;
    let one_thread = cells.iter().all(|cell| has_one_thread(&registry, cell));
    let (time, seed) = (measure::time(info.budget, one_thread), child::unix_ns());
    let question = Question { cells, time, one_thread, rounds: arguments.rounds, seed };
    match answer(&question, &arguments.bounds)? {
        Ok(answer) => {
            let [a, b] = &answer.sides;
            let account = explain(a, b, info.op, time, &answer.prices);
            let account = account.context("a cell gave no time that can be compared")?;
            print(&account, &question.cells, arguments.json)?;
            Ok(Exit::Ok)
        }
        Err(Failure::Cancelled) => {
            super::say(format_args!("interrupted: nothing is explained"));
            Ok(Exit::Interrupted)
        }
        Err(Failure::Cell { cell, reason }) => {
            super::say(format_args!("{cell}: {reason}"));
            Ok(Exit::Failed)
        }
    }
}

/// Measures what is asked.
fn answer(question: &Question, bounds: &cli::Bounds) -> anyhow::Result<Result<Answer, Failure>> {
    let (program, cancel) = (Program::current()?, super::cancel_on_ctrl_c()?);
    child::greet(&program, &cancel)?;
    if cfg!(debug_assertions) {
        super::say(format_args!("a debug build: its figures mean nothing; use `--release`"));
    }
    child::adopt();
    let children = Children {
        program,
        deadline: bounds.deadline(),
        memory_limit_bytes: bounds.memory_limit_bytes(),
        cancel,
    };
    Ok(measure::run(question, &children, &mut |step| super::say(format_args!("{step}"))))
}

fn print(account: &Account, cells: &[Cell; 2], json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&explanation(account));
    }
    write!(stdout(), "{}", text::text(account, &style()))?;
    for cell in cells {
        writeln!(stdout(), "\n{}", commands(cell))?;
    }
    Ok(())
}

/// Returns whether one thread does all the work of a cell.
fn has_one_thread(registry: &Registry, cell: &Cell) -> bool {
    let executor = registry.find_executor(&cell.executor);
    does_one_thread(executor.map(|info| info.capabilities.workers), cell)
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
