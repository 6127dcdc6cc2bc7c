//! The life of a cell, on both sides of the pipe, and what surrounds it.
//!
//! The modules stand in the order in which they import each other:
//!
//! - [`files`] writes whole files or none, [`seed`] derives all that is random in a run.
//! - [`spec`] goes into a child as one JSON line, [`protocol`] messages come out of it.
//! - [`process`] sets what a process runs under, [`child`] is the parent's side of a child.
//! - [`git`] asks git, whatever a caller's git has exported; [`machine`] reads the machine.
//! - [`marks`] tells a counter outside where a region begins and ends.
//! - [`prices`] are loops that price what executors do.
//! - [`inside`] is the life of a cell inside the child.
//! - [`registry`] holds all that can be run; [`plan`] joins what executors can do with what
//!   workloads need.
//! - [`store`] reads and writes run files, [`header`] makes the first line of one.
//! - [`run`] is the loop of a run, [`profile`] counts and times nothing; [`gate`] is the loop of a
//!   gate, [`explain`] that of an explanation.

pub mod files;
pub mod seed;
pub mod protocol;
pub mod spec;
pub mod process;
pub mod child;
pub mod git;
pub mod machine;
pub mod marks;
pub mod prices;
pub mod inside;
pub mod registry;
pub mod plan;
pub mod store;
pub mod header;
pub mod run;
pub mod profile;
pub mod gate;
pub mod explain;

#[cfg(test)]
mod testing;
