//! Tables and wrapped lines for a terminal.

use unicode_width::UnicodeWidthStr;

use super::Style;

pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const DIM: &str = "\x1b[2m";
pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const RED: &str = "\x1b[31m";

/// Columns of a table, unless it says otherwise.
pub(crate) const COLUMNS: usize = 6;

/// Columns of the terminal between two of a table.
pub(crate) const GAP: usize = 2;

/// The layout of a table.
pub(crate) struct Columns<const N: usize = COLUMNS> {
    /// The heads; a column without any text is left out.
    pub(crate) head: [&'static str; N],
    /// Columns whose text ends at the right edge.
    pub(crate) right: [bool; N],
    /// The column of names, which get a line of their own where room is short.
    pub(crate) name: usize,
    /// The column that goes first where room is short.
    pub(crate) spare: usize,
}

/// The texts of one row; the columns are set when all are known.
pub(crate) struct Line<const N: usize = COLUMNS> {
    pub(crate) cells: [String; N],
    pub(crate) paint: &'static str,
}

/// With less room than this for names, the spare column goes.
const ROOM_FOR_NAMES: usize = 24;

/// With less room than this for names, each row is wrapped.
const LEAST_ROOM: usize = 8;

/// Sets `lines` under their head. Where room is short, a long name gets a line of its own; then the
/// spare column goes; then each row is wrapped. No name is cut: it is there to be copied.
pub(crate) fn push_table<const N: usize>(
    out: &mut String,
    columns: &Columns<N>,
    mut lines: Vec<Line<N>>,
    style: &Style,
) {
    lines.insert(0, Line { cells: columns.head.map(String::from), paint: DIM });
    let too_wide = |lines: &[Line<N>], least: usize| {
        let others = total(&widths(lines, 0, columns));
        let is_over = total(&widths(lines, usize::MAX, columns)) > style.width;
        is_over && style.width.saturating_sub(others + GAP) < least
    };
    if too_wide(&lines, ROOM_FOR_NAMES) {
        lines.iter_mut().for_each(|line| line.cells[columns.spare].clear());
    }
    if too_wide(&lines, LEAST_ROOM) {
        return lines.iter().skip(1).for_each(|line| push_row(out, line, style));
    }
    let room = style.width.saturating_sub(total(&widths(&lines, 0, columns)) + GAP);
    let widths = widths(&lines, room, columns);
    for line in &lines {
        push_line(out, columns, line, &widths, style);
    }
}

/// Appends a row as text.
fn push_row<const N: usize>(out: &mut String, line: &Line<N>, style: &Style) {
    let cells = line.cells.iter().filter(|cell| !cell.is_empty()).map(String::as_str);
    push_wrapped_painted(out, &cells.collect::<Vec<_>>().join("  "), line.paint, style);
}

/// Returns the widths of the columns; names that are longer than `room` do not count.
fn widths<const N: usize>(lines: &[Line<N>], room: usize, columns: &Columns<N>) -> [usize; N] {
    std::array::from_fn(|column| {
        let widths = lines.iter().map(|line| line.cells[column].width());
        widths.filter(|width| column != columns.name || *width <= room).max().unwrap_or(0)
    })
}

/// Returns the width that columns of these widths take together.
fn total(widths: &[usize]) -> usize {
    widths
        .iter()
        .filter(|width| **width > 0)
        .map(|width| width + GAP)
        .sum::<usize>()
        .saturating_sub(GAP)
}

fn push_line<const N: usize>(
    out: &mut String,
    columns: &Columns<N>,
    line: &Line<N>,
    widths: &[usize; N],
    style: &Style,
) {
    let mut text = String::new();
    let mut begun = false;
    for (column, cell) in line.cells.iter().enumerate().filter(|(column, _)| widths[*column] > 0) {
        let gap = " ".repeat(if begun { GAP } else { 0 });
        begun = true;
        if cell.width() > widths[column] {
            let named = text.clone() + &gap + cell;
            match named.width() > style.width {
                true => push_wrapped_painted(out, &named, line.paint, style),
                false => push_painted(out, &named, line.paint, style),
            }
            text = " ".repeat(text.width()) + &gap + &" ".repeat(widths[column]);
            continue;
        }
        let pad = " ".repeat(widths[column] - cell.width());
        text += &if columns.right[column] { gap + &pad + cell } else { gap + cell + &pad };
    }
    push_painted(out, text.trim_end(), line.paint, style);
}

pub(crate) fn push_wrapped(out: &mut String, text: &str, style: &Style) {
    push_wrapped_painted(out, text, "", style);
}

/// Breaks at blanks; a further line is indented by four. A word that is too long is cut.
pub(crate) fn push_wrapped_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let options = textwrap::Options::new(style.width.max(20))
        .initial_indent(&text[..indent])
        .subsequent_indent("    ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    let words: Vec<&str> = text.split_whitespace().collect();
    for line in textwrap::wrap(&words.join(" "), options) {
        push_painted(out, &line, paint, style);
    }
}

pub(crate) fn push_painted(out: &mut String, text: &str, paint: &str, style: &Style) {
    let (paint, end) = if style.color && !paint.is_empty() { (paint, "\x1b[0m") } else { ("", "") };
    *out += &format!("{paint}{text}{end}\n");
}
