//! A ratio with its interval, and the limits that it is held against.

use serde::{Deserialize, Serialize};

/// An interval that holds the true value in 95 of 100 runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Returns whether it includes 1: then, being that of a ratio, it tells no difference.
    #[must_use]
    pub fn includes_one(&self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }
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

/// The limits that a comparison is held against; all are factors above 1: `1.01` is one per cent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The change that the user calls important.
    pub margin: f64,
    /// The noise floor that two copies of the same program show here.
    pub floor: f64,
}

impl Limits {
    /// Returns the margin that counts: the larger of both.
    #[must_use]
    pub fn effective(&self) -> f64 {
        self.margin.max(self.floor)
    }

    /// Returns whether the floor lifts the margin above twice what was asked for: then nothing that
    /// lies inside may be called equivalent.
    #[must_use]
    pub fn lifted_too_far(&self) -> bool {
        self.floor.ln() > 2.0 * self.margin.ln()
    }
}
