//! Every metric of every cell, round by round: for comparisons that the tables of a ranking do not
//! hold, with the same pairing and the same intervals as theirs. No I/O.

use tminus_record::{CellId, Run};

use super::group;
use super::measured::Measured;
use super::standing::{self, Placed};
use super::{Interval, Ratio};
use crate::ratio::Limits;
use crate::stats::{CONFIDENCE, median_interval};

/// The figures of the rounds of a run.
#[derive(Debug)]
pub struct Rounds<'a>(Measured<'a>);

impl<'a> Rounds<'a> {
    /// Makes all of `run`.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        Self(Measured::of(run))
    }

    /// Returns round and value of `metric` in each round of `cell` that went well, in the order of
    /// writing.
    pub fn values(&self, cell: &CellId, metric: &str) -> Vec<(u32, f64)> {
        group::values(cell, metric, &self.0).collect()
    }

    /// Returns the median of `metric` over the rounds of `cell` with its 95 % interval; `None`
    /// without a value.
    #[must_use]
    pub fn median(&self, cell: &CellId, metric: &str) -> Option<(f64, Option<Interval>)> {
        let values: Vec<f64> =
            group::values(cell, metric, &self.0).map(|(_, value)| value).collect();
        let estimate = median_interval(&values, CONFIDENCE)?;
        Some((estimate.value, estimate.interval.map(Interval::from)))
    }

    /// Compares `cells` with the best of them in `metric`, as tables compare the cells of a group:
    /// one entry a cell, `None` for one without a value.
    #[must_use]
    pub fn field(&self, cells: &[CellId], metric: &str, limits: Limits) -> Vec<Option<Placed>> {
        standing::field(cells, metric, limits, &self.0).placed
    }

    /// Returns the ratio of `cell` to `other` in `metric`, paired by round; `None` without a common
    /// round or with values that have no ratio.
    #[must_use]
    pub fn ratio(&self, cell: &CellId, other: &CellId, metric: &str) -> Option<Ratio> {
        group::ratio(cell, other, metric, &self.0)
    }
}
