//! `tminus cell`: the child's side. Reads one spec line from stdin, runs that cell in this process
//! and prints what came of it. A cell that goes wrong is a message, not an exit code.

use std::io::{self, IsTerminal as _};

use anyhow::bail;
use tminus_conformance as conformance;
use tminus_contract::{Config, ExecutorInfo};
use tminus_measure::inside::{self, Port};
use tminus_measure::protocol::{self, Failed, Message};
use tminus_measure::registry::Registry;
use tminus_measure::spec::{Mode, Spec};
use tminus_measure::{prices, process};

use super::Exit;
use crate::Catalog;

pub(super) fn run(catalog: Catalog) -> anyhow::Result<Exit> {
    if io::stdin().is_terminal() {
        bail!("`cell` reads a spec line from stdin: try `tminus spec CELL | tminus cell`");
    }
    let port = Port::stdio();
    match answer(&catalog.registry(), &port) {
        // Its parent has gone, or has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        answered => Ok(answered.map(|()| Exit::Ok)?),
    }
}

fn answer(registry: &Registry, port: &Port) -> io::Result<()> {
    let Err(reason) = obey(registry, port)? else { return Ok(()) };
    port.send(&Message::hello())?;
    port.send(&Message::Failed { kind: Failed::Spec, reason })
}

/// Runs what is asked for; returns the reason where the spec cannot be obeyed.
fn obey(registry: &Registry, port: &Port) -> io::Result<Result<(), String>> {
    let spec: Spec = match port.request() {
        Ok(Some(spec)) => spec,
        Ok(None) => return Ok(Err("expected a spec line on stdin".into())),
        Err(error) => return Ok(Err(format!("expected a spec line on stdin: {error}"))),
    };
    if spec.protocol != protocol::VERSION {
        let (asked, own) = (spec.protocol, protocol::VERSION);
        return Ok(Err(format!("the spec is of protocol {asked}, this child speaks {own}")));
    }
    if let Err(reason) = spec.check() {
        return Ok(Err(reason));
    }
    if spec.cell.workload == prices::WORKLOAD {
        return prepared(&spec, None, || inside::run_price(&spec, port));
    }
    let executor = registry.find_executor(&spec.cell.executor);
    if spec.mode == Mode::Conform {
        return match executor {
            Some(it) => prepared(&spec, executor, || conformance::run(it, &spec, port)),
            None => Ok(Err(format!("no executor {} is registered here", spec.cell.executor))),
        };
    }
    if spec.mode == Mode::CountPolls {
        return match (executor, registry.find_workload(&spec.cell.workload)) {
            (Some(it), Some(workload)) => {
                prepared(&spec, executor, || (workload.counted)(it, &spec, port))
            }
            _ => Ok(Err(format!("no executor polls tasks in {}", spec.id))),
        };
    }
    match registry.entry(&spec.cell.workload, &spec.cell.executor) {
        Some(entry) => prepared(&spec, executor, || (entry.run)(&spec, port)),
        None => Ok(Err(format!("no cell {} is registered here", spec.id))),
    }
}

/// Prepares this process for `executor`, none for a floor, and does the work unless the parent has
/// gone; returns the reason where the process cannot be prepared.
fn prepared(
    spec: &Spec,
    executor: Option<&ExecutorInfo>,
    work: impl FnOnce() -> io::Result<()>,
) -> io::Result<Result<(), String>> {
    let config = Config { workers: spec.cell.workers.unwrap_or(1), clock: spec.clock };
    let environment = executor.map(|it| (it.environment)(&config)).unwrap_or_default();
    if let Err(reason) = process::prepare(spec, &environment) {
        return Ok(Err(reason));
    }
    if process::parent_is_gone() {
        return Ok(Ok(()));
    }
    work().map(Ok)
}
