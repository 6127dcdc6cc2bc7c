//! The command line of tminus: every verb, over what is registered.
//!
//! No cell runs any of this, so it is a crate of its own, made small and without line tables: the
//! package `tminus` holds the cells. The feature `reports` brings the verbs that measure, rank,
//! compare and report; without it there are those that run cells, check them and say what there is.

#![cfg_attr(
    not(feature = "reports"),
    expect(
        dead_code,
        unused_imports,
        reason = "a bare program reads all flags and refuses most verbs"
    )
)]

mod patch;
mod cli;
mod catalog;
mod check;
mod cmd;

pub use catalog::Catalog;
pub use check::check;
pub use cmd::{Exit, exit, limits, main};
