//! Which executor is fastest, by how much, and how sure that is. No I/O.
//!
//! A round is the replicate: each record gives one value a metric, and every interval is over
//! rounds. Samples of one child never enter as if they were independent.

mod derive;
mod members;
mod group;
pub(crate) mod sweeps;
mod summary;
mod measured;
mod rounds;
mod standing;
mod counted;
mod suspect;
mod span;
mod crossings;
mod scaling;

pub use crate::ratio::{Interval, Ratio};
pub use crossings::{Contender, Crossing, Crossings};
pub use derive::{derive, expected, higher_is_better, metrics, quantile_of, value};
pub use rounds::Rounds;
pub use scaling::{Effect, Scaled, Scaling, Speedup};
pub use span::Span;
pub use standing::{MARGIN, MARGIN_ALIGNED, Placed, Standing};
pub use summary::{Summary, summaries};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tminus_contract::Family;
use tminus_contract::error::{Error, Named, Result};
use tminus_record::{Cell, Counts, Filter, Header, Run, WorkloadFacts};

use crate::ratio::Limits;

use measured::Measured;
use members::{Members, members};

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
    /// Rounds that the run came to ([`Run::rounds`]).
    pub rounds: u32,
    /// The limits by which executors are told apart: the margin, and what the A/A pair lifts it to.
    pub limits: Limits,
    /// The executors that change places as a parameter grows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crossings: Vec<Crossings>,
    /// The executors that were run with several counts of workers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scalings: Vec<Scaling>,
}

/// The cells of one workload with one set of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The workload's id.
    pub workload: String,
    /// Its title.
    pub title: String,
    /// The workload's category; empty where the run does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// The parameters as ids show them.
    pub params: String,
    /// The value of the workload's first parameter: the size that cost grows with.
    pub size: u64,
    /// The name of one op: `timer fired`.
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
    /// best executor too, and may lie below 1). `None` where a round measured 0, which has no
    /// ratio.
    pub ratio: Option<Ratio>,
    /// How it stands to the best; `None` for floors and rows that are not compared.
    pub standing: Option<Standing>,
    /// For scale alone: a floor, or an executor with a thread for each task. It decides nothing.
    #[serde(default)]
    pub yardstick: bool,
    /// The ranks that the intervals allow, from 1; `None` for floors and unranked rows.
    pub rank: Option<(u32, u32)>,
    /// How its rounds ended.
    pub outcome: RowOutcome,
    /// The medians of the workload's other metrics, in the order of declaration.
    pub others: Vec<(String, f64)>,
    /// Rounds in which the process was pushed off its core.
    pub disturbed_rounds: u32,
    /// Notes for a reader: an order always stronger than declared, discontinued upstream.
    pub notes: Vec<String>,
    /// The suspicions against its figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// Its counts of an op, from the profile pass.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// Whether its executor kept the rules that were tried before the run; `None` where none were.
    #[serde(default)]
    pub verified: Option<bool>,
}

/// A suspicion against the figures of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "suspicion", rename_all = "kebab-case")]
pub enum Suspicion {
    /// It takes less than the same work without an executor.
    BelowFloor {
        /// The nearest floor.
        floor: String,
        /// Its median share of what that takes.
        ratio: f64,
    },
    /// Its executor breaks a rule of the contract.
    Broken {
        /// Which rule.
        rule: String,
        /// The observation.
        reason: String,
    },
}

/// How the rounds of a cell ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "kebab-case")]
pub enum RowOutcome {
    /// All rounds went well.
    Ok,
    /// At least one round failed: the first reason.
    Failed(String),
    /// The cell was not run, or no round gave a value that is the executor's.
    Excluded(String),
}

impl Row {
    /// Returns whether most of so many rounds gave a value; else those that gave none may be those
    /// that were slow.
    #[must_use]
    pub fn has_most(&self, rounds: u32) -> bool {
        self.rounds > rounds / 2
    }

    /// Returns whether it is called best or equivalent.
    #[must_use]
    pub fn is_best(&self) -> bool {
        self.standing == Some(Standing::Best)
    }
}

/// The same cell under two names: what noise alone does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// The cell.
    pub cell: Cell,
    /// Its ratio to itself.
    pub ratio: Ratio,
}

