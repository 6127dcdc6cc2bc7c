//! Two stored runs against each other: cell by cell, or why not. No I/O.
//!
//! Runs of two moments share no round: their medians are compared, not their rounds. So what the
//! machine did between them is in every ratio. What did not change shows how much that is: the
//! floors, which no executor has a part in, and the A/A pair of each run. Both lift the margin.
//! Only a gate, which runs both sides in turns, decides over a change.

mod comparable;
mod turns;

pub use crate::evidence::Resolution;
pub use comparable::{differences, gains, notes};

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tminus_contract::error::{Error, Result};
use tminus_record::{Cell, Filter, Run};

use crate::evidence::{Chances, Evidence};
use crate::rank::sweeps::Sweeps;
use crate::side::Side;
use crate::stats::{CONFIDENCE, median};
use crate::verdict::{self, Judged, Limits, Verdict};

/// The version of [`Comparison`] as JSON.
pub const SCHEMA: u32 = 1;

/// How runs are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The factor above 1 that is important: `1.01`.
    pub margin: f64,
    /// The metric; else the first of each workload.
    pub metric: Option<String>,
    /// Compare what cannot be compared, and say so.
    pub force: bool,
}

/// Two runs, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Why the runs should not be compared; not empty only if that was forced.
    pub differences: Vec<String>,
    /// Other differences that may have moved figures: kernel, governor, quota, version of tminus.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Whether the rounds of both ran in turns and were compared pair by pair; else medians were.
    #[serde(default = "yes")]
    pub paired: bool,
    /// How far cells that no executor has a part in moved between the runs, as a factor.
    pub floors_moved: Option<f64>,
    /// The factors that the A/A pairs of the runs show.
    pub twins: [Option<f64>; 2],
    /// Cells that both runs have, in the order of the baseline.
    pub cells: Vec<Compared>,
    /// Cells without a comparison, and why.
    pub without: Vec<Without>,
}

/// A cell that both runs have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The cell.
    pub cell: Cell,
    /// The metric it was judged by.
    pub metric: String,
    /// Baseline and candidate: the median over rounds, or the quantile over all of them.
    pub medians: [f64; 2],
    /// How finely all rounds together resolve a quantile, where rounds are too short for one of
    /// their own.
    pub resolution: Option<Resolution>,
    /// Candidate to baseline, and what that says.
    pub judged: Judged,
}

/// A cell without a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Without {
    /// Its id.
    pub cell: String,
    /// Why, in one line.
    pub reason: String,
}

/// Returns true: older comparisons were always paired.
fn yes() -> bool {
    true
}

impl Comparison {
    /// Returns how many cells came out so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cells.iter().filter(|cell| cell.judged.verdict == verdict).count()
    }
}

/// Compares the cells of `candidate` with those of `baseline` that `filter` chooses.
///
/// # Errors
/// [`Error::Usage`] if the runs cannot be compared and that is not forced, if no cell is left, and
/// for a metric that neither has.
pub fn compare(
    baseline: &Run,
    candidate: &Run,
    filter: &Filter,
    options: &Options,
) -> Result<Comparison> {
    let differences = differences(&baseline.header, &candidate.header);
    if !differences.is_empty() && !options.force {
        let all = differences.join("; ");
        return Err(Error::Usage(format!("these runs cannot be compared: {all}; `--force` does")));
    }
    let metric = options.metric.as_deref();
    let sweeps = Rc::new(Sweeps::of([baseline, candidate]));
    let side = |run| Side::of(run, metric, &sweeps);
    let sides = [side(baseline)?, side(candidate)?];
    let twins = [twin_floor(&sides[0]), twin_floor(&sides[1])];
    let paired = turns::ran_in_turns(baseline, candidate);
    let chances = (!paired).then(Chances::default);
    let floors_moved = floors_moved(&sides, chances.as_ref());
    let known = [Some(1.0), floors_moved.map(distance), twins[0], twins[1]];
    let floor = known.into_iter().flatten().fold(1.0, f64::max);
    let limits = Limits { margin: options.margin, floor };
    let mut comparison = Comparison {
        schema: SCHEMA,
        differences,
        notes: notes(&baseline.header, &candidate.header),
        paired,
        floors_moved,
        twins,
        cells: Vec::new(),
        without: Vec::new(),
    };
    for cell in all_cells(&sides).filter(|cell| filter.stored(cell)) {
        match compared(&sides, cell, limits, chances.as_ref()) {
            Ok(compared) => comparison.cells.push(compared),
            Err(reason) => {
                comparison.without.push(Without { cell: cell.id().to_string(), reason });
            }
        }
    }
    if comparison.cells.is_empty() && comparison.without.is_empty() {
        return Err(Error::Usage("no cell of these runs matches the filters".into()));
    }
    Ok(comparison)
}

