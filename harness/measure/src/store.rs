//! The run file: JSON lines, a header, then records and counts of cells, append-only.

mod read;
mod write;
pub mod criterion;

pub use read::{TornLine, check_header, from, header_of, read};
pub use write::{Writer, write};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tminus_record::{CellId, Counts};

/// The counts of a cell as a line. Its first field tells it from a record.
#[derive(Serialize, Deserialize)]
struct CountsLine<'a> {
    counts_of: Cow<'a, CellId>,
    #[serde(flatten)]
    counts: Cow<'a, Counts>,
}

/// How such a line begins.
const COUNTS_LINE: &[u8] = b"{\"counts_of\":";

impl<'a> CountsLine<'a> {
    fn of(cell: &'a CellId, counts: &'a Counts) -> Self {
        Self { counts_of: Cow::Borrowed(cell), counts: Cow::Borrowed(counts) }
    }
}

#[cfg(test)]
mod tests;
