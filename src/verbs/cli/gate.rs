//! The flags of `tminus gate`.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::judging::Judging;
use super::{Bounds, Filters, OUT, Size, value};
use crate::patch::Patch;

/// How a revision is built, unless the user says how.
pub(crate) const BUILD: &str = "cargo build --release";

#[derive(Args, Debug)]
pub(crate) struct Gate {
    /// The program to compare with: a tminus or a program made with `App`, or a git revision of the
    /// repository here
    #[arg(long, value_name = "PROGRAM|REVISION")]
    pub(crate) baseline: Option<String>,
    /// The program to judge, named as for `--baseline`
    ///
    /// Neither need be named if `--patch` makes the difference: then it is HEAD.
    #[arg(long, value_name = "PROGRAM|REVISION")]
    pub(crate) candidate: Option<String>,
    /// Build the candidate with a crate replaced: `tokio=1.47.0`, `tokio=../tokio/tokio`
    ///
    /// Or by a git revision: `smol=https://github.com/smol-rs/smol#4a1f0e2`.
    #[arg(long, value_name = "CRATE=WHAT")]
    pub(crate) patch: Vec<Patch>,
    /// The same for the baseline
    #[arg(long, hide_short_help = true, value_name = "CRATE=WHAT")]
    pub(crate) patch_baseline: Vec<Patch>,
    /// How a revision is built, in a worktree of its own
    #[arg(
        long,
        hide_short_help = true,
        value_name = "COMMAND",
        default_value = BUILD
    )]
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
    /// What exact counts (allocations, polls, wakes, system calls an op) do where one grew
    #[arg(long, value_name = "WHAT", default_value = "warn")]
    pub(crate) counts: CountsName,
    /// Fixes the order of the cells [default: random]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = value::whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: Option<u64>,
    /// Where run files go
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub(crate) out: PathBuf,
    /// Compare programs that cannot be compared, and say so; let the candidate lack cells
    #[arg(long, hide_short_help = true)]
    pub(crate) force: bool,
    /// How flagged cells are confirmed: `now`, in fresh processes after a pause, or, in another
    /// job, what `--confirm-file` wrote, with the rounds, limits and metric of that job
    #[arg(long, hide_short_help = true, value_name = "now|FILE", default_value = "now")]
    pub(crate) confirm: Confirm,
    /// Do not confirm: write what is flagged here, for another job
    #[arg(long, hide_short_help = true, value_name = "FILE", conflicts_with = "confirm")]
    pub(crate) confirm_file: Option<PathBuf>,
    /// Go on with a gate that was interrupted, or show the verdict of one that was not: its
    /// directory
    ///
    /// `--budget`, `--deadline` and `--memory-limit` may be others from there on.
    #[arg(long, value_name = "DIR",
          conflicts_with_all = ["baseline", "candidate", "patch", "patch_baseline", "build", "program",
                                "profile", "rounds", "looks", "margin", "detect", "detect_many",
                                "metric", "counts", "seed", "out", "force", "confirm", "cells",
                                "workload", "executor", "param", "sweep"])]
    pub(crate) resume: Option<PathBuf>,
    /// Write the verdict as a comment for a pull request
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Show every cell
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

impl Gate {
    /// Returns whether there is something to compare: HEAD and HEAD make no gate.
    pub(crate) fn names_something(&self) -> bool {
        let Self { resume, baseline, candidate, patch, patch_baseline, .. } = self;
        resume.is_some()
            || baseline.is_some()
            || candidate.is_some()
            || !patch.is_empty()
            || !patch_baseline.is_empty()
    }
}

/// What exact counts do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CountsName {
    /// The gate ends as regressed where one grew.
    Fail,
    /// They are shown.
    Warn,
    /// They are not taken.
    #[default]
    Off,
}

/// How flagged cells are confirmed.
#[derive(Clone, Debug)]
pub(crate) enum Confirm {
    /// In this job.
    Now,
    /// This job confirms what another one flagged.
    File(PathBuf),
}

impl FromStr for Confirm {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "now" { Self::Now } else { Self::File(text.into()) })
    }
}

impl Confirm {
    /// Returns the file that holds what another job flagged.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Now => None,
            Self::File(path) => Some(path),
        }
    }
}
