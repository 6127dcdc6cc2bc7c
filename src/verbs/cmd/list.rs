//! `tminus list`: executors, workloads, cells with what is left out and why, rules.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use anyhow::ensure;
use serde::Serialize;
use tminus_contract::params::Params;
use tminus_contract::workload::Info;
use tminus_contract::{ExecutorInfo, Family, Order, Supply, Workers};
use tminus_measure::plan::Plan;
use tminus_measure::registry::{Registry, WorkloadEntry};
use tminus_record::{Cell, CellId, Exclusion, Profile};

use super::columns::{print_columns, print_wrapped};
use super::{Exit, SCHEMA, print_json, stdout};
use crate::cli::What;
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::List) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    if arguments.what == What::Rules {
        rules::print(&registry, &arguments.filters, arguments.json)?;
        return Ok(Exit::Ok);
    }
    let limits = super::limits();
    let filter = arguments.filters.planned(&registry, arguments.workers.as_ref(), limits.cores)?;
    let plan = Plan::new(&registry, arguments.profile.into(), &filter, limits)?;
    match arguments.what {
        What::Executors => executors(&registry, &plan, &catalog.build().crates, arguments.json)?,
        What::Workloads => {
            let (profile, filters) = (arguments.profile.into(), &arguments.filters);
            // One without a size in this profile can be run in a size of one's own.
            let is_without = |info: &Info| {
                let sizes = filter.sizes(info, profile);
                let is_chosen = filters.cells.is_empty()
                    && filters.param.is_empty()
                    && filters.sweep.is_empty()
                    && filter.workload(info.id);
                is_chosen && sizes.is_ok_and(|sizes| sizes.is_empty())
            };
            workloads(&registry, &plan, is_without, arguments.json)?;
        }
        What::Cells | What::Rules => cells(plan, arguments.profile.into(), arguments.json)?,
    }
    Ok(Exit::Ok)
}

/// Returns the `place`th part of the id of each cell of the plan: its workload or executor.
fn named(plan: &Plan, place: usize) -> BTreeSet<&str> {
    let planned = plan.cells.iter().map(|cell| [&cell.workload, &cell.executor][place].as_str());
    let excluded = plan.exclusions.iter();
    let excluded = excluded.filter_map(|it| it.cell.as_str().split('/').nth(2 * place));
    planned.chain(excluded).collect()
}

#[derive(Serialize)]
struct Executors {
    schema: u32,
    executors: Vec<Executor>,
}

#[derive(Serialize)]
struct Executor {
    id: &'static str,
    name: &'static str,
    family: Family,
    workers: Workers,
    timers: Supply,
    io: Supply,
    cancel: Supply,
    remote_spawn: Supply,
    timeouts: Supply,
    blocking: Supply,
    processes: Supply,
    order: Order,
    max_tasks: Option<u64>,
    crates: BTreeMap<&'static str, String>,
    note: &'static str,
    /// The crate that it is named after; tables show only this one's version.
    #[serde(skip)]
    main_crate: Option<&'static str>,
    /// Why it cannot run on this machine.
    unavailable: Option<String>,
}

/// Lists the executors that have a cell in the plan, or would have one.
fn executors(
    registry: &Registry,
    plan: &Plan,
    versions: &BTreeMap<String, String>,
    json: bool,
) -> anyhow::Result<()> {
    let named = named(plan, 1);
    let chosen = registry.executors.iter().filter(|info| named.contains(info.id));
    let executors: Vec<Executor> = chosen.map(|info| Executor::of(info, versions)).collect();
    ensure!(
        !executors.is_empty(),
        "no executor matches these filters: see `tminus list executors`"
    );
    if json {
        return print_json(&Executors { schema: SCHEMA, executors });
    }
    let mut rows = vec![["EXECUTOR", "WORKERS", "ORDER", "CRATE", "NOTES"].map(String::from)];
    rows.extend(executors.iter().map(Executor::row));
    print_columns(&rows)?;
    Ok(())
}

