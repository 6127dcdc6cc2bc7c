//! The counts of an op in words: their names over columns, and their values.

use tminus_record::{Counts, Quality};

use super::number::{self, Unit};

/// Stands where a count is missing.
const NONE: &str = "–";

/// Returns the name of a count as it stands over its column.
#[must_use]
pub fn head(name: &str) -> String {
    name.strip_suffix("_per_op").unwrap_or(name).replace('_', " ")
}

/// Returns a count; an indicative one with a mark.
#[must_use]
pub fn value(counts: &Counts, name: &str) -> String {
    let Some((value, _)) = counts.of(name) else { return NONE.into() };
    let text = match value {
        0.0 => "0".into(),
        value => number::value(Unit::of(name), value, None),
    };
    match counts.quality.get(name) {
        Some(Quality::Indicative) => format!("~{text}"),
        Some(Quality::Exact | Quality::Repeatable) | None => text,
    }
}
