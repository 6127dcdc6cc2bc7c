//! What a history knows of a run without reading its file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contract::Clock;
use crate::machine::UNKNOWN;
use crate::plan::Profile;
use crate::store::Header;

/// A run, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// When it began, in nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// The commit of the directory that it was made in; empty where there was none.
    pub revision: String,
    /// Whether that had uncommitted changes.
    pub dirty: bool,
    /// Where and how it ran: runs of two places share no series.
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
}

/// What must be alike for figures to be comparable over years. The compiler and the versions of crates
/// are not in it: their changes are what a history is to show.
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
            place: Place::of(header),
            rustc: build.rustc.clone(),
            version: build.version.clone(),
            crates: header.executors.iter().flat_map(|facts| facts.crates.clone()).collect(),
            rounds: header.rounds,
            cells: header.cells.iter().filter(|cell| !cell.twin).count(),
        }
    }
}

impl Place {
    /// Where and how the run of this header ran.
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
