//! `tminus demo`: the classic instance of a workload, live, as a person would watch it.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tminus_harness::contract::Config;
use tminus_harness::error::Error;
use tminus_harness::plan::{Cell, Params, Show};
use tminus_harness::resources;
use tminus_harness::spec::Spec;

use super::Exit;
use crate::{App, cli};

pub(super) fn run(app: &App, arguments: &cli::Demo) -> anyhow::Result<Exit> {
    let registry = app.registry();
    let cli::Demo { workload, executor, .. } = arguments;
    let known = registry.workloads.iter().map(|entry| entry.info.id);
    let found = registry
        .find_workload(workload)
        .ok_or_else(|| Error::unknown("workload", workload, known))?;
    let known = registry.executors.iter().map(|info| info.id);
    let info = registry
        .find_executor(executor)
        .ok_or_else(|| Error::unknown("executor", executor, known))?;
    if let Err(reason) = (info.available)() {
        return Err(anyhow!("{executor} cannot run here: {reason}"));
    }
    let clock = arguments.clock.into();
    registry.keeps(clock, workload, executor).map_err(Error::Usage)?;
    let entry = registry.entry(workload, executor).context("the pair is not registered")?;
    let demo = entry.demo.context("the pair has no demo")?;
    let config = Config { clock, ..Config::workers(arguments.workers.into()) };
    let cell = Cell::new(&found.info, &Params::parse(&found.info, "")?, executor, None);
    resources::prepare(&Spec::new(cell), &(entry.environment)(&config))
        .map_err(anyhow::Error::msg)?;
    let show = Show { print: Arc::new(show), tick: Duration::from_millis(arguments.tick) };
    demo(&config, show).map_err(|wrong| anyhow!("{workload} on {executor}: {wrong}"))?;
    Ok(Exit::Ok)
}

/// A piece of text, at once; a reader that has gone away does not end the demo.
fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
