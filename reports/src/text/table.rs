//! Tables and wrapped lines for a terminal.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::Style;
use crate::escape::shorten;

pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const DIM: &str = "\x1b[2m";
pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const RED: &str = "\x1b[31m";

/// Columns of a table, unless it says otherwise.
pub(crate) const COLUMNS: usize = 6;

/// Columns of the terminal between two of a table.
pub(crate) const GAP: usize = 2;

/// What a table is set like.
pub(crate) struct Columns<const N: usize = COLUMNS> {
    /// The heads; a column without any text is left out.
    pub(crate) head: [&'static str; N],
    /// Columns whose text ends at the right edge.
    pub(crate) right: [bool; N],
    /// The column of names, which lose their middle where room is short.
    pub(crate) name: usize,
    /// The column that goes first where room is short.
    pub(crate) spare: usize,
}

/// The texts of one row; the columns are set when all are known.
pub(crate) struct Line<const N: usize = COLUMNS> {
    pub(crate) cells: [String; N],
    pub(crate) paint: &'static str,
}

/// Sets `lines` under their head.
pub(crate) fn push_table<const N: usize>(
    out: &mut String,
    columns: &Columns<N>,
    mut lines: Vec<Line<N>>,
    style: &Style,
) {
    lines.insert(0, Line { cells: columns.head.map(String::from), paint: DIM });
    fit(&mut lines, columns, style.width);
    let widths: Vec<usize> = (0..N)
        .map(|column| lines.iter().map(|line| line.cells[column].width()).max().unwrap_or(0))
        .collect();
    for line in &lines {
        push_line(out, columns, line, &widths, style);
    }
}

/// Makes the table fit: long names lose their middle, then the spare column goes.
fn fit<const N: usize>(lines: &mut [Line<N>], columns: &Columns<N>, width: usize) {
    let Columns { name, spare, .. } = *columns;
    let total = |lines: &[Line<N>]| -> usize {
        let column = |column: usize| lines.iter().map(|line| line.cells[column].width()).max();
        (0..N).map(|index| column(index).unwrap_or(0) + GAP).sum::<usize>() - GAP
    };
    let longest = lines.iter().map(|line| line.cells[name].width()).max().unwrap_or(0);
    let over = |lines: &[Line<N>]| total(lines).saturating_sub(width);
    if over(lines) > 0 && longest.saturating_sub(over(lines)) < 24 {
        for line in &mut *lines {
            line.cells[spare].clear();
        }
    }
    let room = longest.saturating_sub(over(lines)).max(8);
    for line in &mut *lines {
        line.cells[name] = shorten(&line.cells[name], room);
    }
}

fn push_line<const N: usize>(
    out: &mut String,
    columns: &Columns<N>,
    line: &Line<N>,
    widths: &[usize],
    style: &Style,
) {
    let mut text = String::new();
    for (column, cell) in line.cells.iter().enumerate().filter(|(column, _)| widths[*column] > 0) {
        let pad = " ".repeat(widths[column] - cell.width());
        let gap = " ".repeat(if text.is_empty() { 0 } else { GAP });
        text += &if columns.right[column] { gap + &pad + cell } else { gap + cell + &pad };
    }
    push_painted(out, text.trim_end(), line.paint, style);
}

pub(crate) fn push_wrapped(out: &mut String, text: &str, style: &Style) {
    push_wrapped_painted(out, text, "", style);
}

/// Breaks at blanks; a further line is indented by four. A word that is too long is cut.
pub(crate) fn push_wrapped_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
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

pub(crate) fn push_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
    let result = if style.color && !paint.is_empty() {
        writeln!(out, "{paint}{text}\x1b[0m")
    } else {
        writeln!(out, "{text}")
    };
    result.expect("a string takes all");
}
