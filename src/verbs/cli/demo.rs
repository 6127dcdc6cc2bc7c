//! The flags of `tminus demo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{ClockName, value};

/// The tick of a demo, unless another is asked for.
pub(crate) const TICK: Duration = Duration::from_secs(1);

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// The workload, see `tminus list workloads`
    pub(crate) workload: String,
    /// The executor to play it on; `smol/w2` names the workers too
    #[arg(long, short, value_name = "ID")]
    pub(crate) executor: String,
    /// How long a tick is: `100ms`, or a plain number of milliseconds
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = value::tick)]
    pub(crate) tick: Duration,
    /// Clock of the timers; virtual: time jumps to the next deadline
    #[arg(long, value_name = "NAME", default_value = "real")]
    pub(crate) clock: ClockName,
    /// Workers, where the executor has many [default: 1]
    #[arg(long, value_name = "N", value_parser = value::whole::<u16>(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Write which task ran when as a picture (.svg, .png; dark if its name ends in -dark) or as
    /// JSON (.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) timeline: Option<PathBuf>,
    /// How long each resumption of a timeline computes, so that there is something to steal:
    /// `200us`, or a plain number of microseconds
    #[arg(long, value_name = "TIME", default_value = "0s", hide_default_value = true, requires = "timeline",
          value_parser = value::busy)]
    pub(crate) busy: Duration,
}
