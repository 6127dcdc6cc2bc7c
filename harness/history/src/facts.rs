//! The facts of a run that a history knows without reading its file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_contract::Clock;
use tminus_record::machine::{self, Build, Machine, UNKNOWN};
use tminus_record::{Header, Profile};

/// A run, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// When it began, in nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// The commit of the directory that it was made in; empty where there was none.
    pub revision: String,
    /// Whether that had uncommitted changes.
    pub dirty: bool,
    /// When the commit was made, in seconds since the Unix epoch, where the run stored that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_unix_s: Option<u64>,
    /// The place where it ran: runs of two places share no series.
    pub place: Place,
    /// The compiler's version line.
    pub rustc: String,
    /// Of tminus.
    pub version: String,
    /// The crates of the executors: version and features.
    pub crates: BTreeMap<String, String>,
    /// Rounds asked for.
    pub rounds: u32,
    /// Cells, without the A/A pair's second.
    pub cells: usize,
    /// The machine and its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// The build, without its crates: those of executors stand above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
}

/// Facts that must be alike for figures to be comparable over years. The compiler and the versions
/// of crates are not in it: their changes are what a history is to show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The model name of the CPU.
    pub cpu: String,
    /// Cores that the run might use.
    pub cores: usize,
    /// The target triple.
    pub target: String,
    /// The build profile.
    pub profile: String,
    /// The allocator.
    pub allocator: String,
    /// Whether timers ran on a virtual clock.
    pub virtual_clock: bool,
}

impl Facts {
    pub(super) fn of(header: &Header) -> Self {
        let provenance = &header.provenance;
        let build = &provenance.build;
        let git = provenance.git.clone().unwrap_or_default();
        Self {
            started_unix_ns: provenance.started_unix_ns,
            revision: git.revision,
            dirty: git.dirty,
            committed_unix_s: git.committed_unix_s,
            place: Place::of(header),
            rustc: build.rustc.clone(),
            version: build.version.clone(),
            crates: header.executors.iter().flat_map(|facts| facts.crates.clone()).collect(),
            rounds: header.rounds,
            cells: header.cells.iter().filter(|cell| !cell.twin).count(),
            machine: Some(provenance.machine.clone()),
            build: Some(Build { crates: BTreeMap::new(), ..build.clone() }),
        }
    }

    /// Returns what differs in a later run and may be the reason for a change: machine, compiler,
    /// crates of executors; and that the commit is the same, if it is.
    #[must_use]
    pub fn differences(&self, later: &Self) -> Vec<String> {
        let same_commit = !self.revision.is_empty() && self.revision == later.revision;
        let same_commit = same_commit && !self.dirty && !later.dirty;
        let mut found: Vec<String> =
            same_commit.then(|| "the same commit".to_owned()).into_iter().collect();
        let seen = |facts: &Self| Some((facts.machine.clone()?, facts.build.clone()?));
        if let (Some(a), Some(b)) = (seen(self), seen(later)) {
            let differences = machine::differences((&a.0, &a.1), (&b.0, &b.1));
            found.extend(differences.iter().map(tminus_record::machine::Difference::over_time));
        } else if self.rustc != later.rustc {
            found.push(format!("the compiler: {} to {}", self.rustc, later.rustc));
        }
        for (name, ours) in &later.crates {
            if let Some(theirs) = self.crates.get(name).filter(|theirs| *theirs != ours) {
                found.push(format!("{name}: {theirs} to {ours}"));
            }
        }
        found
    }
}

impl Place {
    /// Returns where and how the run of this header ran.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        let (build, machine) = (&header.provenance.build, &header.provenance.machine);
        // Two machines that nothing tells apart share no series; what was imported never says more.
        let nameless = machine.cpu == UNKNOWN && header.profile != Profile::Imported;
        Self {
            cpu: match nameless {
                true => format!("{UNKNOWN}, of the run of {}", header.provenance.started_unix_ns),
                false => machine.cpu.clone(),
            },
            cores: machine.cores,
            target: build.target.clone(),
            profile: build.profile.clone(),
            allocator: build.allocator.clone(),
            virtual_clock: header.clock == Clock::Virtual,
        }
    }
}
