//! The counts of cells for a terminal: a table a group, a column a count, the most telling first.
//! Gives text and prints nothing.

use std::collections::BTreeSet;

use tminus_record::{Cell, Counts};
use unicode_width::UnicodeWidthStr as _;

use super::Style;
use super::table::{BOLD, DIM, GAP, RED, push_painted, push_wrapped, push_wrapped_painted};
use crate::model::counts::{Counted, names};
use crate::words;
use crate::words::counts::{head, value};
use crate::words::escape::terminal;

/// Returns the counts of the cells of a group as a table, ending in a line end: as many columns as
/// have room, of those in which something is not 0; then why cells failed and counts are missing.
#[must_use]
pub fn group(cells: &[Counted], style: &Style) -> String {
    let mut out = String::new();
    let Some(first) = cells.first() else { return out };
    push_wrapped_painted(&mut out, &terminal(&first.cell.group()), BOLD, style);
    let counted: Vec<(&Cell, &Counts)> = cells.iter().filter_map(Counted::parts).collect();
    let (columns, hidden) = columns(&counted, style.width);
    let rows = counted.len() + usize::from(!counted.is_empty());
    for row in 0..rows {
        let cells = columns.iter().map(|column| column.padded(row));
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        push_painted(&mut out, line.trim_end(), if row == 0 { DIM } else { "" }, style);
    }
    if hidden > 0 {
        let more = words::count(hidden as u64, "more count");
        push_wrapped_painted(&mut out, &format!("{more}: see --json"), DIM, style);
    }
    for cell in cells {
        if let Err(reason) = &cell.counts {
            let text = format!("  failed: {}: {reason}", cell.cell.id());
            push_wrapped_painted(&mut out, &terminal(&text), RED, style);
        }
    }
    for text in missing(&counted) {
        push_wrapped(&mut out, &terminal(&text), style);
    }
    out
}

/// A column of a table, its head first.
struct Column {
    texts: Vec<String>,
    width: usize,
    is_name: bool,
}

impl Column {
    fn of(texts: Vec<String>, is_name: bool) -> Self {
        let width = texts.iter().map(|text| text.width()).max().unwrap_or(0);
        Self { texts, width, is_name }
    }

    fn padded(&self, row: usize) -> String {
        let text = &self.texts[row];
        let pad = " ".repeat(self.width - text.width());
        if self.is_name { format!("{text}{pad}") } else { format!("{pad}{text}") }
    }
}

/// Returns the columns that have room, and how many have none.
fn columns(cells: &[(&Cell, &Counts)], width: usize) -> (Vec<Column>, usize) {
    let executors = cells.iter().map(|(cell, _)| terminal(&cell.column()));
    let executors = std::iter::once("executor".to_owned()).chain(executors).collect();
    let mut columns = vec![Column::of(executors, true)];
    let mut taken = columns[0].width;
    let mut hidden = 0;
    let counts: Vec<&Counts> = cells.iter().map(|(_, counts)| *counts).collect();
    for name in names(&counts) {
        let is_told = |counts: &&&Counts| counts.values.get(name).is_some_and(|value| *value > 0.0);
        if !counts.iter().any(|counts| is_told(&counts)) {
            continue;
        }
        let texts = counts.iter().map(|counts| value(counts, name));
        let column =
            Column::of(std::iter::once(terminal(&head(name))).chain(texts).collect(), false);
        if hidden > 0 || taken + GAP + column.width > width {
            hidden += 1;
            continue;
        }
        taken += GAP + column.width;
        columns.push(column);
    }
    (columns, hidden)
}

/// Returns each reason for which counts are missing, with the counts and the cells.
fn missing(cells: &[(&Cell, &Counts)]) -> Vec<String> {
    let reasons: BTreeSet<&str> =
        cells.iter().flat_map(|(_, counts)| counts.missing.values()).map(String::as_str).collect();
    let line = |reason: &&str| {
        let lacks: Vec<_> = cells
            .iter()
            .filter(|(_, counts)| counts.missing.values().any(|it| it == reason))
            .collect();
        let names: BTreeSet<String> = lacks
            .iter()
            .flat_map(|(_, counts)| counts.missing.iter().filter(|(_, it)| it == reason))
            .map(|(name, _)| head(name))
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        let executors: Vec<String> = lacks.iter().map(|(cell, _)| cell.column()).collect();
        format!("  {}: no {}: {reason}", executors.join(", "), names.join(", "))
    };
    reasons.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use tminus_record::Quality;

    use super::*;

    fn cell(executor: &str, counts: Result<Counts, String>) -> Counted {
        let id = format!("squares/tasks=10/{executor}").parse().expect("an id");
        Counted { cell: Cell::from_id(&id).expect("a cell"), counts }
    }

    fn cells() -> Vec<Counted> {
        let counts = |polls, quality| {
            let mut counts = Counts::default();
            counts.add("waker_clones_per_op", 0.0, quality);
            counts.add("allocated_bytes_per_op", 2048.0, quality);
            counts.add("polls_per_op", polls, quality);
            counts.lack("instructions_per_op", "valgrind is not installed");
            counts
        };
        vec![
            cell("heap", Ok(counts(1.0, Quality::Exact))),
            cell("smol", Ok(counts(1.25, Quality::Indicative))),
            cell("deque", Err("out of\u{1b}[2J luck".into())),
        ]
    }

    #[test]
    fn a_group_is_a_table_with_the_most_telling_first() {
        insta::assert_snapshot!(group(&cells(), &Style::default()), @r"
        squares/tasks=10
        executor  polls  allocated bytes
        heap       1.00         2.00 KiB
        smol      ~1.25        ~2.00 KiB
          failed: squares/tasks=10/deque: out of\u{1b}[2J luck
          heap, smol: no instructions: valgrind is not installed
        ");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let text = group(&cells(), &Style { width: 20, color: false });
        assert!(text.contains("polls") && !text.contains("bytes"), "{text}");
        assert!(text.contains("1 more count"), "{text}");
    }
}
