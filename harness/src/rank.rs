//! Who is fastest, by how much, and how sure that is. No I/O.

use serde::{Deserialize, Serialize};

use crate::contract::Family;
use crate::plan::Cell;

/// The version of [`Ranking`] as JSON.
pub const SCHEMA: u32 = 1;

/// Every group of a run, ranked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// [`SCHEMA`].
    pub schema: u32,
    /// One table for each workload and parameters, in the order of the run.
    pub groups: Vec<Group>,
    /// The A/A pair, where the run has one.
    pub twin: Option<Twin>,
    /// Rounds that were asked for.
    pub rounds: u32,
}

/// The cells of one workload with one set of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The workload's id.
    pub workload: String,
    /// Its title.
    pub title: String,
    /// The parameters as ids show them.
    pub params: String,
    /// The value of the workload's first parameter: the size that cost grows with.
    pub size: u64,
    /// What one op is: `timer fired`.
    pub op: String,
    /// The metric that ranks.
    pub metric: String,
    /// All cells: ranked by the median, then the unranked, the failed and the excluded.
    pub rows: Vec<Row>,
}

/// One cell in its group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The cell.
    pub cell: Cell,
    /// How it is drawn.
    pub family: Family,
    /// The median over rounds; `None` if no round gave a value.
    pub median: Option<f64>,
    /// The 95 % order-statistic interval of the median; `None` with fewer than six rounds.
    pub interval: Option<Interval>,
    /// Rounds that gave a value.
    pub rounds: u32,
    /// The paired per-round ratio to the best executor of the group (floors are compared with the
    /// best executor too, and may lie below 1).
    pub ratio: Option<Ratio>,
    /// The interval of the ratio includes 1.
    pub about_best: bool,
    /// The ranks that the intervals allow, from 1; `None` for floors and unranked rows.
    pub rank: Option<(u32, u32)>,
    /// How its rounds ended.
    pub outcome: RowOutcome,
    /// The medians of the workload's other metrics, in the order of declaration.
    pub others: Vec<(String, f64)>,
    /// Rounds in which the process was pushed off its core.
    pub disturbed_rounds: u32,
    /// What a reader must know: an order always stronger than declared, discontinued upstream.
    pub notes: Vec<String>,
}

/// How the rounds of a cell ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "kebab-case")]
pub enum RowOutcome {
    /// All rounds went well.
    Ok,
    /// At least one round failed: the first reason.
    Failed(String),
    /// The cell was not run.
    Excluded(String),
}

/// An interval that holds the true value in 95 of 100 runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A median of per-round ratios with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The median ratio.
    pub median: f64,
    /// Its interval; `None` with fewer than six rounds in common.
    pub interval: Option<Interval>,
    /// Rounds in common.
    pub rounds: u32,
}

/// The same cell under two names: what noise alone does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// The cell.
    pub cell: Cell,
    /// Its ratio to itself.
    pub ratio: Ratio,
}