/// Returns a factor above 1, whichever way it goes.
fn distance(ratio: f64) -> f64 {
    ratio.max(ratio.recip())
}

/// Returns the evidence in the rounds of a cell; `apart` where the sides did not run in turns.
fn evidence(sides: [(&Side<'_>, &str); 2], metric: &str, apart: Option<&Chances>) -> Evidence {
    match apart {
        Some(chances) => Evidence::apart(sides, metric, chances),
        None => Evidence::paired(sides, metric),
    }
}

/// Returns the median over all floors that both runs have, as a factor.
fn floors_moved(sides: &[Side<'_>; 2], apart: Option<&Chances>) -> Option<f64> {
    let floors = sides[0].header.cells.iter().filter(|cell| cell.is_floor() && !cell.twin);
    let moved: Vec<f64> = floors
        .filter_map(|cell| {
            let (id, metric) = (cell.id(), sides[0].metric(cell));
            let [a, b] = sides;
            let ratio = evidence([(a, id.as_str()), (b, id.as_str())], metric, apart).ratio();
            ratio.map(f64::ln)
        })
        .collect();
    median(&moved).map(f64::exp)
}

/// Returns the noise floor that the A/A pair of a run shows.
fn twin_floor(side: &Side<'_>) -> Option<f64> {
    let twin = side.header.cells.iter().find(|cell| cell.twin)?;
    let cell = Cell { twin: false, ..twin.clone() };
    let metric = side.metric(&cell);
    let pair = Evidence::paired([(side, cell.id().as_str()), (side, twin.id().as_str())], metric);
    (pair.rounds() > 0).then(|| verdict::floor(&pair))
}

/// Returns the cells of the baseline, then those that only the candidate has.
fn all_cells<'a>(sides: &'a [Side<'_>; 2]) -> impl Iterator<Item = &'a Cell> {
    let new = sides[1].header.cells.iter();
    let new = new.filter(|cell| !sides[0].has(cell.id().as_str()));
    sides[0].header.cells.iter().chain(new).filter(|cell| !cell.twin)
}

/// Returns the comparison of `cell`, or why there is none.
fn compared(
    sides: &[Side<'_>; 2],
    cell: &Cell,
    limits: Limits,
    apart: Option<&Chances>,
) -> std::result::Result<Compared, String> {
    let id = cell.id();
    let names = ["the baseline", "the candidate"];
    for (side, name) in sides.iter().zip(names) {
        if !side.has(id.as_str()) {
            return Err(format!("{name} does not have it"));
        }
        if let Some(reason) = side.failed.get(id.as_str()) {
            return Err(format!("failed in {name}: {reason}"));
        }
    }
    let metric = sides[0].metric(cell);
    let sides = sides.each_ref().map(|side| (side, id.as_str()));
    let pair = evidence(sides, metric, apart);
    let none = || format!("no round with a `{metric}` in both");
    let (medians, resolution) = pair.levels(sides, metric).ok_or_else(none)?;
    let judged = verdict::judge_at(&pair, limits, CONFIDENCE).ok_or_else(none)?;
    Ok(Compared { cell: cell.clone(), metric: metric.into(), medians, resolution, judged })
}

#[cfg(test)]
mod tests;
