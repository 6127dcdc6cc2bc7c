//! `tminus profile`: what each cell does an op, counted and not timed.

use std::io::Write as _;

use anyhow::bail;
use tminus_measure::child::{self, Program};
use tminus_measure::header::{self, Query};
use tminus_measure::profile::{self, Extent};
use tminus_measure::run::Children;
use tminus_record::{Cell, Header};
use tminus_reports::data::profile::profile as json;
use tminus_reports::model::counts::Counted;
use tminus_reports::terminal::profile::group as table;

use super::{Exit, print_json, stdout, style};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Profile) -> anyhow::Result<Exit> {
    let children = Children {
        program: Program::current()?,
        deadline: arguments.bounds.deadline(),
        memory_limit_bytes: arguments.bounds.memory_limit_bytes(),
        cancel: super::cancel_on_ctrl_c()?,
    };
    child::greet(&children.program, &children.cancel)?;
    child::adopt();
    let header = plan(catalog, arguments)?;
    let Some(first) = header.cells.first() else {
        let first = header.exclusions.first().map(|it| format!("{}: {}", it.cell, it.reason));
        bail!("nothing can be counted: {}", first.unwrap_or_else(|| "there is no cell".into()));
    };
    let extent = if arguments.no_instructions { Extent::Short } else { Extent::All };
    let mut group = first.group();
    let mut counted: Vec<Counted> = Vec::new();
    let mut shown = 0;
    for cell in header.cells.iter().filter(|cell| !cell.twin) {
        if !arguments.json && cell.group() != group {
            show(&counted[shown..])?;
            (group, shown) = (cell.group(), counted.len());
        }
        let Some(counts) = profile::count(&header, cell, &children, extent) else {
            super::say(format_args!("interrupted"));
            return Ok(Exit::Interrupted);
        };
        counted.push(Counted { cell: Cell::clone(cell), counts });
    }
    match arguments.json {
        true => print_json(&json(&counted))?,
        false => show(&counted[shown..])?,
    }
    let failed = counted.iter().any(|it| it.counts.is_err());
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

fn show(group: &[Counted]) -> anyhow::Result<()> {
    Ok(writeln!(stdout(), "{}", table(group, &style()))?)
}

/// Plans the pass: the cells of a run, in the order of the registry.
fn plan(catalog: Catalog, arguments: &cli::Profile) -> anyhow::Result<Header> {
    let registry = catalog.registry();
    let limits = super::limits();
    let filter = arguments.filters.planned(&registry, arguments.workers.as_ref(), limits.cores)?;
    let query = Query {
        profile: arguments.profile.into(),
        filter: &filter,
        limits,
        clock: arguments.clock.into(),
        rounds: Some(1),
        seed: Some(0),
    };
    Ok(header::header(&registry, query, catalog.provenance())?)
}
