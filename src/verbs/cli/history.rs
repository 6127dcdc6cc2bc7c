//! The flags of `tminus history` and of what is made from one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tminus_judge::change::Options;

use super::{Filters, value};

#[derive(Debug, Subcommand)]
pub(crate) enum History {
    /// Add run files; one that is in it already adds nothing
    #[command(visible_alias = "import")]
    Add(Add),
    /// List the runs
    List(List),
    /// Show series: each run's median and interval, and where the series changed
    Show(Show),
    /// Find where series changed, and between which commits; advisory: exits with 0 whatever it
    /// finds
    Check(Search),
    /// Write run files as they were added, byte for byte; never over another file
    Export(Export),
}

/// The file of the runs.
#[derive(Args, Debug)]
pub(crate) struct Database {
    /// The history, an SQLite database
    #[arg(long, value_name = "FILE", default_value = "target/tminus/history.db")]
    pub(crate) db: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Add {
    /// Run files, directories that hold some (the newest), or `latest`
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// How many runs of each series, counted from the newest
    #[arg(long, value_name = "N", default_value = "30", value_parser = value::whole::<usize>(1..=1_000_000))]
    pub(crate) last: usize,
    #[command(flatten)]
    pub(crate) search: Search,
}

/// Which series are looked at, and for what.
#[derive(Args, Debug)]
pub(crate) struct Search {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Another metric than the first of each workload
    #[arg(long, short, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    #[command(flatten)]
    pub(crate) thresholds: Thresholds,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Numbers of runs, see `tminus history list` [default: all]
    #[arg(value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) runs: Vec<i64>,
    /// The directory to write to, a file a run: `run-NUMBER.jsonl`
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Args, Debug)]
pub(crate) struct Site {
    /// Where to write: a new or empty directory, or one with a site of tminus
    #[arg(value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
    /// Another metric than the first of each workload, for series and rankings
    #[arg(long, short, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    #[command(flatten)]
    pub(crate) thresholds: Thresholds,
    /// Show the findings of the conformance suite: a file with the output of `tminus verify --json`
    #[arg(long, value_name = "FILE")]
    pub(crate) conformance: Option<PathBuf>,
}

/// The definition of a change.
#[derive(Args, Debug)]
pub(crate) struct Thresholds {
    /// The largest p-value of a change, corrected for the places it was chosen from
    #[arg(long, value_name = "P", default_value_t = Options::default().max_p, value_parser = value::probability)]
    pub(crate) max_p: f64,
    /// The smallest change: `1%`, `0.5%`
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = value::percent)]
    pub(crate) min_change: f64,
    /// The fewest runs before and after a change
    #[arg(long, value_name = "N", default_value = "3", value_parser = value::whole::<u16>(2..=50))]
    pub(crate) min_runs: u16,
}

impl Thresholds {
    /// Returns the options of the search for changes.
    pub(crate) fn options(&self) -> Options {
        Options { max_p: self.max_p, min_change: self.min_change, min_runs: self.min_runs.into() }
    }
}
