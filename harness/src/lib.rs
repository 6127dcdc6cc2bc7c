//! Everything between a plan and a verdict; names no executor and no workload.
//!
//! The modules stand in the order of the pipeline:
//! `plan -> child -> sample -> record -> store -> rank -> compare`.
//!
//! - [`contract`]: what an executor implements. [`workload`]: what a workload implements.
//! - [`plan`]: executors declare what they can do, workloads what they need; the plan joins the
//!   two.
//! - [`spec`] goes into a child as one JSON line, [`protocol`] messages come out of it.
//! - [`cell`] is the life of a cell inside the child; [`child`] is the parent's side.
//! - [`conformance`] tries the rules of the contract, each in a child.
//! - [`sample`] is one timed region, [`record`] one stored line, [`store`] the run file.
//! - [`stats`] and [`rank`] derive every figure when it is read; nothing derived is stored.
//! - [`verdict`] says what a comparison of one cell means, [`compare`] holds two runs side by side.
//! - [`change`] finds where a series of runs changed; `history` keeps many runs (feature
//!   `history`).
//! - [`git`] asks git, whatever a caller's git has exported.
//! - [`seed`] derives all that is random in a run from its one seed.
//! - [`trace`] takes down who ran when in a demo; no cell knows of it.

pub mod error;
pub mod text;
pub mod files;
pub mod seed;
pub mod contract;
pub mod workload;
pub mod plan;
pub mod spec;
pub mod protocol;
pub mod cell;
pub mod child;
pub mod conformance;
pub mod sample;
pub mod resources;
pub mod git;
pub mod machine;
pub mod record;
pub mod store;
pub mod stats;
pub mod rank;
pub mod verdict;
pub mod compare;
pub mod gate;
pub mod change;
#[cfg(feature = "history")]
pub mod history;
pub mod trace;

#[cfg(test)]
mod testing;

pub use error::{Error, Result};
