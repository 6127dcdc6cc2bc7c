//! The outcome of a rule of the contract that was tried on an executor.

use serde::Serialize;

use crate::FailureKind;

/// The outcome of a rule on an executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Finding {
    /// It was kept, as far as was seen.
    Ok,
    /// It was broken.
    Failed {
        /// How that showed.
        kind: FailureKind,
        /// The observation, in one line.
        reason: String,
        /// The end of what the child wrote to stderr: the steps that it took.
        #[serde(skip_serializing_if = "String::is_empty")]
        stderr: String,
    },
    /// The executor does not promise it.
    NotPromised {
        /// Why.
        reason: String,
    },
    /// The executor cannot run here.
    Excluded {
        /// Why, and what would help.
        reason: String,
    },
}
