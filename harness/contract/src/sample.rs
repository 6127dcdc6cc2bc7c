//! One timed region, and the meter that takes it.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Clock;
use crate::resources::{self, Usage};

/// One timed region (a batch) inside a child. All integers, as measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Units of work done, as the workload counts them.
    pub ops: u64,
    /// Iterations asked for.
    pub iterations: u64,
    /// Monotonic clock.
    pub wall_ns: u64,
    /// User and system time of the whole process; 0 where it was not read.
    pub cpu_ns: u64,
    /// Context switches that the process asked for.
    pub voluntary_switches: u64,
    /// Context switches that it suffered: not zero flags a disturbed sample.
    pub involuntary_switches: u64,
    /// Allocations, where the counting allocator is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<u64>,
    /// Bytes allocated, where the counting allocator is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated_bytes: Option<u64>,
    /// How long the process, if it has one thread, waited for a core during the batch and the part
    /// before it that does not count; of batches that are taken in turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_queue_wait_ns: Option<u64>,
    /// Time that a hypervisor gave to others, on all cores, during the sweep of the batch, in steps
    /// of a hundredth of a second; of batches that are taken in turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_ns: Option<u64>,
}

/// The largest count or time that is believed: a hundred days of nanoseconds, and what a float
/// holds exactly.
pub const MAX_FIGURE: u64 = 1 << 53;

impl Sample {
    /// Refuses figures that no measurement gives; a sample may come from anywhere.
    ///
    /// # Errors
    /// Which figure, and its bounds.
    pub fn check(&self) -> Result<(), String> {
        let Self { ops, iterations, wall_ns, cpu_ns, .. } = *self;
        let figures = [
            ("ops", 1, ops),
            ("iterations", 0, iterations),
            ("wall_ns", 0, wall_ns),
            ("cpu_ns", 0, cpu_ns),
            ("voluntary_switches", 0, self.voluntary_switches),
            ("involuntary_switches", 0, self.involuntary_switches),
            ("allocations", 0, self.allocations.unwrap_or(0)),
            ("allocated_bytes", 0, self.allocated_bytes.unwrap_or(0)),
            ("run_queue_wait_ns", 0, self.run_queue_wait_ns.unwrap_or(0)),
            ("steal_ns", 0, self.steal_ns.unwrap_or(0)),
        ];
        match figures.iter().find(|(_, least, value)| !(*least..=MAX_FIGURE).contains(value)) {
            None => Ok(()),
            Some((name, least, value)) => {
                Err(format!("a sample with {name} = {value}: from {least} to 2^53 is possible"))
            }
        }
    }
}

/// A timed region that has begun.
#[must_use = "a region that is started is stopped"]
#[derive(Clone, Copy)]
pub struct Running {
    before: Usage,
    started: Instant,
}

/// The two edges of a timed region, for a pass that counts what happens between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Just before the clock is read for the first time.
    Begin,
    /// Just after the clock was read for the second time.
    End,
}

