//! The ranking for a terminal: a table for each workload and size, then what failed and what was
//! left out. Gives text and prints nothing.

use std::fmt::Write as _;

use tminus_harness::rank::{Group, Ranking, Row};
use unicode_width::UnicodeWidthStr;

use crate::escape::{shorten, terminal};
use crate::findings;
use crate::number::{self, Unit};
use crate::words;

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

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";

/// The texts of one row; the columns are set when all are known.
struct Line {
    cells: [String; 6],
    paint: &'static str,
}

const HEAD: [&str; 6] = ["rank", "executor", "median", "95 % interval", "factor", ""];
/// Columns whose text ends at the right edge.
const RIGHT: [bool; 6] = [true, false, true, true, true, false];
const GAP: usize = 2;
const INTERVAL: usize = 3;

fn table(out: &mut String, group: &Group, style: &Style) {
    let metric = words::metric(&group.metric, &group.op);
    let title = format!("{}: {metric}", words::group(group));
    push_wrapped_painted(out, &terminal(&title), BOLD, style);
    let unit = Unit::of(&group.metric);
    let measured = group.rows.iter().filter(|row| row.median.is_some());
    let mut lines: Vec<Line> = measured.map(|row| line(row, unit)).collect();
    let head = Line { cells: HEAD.map(String::from), paint: DIM };
    lines.insert(0, head);
    fit(&mut lines, style.width);
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| lines.iter().map(|line| line.cells[column].width()).max().unwrap_or(0))
        .collect();
    for line in &lines {
        push_line(out, line, &widths, style);
    }
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

/// Makes the table fit: long names lose their middle, then the intervals go.
fn fit(lines: &mut [Line], width: usize) {
    let total = |lines: &[Line]| -> usize {
        let column = |column: usize| lines.iter().map(|line| line.cells[column].width()).max();
        (0..HEAD.len()).map(|index| column(index).unwrap_or(0) + GAP).sum::<usize>() - GAP
    };
    let longest = lines.iter().map(|line| line.cells[1].width()).max().unwrap_or(0);
    let over = |lines: &[Line]| total(lines).saturating_sub(width);
    if over(lines) > 0 && longest.saturating_sub(over(lines)) < 24 {
        for line in &mut *lines {
            line.cells[INTERVAL].clear();
        }
    }
    let room = longest.saturating_sub(over(lines)).max(8);
    for line in &mut *lines {
        line.cells[1] = shorten(&line.cells[1], room);
    }
}

fn push_line(out: &mut String, line: &Line, widths: &[usize], style: &Style) {
    let mut text = String::new();
    for (column, cell) in line.cells.iter().enumerate().filter(|(column, _)| widths[*column] > 0) {
        let pad = " ".repeat(widths[column] - cell.width());
        let gap = " ".repeat(if text.is_empty() { 0 } else { GAP });
        text += &if RIGHT[column] { gap + &pad + cell } else { gap + cell + &pad };
    }
    push_painted(out, text.trim_end(), line.paint, style);
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

fn push_wrapped(out: &mut String, text: &str, style: &Style) {
    push_wrapped_painted(out, text, "", style);
}

/// Breaks at blanks; a further line is indented by four. A word that is too long is cut.
fn push_wrapped_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
    let room = style.width.max(20);
    let indent: String = text.chars().take_while(|letter| *letter == ' ').collect();
    let mut line = indent;
    let mut empty = true;
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        if !empty && line.width() + 1 + word.width() > room {
            push_painted(out, &line, paint, style);
            line = "    ".into();
            empty = true;
        }
        while line.width() + word.width() > room {
            let cut = word.char_indices().nth(room - line.width()).map_or(word.len(), |at| at.0);
            let rest = word.split_off(cut.max(1));
            push_painted(out, &(line + &word), paint, style);
            line = "    ".into();
            word = rest;
        }
        if !empty {
            line.push(' ');
        }
        line += &word;
        empty = false;
    }
    push_painted(out, &line, paint, style);
}

fn push_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
    let result = if style.color && !paint.is_empty() {
        writeln!(out, "{paint}{text}\x1b[0m")
    } else {
        writeln!(out, "{text}")
    };
    result.expect("a string takes all");
}

#[cfg(test)]
mod tests {
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
