//! What is known of the releases of a crate, cell by cell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_record::Cell;

use crate::compare::Without;
use crate::gate::Options;
use crate::rank::Interval;
use crate::verdict::{Judged, Verdict};

/// The version of [`Versions`] as JSON.
pub const SCHEMA: u32 = 1;

/// Many releases of a crate, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The crate.
    #[serde(rename = "crate")]
    pub name: String,
    /// All releases that were asked for, in order.
    pub releases: Vec<Release>,
    /// Every cell that at least two releases complete.
    pub cells: Vec<Tracked>,
    /// Cells without a comparison, and why.
    pub without: Vec<Without>,
    /// Cells whose null control shows a difference that is none: the environment is unfit.
    pub biased: Vec<String>,
    /// How it was judged.
    pub options: Options,
}

/// A release of the crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// Why it was not measured; `None` where it was.
    pub left_out: Option<String>,
}

/// A cell over the releases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    /// The cell.
    pub cell: Cell,
    /// The metric it was judged by.
    pub metric: String,
    /// A figure of each release that completes the cell, in order.
    pub figures: Vec<Figure>,
    /// Each of these but the first, held against the one before it.
    pub steps: Vec<Step>,
    /// The last held against the first, where there are more than two.
    pub whole: Option<Step>,
    /// Releases in which the cell fails.
    pub failed: Vec<Failed>,
}

/// The figure of one release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The release.
    pub version: String,
    /// The median over rounds.
    pub median: f64,
    /// Its interval; `None` with too few rounds.
    pub interval: Option<Interval>,
    /// Counts an op beside the metric: medians over rounds, by their names.
    pub counts: BTreeMap<String, f64>,
}

/// One release held against another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The release that is the yardstick.
    pub from: String,
    /// The later one.
    pub to: String,
    /// The medians of both.
    pub medians: [f64; 2],
    /// The judgement of the first session, corrected for the number of steps.
    pub judged: Judged,
    /// The chance of so many rounds beyond the margin if there were no change beyond it, corrected
    /// for the interim looks and for the number of steps of all cells.
    pub p_changed: f64,
    /// The judgement of the second session, where there was one.
    pub confirmed: Option<Judged>,
    /// The verdict of both.
    pub verdict: Verdict,
}

/// A release in which a cell fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The release.
    pub version: String,
    /// Why, in one line.
    pub reason: String,
}

impl Tracked {
    /// Returns the steps, and the whole after them.
    pub fn all(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.whole)
    }
}

impl Step {
    /// Returns whether the cost changed, for better or worse.
    #[must_use]
    pub fn is_change(&self) -> bool {
        matches!(self.verdict, Verdict::Regressed | Verdict::Improved)
    }

    /// Returns whether the step alone had been a change, but is not among so many: more rounds may
    /// tell.
    #[must_use]
    pub fn is_suspected(&self) -> bool {
        let margin = self.judged.limits.effective();
        let is_beyond = |ends: Interval| ends.low > margin || ends.high < margin.recip();
        let is_open = self.verdict == Verdict::Inconclusive && self.confirmed.is_none();
        is_open && self.judged.ratio.interval.is_some_and(is_beyond)
    }

    /// Returns the largest factor that the cost may have changed by, either way, where that is not
    /// told; else 1.
    #[must_use]
    pub fn could_hide(&self) -> f64 {
        if self.verdict != Verdict::Inconclusive {
            return 1.0;
        }
        let ends = self.confirmed.unwrap_or(self.judged).ratio.interval;
        ends.map_or(f64::INFINITY, |ends| ends.high.max(ends.low.recip()))
    }
}