/// Takes samples and distributions for one cell.
#[derive(Default)]
pub struct Meter {
    /// The iterations of the sample at work; the cell's life sets it.
    pub iterations: u64,
    pub(crate) seed: u64,
    /// The clock that the executor's timers run on; the cell's life sets it.
    pub clock: Clock,
    /// Where the process is kept on one CPU, all that it might use: for a thread of the workload's
    /// own, beside the executor. The cell's life sets it.
    pub cpus: Vec<usize>,
    /// Is told of both edges of each region from now on; only where nothing is timed.
    pub watch: Option<fn(Edge)>,
    /// The regions taken so far.
    pub samples: Vec<Sample>,
    distributions: Vec<(&'static str, Histogram<u64>)>,
    metrics: Vec<(&'static str, f64)>,
    withheld: Option<String>,
    /// The process's wait for cores when measuring began.
    waited_before: Option<Duration>,
}

impl Meter {
    /// Makes a meter that has seen nothing.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Seeds what a workload chooses at random: the same for all cells of a round.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the clock that the executor's timers run on. On the real one a workload verifies
    /// with a clock of its own, never with what an executor reports of itself; on a virtual one
    /// there is only the executor's.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Begins the timed region. The clock is read last.
    #[inline]
    pub fn start(&self) -> Running {
        let before = Usage::now();
        if let Some(watch) = self.watch {
            watch(Edge::Begin);
        }
        Running { before, started: Instant::now() }
    }

    /// Ends the timed region in which `ops` units were done. The clock is read first.
    #[inline]
    pub fn stop(&mut self, running: Running, ops: u64) {
        let wall = running.started.elapsed();
        if let Some(watch) = self.watch {
            watch(Edge::End);
        }
        let used = Usage::now_cpu_first().since(&running.before);
        self.samples.push(Sample {
            ops,
            iterations: self.iterations,
            wall_ns: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX),
            cpu_ns: used.cpu_ns,
            voluntary_switches: used.voluntary_switches,
            involuntary_switches: used.involuntary_switches,
            allocations: used.allocations,
            allocated_bytes: used.allocated_bytes,
            ..Sample::default()
        });
    }

    /// Adds a value to the distribution `name`, which the workload's
    /// [`Info`](crate::workload::Info) declares.
    pub fn record(&mut self, name: &'static str, value_ns: u64) {
        let index = match self.distributions.iter().position(|(known, _)| *known == name) {
            Some(index) => index,
            None => {
                self.distributions.push((name, resources::histogram()));
                self.distributions.len() - 1
            }
        };
        self.distributions[index].1.saturating_record(value_ns);
    }

    /// Keeps a further figure of the cell, with its unit last in the name: `jain_index_ratio`.
    /// Recorded more than once, the last stands.
    pub fn metric(&mut self, name: &'static str, value: f64) {
        self.metrics.retain(|(known, _)| *known != name);
        self.metrics.push((name, value));
    }

    /// Takes off the last region what a thread used in it that is not the executor's.
    pub fn take_off(&mut self, used: &Usage) {
        if let Some(sample) = self.samples.last_mut() {
            let less = |all: &mut u64, part: u64| *all = all.saturating_sub(part);
            less(&mut sample.cpu_ns, used.cpu_ns);
            less(&mut sample.voluntary_switches, used.voluntary_switches);
            less(&mut sample.involuntary_switches, used.involuntary_switches);
        }
    }

    /// Says why a distribution that the workload declares is not there: its values would be those
    /// of the measurement and not of the executor. The cell is right all the same.
    pub fn withhold(&mut self, reason: String) {
        self.withheld = Some(reason);
    }

    /// Returns what [`withhold`](Self::withhold) was told.
    #[must_use]
    pub fn withheld(&self) -> Option<&str> {
        self.withheld.as_deref()
    }

    /// Returns a meter of the same cell that has seen nothing.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            clock: self.clock,
            watch: self.watch,
            cpus: self.cpus.clone(),
            ..Self::new(self.seed)
        }
    }

    /// Forgets all that was taken.
    pub fn clear(&mut self) {
        *self = self.fresh();
    }

    /// Begins measuring: samples taken until now are forgotten.
    pub fn begin(&mut self) {
        self.clear();
        self.waited_before = resources::run_queue_wait();
    }

    /// Ends measuring and keeps how long a process of one thread waited for a core in all samples
    /// together. Reading that costs microseconds, so it is not read for each sample.
    pub fn end(&mut self) {
        if let (Some(before), Some(now)) = (self.waited_before, resources::run_queue_wait()) {
            self.metric("run_queue_wait_ns", now.saturating_sub(before).as_secs_f64() * 1e9);
        }
    }

    /// Returns the distributions recorded so far: names and values.
    #[must_use]
    pub fn distributions(&self) -> &[(&'static str, Histogram<u64>)] {
        &self.distributions
    }

    /// Returns the further figures kept so far: names and values.
    #[must_use]
    pub fn metrics(&self) -> &[(&'static str, f64)] {
        &self.metrics
    }
}
