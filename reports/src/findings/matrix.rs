//! What the matrix shows: who is best over all, and how often.

use tminus_harness::contract::Family;

use crate::matrix::{Column, Entry, Matrix, MatrixRow};
use crate::number;
use crate::words;

/// The finding of the matrix: who is best over all, and how many columns it leads.
#[must_use]
pub fn matrix_title(matrix: &Matrix) -> String {
    let leads = |row: &MatrixRow| {
        let best = |entry: &&Entry| matches!(entry, Entry::Ratio { about_best: true, .. });
        row.entries.iter().filter(best).count()
    };
    let columns = words::count(matrix.columns.len() as u64, "column");
    let Some(first) = matrix.rows.first() else {
        return "Nothing was measured".into();
    };
    let most = matrix.rows.iter().max_by_key(|row| leads(row)).unwrap_or(first);
    match first.mean {
        None => "Slowdown against the fastest executor of each column".into(),
        Some(_) if matrix.rows.len() == 1 => format!("{} is alone in {columns}", first.name),
        Some(mean) if most.name == first.name || leads(most) == leads(first) => format!(
            "{} is best over all: {}× the fastest in the geometric mean, about best in {} of {columns}",
            first.name,
            number::plain(mean),
            leads(first),
        ),
        Some(mean) => format!(
            "{} is best over all ({}× the fastest in the geometric mean); {} is about best most often, \
             in {} of {columns}",
            first.name,
            number::plain(mean),
            most.name,
            leads(most),
        ),
    }
}

/// Who is best over all among those that people ship, where a loop of this project is best over all.
#[must_use]
pub fn shipped(matrix: &Matrix) -> Option<String> {
    matrix.rows.first().filter(|row| row.family == Family::Hand)?;
    let shipped = matrix.rows.iter().filter(|row| row.family != Family::Hand);
    let mut means = shipped.filter_map(|row| Some((row.name.as_str(), row.mean?)));
    let (first, mean) = means.next()?;
    let next =
        means.next().map(|(name, mean)| format!(", then {name} with {}×", number::plain(mean)));
    Some(format!(
        "Of the executors that people ship, {first} is best over all with {}×{}",
        number::plain(mean),
        next.unwrap_or_default()
    ))
}

/// What the matrix shows, for those who do not see it.
#[must_use]
pub fn matrix_description(matrix: &Matrix) -> String {
    let rows: Vec<String> = matrix.rows.iter().map(|row| matrix_row(matrix, row)).collect();
    format!("Slowdowns, rows from best to worst. {}.", rows.join(". "))
}

/// One row of the matrix in words.
#[must_use]
pub fn matrix_row(matrix: &Matrix, row: &MatrixRow) -> String {
    let mean = row.mean.map_or_else(
        || "no geometric mean, since columns are missing".into(),
        |mean| format!("geometric mean {}×", number::plain(mean)),
    );
    let entry = |(column, entry): (&Column, &Entry)| match entry {
        Entry::Ratio { factor, about_best } => {
            let about = if *about_best { " (about best)" } else { "" };
            format!("{} {}{about}", column.title(), number::factor(factor))
        }
        Entry::Reason(reason) => format!("{} {reason}", column.title()),
        Entry::Missing => format!("{} not in the run", column.title()),
    };
    let entries: Vec<String> = matrix.columns.iter().zip(&row.entries).map(entry).collect();
    format!("{}: {mean}; {}", row.name, entries.join("; "))
}
