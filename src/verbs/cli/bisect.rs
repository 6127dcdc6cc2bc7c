//! The flags of `tminus bisect`.

use std::path::PathBuf;

use clap::Args;

use super::{BUILD, OUT, Size, value};
use crate::patch;

#[derive(Args, Debug)]
pub(crate) struct Bisect {
    /// The cell that costs more, or fails: squares/tasks=1000/tokio-multi-thread/w2
    #[arg(value_name = "CELL")]
    pub(crate) cell: String,
    /// The crate
    #[arg(long = "crate", value_name = "CRATE", value_parser = patch::crate_name)]
    pub(crate) name: String,
    /// A checkout of its repository, which is only read
    #[arg(long, value_name = "DIR")]
    pub(crate) path: PathBuf,
    /// A revision of it that is as it should be
    #[arg(long, value_name = "REVISION")]
    pub(crate) good: String,
    /// A later one that is not
    #[arg(long, value_name = "REVISION")]
    pub(crate) bad: String,
    /// How each program is built, from HEAD of tminus in a worktree of its own
    #[arg(long, hide_short_help = true, value_name = "COMMAND", default_value = BUILD)]
    pub(crate) build: String,
    /// Where the build leaves the program [default: in target/release, under the name of the
    /// package in Cargo.toml]
    #[arg(long, hide_short_help = true, value_name = "PATH")]
    pub(crate) program: Option<PathBuf>,
    /// The sizes of the cells
    #[arg(long, value_name = "NAME", default_value = "quick")]
    pub(crate) profile: Size,
    /// Rounds before the first interim look of each gate
    #[arg(long, value_name = "N", default_value = "40", value_parser = value::whole::<u32>(6..=1250))]
    pub(crate) rounds: u32,
    /// Where builds and run files go
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub(crate) out: PathBuf,
}
