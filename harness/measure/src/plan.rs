//! The plan: which cells run, in which order, and what is left out and why.
//!
//! No I/O; the seed is an argument.

use tminus_contract::error::{Error, Result};
use tminus_contract::params::Params;
use tminus_contract::workload::{Budget, Needs};
use tminus_contract::{Capabilities, Clock, ExecutorInfo, Supply, Workers};
use tminus_record::{Cell, Exclusion, Filter, MAX_WORKERS, Profile};

use crate::registry::Registry;
use crate::seed::{self, Use};

/// The cells of a run, before they are put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The cells of each round, in the order of the registry.
    pub cells: Vec<Cell>,
    /// The cells that are left out.
    pub exclusions: Vec<Exclusion>,
}

/// The most cells that sweeps make: a round of as many takes minutes.
const MAX_SWEPT: usize = 5_000;

/// The limits of the machine that the plan must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cores that this process may use: the worker count of multi-worker executors.
    pub cores: usize,
    /// File descriptors that a child can raise its limit to.
    pub descriptors: u64,
    /// Ports that connections over loopback TCP can have at once.
    ///
    /// # Errors
    /// Why there are no such connections, with the way out.
    pub ports: std::result::Result<u64, String>,
}

impl Limits {
    /// Makes a machine of `cores` that refuses nothing.
    #[must_use]
    pub fn cores(cores: usize) -> Self {
        Self { cores, descriptors: u64::MAX, ports: Ok(u64::MAX) }
    }

    /// Returns whether the machine gives what is needed, whatever runs there.
    fn give(&self, needs: &Needs) -> std::result::Result<(), String> {
        // The executor's own: standard streams, epoll, eventfd, rings; a generous round number.
        let descriptors = needs.descriptors + 64;
        if descriptors > self.descriptors {
            return Err(format!(
                "needs {descriptors} file descriptors, the limit is {}: raise `ulimit -Hn`",
                self.descriptors
            ));
        }
        if needs.connections == 0 {
            return Ok(());
        }
        // And one to listen on.
        let (ports, needed) = (self.ports.clone()?, needs.connections + 1);
        if needed > ports {
            return Err(format!(
                "needs {needed} ports, there are {ports}: widen `sysctl net.ipv4.ip_local_port_range`"
            ));
        }
        Ok(())
    }
}

impl Plan {
    /// Joins what executors can do with what workloads need, for the sizes of `profile`, or for
    /// the parameters that `filter` asks for in full.
    ///
    /// # Errors
    /// [`Error::Usage`] for names that nothing matches (with the nearest) and for parameters that
    /// are impossible; before anything starts.
    pub fn new(
        registry: &Registry,
        profile: Profile,
        filter: &Filter,
        limits: Limits,
    ) -> Result<Self> {
        registry.check(filter)?;
        let mut plan = Self::default();
        for workload in &registry.workloads {
            if !filter.workload(workload.info.id) {
                continue;
            }
            for params in filter.sizes(&workload.info, profile)? {
                let needs = workload.needs(&params)?;
                for id in workload.floors.iter().map(|floor| floor.0) {
                    let cell = Cell::new(&workload.info, &params, id, None);
                    plan.offer(filter, cell, limits.give(&needs));
                }
                for executor in &registry.executors {
                    let cores = limits.cores.max(needs.workers);
                    let many = executor.capabilities.workers;
                    for workers in counts(many, filter.workers(), cores) {
                        let cell = Cell::new(&workload.info, &params, executor.id, workers);
                        plan.offer(filter, cell, fits(executor, workers, &needs, &limits));
                    }
                }
            }
        }
        if plan.cells.is_empty() && plan.exclusions.is_empty() {
            return Err(Error::Usage(
                "no cell matches these filters: see `tminus list cells`".into(),
            ));
        }
        plan.check(filter)?;
        plan.add_twin(registry);
        Ok(plan)
    }

    /// Refuses what `filter` asks for and no cell has, and more than can be run.
    fn check(&self, filter: &Filter) -> Result<()> {
        let cells = &self.cells;
        if !filter.workers().is_empty() && cells.iter().all(|cell| cell.workers.is_none()) {
            return Err(Error::Usage(
                "no chosen executor takes a number of workers: see `tminus list executors`".into(),
            ));
        }
        if filter.sweeps() && cells.len() > MAX_SWEPT {
            return Err(Error::Usage(format!(
                "the sweeps make {} cells, and at most {MAX_SWEPT} are run: take fewer steps, or \
                 choose with `--workload` and `--executor`",
                cells.len()
            )));
        }
        Ok(())
    }

