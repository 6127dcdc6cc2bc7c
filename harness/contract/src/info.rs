//! The declarations of a workload, as data.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The names, ops, metrics and parameters that a workload declares.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The name in cell ids: lower case and `_`.
    pub id: &'static str,
    /// The name in headings.
    pub title: &'static str,
    /// One sentence: what happens.
    pub about: &'static str,
    /// The unit that it counts, in the singular: `timer fired`.
    pub op: &'static str,
    /// Raised whenever the work changes so that old figures no longer compare.
    pub version: u32,
    /// Its parameters; the first is the size that reports draw cost against.
    pub params: &'static [Param],
    /// The metrics that it is judged by, the one that ranks first.
    pub metrics: &'static [&'static str],
    /// The distributions that it records, in nanoseconds: name and meaning.
    pub distributions: &'static [(&'static str, &'static str)],
    /// How a child spends its time.
    pub budget: Budget,
    /// The parameters of each profile.
    pub sizes: Sizes,
}

/// A parameter: a whole number within bounds.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name in cell ids.
    pub name: &'static str,
    /// One line with the unit.
    pub about: &'static str,
    /// Its value where none is given; such a value is left out of cell ids, but for the first
    /// parameter.
    pub default: u64,
    /// The smallest value allowed.
    pub min: u64,
    /// The largest value allowed.
    pub max: u64,
}

/// Parameters in the form of cell ids, a string an instance: `"tasks=1000,depth=10"`.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Under a minute in all.
    pub quick: &'static [&'static str],
    /// Under five minutes in all.
    pub standard: &'static [&'static str],
    /// Every decade.
    pub thorough: &'static [&'static str],
    /// One small instance, to verify.
    pub verify: &'static [&'static str],
}

impl Sizes {
    /// Returns the same sizes for each profile, the first of them to verify.
    #[must_use]
    pub const fn same(sizes: &'static [&'static str]) -> Self {
        let (verify, _) = sizes.split_at(if sizes.is_empty() { 0 } else { 1 });
        Self { quick: sizes, standard: sizes, thorough: sizes, verify }
    }
}

/// How a child spends its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// CPU-bound: warm up, calibrate, then `batches` samples of `total_ns / batches` each (at least
    /// one, if a single iteration takes longer).
    Batches {
        /// Timed nanoseconds in all.
        total_ns: u64,
        /// Samples to divide them into.
        batches: u32,
    },
    /// Waiting: one sample of one iteration, no warm-up.
    Once,
}

/// The needs of a workload of its executor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It sleeps.
    pub timers: bool,
    /// It opens sockets.
    pub io: bool,
    /// It cancels tasks.
    pub cancel: bool,
    /// It spawns from a thread that is not the executor's.
    pub remote_spawn: bool,
    /// It drops sleeps that it has polled, before they are over.
    pub timeouts: bool,
    /// Workers that it needs: one that blocks leaves the others to go on. An executor that takes
    /// any number is planned with so many.
    pub workers: usize,
    /// Tasks alive at once, the root included.
    pub tasks: u64,
    /// Blocking calls under way at once: each takes a thread.
    pub blocking: u64,
    /// Child processes alive at once.
    pub processes: u64,
    /// File descriptors open at once, beyond the executor's own.
    pub descriptors: u64,
    /// Connections over loopback TCP open at once: each takes a port.
    pub connections: u64,
}

/// A kind of work: reports choose an executor for it by one metric of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// The name in links.
    pub id: Cow<'static, str>,
    /// The name in lists of answers: `Many timers`.
    pub title: Cow<'static, str>,
    /// The metric that decides; less is better.
    pub metric: Cow<'static, str>,
    /// The metric that stands beside it: the price.
    pub beside: Cow<'static, str>,
}

impl Purpose {
    /// Makes one of its id, title, metric and the metric beside.
    #[must_use]
    pub const fn new(
        id: &'static str,
        title: &'static str,
        metric: &'static str,
        beside: &'static str,
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            title: Cow::Borrowed(title),
            metric: Cow::Borrowed(metric),
            beside: Cow::Borrowed(beside),
        }
    }
}
