//! The finding of the matrix: which executor is best over all, and how often.

use tminus_contract::Family;
use tminus_judge::rank::Standing;

use super::{listed, sentences};
use crate::model::matrix::{Column, Entry, Matrix, MatrixRow};
use crate::words::{self, number};

/// Returns the finding of the matrix: which executor is best over all, and how many columns it
/// leads. Those whose means cannot be told from the smallest lead together.
#[must_use]
pub fn matrix_title(matrix: &Matrix) -> String {
    let columns = words::count(matrix.columns.len() as u64, "column");
    let Some(first) = matrix.rows.first() else {
        return "Nothing was measured".into();
    };
    let Some(mean) = first.mean.map(number::plain) else {
        return "Slowdown against the fastest executor of each column".into();
    };
    if matrix.rows.len() == 1 {
        return format!("{} is alone in {columns}", first.name);
    }
    let more = |known, row| if times_best(row) > times_best(known) { row } else { known };
    let most = matrix.rows.iter().fold(first, more);
    let best = words::standing(Standing::Best);
    let often = match times_best(most) {
        0 => format!("noise leaves none {best} in any column"),
        times => format!("{} is {best} most often, in {times} of {columns}", most.name),
    };
    let compared = |row: &&MatrixRow| row.mean.is_some() && !(row.yardstick && row.place.is_none());
    let with_means: Vec<&MatrixRow> = matrix.rows.iter().filter(compared).collect();
    match matrix.leaders(&with_means) {
        None => format!(
            "{} has the smallest geometric mean, {mean}× the fastest; too few rounds to tell which is best",
            first.name
        ),
        Some(leaders) if leaders.len() > 1 => {
            format!("{}; {often}", together(first, &leaders, with_means.len()))
        }
        Some(_) if times_best(most) == times_best(first) && times_best(first) > 0 => format!(
            "{} is best over all: {mean}× the fastest in the geometric mean, {best} in {} of {columns}",
            first.name,
            times_best(first),
        ),
        Some(_) => format!(
            "{} is best over all ({mean}× the fastest in the geometric mean); {often}",
            first.name
        ),
    }
}

/// Says which of `all` lead together. Most of them lead nothing: what they have in common is the
/// noise.
fn together(first: &MatrixRow, leaders: &[&MatrixRow], all: usize) -> String {
    let (count, mean) = (leaders.len(), first.mean.map(number::plain).unwrap_or_default());
    if count > 2 && 2 * count > all {
        return format!(
            "{} has the smallest geometric mean, {mean}× the fastest, but noise leaves open which is best \
             over all: {count} of {all} may be",
            first.name
        );
    }
    format!(
        "{} lead over all, too near to tell apart ({} the fastest in the geometric mean)",
        names(leaders),
        span(leaders)
    )
}

/// Names the best over all of the executors that people ship, where a loop of this project is best
/// over all.
#[must_use]
pub fn shipped(matrix: &Matrix) -> Option<String> {
    matrix.rows.first().filter(|row| row.family == Family::Hand)?;
    let shipped =
        |row: &&MatrixRow| row.family != Family::Hand && row.mean.is_some() && !row.yardstick;
    let rows: Vec<&MatrixRow> = matrix.rows.iter().filter(shipped).collect();
    let first = *rows.first()?;
    let with = |row: &MatrixRow| format!("{} with {}", row.name, span(&[row]));
    let next = rows.get(1).map(|next| format!(", then {}", with(next))).unwrap_or_default();
    let finding = match matrix.leaders(&rows) {
        None => format!("{} has the smallest geometric mean, {}{next}", first.name, span(&[first])),
        Some(leaders) if leaders.len() > 1 => {
            format!("{} lead with {}, too near to tell apart", names(&leaders), span(&leaders))
        }
        Some(_) => format!("{} is best over all with {}{next}", first.name, span(&[first])),
    };
    Some(format!("Of the executors that people ship, {finding}"))
}

/// Returns how to read the matrix.
#[must_use]
pub fn matrix_note(matrix: &Matrix) -> String {
    format!(
        "slowdown against the fastest executor of each column, 1.00 = fastest; framed = {}; ? = {}; the \
         others are {}; – = not measured or without a ratio; rows by geometric mean over the {} that \
         they have in common",
        words::standing(Standing::Best),
        words::standing(Standing::CannotTell),
        words::standing(Standing::Slower),
        words::count(matrix.common.len() as u64, "column")
    )
}

/// Describes the matrix for readers who do not see it.
#[must_use]
pub fn matrix_description(matrix: &Matrix) -> String {
    let rows = sentences(matrix.rows.iter().map(|row| matrix_row(matrix, row)));
    format!("Slowdowns, rows from best to worst. {rows}")
}

