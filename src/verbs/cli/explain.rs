//! The flags of `explain`.

use clap::Args;

use super::{Bounds, value};

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A cell id, for example timers/timers=1000/smol/w1
    #[arg(value_name = "CELL_A")]
    pub(crate) a: String,
    /// A cell of the same workload with the same parameters
    #[arg(value_name = "CELL_B")]
    pub(crate) b: String,
    /// Rounds; fewer than 6 give no interval of 95 %
    #[arg(long, value_name = "N", default_value = "12", value_parser = value::whole::<u32>(1..=10_000))]
    pub(crate) rounds: u32,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
