//! The header of a run: what is to be run, on what, by what.

use tminus_contract::Clock;
use tminus_contract::error::Result;
use tminus_record::machine::Provenance;
use tminus_record::{ExecutorFacts, Filter, Header, Profile, SCHEMA};

use crate::plan::{Limits, Plan};
use crate::registry::{Registry, WorkloadEntry};
use crate::seed;

/// The request for a run.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Chooses the sizes.
    pub profile: Profile,
    /// Chooses the cells.
    pub filter: &'a Filter,
    /// The limits of the machine.
    pub limits: Limits,
    /// The clock that timers run on.
    pub clock: Clock,
    /// The rounds; else those of the profile.
    pub rounds: Option<u32>,
    /// Fixes all that is random; else the time of the start.
    pub seed: Option<u64>,
}

/// Plans a run of what is registered and returns its header.
///
/// # Errors
/// [`Usage`](tminus_contract::error::Error::Usage) for a query that nothing matches or that is
/// impossible.
pub fn header(registry: &Registry, query: Query<'_>, provenance: Provenance) -> Result<Header> {
    let Query { profile, filter, limits, clock, rounds, seed } = query;
    let plan = Plan::new(registry, profile, filter, limits)?.on(clock, registry)?;
    let mut header = Header {
        schema: SCHEMA,
        seed: seed.unwrap_or(provenance.started_unix_ns),
        seeds: seed::VERSION,
        profile,
        rounds: rounds.unwrap_or_else(|| profile.rounds()),
        clock,
        turns: true,
        cells: plan.cells,
        exclusions: plan.exclusions,
        workloads: Vec::new(),
        executors: Vec::new(),
        verified: Vec::new(),
        provenance,
    };
    add_facts(&mut header, registry);
    Ok(header)
}

/// Adds the facts about the workloads and executors of the plan that readers of the run need.
pub fn add_facts(header: &mut Header, registry: &Registry) {
    let executors = header.exclusions.iter().filter_map(|it| it.cell.as_str().split('/').nth(2));
    let executors: Vec<&str> =
        executors.chain(header.cells.iter().map(|cell| cell.executor.as_str())).collect();
    let versions = &header.provenance.build.crates;
    let chosen = registry.executors.iter().filter(|info| executors.contains(&info.id));
    header.executors = chosen.map(|info| ExecutorFacts::of(info, versions)).collect();
    let chosen = registry.workloads.iter();
    let chosen = chosen.filter(|it| header.cells.iter().any(|cell| cell.workload == it.info.id));
    header.workloads = chosen.map(WorkloadEntry::facts).collect();
    if header.clock == Clock::Virtual {
        // So that no table of it can be taken for one of real time.
        header.workloads.iter_mut().for_each(|it| it.title += " on a virtual clock");
    }
}
