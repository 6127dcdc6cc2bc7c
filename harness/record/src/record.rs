//! A stored line: what one child did.

use serde::{Deserialize, Serialize};
use tminus_contract::Order;
use tminus_contract::sample::Sample;

use crate::{CellId, Distribution};

/// The record of one child in one round: raw samples, nothing derived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which cell.
    pub cell: CellId,
    /// Which round, from 0.
    pub round: u32,
    /// The place in the round's order, from 0.
    pub position: u32,
    /// When the child was started, in nanoseconds since the Unix epoch.
    pub started_unix_ns: u64,
    /// When the set was started with which the child took turns: of the records of one set, the
    /// samples at one index are those of one sweep. `None` for a child that ran alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_unix_ns: Option<u64>,
    /// From start to end of the child.
    pub elapsed_ns: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Every timed region.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// Every distribution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<Distribution>,
    /// Further figures of the cell, with their units last in the names.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub metrics: std::collections::BTreeMap<String, f64>,
    /// The strongest order of resumption that was observed, where the workload looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Why a distribution that the workload declares is not there: its values would be those of the
    /// measurement and not of the executor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// All was done and verified.
    Ok,
    /// Something went wrong.
    Failed {
        /// The kind of failure.
        kind: FailureKind,
        /// The observation, in one line.
        reason: String,
        /// The end of what the child wrote to stderr.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        stderr: String,
    },
    /// The child said that the cell cannot run here.
    Excluded {
        /// Why, and what would help.
        reason: String,
    },
}

/// The failures that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// A result that is not what the parameters say it must be.
    WrongAnswer,
    /// A weaker order than the executor declares.
    Order,
    /// A rule of the contract that the executor breaks.
    Contract,
    /// A panic that reached the top of the child.
    Panic,
    /// The deadline passed while the child was busy.
    Deadline,
    /// The deadline passed while the child was idle: a lost wake-up, most likely.
    Hang,
    /// Something on stdout that is no message, or a message out of place.
    Garbage,
    /// The child exited before it said `done`.
    EarlyExit,
    /// The child was ended by a signal that the harness did not send.
    Signal,
    /// The child ran out of memory.
    OutOfMemory,
    /// The child refused its spec.
    Spec,
    /// The child could not be started.
    Start,
}
