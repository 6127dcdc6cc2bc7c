//! Two runs side by side for a terminal and for a pull request: what changed, what cannot be told,
//! and why. Gives text and prints nothing.

use tminus_judge::compare::{Compared, Comparison};
use tminus_judge::verdict::Verdict;

use crate::findings::compare::{controls, counts, figures, has_changed, notes, sentence, sorted};
use crate::terminal::Style;
use crate::terminal::table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;
use crate::words::escape::{markdown as md, terminal};
use crate::words::number;

const COLUMNS: Columns = Columns {
    head: ["verdict", "cell", "baseline", "candidate", "change", "could see"],
    right: [false, false, true, true, false, true],
    name: 1,
    spare: 5,
};

/// Returns `comparison` as a table, ending in a line end: what changed and what cannot be told, the
/// largest change first, and with `all` what is equivalent too; then the counts. The last column is
/// the change that so many such rounds would have shown.
#[must_use]
pub fn text(comparison: &Comparison, all: bool, style: &Style) -> String {
    let mut out = String::new();
    for difference in &comparison.differences {
        let text = format!("not comparable, forced: {}", terminal(difference));
        push_wrapped_painted(&mut out, &text, RED, style);
    }
    if let Some(notes) = notes(comparison) {
        push_wrapped_painted(&mut out, &terminal(&notes), RED, style);
    }
    push_wrapped(&mut out, &controls(comparison), style);
    out.push('\n');
    let shown = |cell: &&Compared| all || cell.judged.verdict != Verdict::Equivalent;
    let lines: Vec<Line> = sorted(comparison).filter(shown).map(line).collect();
    if !lines.is_empty() {
        push_table(&mut out, &COLUMNS, lines, style);
        out.push('\n');
    }
    for without in &comparison.without {
        let text = format!("  {}: {}", terminal(&without.cell), terminal(&without.reason));
        push_wrapped_painted(&mut out, &text, DIM, style);
    }
    push_wrapped_painted(&mut out, &counts(comparison), BOLD, style);
    out
}

pub(crate) fn line(cell: &Compared) -> Line {
    let judged = &cell.judged;
    let few = || words::count(judged.ratio.rounds.into(), "round");
    let remark = match judged.verdict {
        Verdict::Inconclusive => judged.detectable.map(number::percent_up).unwrap_or_else(few),
        Verdict::Regressed | Verdict::Improved | Verdict::Equivalent => String::new(),
    };
    let [before, after, change] =
        figures(&cell.metric, cell.medians, cell.resolution, &judged.ratio);
    let id = terminal(cell.cell.id().as_str());
    Line {
        cells: [words::verdict(judged.verdict).into(), id, before, after, change, remark],
        paint: paint(judged.verdict),
    }
}

pub(crate) fn paint(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regressed => RED,
        Verdict::Improved => GREEN,
        Verdict::Equivalent => "",
        Verdict::Inconclusive => DIM,
    }
}

/// By this line a program finds its own comment on a pull request again.
pub const MARKER: &str = "<!-- tminus compare -->";

/// More rows than a reader of a comment looks at; and a comment holds 65,536 letters at most.
pub(crate) const MAX_ROWS: usize = 40;

/// Returns a comment for a pull request, which starts with [`MARKER`]. Rows are what regressed and
/// what improved; the rest is counted.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut out = format!("{MARKER}\n**{}**\n\n", md(&sentence(comparison)));
    for difference in &comparison.differences {
        out += &format!("- not comparable, forced: {}\n", md(difference));
    }
    if let Some(notes) = notes(comparison) {
        out += &format!("- {}\n", md(&notes));
    }
    out += &format!("- {}\n- {}\n", md(&counts(comparison)), md(&controls(comparison)));
    if !comparison.without.is_empty() {
        let all = words::count(comparison.without.len() as u64, "cell");
        let first = &comparison.without[0];
        let first = format!("{}: {}", md(&first.cell), md(&first.reason));
        out += &format!("- {all} without a comparison, such as {first}\n");
    }
    let cells: Vec<&Compared> = sorted(comparison).filter(|cell| has_changed(cell)).collect();
    if !cells.is_empty() {
        out += "\n| verdict | cell | baseline | candidate | change |\n|---|---|---:|---:|---|\n";
    }
    for cell in cells.iter().take(MAX_ROWS) {
        let [verdict, id, before, after, change, _] = line(cell).cells.map(|text| md(&text));
        out += &format!("| {verdict} | {id} | {before} | {after} | {change} |\n");
    }
    if let Some(rest) = rest(cells.len()) {
        out += &format!("\n{rest}\n");
    }
    out
}

