//! `tminus export`: a stored run in another service's format, on stdout.

use anyhow::ensure;
use tminus_reports::data::export;

use super::{Exit, print_json, runs};
use crate::cli::{self, Format};

pub(super) fn run(arguments: &cli::Export) -> anyhow::Result<Exit> {
    let (path, run) = runs::read(&arguments.run, cli::OUT.as_ref())?;
    let benchmarks = export::bencher(&run);
    ensure!(!benchmarks.is_empty(), "{}: no cell of this run went well", path.display());
    match arguments.format {
        Format::Bencher => print_json(&benchmarks)?,
        Format::GithubActionBenchmark => print_json(&export::github_action_benchmark(&run))?,
    }
    Ok(Exit::Ok)
}
