//! The cells and features that the two programs of a gate do not have in common. Cells that one of
//! them alone has cannot be compared, but are named: a change that loses a cell must not look like
//! a harmless one, and one that adds cells need not wait for a baseline that has them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tminus_record::{Cell, CellId, Header};

use crate::compare::Without;

/// The cells and features that baseline and candidate do not have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// Differences that make them hard to compare: features that the change adds, and all that was
    /// forced.
    pub differences: Vec<String>,
    /// Cells that the candidate lacks, and why.
    pub lost: Vec<Without>,
    /// Cells that the baseline lacks, and why.
    pub new: Vec<Without>,
    /// Whether lost cells are no more than cells without a comparison: the user meant it so.
    pub is_forced: bool,
}

impl Apart {
    /// Leaves to both headers the cells that a gate compares: those that both have. Floors are no
    /// executor's, and a gate has a better null control than the A/A pair.
    pub fn keep_common(baseline: &mut Header, candidate: &mut Header) -> Self {
        for header in [&mut *baseline, &mut *candidate] {
            header.cells.retain(|cell| !cell.is_floor() && !cell.twin);
        }
        let lost = missing(baseline, candidate, "the candidate");
        let new = missing(candidate, baseline, "the baseline");
        let is_lost = |cell: &Cell| lost.iter().any(|it| it.cell == cell.id().as_str());
        baseline.cells.retain(|cell| !is_lost(cell));
        candidate.cells.clone_from(&baseline.cells);
        Self { lost, new, ..Self::default() }
    }
}

/// Returns the cells of `these` that `those`, the header of `name`, lacks.
fn missing(these: &Header, those: &Header, name: &str) -> Vec<Without> {
    let known: BTreeSet<CellId> = those.cells.iter().map(Cell::id).collect();
    let ids = these.cells.iter().map(Cell::id).filter(|id| !known.contains(id));
    let reason = |id: &CellId| match those.exclusions.iter().find(|it| it.cell == *id) {
        Some(excluded) => format!("left out by {name}: {}", excluded.reason),
        None => format!("not in {name}"),
    };
    ids.map(|id| Without { reason: reason(&id), cell: id.into() }).collect()
}
