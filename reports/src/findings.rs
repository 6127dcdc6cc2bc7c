//! Sentences computed from the data: what a table or a chart shows, in words.

use tminus_harness::contract::Family;
use tminus_harness::rank::{Group, Row, higher_is_better};

use crate::chart::growth::{Growth, Line};
use crate::matrix::{Entry, Matrix, MatrixRow};
use crate::number::{self, Unit};
use crate::words;

/// Executors named in full in a sentence about a tie; the others are counted.
const MAX_NAMES: usize = 3;

/// The finding of a ranking with its subject: `Echo, connections 50: heap has the lowest ...`.
#[must_use]
pub fn ranked_title(group: &Group) -> String {
    format!("{}: {}", words::group(group), ranked(group))
}

/// The finding of a ranking: who is best, and how far off is the next.
#[must_use]
pub fn ranked(group: &Group) -> String {
    let ranked: Vec<&Row> = group.rows.iter().filter(|row| row.rank.is_some()).collect();
    let Some(best) = ranked.first() else {
        return if group.rows.iter().any(|row| row.median.is_some()) {
            "too few rounds to rank".into()
        } else {
            "nothing could be measured".into()
        };
    };
    let lowest = if higher_is_better(&group.metric) { "highest" } else { "lowest" };
    let tied: Vec<&&Row> = ranked
        .iter()
        .enumerate()
        .filter(|(at, row)| *at == 0 || row.about_best)
        .map(|at| at.1)
        .collect();
    let next = ranked.iter().skip(1).find(|row| !row.about_best);
    let metric = words::metric(&group.metric, &group.op);
    let unit = Unit::of(&group.metric);
    let value = number::value(unit, best.median.unwrap_or(f64::NAN), best.interval);
    let lead = match tied.len() {
        1 if ranked.len() == 1 => format!("{} has a {metric} of {value}", name(best)),
        1 => format!("{} has the {lowest} {metric}, {value}", name(best)),
        count if count == ranked.len() && count > MAX_NAMES => {
            format!("all {count} are about equal in {metric}, {value}")
        }
        _ => format!("{} are about best in {metric}, {value}", names(&tied)),
    };
    match next.and_then(|next| Some((next, next.ratio.as_ref()?))) {
        Some((next, ratio)) => {
            format!("{lead}; the next, {}, needs {}", name(next), number::factor(ratio))
        }
        None => lead,
    }
}

/// As [`ranked`], and where a loop of this project is best: who is the nearest that is in
/// production use.
#[must_use]
pub fn ranked_with_production(group: &Group) -> String {
    let finding = ranked(group);
    let mut ranked = group.rows.iter().filter(|row| row.rank.is_some());
    let own = |row: &&Row| row.family == Family::Hand;
    let best_is_own = ranked.clone().next().as_ref().is_some_and(own);
    let nearest = ranked.find(|row| !own(row)).filter(|_| best_is_own);
    match nearest.and_then(|row| Some((row, row.ratio.as_ref()?))) {
        Some((row, ratio)) => {
            let factor = number::factor(ratio);
            format!(
                "{finding}; the nearest from outside this project is {} with {factor}",
                name(row)
            )
        }
        None => finding,
    }
}

/// What the chart of a ranking shows, for those who do not see it.
#[must_use]
pub fn ranked_description(group: &Group) -> String {
    let rows: Vec<String> = group.rows.iter().map(|row| self::row(group, row)).collect();
    format!("Executors from best to worst. {}.", rows.join(". "))
}

/// One row in words: value, interval, factor, rank and rounds.
#[must_use]
pub fn row(group: &Group, row: &Row) -> String {
    let unit = Unit::of(&group.metric);
    let mut parts: Vec<String> = Vec::new();
    if let Some(median) = row.median {
        parts.push(number::value(unit, median, row.interval));
        if let Some(ends) = row.interval {
            parts.push(format!("95 % interval {}", number::interval(unit, median, ends)));
        }
    }
    if let Some(ratio) = &row.ratio {
        let about = if row.about_best { ", about best" } else { "" };
        parts.push(format!("{} the best{about}", number::factor(ratio)));
    }
    if row.rank.is_some() {
        parts.push(format!("rank {}", words::rank(row)));
    }
    match words::reason(row) {
        Some((word, reason)) => parts.push(format!("{word}: {reason}")),
        None => parts.push(words::count(row.rounds.into(), "round")),
    }
    format!("{}: {}", name(row), parts.join(", "))
}

fn name(row: &Row) -> String {
    words::executor(&row.cell)
}

fn names(rows: &[&&Row]) -> String {
    let shown: Vec<String> = rows.iter().take(MAX_NAMES).map(|row| name(row)).collect();
    let hidden = rows.len() - shown.len();
    if hidden > 0 {
        return format!("{} and {} more", shown.join(", "), number::whole(hidden as u64));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

/// The finding of a growth chart with its subject: whose cost grows least and most.
#[must_use]
pub fn growth_title(growth: &Growth) -> String {
    let sizes = growth.sizes();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return growth.subject();
    };
    let span = |size: u64| words::param_short(&growth.param, size);
    let param = words::param(&growth.param);
    let against = format!("at {param} {} as at {}", span(*last), span(*first));
    let mut grown: Vec<(f64, &str)> = growth
        .lines
        .iter()
        .filter(|line| line.family != Family::Floor)
        .filter_map(|line| Some((grown(line, *first, *last)?, line.name.as_str())))
        .collect();
    grown.sort_by(|a, b| a.0.total_cmp(&b.0));
    let metric = words::metric(&growth.metric, &growth.op);
    let subject = growth.subject();
    match grown.as_slice() {
        [] => format!("{subject}: {metric} by {param}"),
        [(factor, name)] => {
            format!(
                "{subject}: {metric} is {}× as high {against} on {name}",
                number::plain(*factor)
            )
        }
        [(least, flat), .., (most, steep)] => format!(
            "{subject}: {metric} is {}× ({flat}) to {}× ({steep}) as high {against}",
            number::plain(*least),
            number::plain(*most)
        ),
    }
}

/// What the last size costs against the first.
fn grown(line: &Line, first: u64, last: u64) -> Option<f64> {
    let at = |size: u64| line.points.iter().find(|point| point.0 == size).map(|point| point.1);
    Some(at(last)? / at(first)?)
}

/// What a growth chart shows, for those who do not see it.
#[must_use]
pub fn growth_description(growth: &Growth) -> String {
    let lines: Vec<String> = growth.lines.iter().map(|line| growth_line(growth, line)).collect();
    format!("{}.", lines.join(". "))
}

/// One line in words: its values by size.
#[must_use]
pub fn growth_line(growth: &Growth, line: &Line) -> String {
    let unit = Unit::of(&growth.metric);
    let point = |(size, median): &(u64, f64)| {
        format!("{} at {}", number::value(unit, *median, None), number::whole(*size))
    };
    let points: Vec<String> = line.points.iter().map(point).collect();
    format!("{}: {}", line.name, points.join(", "))
}

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
    let entry = |(column, entry): (&crate::matrix::Column, &Entry)| match entry {
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
