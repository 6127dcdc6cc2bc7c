//! The order that a child receives: one JSON line on stdin.

use serde::{Deserialize, Serialize};
use tminus_contract::Clock;
use tminus_record::{Cell, CellId};

use crate::protocol;

/// The order to a child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// [`protocol::VERSION`]; a child refuses any other.
    pub protocol: u32,
    /// The cell's id; names the work for people and in messages.
    pub id: CellId,
    /// The cell, taken apart.
    #[serde(flatten)]
    pub cell: Cell,
    /// The mode in which to run the cell.
    pub mode: Mode,
    /// The round that the child belongs to.
    pub round: u32,
    /// Seeds whatever the workload chooses at random.
    pub seed: u64,
    /// Iterations a sample; the child calibrates where there is none.
    #[serde(default)]
    pub iterations: Option<u64>,
    /// The child's own limit on address space, where there is one.
    #[serde(default)]
    pub memory_limit_bytes: Option<u64>,
    /// `PR_SET_TIMERSLACK` of the child, where the system has it. 1 for all executors alike: the
    /// default of 50,000 would drown timer lateness.
    pub timer_slack_ns: u64,
    /// The clock that the executor's timers run on.
    #[serde(default)]
    pub clock: Clock,
    /// Where the child is kept on one CPU, all that it might use: see `Meter::cpus`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpus: Vec<usize>,
}

/// The mode in which a child runs its cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Warm up, calibrate, measure.
    #[default]
    Measure,
    /// One sample of one iteration.
    Verify,
    /// Try the rule of the conformance suite that stands in the place of the parameters, as often
    /// as `iterations` says; there is no sample.
    Conform,
    /// One sample that is forgotten, then one whose edges are told to what counts: both of as many
    /// iterations as the spec says, or as make about [`COUNTED_OPS`], so that each child does the
    /// same.
    Count,
    /// As `count`, on the executor behind the adapter that counts polls and wakes.
    CountPolls,
    /// Answers lines of [`protocol::Request`] on stdin until it ends; for `cargo bench`.
    Serve,
    /// As `measure`, but each batch when a [`protocol::Request`] asks for it: the children of a set
    /// take turns.
    Turns,
}

/// The ops of a counted sample, unless one iteration has more or one more would exceed them.
pub const COUNTED_OPS: u64 = 1_000;

/// The most iterations of a sample: no count of ops overflows below it.
pub const MAX_ITERATIONS: u64 = 1 << 32;

/// The timer slack of measured children, in nanoseconds.
pub const TIMER_SLACK_NS: u64 = 1;

impl Spec {
    /// Refuses what would only harm the machine: a spec may have been written by hand.
    ///
    /// # Errors
    /// The value that is out of bounds, in one line.
    pub fn check(&self) -> Result<(), String> {
        self.cell.check_workers()?;
        match self.iterations {
            Some(it) if !(1..=MAX_ITERATIONS).contains(&it) => Err(format!(
                "{}: {it} iterations: from 1 to {MAX_ITERATIONS} are possible",
                self.id
            )),
            _ => Ok(()),
        }
    }

    /// Returns the iterations that each sample must have, where the child does not choose them.
    pub(crate) fn iterations_of_samples(&self) -> Option<u64> {
        match self.mode {
            Mode::Verify => Some(self.iterations.unwrap_or(1)),
            Mode::Measure | Mode::Turns | Mode::Count | Mode::CountPolls => self.iterations,
            Mode::Conform | Mode::Serve => None,
        }
    }

    /// Makes the order to measure `cell` once.
    #[must_use]
    pub fn new(cell: Cell) -> Self {
        Self {
            protocol: protocol::VERSION,
            id: cell.id(),
            cell,
            mode: Mode::Measure,
            round: 0,
            seed: 0,
            iterations: None,
            memory_limit_bytes: None,
            timer_slack_ns: TIMER_SLACK_NS,
            clock: Clock::Real,
            cpus: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tminus_contract::params::Params;

    use super::*;

    #[test]
    fn the_line_is_what_is_documented_and_comes_back() {
        let cell = Cell {
            workload: "echo".into(),
            params: Params::default(),
            label: "connections=10".into(),
            executor: "smol".into(),
            workers: Some(2),
            twin: false,
        };
        let spec = Spec::new(cell);
        let line = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"protocol":1,"id":"echo/connections=10/smol/w2","workload":"echo","params":{},"#,
                r#""label":"connections=10","executor":"smol","workers":2,"mode":"measure","#,
                r#""round":0,"seed":0,"iterations":null,"memory_limit_bytes":null,"#,
                r#""timer_slack_ns":1,"clock":"real"}"#
            )
        );
        assert_eq!(serde_json::from_str::<Spec>(&line).unwrap(), spec);
    }
}
