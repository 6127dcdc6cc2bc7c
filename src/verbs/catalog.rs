//! The parts of a program that its verbs are told: what is registered, and what it was built from.

use clap::{ColorChoice, Command};
use tminus_measure::machine;
use tminus_measure::registry::Registry;
use tminus_record::machine::{Build, Provenance};

use crate::cli;

/// Tells what a program holds and what it was built from.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    /// Makes the registry of what can be run.
    pub registry: fn() -> Registry,
    /// Returns what the program was built from and how.
    pub build: fn() -> Build,
    /// Returns the text of `--version`.
    pub long_version: fn() -> &'static str,
}

impl Catalog {
    /// Returns everything that can be run.
    pub(crate) fn registry(self) -> Registry {
        (self.registry)()
    }

    /// Returns what this program was built from and how.
    pub(crate) fn build(self) -> Build {
        (self.build)()
    }

    /// Returns the provenance of a run that starts now.
    pub(crate) fn provenance(self) -> Provenance {
        machine::provenance(self.build())
    }

    /// Returns the whole command line, which shows help and errors in colours as `color` says.
    pub(crate) fn command(self, color: ColorChoice) -> Command {
        cli::command(color).long_version((self.long_version)())
    }
}
