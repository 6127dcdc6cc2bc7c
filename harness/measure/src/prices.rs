//! Micro-cells that price what executors do: one system call, one allocation, one instruction.
//!
//! A price is measured like a cell, in a child of its own that takes turns with the cells that it
//! explains: prices of another minute would be those of another machine. It counts like a cell too,
//! so that a price can be freed of what it holds besides its own kind. Its name is that of the
//! count that it is the price of (`syscalls_write` of `syscalls_write_per_op`).
//!
//! Here stand the loops alone; what a price means is for `tminus_judge::explain` to say.

#[cfg(target_os = "linux")]
mod calls;
mod memory;
mod tasks;
mod threads;

use std::io;

use tminus_contract::params::Params;
use tminus_record::Cell;

use crate::spec::Spec;

/// Stands for the workload in the ids of prices: `price/syscalls_write/machine`.
pub const WORKLOAD: &str = "price";

/// Stands for the executor in the ids of prices.
const MACHINE: &str = "machine";

/// The loop of a price: does it as often as it is told.
pub type Act = Box<dyn FnMut(u64) -> io::Result<()>>;

/// A kind of work whose price can be measured here.
pub struct Price {
    /// The count that it is the price of, without `_per_op`.
    pub name: &'static str,
    /// What is done, in a few words.
    pub about: &'static str,
    /// Sets up what stands before the clock starts, for things of so many bytes.
    stage: fn(usize) -> io::Result<Act>,
}

/// The bytes of an allocation whose price names none.
const BYTES: usize = 64;

/// The largest allocation that is priced; a larger one is the system's work.
const MOST_BYTES: usize = 1 << 16;

const fn price(
    name: &'static str,
    about: &'static str,
    stage: fn(usize) -> io::Result<Act>,
) -> Price {
    Price { name, about, stage }
}

/// Returns every kind that has a price here.
#[must_use]
pub fn all() -> Vec<&'static Price> {
    #[cfg(target_os = "linux")]
    const CALLS: &[Price] = calls::PRICES;
    #[cfg(not(target_os = "linux"))]
    const CALLS: &[Price] = &[];
    [tasks::PRICES, memory::PRICES, threads::PRICES, CALLS].into_iter().flatten().collect()
}

/// Returns the price of a count, by its name without `_per_op`, and whether it is only the cheapest
/// of its kind.
#[must_use]
pub fn of_count(name: &str) -> Option<(&'static Price, bool)> {
    let named = |name: &str| all().into_iter().find(|price| price.name == name);
    let twin = TWINS.iter().find(|(twin, _)| *twin == name).map_or(name, |(_, name)| name);
    let own = named(twin).map(|price| (price, false));
    own.or_else(|| Some((named("syscalls").filter(|_| name.starts_with("syscalls_"))?, true)))
}

/// Calls that do the same as one that has a price.
const TWINS: [(&str, &str); 3] = [
    ("syscalls_epoll_pwait", "syscalls_epoll_wait"),
    ("syscalls_epoll_pwait2", "syscalls_epoll_wait"),
    ("syscalls_poll", "syscalls_ppoll"),
];

/// Returns the order to measure the price `name`; of an allocation for blocks of `bytes`.
#[must_use]
pub fn spec(name: &str, bytes: Option<usize>) -> Spec {
    let label = bytes.map_or_else(|| name.into(), |bytes| format!("{name}_{bytes}"));
    Spec::new(Cell {
        workload: WORKLOAD.into(),
        params: Params::default(),
        label,
        executor: MACHINE.into(),
        workers: None,
        twin: false,
    })
}

/// Returns the order of a price by its id.
#[must_use]
pub fn spec_of(id: &str) -> Option<Spec> {
    let label = id.strip_prefix(WORKLOAD)?.strip_prefix('/')?.strip_suffix(MACHINE)?;
    let (price, bytes) = find(label.strip_suffix('/')?)?;
    Some(spec(price.name, bytes))
}

/// Returns the price that a label names, with its size in bytes.
fn find(label: &str) -> Option<(&'static Price, Option<usize>)> {
    let named = |name: &str| all().into_iter().find(|price| price.name == name);
    if let Some(price) = named(label) {
        return Some((price, None));
    }
    let (name, bytes) = label.rsplit_once('_')?;
    let bytes = bytes.parse().ok().filter(|bytes| (1..=MOST_BYTES).contains(bytes))?;
    Some((named(name)?, Some(bytes)))
}

/// Sets up the loop of the price with this label.
///
/// # Errors
/// That there is no such price, or the refusal of the system.
pub(crate) fn stage(label: &str) -> io::Result<Act> {
    let unknown =
        || io::Error::new(io::ErrorKind::NotFound, format!("there is no price `{label}`"));
    let (price, bytes) = find(label).ok_or_else(unknown)?;
    (price.stage)(bytes.unwrap_or(BYTES))
}

#[cfg(test)]
mod tests;
