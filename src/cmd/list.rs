//! `tminus list`: executors, workloads, cells with what is left out and why, rules.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Serialize;
use tminus_harness::conformance::{RULES, Rule};
use tminus_harness::contract::{ExecutorInfo, Family, Order, Supply, Workers};
use tminus_harness::plan::{
    Cell, CellId, Exclusion, Filter, Params, Plan, Profile, Registry, WorkloadEntry,
};

use super::{Exit, SCHEMA, print_columns, print_json, stdout};
use crate::cli::What;
use crate::{App, cli, provenance};

pub(super) fn run(app: &App, arguments: &cli::List) -> anyhow::Result<Exit> {
    let registry = app.registry();
    let filter = arguments.filters.filter(&registry)?;
    filter.check(&registry)?;
    match arguments.what {
        What::Executors => executors(&registry, &filter, arguments.json)?,
        What::Workloads => workloads(&registry, &filter, arguments.json)?,
        What::Cells => cells(&registry, arguments.profile.into(), &filter, arguments.json)?,
        What::Rules => rules(arguments.json)?,
    }
    Ok(Exit::Ok)
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

fn executors(registry: &Registry, filters: &Filter, json: bool) -> anyhow::Result<()> {
    let chosen = registry.executors.iter().filter(|info| filters.executor(info.id));
    let executors: Vec<Executor> = chosen.map(Executor::of).collect();
    if json {
        return print_json(&Executors { schema: SCHEMA, executors });
    }
    let mut rows = vec![["EXECUTOR", "WORKERS", "ORDER", "CRATE", "NOTES"].map(String::from)];
    rows.extend(executors.iter().map(Executor::row));
    print_columns(&rows)?;
    Ok(())
}

impl Executor {
    fn of(info: &ExecutorInfo) -> Self {
        let it = info.capabilities;
        let versions = provenance::crates();
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

fn workloads(registry: &Registry, filter: &Filter, json: bool) -> anyhow::Result<()> {
    let chosen = registry.workloads.iter().filter(|entry| filter.workload(entry.info.id));
    let workloads: Vec<Workload> = chosen.map(Workload::of).collect();
    if json {
        return print_json(&Workloads { schema: SCHEMA, workloads });
    }
    let mut out = stdout();
    for workload in &workloads {
        writeln!(out, "{}  {}", workload.id, workload.about)?;
        writeln!(out, "    op       {}", workload.op)?;
        writeln!(out, "    metrics  {}", workload.metrics.join(", "))?;
        for Param { name, about, default, min, max } in &workload.params {
            writeln!(out, "    {name}={default}  {about}; from {min} to {max}")?;
        }
        for (name, about) in workload.floors.iter().chain(&workload.distributions) {
            writeln!(out, "    {name}  {about}")?;
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

fn cells(registry: &Registry, profile: Profile, filter: &Filter, json: bool) -> anyhow::Result<()> {
    let Plan { cells, exclusions } = Plan::new(registry, profile, filter, super::limits())?;
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
        writeln!(out, "{cell}  excluded: {reason}")?;
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

#[derive(Serialize)]
struct Rules {
    schema: u32,
    rules: &'static [Rule],
}

fn rules(json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&Rules { schema: SCHEMA, rules: RULES });
    }
    let mut rows = vec![["RULE", "WHAT IT CHECKS"].map(String::from)];
    rows.extend(RULES.iter().map(|rule| [rule.id, rule.about].map(String::from)));
    print_columns(&rows)?;
    Ok(())
}
