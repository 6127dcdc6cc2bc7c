//! The stored data, plain: cells, samples, records, runs, machines. No I/O.
//!
//! It stands below what measures and what judges, so that judging cannot measure: a record is all
//! that the two have in common.

pub mod text;
mod cell;
mod profile;
mod sweep;
mod filter;
mod counts;
mod distribution;
mod record;
mod finding;
pub mod machine;
mod run;
#[cfg(feature = "testing")]
pub mod testing;

pub use cell::{Cell, CellId, Exclusion, MAX_WORKERS};
pub use counts::{Counts, Quality};
pub use distribution::Distribution;
pub use filter::Filter;
pub use finding::Finding;
pub use profile::Profile;
pub use record::{FailureKind, Outcome, Record};
pub use run::{ExecutorFacts, Header, Run, SCHEMA, Verified, WorkloadFacts};
pub use sweep::Sweep;
