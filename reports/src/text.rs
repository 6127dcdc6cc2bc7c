//! The ranking for a terminal: a table for each workload and size, then what failed and what was
//! left out. Gives text and prints nothing.

pub(crate) mod table;

use tminus_harness::rank::{Group, Ranking, Row};

use crate::escape::terminal;
use crate::findings;
use crate::number::{self, Unit};
use crate::words;
use table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_painted, push_table, push_wrapped,
    push_wrapped_painted,
};

/// How the table is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences for colour and weight are allowed.
    pub color: bool,
}

impl Default for Style {
    /// 100 columns without colour, as a pipe gets it.
    fn default() -> Self {
        Self { width: 100, color: false }
    }
}

/// `ranking` as tables, ending in a line end.
#[must_use]
pub fn ranking(ranking: &Ranking, style: &Style) -> String {
    let mut out = String::new();
    for group in &ranking.groups {
        table(&mut out, group, style);
    }
    unmeasured(&mut out, ranking, "failed", RED, style);
    unmeasured(&mut out, ranking, "excluded", DIM, style);
    in_short(&mut out, ranking, style);
    out
}

/// A sentence for each workload and one for the noise: the last lines are those that are read.
fn in_short(out: &mut String, ranking: &Ranking, style: &Style) {
    if ranking.groups.is_empty() {
        return;
    }
    push_painted(out, "in short", BOLD, style);
    for group in findings::largest(ranking) {
        let finding = findings::in_short(group);
        let text = format!("  {}: {finding}", words::group(group));
        push_wrapped(out, &terminal(&text), style);
    }
    if let Some(twin) = &ranking.twin {
        let id = terminal(twin.cell.id().as_str());
        let change = number::change(&twin.ratio);
        let text = format!("  A/A, {id} run twice: {change}");
        push_wrapped(out, &text, style);
    }
}

const COLUMNS: Columns = Columns {
    head: ["rank", "executor", "median", "95 % interval", "factor", ""],
    right: [true, false, true, true, true, false],
    name: 1,
    spare: 3,
};

fn table(out: &mut String, group: &Group, style: &Style) {
    let metric = words::metric(&group.metric, &group.op);
    let title = format!("{}: {metric}", words::group(group));
    push_wrapped_painted(out, &terminal(&title), BOLD, style);
    let unit = Unit::of(&group.metric);
    let measured = group.rows.iter().filter(|row| row.median.is_some());
    let lines: Vec<Line> = measured.map(|row| line(row, unit)).collect();
    push_table(out, &COLUMNS, lines, style);
    out.push('\n');
}

fn line(row: &Row, unit: Unit) -> Line {
    let median = row.median.unwrap_or(f64::NAN);
    let factor = row.ratio.as_ref().map_or_else(String::new, number::factor);
    let interval = row.interval.map(|ends| number::interval(unit, median, ends));
    let mut remarks: Vec<String> = Vec::new();
    if row.about_best {
        remarks.push("about best".into());
    }
    if row.cell.is_floor() {
        remarks.push("no executor".into());
    } else if row.interval.is_none() {
        remarks.push(format!("{}: not ranked", words::count(row.rounds.into(), "round")));
    }
    if let Some((word, _)) = words::reason(row) {
        remarks.push(format!("some rounds {word}"));
    }
    Line {
        cells: [
            if row.cell.is_floor() { "–".into() } else { words::rank(row) },
            terminal(&row.cell.column()),
            number::value(unit, median, row.interval),
            interval.unwrap_or_default(),
            factor,
            remarks.join(", "),
        ],
        paint: match () {
            () if row.about_best => GREEN,
            () if row.cell.is_floor() => DIM,
            () => "",
        },
    }
}

fn unmeasured(out: &mut String, ranking: &Ranking, which: &str, paint: &str, style: &Style) {
    let rows = ranking.groups.iter().flat_map(|group| &group.rows);
    let all: Vec<(String, String)> = rows
        .filter_map(|row| {
            let (word, reason) = words::reason(row)?;
            (word == which).then(|| (terminal(row.cell.id().as_str()), terminal(&reason)))
        })
        .collect();
    if all.is_empty() {
        return;
    }
    push_painted(
        out,
        &format!("{which}: {}", words::count(all.len() as u64, "cell")),
        paint,
        style,
    );
    for (cell, reason) in all {
        push_wrapped(out, &format!("  {cell}: {reason}"), style);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::fixture;

    fn first_groups(count: usize) -> Ranking {
        let mut ranking = fixture::ranking();
        ranking.groups.truncate(count);
        ranking
    }

    #[test]
    fn a_table_as_a_pipe_gets_it() {
        let mut ranking = fixture::ranking();
        ranking.groups = vec![ranking.groups[2].clone(), ranking.groups[10].clone()];
        insta::assert_snapshot!(super::ranking(&ranking, &Style::default()));
    }

    #[test]
    fn a_table_in_colour() {
        let style = Style { color: true, ..Style::default() };
        let text = super::ranking(&first_groups(1), &style);
        assert!(text.contains("\x1b[32m"), "{text}");
        assert!(!super::ranking(&first_groups(1), &Style::default()).contains('\x1b'));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 60, 80, 100, 200] {
            let style = Style { width, color: false };
            for ranking in [fixture::ranking(), fixture::hostile()] {
                for line in super::ranking(&ranking, &style).lines() {
                    assert!(line.width() <= width.max(60), "{width}: {} {line}", line.width());
                }
            }
        }
    }

    #[test]
    fn hostile_names_stay_in_their_line() {
        let text = super::ranking(&fixture::hostile(), &Style::default());
        assert!(!text.contains(['\x1b', '\r', '\u{202e}']), "{text}");
        assert!(text.contains(r"\u{1b}[31m"), "{text}");
    }
}
