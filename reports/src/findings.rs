//! Sentences computed from the data: what a table or a chart shows, in words.

pub mod compare;
mod counted;
mod crossing;
mod drift;
pub mod explain;
mod gate;
mod growth;
mod load;
mod matrix;
mod memory;
mod ranked;
mod samples;
mod scaling;
mod standing;
mod tail;
mod timeline;
mod trend;
mod why;
pub mod versions;

pub use counted::{amount, count_change, count_name, counted};
pub use crossing::{CROSSINGS_NOTE, crossing, crossings_subject, crossings_told};
pub use drift::{course, drift_description, drift_title};
pub use gate::sentence as gate_title;
pub use growth::{growth_description, growth_line, growth_title};
pub use load::{load_description, load_line, load_title};
pub use matrix::{matrix_description, matrix_note, matrix_row, matrix_title, shipped};
pub use memory::{memory_description, memory_title, spot};
pub use ranked::{in_short, ranked, ranked_description, ranked_title, row};
pub use samples::{samples_description, samples_title, spread};
pub use scaling::{scaling_description, scaling_line, scaling_note, scaling_title, scaling_told};
pub use standing::{BELOW_ONE, below_one, flips, standing_note};
pub use tail::{percentile, tail_description, tail_line, tail_title};
pub use timeline::{timeline_description, timeline_task, timeline_title};
pub use trend::{change, trend_description, trend_title};
pub use versions::sentence as versions_title;
pub use why::why;

use crate::words::number;

/// Names in full in a sentence about a tie; the others are counted.
const MAX_NAMES: usize = 3;

/// Joins sentences without a full stop into a text.
fn sentences(all: impl Iterator<Item = String>) -> String {
    format!("{}.", all.collect::<Vec<_>>().join(". "))
}

/// Returns `a`, `a and b`, `a, b and c`, `a, b, c and 2 more`.
fn listed(names: &[String]) -> String {
    let (shown, hidden) = names.split_at(names.len().min(MAX_NAMES));
    match shown.split_last() {
        _ if !hidden.is_empty() => {
            format!("{} and {} more", shown.join(", "), number::whole(hidden.len() as u64))
        }
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}
