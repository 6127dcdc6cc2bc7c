//! The settings of a process, and its surroundings: limits, CPUs, signals, its cgroup.
//! Touches the OS.

mod cgroup;
pub mod cpu;
mod prepare;
#[cfg(unix)]
mod signals;
mod steal;

pub(crate) use cgroup::GroupFile;
pub(crate) use prepare::set_timer_slack;
pub use prepare::{descriptor_limit, make_room, parent_is_gone, prepare};
#[cfg(unix)]
pub(crate) use signals::is_ignored;
#[cfg(unix)]
pub use signals::outlive_file_limit;
pub(crate) use steal::steal_ns;