    /// Returns the plan on `clock`: cells that cannot run on it become exclusions.
    ///
    /// # Errors
    /// [`Error::Usage`] with the first reason, if no cell is left.
    pub fn on(self, clock: Clock, registry: &Registry) -> Result<Self> {
        if clock == Clock::Real {
            return Ok(self);
        }
        let mut plan = Self { cells: Vec::new(), exclusions: self.exclusions };
        let before = plan.exclusions.len();
        for cell in self.cells.into_iter().filter(|cell| !cell.twin) {
            match registry.keeps(clock, &cell.workload, &cell.executor) {
                Ok(()) => plan.cells.push(cell),
                Err(reason) => plan.exclusions.push(Exclusion { cell: cell.id(), reason }),
            }
        }
        if plan.cells.iter().all(Cell::is_floor) {
            let reason = plan.exclusions.into_iter().nth(before).map(|it| it.reason);
            return Err(Error::Usage(reason.unwrap_or_else(|| "only floors are left".into())));
        }
        plan.add_twin(registry);
        Ok(plan)
    }

    fn offer(&mut self, filter: &Filter, cell: Cell, fits: std::result::Result<(), String>) {
        if !filter.cell(&cell) {
            return;
        }
        match fits {
            Ok(()) => self.cells.push(cell),
            Err(reason) => self.exclusions.push(Exclusion { cell: cell.id(), reason }),
        }
    }

    /// Adds the A/A pair: a cell under a second name. Best is one on a real executor, of a
    /// CPU-bound workload, since waiting hides the noise of the machine, and with that workload's
    /// default parameters: they are of middling size, while the smallest cells are the noisiest and
    /// the largest ones are ruled by caches. Of several it is the first.
    fn add_twin(&mut self, registry: &Registry) {
        let faults = |cell: &&Cell| {
            let info = registry.find_workload(&cell.workload).map(|entry| &entry.info);
            let waits = info.is_none_or(|info| info.budget == Budget::Once);
            let other = info.is_none_or(|info| cell.params != Params::defaults(info));
            (cell.is_floor(), waits, other)
        };
        if let Some(cell) = self.cells.iter().min_by_key(faults) {
            self.cells.push(Cell { twin: true, ..cell.clone() });
        }
    }

    /// Returns the cells of `round` in a random order that `seed` and the round fix.
    #[must_use]
    pub fn round(&self, seed: u64, round: u32) -> Vec<&Cell> {
        let mut cells: Vec<&Cell> = self.cells.iter().collect();
        let seed = seed::derive(seed, Use::Order, round, "");
        fastrand::Rng::with_seed(seed).shuffle(&mut cells);
        cells
    }
}

/// Returns the worker counts that are asked for, of an executor that takes them, else the usual
/// ones.
fn counts(workers: Workers, asked: &[usize], cores: usize) -> Vec<Option<usize>> {
    match workers {
        Workers::Many if !asked.is_empty() => asked.iter().copied().map(Some).collect(),
        _ => worker_counts(workers, cores),
    }
}

/// Returns the worker counts that an executor is planned with; `None` where ids do not name one.
#[must_use]
pub fn worker_counts(workers: Workers, cores: usize) -> Vec<Option<usize>> {
    match workers {
        Workers::One | Workers::PerTask => vec![None],
        Workers::Many if cores > 1 => vec![Some(1), Some(cores.min(MAX_WORKERS))],
        Workers::Many => vec![Some(1)],
    }
}

/// Returns whether `executor`, with so many workers where it can have several, can do what is
/// needed.
///
/// # Errors
/// The reason of the exclusion, where it cannot.
pub fn fits(
    executor: &ExecutorInfo,
    workers: Option<usize>,
    needs: &Needs,
    limits: &Limits,
) -> std::result::Result<(), String> {
    let Capabilities {
        timers,
        io,
        cancel,
        remote_spawn,
        timeouts,
        blocking,
        processes,
        max_tasks,
        ..
    } = executor.capabilities;
    (executor.available)()?;
    let workers = match executor.capabilities.workers {
        Workers::PerTask => usize::MAX,
        Workers::One | Workers::Many => workers.unwrap_or(1),
    };
    if workers < needs.workers {
        return Err(format!("needs {} workers, this has {workers}", needs.workers));
    }
    let parts = [
        (needs.timers, timers),
        (needs.io, io),
        (needs.cancel, cancel),
        (needs.remote_spawn, remote_spawn),
        (needs.timeouts, timeouts),
        (needs.blocking > 0, blocking),
        (needs.processes > 0, processes),
    ];
    for (needed, supply) in parts {
        if let (true, Supply::Missing(reason)) = (needed, supply) {
            return Err(reason.into());
        }
    }
    if let Some((max, reason)) = max_tasks.filter(|(max, _)| needs.tasks > *max) {
        return Err(format!("at most {max} tasks: {reason}"));
    }
    limits.give(needs)
}

#[cfg(test)]
mod tests;
