//! The machine as it is now, and whether it is fit to measure. Touches the OS.

mod read;
mod vitals;
mod doctor;

pub use doctor::{Check, Fit, doctor};
pub use read::{read, revision};
