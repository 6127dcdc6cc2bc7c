//! The table of exact counts that a gate's programs differ in.

use tminus_judge::gate::{CountChange, Counted};

use crate::findings::{amount, count_change, count_name, counted};
use crate::terminal::Style;
use crate::terminal::compare::{MAX_ROWS, rest};
use crate::terminal::table::{BOLD, Columns, DIM, Line, push_table, push_wrapped_painted};
use crate::words::escape::{markdown as md, terminal};

const COLUMNS: Columns<5> = Columns {
    head: ["an op", "cell", "count", "baseline", "candidate"],
    right: [true, false, false, true, true],
    name: 1,
    spare: 2,
};

/// Returns the texts of the columns.
fn texts(change: &CountChange) -> [String; 5] {
    let by = count_change(change);
    let by = by.split(' ').next().unwrap_or_default().to_owned();
    let name = count_name(&change.name).replace('`', "");
    [by, change.cell.clone(), name, amount(change.before), amount(change.after)]
}

/// Appends the table and the sentence.
pub(super) fn push_text(out: &mut String, counts: &Counted, style: &Style) {
    let Some(told) = counted(counts) else { return };
    if !counts.changes.is_empty() {
        let line = |change: &CountChange| Line {
            cells: texts(change).map(|text| terminal(&text)),
            paint: if change.grew() { BOLD } else { DIM },
        };
        let shown = counts.changes.iter().take(MAX_ROWS);
        push_table(out, &COLUMNS, shown.map(line).collect(), style);
        if let Some(rest) = rest(counts.changes.len()) {
            push_wrapped_painted(out, &format!("  {rest}"), DIM, style);
        }
    }
    push_wrapped_painted(out, &format!("  {}", terminal(&told)), DIM, style);
    out.push('\n');
}

/// Appends the same to a comment; nothing where all counts are the same.
pub(super) fn push_markdown(out: &mut String, counts: &Counted) {
    let (Some(told), false) = (counted(counts), counts.changes.is_empty()) else { return };
    *out += &format!("\n**Exact counts**: {}\n\n", md(&told));
    *out += &format!("| {} |\n|---:|---|---|---:|---:|\n", COLUMNS.head.join(" | "));
    for change in counts.changes.iter().take(MAX_ROWS) {
        *out += &format!("| {} |\n", texts(change).map(|text| md(&text)).join(" | "));
    }
    if let Some(rest) = rest(counts.changes.len()) {
        *out += &format!("\n{rest}\n");
    }
}