impl Executor {
    fn of(info: &ExecutorInfo, versions: &BTreeMap<String, String>) -> Self {
        let it = info.capabilities;
        let version = |name: &'static str| {
            (name, versions.get(name).cloned().unwrap_or_else(|| "unknown".into()))
        };
        Self {
            id: info.id,
            name: it.name,
            family: it.family,
            workers: it.workers,
            timers: it.timers,
            io: it.io,
            cancel: it.cancel,
            remote_spawn: it.remote_spawn,
            timeouts: it.timeouts,
            blocking: it.blocking,
            processes: it.processes,
            order: it.order,
            max_tasks: it.max_tasks.map(|(max, _)| max),
            crates: it.crates.iter().copied().map(version).collect(),
            note: it.note,
            main_crate: it.crates.first().copied(),
            unavailable: (info.available)().err(),
        }
    }

    fn row(&self) -> [String; 5] {
        let workers = match self.workers {
            Workers::One => "1",
            Workers::Many => "1 to cores",
            Workers::PerTask => "1 a task",
        };
        let order = match self.order {
            Order::Task => "within a task",
            Order::Fair => "fair",
            Order::Fifo => "first in, first out",
        };
        let version = self.main_crate.map_or_else(String::new, |name| {
            let version = self.crates.get(name).map_or("", String::as_str);
            format!("{name} {}", version.split(' ').next().unwrap_or_default())
        });
        [self.id.into(), workers.into(), order.into(), version, self.notes().join("; ")]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.unavailable.iter().map(|reason| format!("cannot run here: {reason}")).collect();
        let parts = [
            ("timers", self.timers),
            ("io", self.io),
            ("cancel", self.cancel),
            ("remote spawn", self.remote_spawn),
            ("timeouts", self.timeouts),
            ("blocking calls", self.blocking),
            ("processes", self.processes),
        ];
        for (part, supply) in parts {
            match supply {
                Supply::Own => {}
                Supply::Borrowed(means) => notes.push(format!("{part}: {means}")),
                Supply::Missing(reason) => notes.push(format!("no {part}: {reason}")),
            }
        }
        notes.extend(self.max_tasks.map(|max| format!("at most {max} tasks")));
        notes.extend((!self.note.is_empty()).then(|| self.note.to_owned()));
        notes
    }
}

#[derive(Serialize)]
struct Workloads {
    schema: u32,
    workloads: Vec<Workload>,
}

#[derive(Serialize)]
struct Workload {
    id: &'static str,
    title: &'static str,
    category: &'static str,
    about: &'static str,
    op: &'static str,
    version: u32,
    params: Vec<Param>,
    metrics: &'static [&'static str],
    distributions: BTreeMap<&'static str, &'static str>,
    floors: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Param {
    name: &'static str,
    about: &'static str,
    default: u64,
    min: u64,
    max: u64,
}

/// Lists the workloads that have a cell in the plan, or would have one, and those that are chosen
/// but are without a size in it.
fn workloads(
    registry: &Registry,
    plan: &Plan,
    is_without: impl Fn(&Info) -> bool,
    json: bool,
) -> anyhow::Result<()> {
    let named = named(plan, 0);
    let is_chosen = |info: &Info| named.contains(info.id) || is_without(info);
    let chosen = registry.workloads.iter().filter(|entry| is_chosen(&entry.info));
    let workloads: Vec<Workload> = chosen.map(Workload::of).collect();
    if json {
        return print_json(&Workloads { schema: SCHEMA, workloads });
    }
    let mut out = stdout();
    for workload in &workloads {
        print_wrapped(&mut out, 0, &format!("{}  {}", workload.id, workload.about))?;
        let mut below = |text: String| print_wrapped(&mut out, 4, &text);
        below(format!("category @{}", workload.category))?;
        below(format!("op       {}", workload.op))?;
        below(format!("metrics  {}", workload.metrics.join(", ")))?;
        for Param { name, about, default, min, max } in &workload.params {
            below(format!("{name}={default}  {about}; from {min} to {max}"))?;
        }
        for (name, about) in workload.floors.iter().chain(&workload.distributions) {
            below(format!("{name}  {about}"))?;
        }
    }
    Ok(())
}

impl Workload {
    fn of(entry: &WorkloadEntry) -> Self {
        let info = &entry.info;
        let params = info.params.iter().map(|param| Param {
            name: param.name,
            about: param.about,
            default: param.default,
            min: param.min,
            max: param.max,
        });
        Self {
            id: info.id,
            title: info.title,
            category: entry.category,
            about: info.about,
            op: info.op,
            version: info.version,
            params: params.collect(),
            metrics: info.metrics,
            distributions: info.distributions.iter().copied().collect(),
            floors: entry.floors.iter().copied().collect(),
        }
    }
}

#[derive(Serialize)]
struct Cells {
    schema: u32,
    profile: Profile,
    rounds: u32,
    cells: Vec<Planned>,
    exclusions: Vec<Exclusion>,
}

#[derive(Serialize)]
struct Planned {
    #[serde(rename = "cell")]
    id: CellId,
    workload: String,
    params: Params,
    executor: String,
    workers: Option<usize>,
}

fn cells(plan: Plan, profile: Profile, json: bool) -> anyhow::Result<()> {
    let Plan { cells, exclusions } = plan;
    if json {
        let cells = cells.into_iter().map(Planned::of).collect();
        let rounds = profile.rounds();
        return print_json(&Cells { schema: SCHEMA, profile, rounds, cells, exclusions });
    }
    let mut out = stdout();
    for cell in &cells {
        writeln!(out, "{}", cell.id())?;
    }
    for Exclusion { cell, reason } in &exclusions {
        print_wrapped(&mut out, 0, &format!("{cell}  excluded: {reason}"))?;
    }
    Ok(())
}

impl Planned {
    fn of(cell: Cell) -> Self {
        let id = cell.id();
        let Cell { workload, params, executor, workers, .. } = cell;
        Self { id, workload, params, executor, workers }
    }
}
