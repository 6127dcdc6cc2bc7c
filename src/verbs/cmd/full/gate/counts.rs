//! What the programs of a session do, counted once after its rounds and kept in its run files.

use tminus_judge::gate::OfCells;
use tminus_measure::child::Program;
use tminus_measure::profile::{self, Extent};
use tminus_measure::run::Children;
use tminus_measure::store::Writer;

use super::directory::{program_name, programs_of};
use super::session::{Sessions, Stage, is_at_its_end};

impl Sessions<'_> {
    /// Returns the counts of all cells in the program of `side`; `None` if it was interrupted. A
    /// cell that has its counts already is not counted again.
    ///
    /// # Errors
    /// The error that keeps counts from being stored.
    pub(super) fn counts(&self, side: usize) -> anyhow::Result<Option<OfCells>> {
        let header = &self.headers[side];
        let file = self.directory.join(Stage::First.file(self.names[side]));
        let (mut file, run, _) = Writer::resume(&file, header)?;
        let children = Children {
            program: Program::new(programs_of(self.directory).join(program_name(side))),
            deadline: self.bounds.deadline,
            memory_limit_bytes: self.bounds.memory_limit_bytes,
            cancel: self.bounds.cancel.clone(),
        };
        let has_ended = is_at_its_end(self.directory);
        let mut all = OfCells::new();
        for cell in &header.cells {
            let id = cell.id();
            let counts = match run.counts.get(&id) {
                Some(counts) => Ok(counts.clone()),
                None if has_ended => Err("the gate ended before it was counted".into()),
                None => match profile::count(header, cell, &children, Extent::Short) {
                    None => return Ok(None),
                    Some(Err(reason)) => Err(reason),
                    Some(Ok(counts)) => {
                        file.append_counts(&id, &counts)?;
                        Ok(counts)
                    }
                },
            };
            all.insert(id, counts);
        }
        Ok(Some(all))
    }
}
