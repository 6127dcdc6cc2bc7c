//! The flags of `tminus report`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::{Filters, value};

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// A run file, a directory that holds some, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: PathBuf,
    /// Where to write [default: beside the run file]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write no report, but its matrix and picture between the markers of a Markdown file
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) splice: Option<PathBuf>,
    /// Where the picture of --splice goes [default: `pictures` beside the file]
    #[arg(long, value_name = "DIR", requires = "splice")]
    pub(crate) pictures: Option<PathBuf>,
    /// Splice only this part [default: all that the file has markers for]
    #[arg(long, value_name = "NAME", requires = "splice")]
    pub(crate) part: Option<ReadmePart>,
    /// Show the history of the run's cells, from runs of the same place
    #[arg(long, value_name = "FILE", conflicts_with_all = ["splice", "compare"])]
    pub(crate) db: Option<PathBuf>,
    /// Show the findings of the conformance suite: a file with the output of `tminus verify --json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["splice", "compare"])]
    pub(crate) conformance: Option<PathBuf>,
    /// Make the charts as PNG too
    #[arg(long, conflicts_with = "splice")]
    pub(crate) png: bool,
    /// Report what changed between two runs: two files, or directories that hold some
    #[arg(long, num_args = 2, action = ArgAction::Set, value_names = ["RUN_A", "RUN_B"], conflicts_with_all = ["run", "splice"])]
    pub(crate) compare: Option<Vec<PathBuf>>,
    /// The change that matters to --compare: `1%`, `0.5%`
    #[arg(long, value_name = "PERCENT", default_value = "1%", requires = "compare", value_parser = value::percent)]
    pub(crate) margin: f64,
    /// Compare by another metric than the first of each workload
    #[arg(long, short, value_name = "NAME", requires = "compare")]
    pub(crate) metric: Option<String>,
    /// Compare runs that cannot be compared, and say so
    #[arg(long, requires = "compare")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

/// A part that a README can have markers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReadmePart {
    /// The heat map, for light and dark
    Picture,
    /// The same as a table
    Matrix,
}
