//! System calls of a cell's counted sample, by name and by thread.
//!
//! The child is traced (ptrace), which needs no rights where the system lets a process trace its
//! own children. What is counted stands between the child's [marks](crate::marks), in all its
//! threads and in the processes that it starts; calls that began before the region are not counted.

mod tally;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tracer;

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use super::{ops_of, run};
use crate::child::{Cancel, Program};
use crate::spec::Spec;

/// The system calls of one counted sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Ops of the sample.
    pub ops: u64,
    /// Calls of all threads by their name; those without one are `unknown`.
    pub by_name: BTreeMap<String, u64>,
    /// The threads that made calls, in the order of their first ones; what many more did stands
    /// together under `others`.
    pub threads: Vec<Thread>,
}

/// The system calls of one thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The name that it has given to itself, safe to show.
    pub name: String,
    /// Its calls by their name.
    pub by_name: BTreeMap<String, u64>,
}

/// Counts the system calls of the cell of `spec` in a child of `program` that may take `limit`.
///
/// # Errors
/// Why they cannot be counted, in one line: the system forbids it, or the child failed.
pub fn count(
    program: &Program,
    spec: &Spec,
    limit: Duration,
    cancel: &Cancel,
) -> Result<Calls, String> {
    let (tell, told) = mpsc::channel();
    let ran = run(program, spec, limit, cancel, Some(tracer::watcher(tell)?));
    // What kept the tracer from its work ended the child too.
    let tally = told.try_recv().unwrap_or_else(|_| Ok(tally::Tally::default()))?;
    tally.into_calls(ops_of(&ran?)?)
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod tracer {
    use std::sync::mpsc::Sender;

    use super::tally::Tally;
    use crate::child::Watcher;

    /// Says that there is no such thing here.
    pub(super) fn watcher(_: Sender<Result<Tally, String>>) -> Result<Watcher, String> {
        Err("system calls are counted on Linux alone, on x86-64 and aarch64".into())
    }
}

#[cfg(test)]
mod tests;
