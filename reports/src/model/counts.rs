//! The counts of cells, and the order in which they are shown.

use std::collections::BTreeSet;

use tminus_record::{Cell, Counts};

/// A cell and what came of counting.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The cell.
    pub cell: Cell,
    /// Its counts.
    ///
    /// # Errors
    /// Why it failed.
    pub counts: Result<Counts, String>,
}

impl Counted {
    /// Returns the cell with its counts, unless it failed.
    pub(crate) fn parts(&self) -> Option<(&Cell, &Counts)> {
        Some((&self.cell, self.counts.as_ref().ok()?))
    }
}

/// The most telling counts, in this order; then all others by name.
const FIRST: [&str; 12] = [
    "polls_per_op",
    "wakes_per_op",
    "allocations_per_op",
    "syscalls_per_op",
    "instructions_per_op",
    "atomics_per_op",
    "spurious_polls_per_op",
    "self_wakes_per_op",
    "cross_thread_wakes_per_op",
    "allocated_bytes_per_op",
    "waker_clones_per_op",
    "waker_drops_per_op",
];

/// Returns the names of all counts that a cell has, the most telling first.
pub(crate) fn names<'a>(cells: &[&'a Counts]) -> Vec<&'a str> {
    let all: BTreeSet<&str> =
        cells.iter().flat_map(|counts| counts.values.keys()).map(String::as_str).collect();
    let place = |name: &&str| FIRST.iter().position(|first| first == name);
    let mut names: Vec<&str> = all.into_iter().collect();
    names.sort_by_key(|name| place(name).unwrap_or(FIRST.len()));
    names
}
