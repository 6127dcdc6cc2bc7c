//! What the tests share: made-up runs and histories, absurd figures, a report to look at.

mod absurd;
pub(crate) mod account;
pub(crate) mod fixture;
pub(crate) mod fixture_past;
mod look;
pub(crate) mod releases;
pub(crate) mod swept;
