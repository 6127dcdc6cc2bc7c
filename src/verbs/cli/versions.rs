//! The flags of `tminus versions`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::judging::Judging;
use super::{BUILD, Bounds, Filters, OUT, Size, value};
use crate::patch;

#[derive(Args, Debug)]
pub(crate) struct Versions {
    /// The crate whose releases are compared, which an executor uses: `tokio`
    #[arg(value_name = "CRATE", required_unless_present = "resume", value_parser = patch::crate_name)]
    pub(crate) name: Option<String>,
    /// The newest releases, without those that were yanked and those before a release [default: 6]
    #[arg(long, value_name = "N", conflicts_with = "versions", value_parser = value::whole::<usize>(2..=35))]
    pub(crate) last: Option<usize>,
    /// These releases, in this order: `1.44.2,1.45.0`
    #[arg(long, value_name = "VERSIONS", value_delimiter = ',', value_parser = patch::version)]
    pub(crate) versions: Vec<String>,
    /// How each program is built, from HEAD in a worktree of its own
    #[arg(long, hide_short_help = true, value_name = "COMMAND", default_value = BUILD)]
    pub(crate) build: String,
    /// The features that the chosen executors need, where they are fewer than all
    #[arg(skip)]
    pub(crate) features: Option<BTreeSet<&'static str>>,
    /// Where the build leaves the program [default: in target/release, under the name of the
    /// package in Cargo.toml]
    #[arg(long, hide_short_help = true, value_name = "PATH")]
    pub(crate) program: Option<PathBuf>,
    /// The sizes of the cells
    #[arg(long, value_name = "NAME", default_value = "quick")]
    pub(crate) profile: Size,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Fixes the order of the cells [default: random]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = value::whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: Option<u64>,
    /// Where builds and run files go; a gate takes its builds from there too
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub(crate) out: PathBuf,
    /// Go on after an interruption, or show again what came of it: the directory
    ///
    /// `--budget`, `--deadline` and `--memory-limit` may be others from there on.
    #[arg(long, value_name = "DIR",
          conflicts_with_all = ["name", "last", "versions", "build", "program", "profile", "rounds",
                                "looks", "margin", "detect", "detect_many", "metric", "seed", "out",
                                "cells", "workload", "executor", "param", "sweep"])]
    pub(crate) resume: Option<PathBuf>,
    /// Show every step of every cell
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    #[command(flatten)]
    pub(crate) filters: Filters,
}
