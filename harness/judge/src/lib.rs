//! The meaning of figures: statistics, rankings, comparisons, verdicts. Pure functions over
//! records.
//!
//! - [`stats`] and [`rank`] derive every figure when it is read; nothing derived is stored.
//! - [`compare`] holds two runs side by side, [`verdict`] says what a comparison of one cell means.
//! - [`forecast`] says what a gate can find on a machine.
//! - [`gate`] judges the sessions of a gate, [`versions`] those of many releases; [`change`] finds
//!   where a series of runs changed.
//! - [`explain`] takes the difference of two cells apart.
//!
//! No I/O, and seeds are arguments: this crate imports nothing that measures.

pub mod stats;
mod ratio;
mod crossing;
pub mod rank;
mod side;
mod evidence;
pub mod verdict;
pub mod forecast;
pub mod compare;
pub mod gate;
pub mod versions;
pub mod change;
pub mod explain;
