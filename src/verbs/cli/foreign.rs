//! The flags of the verbs that read and write the formats of other tools: import, export.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::OUT;

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Directories of criterion; each is what one process measured, so each is one round [default:
    /// $CRITERION_HOME, $CARGO_TARGET_DIR/criterion, or target/criterion here or further up]
    #[arg(value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
    /// The baseline of `cargo bench -- --save-baseline NAME`; `new` is the last measurement
    #[arg(long, value_name = "NAME", default_value = "new")]
    pub(crate) baseline: String,
    /// Record in the run this machine and the revision that is checked out here, which criterion
    /// does not store; leave out what was measured before that commit was made
    #[arg(long)]
    pub(crate) here: bool,
    /// Where the run file goes
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// A run file, a directory that holds some, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: PathBuf,
    /// The service whose format to print
    #[arg(long, short, value_name = "NAME")]
    pub(crate) format: Format,
}

/// Formats of other services.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// `customSmallerIsBetter` of github-action-benchmark
    GithubActionBenchmark,
    /// Bencher's metric format
    Bencher,
}
