//! A run: its header, and the records of its children.
//!
//! The header holds all that is needed to read the records, so that a run file can be ranked by
//! another tminus that knows neither the executors nor the workloads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_contract::workload::{Info, Purpose};
use tminus_contract::{Capabilities, Clock, ExecutorInfo, Family, Order, Supply, Workers};

use crate::machine::Provenance;
use crate::{Cell, CellId, Counts, Exclusion, Finding, Profile, Record};

/// The version of run files.
pub const SCHEMA: u32 = 1;

/// All that one invocation recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The first line.
    pub header: Header,
    /// The lines after it, in the order of writing.
    pub records: Vec<Record>,
    /// The counts of cells, from a pass that times nothing: apart from the records, so that no
    /// count is taken for a figure of a round.
    pub counts: BTreeMap<CellId, Counts>,
}

impl Run {
    /// Makes a run of which nothing is known but its header.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { header, records: Vec::new(), counts: BTreeMap::new() }
    }

    /// Returns the rounds that the run came to: fewer than were asked for while it goes on, or
    /// where it was interrupted. The last of them may lack cells.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        let rounds = self.records.iter().map(|record| record.round.saturating_add(1));
        rounds.max().unwrap_or(0)
    }
}

/// The first line of a run file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Fixes all that is random: the order of each round, what workloads choose.
    pub seed: u64,
    /// How that comes of it, the version of `tminus_measure::seed`; 0 where it was not stored.
    #[serde(default)]
    pub seeds: u32,
    /// The profile that chose the sizes.
    pub profile: Profile,
    /// Rounds asked for; [`Run::rounds`] are those that there are.
    pub rounds: u32,
    /// The clock that timers ran on.
    #[serde(default)]
    pub clock: Clock,
    /// Whether the children of a group take turns, batch by batch; a program that does not say so
    /// cannot do it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub turns: bool,
    /// The cells of each round, in the order of the registry.
    pub cells: Vec<Cell>,
    /// The cells that were left out.
    pub exclusions: Vec<Exclusion>,
    /// The facts of each workload that has a cell.
    pub workloads: Vec<WorkloadFacts>,
    /// The facts of each executor that has a cell or an exclusion.
    pub executors: Vec<ExecutorFacts>,
    /// The outcomes of the rules that were tried before the first round; empty where none were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<Verified>,
    /// Where, when and of what the run was made.
    pub provenance: Provenance,
}

/// The outcomes of the rules of the contract that were tried on an executor: each rule with the
/// reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verified {
    /// The executor with its workers: `smol/w2`.
    pub executor: String,
    /// Rules that were kept.
    pub kept: Vec<String>,
    /// Rules that were broken: what was seen.
    pub broken: BTreeMap<String, String>,
    /// Rules that are not promised: why.
    pub not_promised: BTreeMap<String, String>,
    /// Rules that could not be tried: why.
    pub untried: BTreeMap<String, String>,
}

impl Verified {
    /// Describes `executor`, with its workers, before any rule was tried.
    #[must_use]
    pub fn new(executor: String) -> Self {
        Self { executor, ..Self::default() }
    }

    /// Adds what came of `rule`.
    pub fn add(&mut self, rule: &str, finding: Finding) {
        let rule = rule.to_owned();
        match finding {
            Finding::Ok => self.kept.push(rule),
            Finding::Failed { reason, .. } => drop(self.broken.insert(rule, reason)),
            Finding::NotPromised { reason } => drop(self.not_promised.insert(rule, reason)),
            Finding::Excluded { reason } => drop(self.untried.insert(rule, reason)),
        }
    }
}

/// A workload as run files keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadFacts {
    /// Its id.
    pub id: String,
    /// Its name in headings.
    pub title: String,
    /// Its work, in a sentence.
    pub about: String,
    /// Its category; empty in run files from before this was stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// The name of one op.
    pub op: String,
    /// Its version.
    pub version: u32,
    /// Its metrics, the one that ranks first.
    pub metrics: Vec<String>,
    /// Its distributions: name and meaning.
    pub distributions: Vec<(String, String)>,
    /// Its floors: id and what the code does.
    pub floors: Vec<(String, String)>,
    /// The kinds of work for which its figures choose an executor; run files from before this was
    /// stored have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
    /// The module of its source, from its crate on; empty in run files from before this was stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub module: String,
}

/// An executor as run files keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutorFacts {
    /// Its id.
    pub id: String,
    /// Its name as its authors write it.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// How its worker count is chosen.
    pub workers: Workers,
    /// The order it promises with one worker.
    pub order: Order,
    /// The parts that it borrows, each with its means (`timers`: `async-io`).
    pub borrows: BTreeMap<String, String>,
    /// Which of these parts it has none of, and why; run files from before this was stored say
    /// nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, String>,
    /// Its crates with version and features.
    pub crates: BTreeMap<String, String>,
    /// Notes for a reader.
    pub note: String,
    /// The module of its source, from its crate on; empty in run files from before this was stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub module: String,
}

impl WorkloadFacts {
    /// Makes the facts of a registered workload.
    #[must_use]
    pub fn of(
        info: &Info,
        category: &str,
        floors: &[(&'static str, &'static str)],
        purposes: &[Purpose],
    ) -> Self {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect()
        };
        Self {
            id: info.id.into(),
            title: info.title.into(),
            about: info.about.into(),
            category: category.into(),
            op: info.op.into(),
            version: info.version,
            metrics: info.metrics.iter().map(|metric| (*metric).into()).collect(),
            distributions: pairs(info.distributions),
            floors: pairs(floors),
            purposes: purposes.to_vec(),
            module: String::new(),
        }
    }
}

impl ExecutorFacts {
    /// Makes the facts of a registered executor; `versions` gives what is known of a crate.
    #[must_use]
    pub fn of(info: &ExecutorInfo, versions: &BTreeMap<String, String>) -> Self {
        let Capabilities { name, family, workers, timers, io, cancel, order, crates, note, .. } =
            info.capabilities;
        let parts = [("timers", timers), ("io", io), ("cancel", cancel)];
        let (mut borrows, mut missing) = (BTreeMap::new(), BTreeMap::new());
        for (part, supply) in parts {
            let (facts, detail) = match supply {
                Supply::Own => continue,
                Supply::Borrowed(means) => (&mut borrows, means),
                Supply::Missing(reason) => (&mut missing, reason),
            };
            facts.insert(part.to_owned(), detail.to_owned());
        }
        let version = |name: &&str| {
            let version = versions.get(*name).cloned().unwrap_or_else(|| "unknown".into());
            ((*name).to_owned(), version)
        };
        Self {
            id: info.id.into(),
            name: name.into(),
            family,
            workers,
            order,
            borrows,
            missing,
            crates: crates.iter().map(version).collect(),
            note: note.into(),
            module: info.module.into(),
        }
    }
}