/// Returns `and 7 more`, where a comment holds so many of `all`, and no more.
pub(crate) fn rest(all: usize) -> Option<String> {
    let hidden = all.saturating_sub(MAX_ROWS);
    (hidden > 0).then(|| format!("and {hidden} more"))
}

#[cfg(test)]
pub(crate) mod tests {
    use tminus_judge::compare::{SCHEMA, Without};
    use tminus_judge::verdict::{Limits, judge};
    use tminus_record::Cell;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn cell(id: &str, change: f64, spread: f64, limits: Limits) -> Compared {
        let ln_ratios: Vec<f64> =
            (0..12).map(|n| change.ln() + spread * (f64::from(n) / 11.0 - 0.5)).collect();
        Compared {
            cell: Cell::from_id(&id.parse().expect("an id")).expect("a cell"),
            metric: "wall_ns_per_op".into(),
            medians: [20.0, 20.0 * change],
            resolution: None,
            judged: judge(&ln_ratios, limits).expect("rounds"),
        }
    }

    fn comparison(floor: f64) -> Comparison {
        let limits = Limits { margin: 1.01, floor };
        Comparison {
            schema: SCHEMA,
            differences: Vec::new(),
            notes: Vec::new(),
            paired: false,
            floors_moved: Some(0.998),
            twins: [Some(1.004), Some(floor)],
            cells: vec![
                cell("squares/tasks=10/deque", 1.001, 0.002, limits),
                cell("squares/tasks=10/heap", 1.1, 0.01, limits),
                cell("squares/tasks=1000/heap", 1.2, 0.01, limits),
                cell("squares/tasks=10/smol/w2", 1.02, 0.2, limits),
                cell("echo/connections=100/tokio-current-thread", 0.9, 0.01, limits),
            ],
            without: vec![Without {
                cell: "squares/tasks=10/threads".into(),
                reason: "failed in the candidate: \u{1b}[31mred".into(),
            }],
        }
    }

    /// Makes a comparison: so many cells that got better, so many that got worse, and two that did
    /// not change.
    pub(crate) fn made(changed: usize, letters: usize, factor: f64) -> Comparison {
        let limits = Limits { margin: 1.01, floor: 1.003 };
        let cells = (0..2 * changed + 2).map(|index| {
            let change = match () {
                () if index < changed => factor.powf(1.0 + index as f64 / 100.0),
                () if index < 2 * changed => factor.powf(-1.0 - index as f64 / 100.0),
                () => 1.001,
            };
            let spread = if index < 2 * changed { 0.001 } else { 0.002 };
            cell(
                &format!("squares/tasks=10/{index:03}{}", "n".repeat(letters)),
                change,
                spread,
                limits,
            )
        });
        let cells = cells.map(|mut cell| {
            if changed > 0 && cell.judged.ratio.median.ln().abs() < 0.003 {
                cell.judged.verdict = Verdict::Equivalent;
            }
            cell
        });
        Comparison { cells: cells.collect(), without: Vec::new(), ..comparison(1.003) }
    }

    #[test]
    fn what_changed_stands_first() {
        insta::assert_snapshot!(text(&comparison(1.006), false, &Style::default()));
    }

    #[test]
    fn what_did_not_change_is_shown_on_request_and_a_noisy_machine_is_said() {
        let mut forced = comparison(1.03);
        forced.differences.push("the CPU is `a` in one and `b` in the other".into());
        insta::assert_snapshot!(text(&forced, true, &Style::default()));
    }

    #[test]
    fn a_comment_on_a_pull_request() {
        let mut all = comparison(1.006);
        insta::assert_snapshot!(markdown(&all));
        all.cells.retain(|cell| cell.judged.verdict == Verdict::Equivalent);
        all.without.clear();
        assert!(markdown(&all).contains("**No change that can be told in 1 cell**"));
    }

    #[test]
    fn a_comment_stays_short_and_harmless() {
        let mut all = comparison(1.006);
        all.differences.push("<b>|\u{1b}[1m @someone".into());
        let bad = all.cells[1].clone();
        all.cells.extend(std::iter::repeat_n(bad, 1_000));
        let text = markdown(&all);
        assert!(text.len() < 20_000 && text.contains("\nand 963 more\n"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("@someone"), "{text}");
        assert!(!text.contains("<b>"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_none_commands_it() {
        for width in [80, 100, 200] {
            let text = text(&comparison(1.006), true, &Style { width, color: false });
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            assert!(!text.contains('\u{1b}'));
        }
    }
}
