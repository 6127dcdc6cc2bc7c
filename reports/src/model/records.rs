//! The good records of a run by their cells, for charts of what lies behind a median.

use std::collections::HashMap;

use tminus_judge::stats::median;
use tminus_record::{Cell, CellId, Outcome, Record, Run};

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

    /// Returns the records of `cell`, as they were written.
    pub(crate) fn of(&self, cell: &Cell) -> impl Iterator<Item = &'a Record> {
        self.0.get(&cell.id()).into_iter().flatten().copied()
    }

    /// Returns the median over rounds of a figure that the children gave by name.
    pub(crate) fn median(&self, cell: &Cell, figure: &str) -> Option<f64> {
        let values = self.of(cell).filter_map(|record| record.metrics.get(figure).copied());
        median(&values.collect::<Vec<f64>>())
    }

    /// Returns all records, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Record> {
        self.0.values().flatten().copied()
    }
}
