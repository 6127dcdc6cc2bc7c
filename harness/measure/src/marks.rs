//! The edges of a counted region, in a form that a counter outside the process sees.
//!
//! A counter of system calls sees a call that asks for the group of a process that cannot exist: it
//! changes nothing and needs no rights. Valgrind gets a request of its own, and sees only what lies
//! between the two.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod valgrind;

use nix::unistd::{Pid, getpgid};
use tminus_contract::sample::Edge;

/// The process that is asked for at the beginning of a region, far beyond the largest id.
pub const BEGIN: i32 = 0x7a31_0001;

/// The process that is asked for at its end.
pub const END: i32 = 0x7a31_0002;

/// Marks an edge of the region.
pub fn mark(edge: Edge) {
    let process = match edge {
        Edge::Begin => BEGIN,
        Edge::End => {
            request(edge);
            END
        }
    };
    // Refused, always: to be seen is its purpose.
    let _ = getpgid(Some(Pid::from_raw(process)));
    if edge == Edge::Begin {
        request(edge);
    }
}

fn request(edge: Edge) {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    valgrind::mark(edge);
}
