//! The good records of a run by their cells, for charts of what lies behind a median.

use std::collections::HashMap;

use tminus_harness::plan::{Cell, CellId};
use tminus_harness::record::{Outcome, Record};
use tminus_harness::store::Run;

/// The records of a run that went well, by cell.
pub(crate) struct Records<'a>(HashMap<&'a CellId, Vec<&'a Record>>);

impl<'a> Records<'a> {
    /// Looks at every record once.
    pub(crate) fn of_run(run: &'a Run) -> Self {
        let mut cells: HashMap<&CellId, Vec<&Record>> = HashMap::new();
        for record in run.records.iter().filter(|record| record.outcome == Outcome::Ok) {
            cells.entry(&record.cell).or_default().push(record);
        }
        Self(cells)
    }

    /// Those of `cell`, as they were written.
    pub(crate) fn of(&self, cell: &Cell) -> impl Iterator<Item = &'a Record> {
        self.0.get(&cell.id()).into_iter().flatten().copied()
    }

    /// All, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Record> {
        self.0.values().flatten().copied()
    }
}
