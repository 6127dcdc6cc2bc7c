//! `tminus cell`: the child's side. Reads one spec line from stdin, runs that cell in this process
//! and prints what came of it. A cell that goes wrong is a message, not an exit code.

use std::io::{self, IsTerminal as _};

use anyhow::bail;
use tminus_conformance as conformance;
use tminus_contract::Config;
use tminus_measure::inside::Port;
use tminus_measure::process;
use tminus_measure::protocol::{self, Failed, Message};
use tminus_measure::registry::Registry;
use tminus_measure::spec::{Mode, Spec};

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
    if spec.mode == Mode::Conform {
        return conform(registry, &spec, port);
    }
    let Some(entry) = registry.entry(&spec.cell.workload, &spec.cell.executor) else {
        return Ok(Err(format!("no cell {} is registered here", spec.id)));
    };
    let config = Config { workers: spec.cell.workers.unwrap_or(1), clock: spec.clock };
    if let Err(reason) = process::prepare(&spec, &(entry.environment)(&config)) {
        return Ok(Err(reason));
    }
    if process::parent_is_gone() {
        return Ok(Ok(()));
    }
    (entry.run)(&spec, port).map(Ok)
}

/// Tries the rule that the spec names.
fn conform(registry: &Registry, spec: &Spec, port: &Port) -> io::Result<Result<(), String>> {
    let Some(executor) = registry.find_executor(&spec.cell.executor) else {
        return Ok(Err(format!("no executor {} is registered here", spec.cell.executor)));
    };
    let config = Config { workers: spec.cell.workers.unwrap_or(1), clock: spec.clock };
    if let Err(reason) = process::prepare(spec, &(executor.environment)(&config)) {
        return Ok(Err(reason));
    }
    if process::parent_is_gone() {
        return Ok(Ok(()));
    }
    conformance::run(executor, spec, port).map(Ok)
}
