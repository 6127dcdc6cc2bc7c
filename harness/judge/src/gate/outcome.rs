//! The result of a gate: its end and each of its cells.

use serde::{Deserialize, Serialize};
use tminus_record::Cell;

use super::{Counted, Options};
use crate::compare::{Resolution, Without};
use crate::rank::{Interval, Ratio};
use crate::verdict::{Judged, Verdict};

/// The version of [`Gate`] as JSON.
pub const SCHEMA: u32 = 1;

/// The result of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The whole in one word.
    pub end: End,
    /// Every cell that could be compared.
    pub cells: Vec<Gated>,
    /// Cells without a comparison, and why.
    pub without: Vec<Without>,
    /// Cells that fail in the candidate alone.
    pub broken: Vec<Broken>,
    /// Cells whose null control shows a difference that is none: the environment is unfit.
    pub biased: Vec<String>,
    /// Differences that make the two programs hard to compare: features that the change adds, and
    /// all that was forced.
    #[serde(default)]
    pub differences: Vec<String>,
    /// Cells among [`without`](Self::without) that the change took away: the gate cannot pass.
    #[serde(default)]
    pub lost: Vec<String>,
    /// Cells among [`without`](Self::without) that are new: nothing speaks against them.
    #[serde(default)]
    pub new: Vec<String>,
    /// What exact counts say: apart from times, and without statistics.
    #[serde(default)]
    pub counts: Counted,
    /// How it was judged.
    pub options: Options,
}

/// How a gate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// No regression, and none that could have hidden beyond the limit of detection.
    Pass,
    /// At least one cell regressed, and again when it was confirmed.
    Regressed,
    /// At least one cell regressed in the first session; it waits for its confirmation.
    Flagged,
    /// No regression was found, but some cell could hide one, or is gone.
    Inconclusive,
    /// The null control shows a difference.
    Unfit,
}

/// One cell of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gated {
    /// The cell.
    pub cell: Cell,
    /// The metric it was judged by.
    pub metric: String,
    /// Baseline and candidate: the median over rounds, or the quantile over all of them.
    pub medians: [f64; 2],
    /// How finely all rounds together resolve a quantile, where rounds are too short for one of
    /// their own.
    pub resolution: Option<Resolution>,
    /// The judgement of the first session, corrected for the number of cells.
    pub judged: Judged,
    /// The smallest ratio that so many rounds of the baseline against its own copy could have told
    /// from none; `None` with too few of them.
    #[serde(default)]
    pub noise: Option<f64>,
    /// The judgement of the second session, where there was one.
    pub confirmed: Option<Judged>,
    /// The verdict of both.
    pub verdict: Verdict,
    /// Candidate to baseline in wall time, beside a metric that is another.
    pub wall_ratio: Option<f64>,
    /// The tails that the workload declares, beside what decides: shown, not judged.
    pub tails: Vec<Tail>,
}

/// A cell that fails in the candidate and not in the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its id.
    pub cell: String,
    /// Whether it failed in the second session too, where there was one.
    pub again: Option<bool>,
}

/// A quantile that is shown beside what decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// `lateness_p99_ns`.
    pub metric: String,
    /// Candidate to baseline.
    pub ratio: Ratio,
}

impl Gated {
    /// Returns whether the cell is open and its own null control varies by more than the limit of
    /// detection, or could not have told so much from none: then nothing speaks against the change,
    /// but against the cell. Those of several workers that run in one of two ways are often so.
    /// What was flagged, or costs more by more than the margin, or than the limit of detection
    /// where noise lifts the margin above it, speaks against the change.
    #[must_use]
    pub fn is_unsteady(&self, options: &Options) -> bool {
        let (limits, detect) = (self.judged.limits, options.detect_of(&self.cell));
        let is_loud = limits.floor > detect || self.noise.is_some_and(|noise| noise > detect);
        let least = limits.effective().min(detect);
        let is_clean = self.confirmed.is_none() && self.judged.ratio.median <= least;
        self.is_open(options) && is_loud && is_clean
    }

    /// Returns whether the cell alone had regressed, but not among so many: more rounds may tell.
    #[must_use]
    pub fn is_suspected(&self) -> bool {
        let margin = self.judged.limits.effective();
        let is_beyond = self.judged.ratio.interval.is_some_and(|interval| interval.low > margin);
        self.verdict == Verdict::Inconclusive && self.confirmed.is_none() && is_beyond
    }

    /// Returns whether the cell could hide a regression of more than the limit of detection.
    #[must_use]
    pub fn is_open(&self, options: &Options) -> bool {
        self.verdict == Verdict::Inconclusive && self.could_hide() > options.detect_of(&self.cell)
    }

    /// Returns the largest factor that the cell may have regressed by and gone unnoticed: by the
    /// second session, where there was one.
    #[must_use]
    pub fn could_hide(&self) -> f64 {
        let high = |interval: Interval| interval.high;
        self.confirmed.unwrap_or(self.judged).ratio.interval.map_or(f64::INFINITY, high)
    }
}
