//! Figures without a layout: what the charts, tables and pages show, computed once.
//!
//! - [`counts`] orders those of cells; [`matrix`] and [`growth`] join the groups of a ranking,
//!   [`load`] those of a service under load; [`sizes`] says which of them speaks for a workload.
//! - [`tail`], [`samples`], [`drift`] and [`memory`] go back to the records of a run, [`trend`] and
//!   [`past`] to a history, [`conformance`] to what `tminus verify` found.
//! - [`lens`], [`advice`] and [`portrait`] look at a run by metric, by need and by executor.

pub mod counts;
pub mod matrix;
pub mod growth;
pub mod sizes;
mod records;
pub mod tail;
pub mod samples;
pub mod drift;
pub mod memory;
pub mod load;
pub mod trend;
pub mod past;
pub mod conformance;
pub mod lens;
pub mod advice;
pub mod portrait;

pub(crate) use records::Records;