/// Describes one row of the matrix.
#[must_use]
pub fn matrix_row(matrix: &Matrix, row: &MatrixRow) -> String {
    let mean = row.mean.map_or_else(
        || "no geometric mean, since columns are missing".into(),
        |mean| format!("geometric mean {}×", number::plain(mean)),
    );
    let place = match words::place(row.place) {
        place if place.is_empty() => place,
        place => format!(", place {place}"),
    };
    let entry = |(column, entry): (&Column, &Entry)| match entry {
        Entry::Ratio { factor, standing, .. } => {
            let standing = words::standing(*standing);
            format!("{} {} ({standing})", column.title(), number::factor(factor))
        }
        Entry::Reason(reason) => format!("{} {reason}", column.title()),
        Entry::Missing => format!("{} not in the run", column.title()),
    };
    let entries: Vec<String> = matrix.columns.iter().zip(&row.entries).map(entry).collect();
    format!("{}: {mean}{place}; {}", row.name, entries.join("; "))
}

/// Returns in how many columns an executor is best or equivalent.
fn times_best(row: &MatrixRow) -> usize {
    row.entries.iter().filter(|entry| entry.standing() == Some(Standing::Best)).count()
}

fn names(rows: &[&MatrixRow]) -> String {
    listed(&rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>())
}

/// Formats the range from the smallest mean to the largest: `1.27×`, `1.27× to 1.29×`.
fn span(rows: &[&MatrixRow]) -> String {
    let means = rows.iter().filter_map(|row| row.mean);
    let mut means = means.map(|mean| format!("{}×", number::plain(mean)));
    let first = means.next().unwrap_or_default();
    match means.next_back().filter(|last| *last != first) {
        Some(last) => format!("{first} to {last}"),
        None => first,
    }
}

#[cfg(test)]
mod tests {
    use tminus_judge::rank::{Interval, Ratio};
    use tminus_judge::verdict::Limits;

    use super::*;

    /// In four columns each executor is so many times slower, known to the share `spread`.
    fn matrix(rows: &[(&str, Family, f64)], spread: Option<f64>) -> Matrix {
        let column = |at: usize| Column {
            id: "work".into(),
            workload: "Work".into(),
            category: String::new(),
            params: format!("tasks {at}"),
            metric: "wall time".into(),
            param: "tasks".into(),
            values: Vec::new(),
        };
        let row = |(name, family, mean): &(&str, Family, f64)| {
            let interval =
                spread.map(|by| Interval { low: mean * (1.0 - by), high: mean * (1.0 + by) });
            let factor = Ratio { median: *mean, interval, rounds: 12 };
            let standing = if *mean < 1.3 { Standing::Best } else { Standing::Slower };
            MatrixRow {
                name: (*name).into(),
                executor: (*name).into(),
                family: *family,
                suspect: false,
                yardstick: false,
                entries: vec![Entry::Ratio { factor, standing, level: *mean }; 4],
                mean: Some(*mean),
                place: None,
            }
        };
        Matrix {
            columns: (0..4).map(column).collect(),
            rows: rows.iter().map(row).collect(),
            common: (0..4).collect(),
            flips: Vec::new(),
            suspicions: Vec::new(),
            limits: Limits { margin: 1.001, floor: 1.0 },
        }
    }

    const ROWS: [(&str, Family, f64); 4] = [
        ("loop", Family::Hand, 1.0),
        ("a", Family::Tokio, 1.27),
        ("b", Family::Smol, 1.28),
        ("c", Family::Smol, 1.4),
    ];

    #[test]
    fn who_is_told_from_the_next_is_best() {
        let matrix = matrix(&ROWS, Some(0.001));
        assert_eq!(
            matrix_title(&matrix),
            "loop is best over all: 1.00× the fastest in the geometric mean, best or equivalent in 4 of 4 columns"
        );
        let expected =
            "Of the executors that people ship, a is best over all with 1.27×, then b with 1.28×";
        assert_eq!(shipped(&matrix).as_deref(), Some(expected));
    }

    #[test]
    fn those_that_noise_leaves_together_lead_together() {
        // 0.8 % lie between them, and (0.02² + 0.02²)^½ / 4^½ = 1.4 % cannot be seen.
        let near = matrix(&ROWS, Some(0.02));
        let expected = "Of the executors that people ship, a and b lead with 1.27× to 1.28×, too near to \
                        tell apart";
        assert_eq!(shipped(&near).as_deref(), Some(expected));
        assert!(matrix_title(&near).starts_with("loop is best over all"));
        assert_eq!(
            matrix_title(&matrix(&ROWS[1..], Some(0.02))),
            "a and b lead over all, too near to tell apart (1.27× to 1.28× the fastest in the geometric \
             mean); a is best or equivalent most often, in 4 of 4 columns"
        );
    }

    #[test]
    fn where_noise_leaves_most_together_none_is_said_to_lead() {
        let title = matrix_title(&matrix(&ROWS, Some(0.9)));
        let all = ROWS.len();
        let open = format!("noise leaves open which is best over all: {all} of {all} may be");
        assert!(
            title.starts_with("loop has the smallest geometric mean") && title.contains(&open),
            "{title}"
        );
    }

    #[test]
    fn without_intervals_nobody_is_said_to_be_best() {
        let few = matrix(&ROWS, None);
        assert_eq!(
            matrix_title(&few),
            "loop has the smallest geometric mean, 1.00× the fastest; too few rounds to tell which is best"
        );
        let shipped = shipped(&few).expect("there are some");
        assert!(shipped.contains("a has the smallest geometric mean, 1.27×, then b"), "{shipped}");
    }
}
