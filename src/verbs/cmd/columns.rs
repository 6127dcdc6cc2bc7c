//! Columns and wrapped lines on stdout, as wide as the terminal. Where stdout is none, nothing is
//! wrapped: a line stays a line for the program that reads it.

use std::borrow::Cow;
use std::io::{self, Write as _};

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use super::stdout;

/// The width that the last column needs beside the others; with less it goes below them.
const LEAST_LAST: usize = 24;

/// Returns the columns of the terminal that stdout is; else those of COLUMNS, if it is set.
pub(super) fn of_terminal() -> Option<usize> {
    let terminal = console::Term::stdout().size_checked().map(|(_, columns)| columns.into());
    let of_variable = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0);
    terminal.or_else(of_variable)
}

/// Prints `text` indented by `indent`, wrapped lines four more. No word is cut: names are there to
/// be copied.
pub(super) fn print_wrapped(out: &mut impl io::Write, indent: usize, text: &str) -> io::Result<()> {
    let lines = wrapped(text, indent, indent + 4, of_terminal());
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Prints rows with their columns aligned. Where the last column does not fit beside the others, it
/// is wrapped there, or set below them.
pub(super) fn print_columns<const N: usize>(rows: &[[String; N]]) -> io::Result<()> {
    let mut out = stdout();
    columns(rows, of_terminal()).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn columns<const N: usize>(rows: &[[String; N]], width: Option<usize>) -> Vec<String> {
    let longest = |column: usize| rows.iter().map(|row| display_width(&row[column])).max();
    let widths: Vec<usize> = (0..N).map(|column| longest(column).unwrap_or(0)).collect();
    let before: usize = widths[..N - 1].iter().map(|width| width + 2).sum();
    let last = widths[N - 1].min(LEAST_LAST);
    let is_beside = width.is_none_or(|width| before + last <= width);
    let lines = |row: &[String; N]| {
        let (first, last) = (&row[..N - 1], &row[N - 1]);
        if is_beside {
            let cells = first.iter().zip(&widths);
            let cells = cells.map(|(text, width)| {
                format!("{text}{}  ", " ".repeat(width.saturating_sub(display_width(text))))
            });
            let mut lines = wrapped(last, before, before, width);
            let beside = cells.collect::<String>() + lines[0].trim_start();
            lines[0] = beside.trim_end().to_owned();
            return lines;
        }
        let mut lines = wrapped(first.join("  ").trim(), 0, 4, width);
        lines.extend(wrapped(last, 4, 4, width));
        lines.retain(|line| !line.trim().is_empty());
        lines
    };
    rows.iter().flat_map(lines).collect()
}

fn wrapped(text: &str, first: usize, others: usize, width: Option<usize>) -> Vec<String> {
    let (first, others) = (" ".repeat(first), " ".repeat(others));
    let Some(width) = width else { return vec![format!("{first}{text}")] };
    let options = Options::new(width)
        .initial_indent(&first)
        .subsequent_indent(&others)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[[&str; 3]]) -> Vec<[String; 3]> {
        texts.iter().map(|row| row.map(String::from)).collect()
    }

    #[test]
    fn the_last_column_is_wrapped_beside_the_others_or_below_them() {
        let rows =
            rows(&[["good", "time-source", "tsc, which is cheap to read"], ["?", "", "none"]]);
        assert_eq!(
            columns(&rows, None),
            ["good  time-source  tsc, which is cheap to read", "?                  none",]
        );
        assert_eq!(
            columns(&rows, Some(44)),
            [
                "good  time-source  tsc, which is cheap to",
                "                   read",
                "?                  none",
            ]
        );
        assert_eq!(
            columns(&rows, Some(30)),
            ["good  time-source", "    tsc, which is cheap to", "    read", "?", "    none",]
        );
    }

    #[test]
    fn a_name_is_never_cut() {
        let text = "countdown/timers=1000/tokio-multi-thread/w2  excluded: it has no timers";
        assert_eq!(
            wrapped(text, 0, 4, Some(40)),
            ["countdown/timers=1000/tokio-multi-thread/w2", "    excluded: it has no timers",]
        );
    }
}
