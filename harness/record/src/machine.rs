//! Where, when and of what a run was made, as run files keep it.

mod difference;

pub use difference::{Difference, Weight, differences};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Stands for a fact that was not stored: no two runs are known to have it in common.
pub const UNKNOWN: &str = "unknown";

/// Where, when and of what a run was made. What the system does not tell is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The command line.
    pub command: Vec<String>,
    /// Nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// The revision of the directory that the run was made in.
    pub git: Option<Git>,
    /// Git's reason for not telling it; empty where it told, and outside of a repository.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub git_refusal: String,
    /// The source and the settings of the program's build.
    pub build: Build,
    /// The machine.
    pub machine: Machine,
}

/// A revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// The full hash.
    pub revision: String,
    /// Uncommitted changes.
    pub dirty: bool,
    /// When it was committed, in seconds since the Unix epoch; run files from before this was
    /// stored say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_unix_s: Option<u64>,
}

/// The source and the settings of the program's build; the root package's build script knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Build {
    /// Of tminus.
    pub version: String,
    /// The compiler's version line.
    pub rustc: String,
    /// The flags of the compiler, one blank between two; `None` where none were stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rustflags: Option<String>,
    /// `release`, `debug`, `bench`.
    pub profile: String,
    /// The target triple.
    pub target: String,
    /// SHA-256 of Cargo.lock.
    pub lock_sha256: String,
    /// Crate to version and features: `1.54.1 [net, rt, time]`.
    pub crates: BTreeMap<String, String>,
    /// The allocator.
    pub allocator: String,
    /// The revision that the sources were at; `None` for a build outside of a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<Git>,
    /// Whether each function begins a cache line (`-C llvm-args=-align-all-functions=6`), by where
    /// some of them lie in the program; `None` where that was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned: Option<bool>,
    /// The address of the repository that the manifest of tminus names; empty where it names none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// Crates that are not from crates.io: each with its directory below that of Cargo.lock, `None`
    /// where it lies elsewhere. `None` for all where that was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<BTreeMap<String, Option<String>>>,
}

/// The machine and its state at the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// The model name of the CPU, or the numbers that tell it from others; [`UNKNOWN`] without any.
    pub cpu: String,
    /// Cores that this process may use: its CPUs, cut to the limit of its cgroup.
    pub cores: usize,
    /// CPUs that this process may run on, whatever its limit; 0 where that was not told or not
    /// stored.
    pub cpus: usize,
    /// The frequency governor of those CPUs, where the system shows one: `performance`, or
    /// `powersave on 3, performance on 1`.
    pub governor: Option<String>,
    /// Whether the clock may rise above its nominal rate, where the system shows that.
    pub turbo: Option<bool>,
    /// The kernel's name and version.
    pub kernel: String,
    /// The hypervisor; `None` if the CPU shows that there is none, [`UNKNOWN`] if it shows neither.
    pub hypervisor: Option<String>,
    /// The container, if there are signs of one.
    pub container: Option<String>,
    /// The cgroup's CPU limit in cores, if there is one.
    pub cpu_limit_cores: Option<f64>,
    /// Times that the cgroup was throttled.
    pub throttled_count: Option<u64>,
    /// The load average over one minute.
    pub load_1min: Option<f64>,
    /// Time stolen by the hypervisor since boot.
    pub steal_ns: Option<u64>,
    /// The kernel's clock source.
    pub clock_source: Option<String>,
    /// Memory in all.
    pub memory_bytes: u64,
    /// File descriptors that a child can raise its limit to.
    pub descriptors: u64,
}