/// Ranks the cells of `run` that `filter` chooses, by `metric` or else by the first metric of each
/// workload; a count of the profile pass is a metric where no record has it. Groups stand in the
/// order of the header; a group without any value of `metric` is left out if `metric` was asked
/// for.
///
/// # Errors
/// [`Error::Usage`] if no record has `metric`, with the nearest that there is.
pub fn rank(run: &Run, filter: &Filter, metric: Option<&str>) -> Result<Ranking> {
    let header = &run.header;
    let measured = Measured::of(run);
    let unmeasured = metric.filter(|metric| !measured.has(metric));
    let by_count = unmeasured.is_some_and(|metric| counted::has(run, metric));
    if let Some(metric) = unmeasured.filter(|_| !by_count) {
        check(metric, run)?;
    }
    let twin = twin(header, metric, &measured);
    let limits = standing::limits(&header.provenance.build, twin.as_ref());
    let group = |Members { cells, excluded }: &Members<'_>| {
        let workload = cells.first().map(|cell| &cell.workload);
        let workload = workload.or_else(|| Some(&excluded.first()?.0.workload))?;
        let facts = facts_of(header, workload);
        let by = group::By { metric: metric_of(metric, facts), limits, measured: &measured };
        let mut group = group::group(header, facts, cells, excluded, by)?;
        counted::add(&mut group, run);
        if by_count {
            counted::rank(&mut group);
        }
        let has_value = group.rows.iter().any(|row| row.median.is_some());
        (metric.is_none() || has_value).then_some(group)
    };
    let groups: Vec<Group> = members(header, filter).iter().filter_map(group).collect();
    Ok(Ranking {
        schema: SCHEMA,
        crossings: crossings::crossings(&groups, run.rounds(), limits, &measured),
        scalings: scaling::scalings(header, &groups, limits, &measured),
        groups,
        twin,
        rounds: run.rounds(),
        limits,
    })
}

/// Returns the metric that was asked for, else the first of the workload.
#[must_use]
pub fn metric_of<'a>(asked: Option<&'a str>, facts: Option<&'a WorkloadFacts>) -> &'a str {
    let first = facts.and_then(|facts| facts.metrics.first()).map(String::as_str);
    asked.or(first).unwrap_or("wall_ns_per_op")
}

/// Returns what the header says of a workload.
#[must_use]
pub fn facts_of<'a>(header: &'a Header, workload: &str) -> Option<&'a WorkloadFacts> {
    header.workloads.iter().find(|facts| facts.id == workload)
}

/// Refuses a metric that neither a record nor the counts of a cell have and no workload declares.
fn check(metric: &str, run: &Run) -> Result<()> {
    let declared = run.header.workloads.iter().flat_map(|facts| &facts.metrics);
    let recorded: BTreeSet<String> =
        run.records.iter().flat_map(|record| derive(record).into_keys()).collect();
    let counted = run.counts.values().flat_map(|counts| counts.values.keys());
    ensure_known(metric, declared.chain(&recorded).chain(counted).map(String::as_str).collect())
}

/// A run file may hold any number of names of any length.
const MAX_NAMES_CHARS: usize = 1_500;

/// Refuses a metric that is not among those `known`, and names them.
///
/// # Errors
/// [`Error::Usage`].
pub fn ensure_known(metric: &str, known: BTreeSet<&str>) -> Result<()> {
    if known.contains(metric) {
        return Ok(());
    }
    let names: Vec<&str> = known.iter().copied().collect();
    let all: String =
        tminus_record::text::escape(&names.join(", ")).chars().take(MAX_NAMES_CHARS).collect();
    Err(match Error::unknown(Named::Metric, metric, known) {
        Error::Usage(text) => Error::Usage(format!("{text} (there are: {all})")),
        other => other,
    })
}

/// Returns the A/A pair: the twin against the cell that it repeats, by the workload's own metric.
fn twin(header: &Header, metric: Option<&str>, measured: &Measured<'_>) -> Option<Twin> {
    let twin = header.cells.iter().find(|cell| cell.twin)?;
    let cell = Cell { twin: false, ..twin.clone() };
    let ratio = |metric: &str| group::ratio(&twin.id(), &cell.id(), metric, measured);
    let own = metric_of(None, facts_of(header, &cell.workload));
    let ratio = metric.and_then(ratio).or_else(|| ratio(own))?;
    Some(Twin { cell, ratio })
}

#[cfg(test)]
mod tests;
