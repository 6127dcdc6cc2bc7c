//! The flags of `tminus profile`.

use clap::Args;

use super::{Bounds, ClockName, Filters, Size, WorkerCounts};

#[derive(Args, Debug)]
pub(crate) struct Profile {
    /// The profile whose sizes are counted
    #[arg(long, value_name = "NAME", default_value = "standard")]
    pub(crate) profile: Size,
    /// Clock of the timers; virtual: time jumps to the next deadline
    #[arg(long, value_name = "NAME", default_value = "real")]
    pub(crate) clock: ClockName,
    /// Workers of executors that take a number, as `run` takes them [default: 1 and the cores]
    #[arg(long, value_name = "COUNTS")]
    pub(crate) workers: Option<WorkerCounts>,
    /// Leave out instructions, branches and atomics, which take seconds a cell
    #[arg(long)]
    pub(crate) no_instructions: bool,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}
