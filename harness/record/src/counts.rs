//! Counts of a cell, an op each, from a pass that times nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The counts of one cell. A count is in `values` or in `missing`, under its name with `_per_op`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// The count of an op: `polls_per_op`, `syscalls_write_per_op`.
    pub values: BTreeMap<String, f64>,
    /// How far each value can be relied on.
    pub quality: BTreeMap<String, Quality>,
    /// Why a count is not there.
    pub missing: BTreeMap<String, String>,
}

/// How far a count can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Each pass gives the same number: another number is another program.
    Exact,
    /// Passes agree to within 0.01 %.
    Repeatable,
    /// It depends on how threads happen to meet: an order of magnitude.
    Indicative,
}

impl Counts {
    /// Adds the count `name`, an op.
    pub fn add(&mut self, name: &str, value: f64, quality: Quality) {
        self.values.insert(name.into(), value);
        self.quality.insert(name.into(), quality);
    }

    /// Says why the count `name` is not there.
    pub fn lack(&mut self, name: &str, reason: &str) {
        self.missing.insert(name.into(), reason.into());
    }
}
