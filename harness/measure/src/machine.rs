//! The machine as it is now, and whether it is fit to measure. Touches the OS.

mod read;
mod provenance;
mod vitals;
mod doctor;

pub use doctor::{Check, Fit, doctor};
pub use provenance::{provenance, revision_here};
pub use read::{read, revision};
