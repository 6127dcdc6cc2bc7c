//! The account of two cells for a terminal: a table that adds up, and its finding. Gives text and
//! prints nothing.

use tminus_judge::explain::{Account, Cause, Span, Time};

use crate::findings::explain as finding;
use crate::terminal::Style;
use crate::terminal::table::{
    BOLD, Columns, DIM, Line, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words::escape::terminal;
use crate::words::number;

const COLUMNS: Columns = Columns {
    head: ["cause", "A per op", "B per op", "one costs", "adds", "interval"],
    right: [false, true, true, true, true, true],
    name: 0,
    spare: 3,
};

/// Returns the account: both cells, its finding, and the table, whose lines add up to the
/// difference in the last one.
#[must_use]
pub fn text(account: &Account, style: &Style) -> String {
    let mut out = String::new();
    let time = match account.time {
        Time::Wall => "wall time",
        Time::Cpu => "CPU time",
    };
    for (letter, (cell, cost)) in ["A", "B"].iter().zip(account.cells.iter().zip(account.costs_ns))
    {
        let (cost, op) = (finding::ns(cost), terminal(&account.op));
        let text = format!("{letter}  {}  {cost} of {time} per {op}", terminal(cell));
        push_wrapped(&mut out, &text, style);
    }
    out.push('\n');
    // Word by word: the whole may be longer than a text from outside is shown.
    let told: Vec<String> = finding::text(account).split(' ').map(terminal).collect();
    push_wrapped_painted(&mut out, &told.join(" "), BOLD, style);
    out.push('\n');
    let mut lines: Vec<Line> = account.causes.iter().map(line).collect();
    lines.push(sum("not explained", &account.rest_ns, DIM));
    lines.push(sum("difference", &account.difference_ns, BOLD));
    push_table(&mut out, &COLUMNS, lines, style);
    out
}

fn line(cause: &Cause) -> Line {
    let count = |count: f64| match cause.name.as_str() {
        "off_cpu" => finding::ns(count),
        _ => number::plain(count),
    };
    let least = if cause.is_bound { "at least " } else { "" };
    let price = if cause.name == "off_cpu" { String::new() } else { finding::ns(cause.price_ns) };
    let [a, b] = [cause.a_per_op, cause.b_per_op].map(count);
    let adds = format!("{least}{}", finding::ns(cause.ns.value));
    Line {
        cells: [finding::name(&cause.name), a, b, price, adds, finding::interval(&cause.ns)],
        paint: "",
    }
}

fn sum(name: &str, span: &Span, paint: &'static str) -> Line {
    let none = String::new;
    Line {
        cells: [
            name.into(),
            none(),
            none(),
            none(),
            finding::ns(span.value),
            finding::interval(span),
        ],
        paint,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::account::account;

    use super::*;

    #[test]
    fn a_table_as_a_pipe_gets_it() {
        insta::assert_snapshot!(text(&account(240.0, 12.0), &Style::default()));
    }
}
