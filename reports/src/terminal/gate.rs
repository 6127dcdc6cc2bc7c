//! The verdict of a gate for a terminal and for a pull request. Gives text and prints nothing.

mod counts;

use std::collections::{BTreeMap, BTreeSet};
use tminus_judge::compare::Without;
use tminus_judge::gate::{End, Gate, Gated, Tail};
use tminus_judge::rank::Ratio;
use tminus_judge::verdict::Verdict;

use crate::findings::compare::figures;
use crate::findings::gate_title as sentence;
use crate::terminal::Style;
use crate::terminal::compare::{MAX_ROWS, paint, rest};
use crate::terminal::table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;
use crate::words::escape::{markdown as md, terminal};
use crate::words::number::{self, percent_up};

/// By this line a program finds its own comment on a pull request again.
pub const MARKER: &str = "<!-- tminus gate -->";

const COLUMNS: Columns<7> = Columns {
    head: ["verdict", "cell", "baseline", "candidate", "change", "margin", "beside"],
    right: [false, false, true, true, false, true, false],
    name: 1,
    spare: 6,
};

/// Returns the text for a terminal: what matters or, with `all`, every cell; then the sentence.
/// Ends in a line end.
#[must_use]
pub fn text(gate: &Gate, all: bool, style: &Style) -> String {
    let mut out = String::new();
    let cells: Vec<&Gated> = sorted(gate).filter(|cell| all || matters(gate, cell)).collect();
    if !cells.is_empty() {
        let lines = cells.iter().map(|cell| Line {
            cells: texts(gate, cell).map(|text| terminal(&text)),
            paint: paint(cell.verdict),
        });
        push_table(&mut out, &COLUMNS, lines.collect(), style);
        push_wrapped_painted(&mut out, &judged_by(&cells), DIM, style);
        let seen = |cell: &&Gated| Some(format!("{} {}", cell.cell.id(), could_see(cell)?));
        let seen: Vec<String> = cells.iter().filter_map(seen).collect();
        if !seen.is_empty() {
            let text = format!("  could see a regression from: {}", terminal(&seen.join(", ")));
            push_wrapped_painted(&mut out, &text, DIM, style);
        }
        out.push('\n');
    }
    for cell in &gate.biased {
        push_wrapped(&mut out, &format!("  differs from its own copy: {}", terminal(cell)), style);
    }
    let unsteady = gate.cells.iter().filter(|cell| cell.is_unsteady(&gate.options));
    for cell in unsteady.filter(|_| gate.end == End::Pass) {
        let text = format!("  too unsteady to decide: {}", terminal(cell.cell.id().as_str()));
        push_wrapped_painted(&mut out, &text, DIM, style);
    }
    for line in apart(gate, all) {
        push_wrapped_painted(&mut out, &format!("  {}", terminal(&line)), DIM, style);
    }
    counts::push_text(&mut out, &gate.counts, style);
    let colour = match gate.end {
        End::Pass => GREEN,
        End::Regressed => RED,
        End::Flagged | End::Inconclusive | End::Unfit => BOLD,
    };
    push_wrapped_painted(&mut out, &terminal(&sentence(gate)), colour, style);
    out
}

/// Returns a comment for a pull request, which starts with [`MARKER`]. Where nothing matters it is
/// the sentence alone.
#[must_use]
pub fn markdown(gate: &Gate) -> String {
    let mut out = format!("{MARKER}\n**{}**\n", md(&sentence(gate)));
    let cells: Vec<&Gated> = sorted(gate).filter(|cell| matters(gate, cell)).collect();
    if !cells.is_empty() {
        out += &format!("\n| {} | by | could see |\n", COLUMNS.head.join(" | "));
        out += "|---|---|---:|---:|---|---:|---|---|---:|\n";
    }
    for cell in cells.iter().take(MAX_ROWS) {
        let texts = texts(gate, cell).map(|text| md(&text));
        let (by, could_see) = (md(&by(&cell.metric)), could_see(cell).unwrap_or_default());
        out += &format!("| {} | {by} | {could_see} |\n", texts.join(" | "));
    }
    let biased = gate.biased.iter();
    let biased = biased.map(|cell| format!("{cell}: the baseline differs from its own copy"));
    let notes: Vec<String> = biased.chain(apart(gate, false)).collect();
    if let Some(rest) = rest(cells.len()) {
        out += &format!("\n{rest}\n");
    }
    counts::push_markdown(&mut out, &gate.counts);
    if !notes.is_empty() {
        out.push('\n');
    }
    for line in notes.iter().take(MAX_ROWS) {
        out += &format!("- {}\n", md(line));
    }
    if let Some(rest) = rest(notes.len()) {
        out += &format!("- {rest}\n");
    }
    out
}

/// So many cells of an executor that have no comparison for the same reason are named one by one.
const NAMED: usize = 3;

/// Returns what cannot be compared and why, a line each: cells and, before them, what else the
/// programs do not have in common. Unless `all` is to be seen, an executor's cells are one line
/// where they are many.
fn apart(gate: &Gate, all: bool) -> Vec<String> {
    let of = |it: &'_ Without| it.cell.split('/').nth(2).unwrap_or_default().to_owned();
    let groups = gate.without.iter().map(|it| ((of(it), &it.reason), &it.cell));
    let mut lines = gate.differences.clone();
    for ((executor, reason), cells) in words::grouped(groups) {
        if cells.len() > NAMED && !all {
            lines.push(format!("{} cells of {executor}: {reason}", cells.len()));
        } else {
            lines.extend(cells.iter().map(|cell| format!("{cell}: {reason}")));
        }
    }
    lines
}

/// Returns the worst first.
fn sorted(gate: &Gate) -> impl Iterator<Item = &Gated> {
    let mut cells: Vec<&Gated> = gate.cells.iter().collect();
    cells.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(ratio(b).total_cmp(&ratio(a))));
    cells.into_iter()
}

fn ratio(cell: &Gated) -> f64 {
    cell.judged.ratio.median
}

/// Returns whether a reader of the verdict must see the cell.
fn matters(gate: &Gate, cell: &Gated) -> bool {
    match cell.verdict {
        Verdict::Regressed | Verdict::Improved => true,
        Verdict::Inconclusive if cell.confirmed.is_some() || cell.is_suspected() => true,
        Verdict::Inconclusive if gate.end == End::Pass => false,
        Verdict::Inconclusive => cell.is_open(&gate.options),
        Verdict::Equivalent => false,
    }
}

/// Returns the texts of the columns.
fn texts(gate: &Gate, cell: &Gated) -> [String; 7] {
    let [before, after, change] =
        figures(&cell.metric, cell.medians, cell.resolution, &cell.judged.ratio);
    let not_again = cell.confirmed.is_some() && cell.verdict != Verdict::Regressed;
    let verdict = match () {
        () if not_again => "not again",
        () if cell.is_unsteady(&gate.options) => "unsteady",
        () => words::verdict(cell.verdict),
    };
    let (id, margin) = (cell.cell.id().to_string(), cell.judged.limits.effective());
    [verdict.into(), id, before, after, change, percent_up(margin), beside(cell)]
}

/// Returns `by CPU time (echo, squares), cancel latency p50 (spinner)`, for example.
fn judged_by(cells: &[&Gated]) -> String {
    let mut metrics: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for cell in cells {
        metrics.entry(by(&cell.metric)).or_default().insert(&cell.cell.workload);
    }
    let of = |workloads: BTreeSet<&str>| workloads.into_iter().collect::<Vec<_>>().join(", ");
    let all = metrics.into_iter();
    let all = all.map(|(metric, of_workloads)| format!("{metric} ({})", of(of_workloads)));
    format!("  by {}", terminal(&all.collect::<Vec<_>>().join(", ")))
}

/// Returns in a word or two what decided: `CPU`, `lateness p99`.
fn by(metric: &str) -> String {
    match metric {
        "least_cpu_ns_per_op" | "cpu_ns_per_op" => "CPU time".into(),
        "least_wall_ns_per_op" | "wall_ns_per_op" => "wall time".into(),
        other => words::metric(other, "op"),
    }
}

/// Returns the smallest regression that so many rounds would have shown, where they say nothing.
fn could_see(cell: &Gated) -> Option<String> {
    let judged = cell.confirmed.unwrap_or(cell.judged);
    let is_open = cell.verdict == Verdict::Inconclusive;
    judged.detectable.filter(|_| is_open).map(percent_up)
}

/// Returns what did not decide alone: the second session, wall time and tails.
fn beside(cell: &Gated) -> String {
    let alone = |median| Ratio { median, interval: None, rounds: 0 };
    let again = cell.confirmed.map(|again| format!("again {}", number::change(&again.ratio)));
    let wall = cell.wall_ratio.map(|ratio| format!("wall {}", number::change(&alone(ratio))));
    let tail = |tail: &Tail| format!("{} {}", by(&tail.metric), number::change(&tail.ratio));
    let all = again.into_iter().chain(wall).chain(cell.tails.iter().map(tail));
    all.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use tminus_judge::gate::{Broken, CountChange, Counted, Options, SCHEMA};
    use tminus_judge::rank::Interval;
    use tminus_judge::verdict::{Limits, judge};
    use tminus_record::Cell;

    use super::*;

    fn cell(id: &str, change: f64, spread: f64) -> Gated {
        let ln_ratios: Vec<f64> =
            (0..40).map(|n| change.ln() + spread * (f64::from(n) / 39.0 - 0.5)).collect();
        let judged = judge(&ln_ratios, Limits { margin: 1.01, floor: 1.003 }).expect("rounds");
        Gated {
            cell: Cell::from_id(&id.parse().expect("an id")).expect("a cell"),
            metric: "least_cpu_ns_per_op".into(),
            medians: [20.0, 20.0 * change],
            judged,
            noise: Some(1.001),
            confirmed: None,
            verdict: judged.verdict,
            wall_ratio: Some(1.003),
            tails: Vec::new(),
            resolution: None,
        }
    }

    fn gate(end: End, cells: Vec<Gated>) -> Gate {
        let without = vec![Without {
            cell: "echo/connections=1/heap".into(),
            reason: "<b>|\u{1b}[1m".into(),
        }];
        let options = Options {
            margin: 1.01,
            detect: 1.05,
            detect_many: 1.08,
            metric: None,
            rounds: 40,
            looks: 1,
        };
        Gate {
            schema: SCHEMA,
            end,
            cells,
            without,
            broken: Vec::new(),
            biased: Vec::new(),
            differences: Vec::new(),
            lost: Vec::new(),
            new: Vec::new(),
            counts: Counted::default(),
            options,
        }
    }

    fn mixed(end: End) -> Gate {
        let interval = Some(Interval { low: 0.8, high: 1.4 });
        let ratio = Ratio { median: 1.1, interval, rounds: 40 };
        let mut latency = cell("spinner/period_us=1000/smol", 1.5, 0.01);
        latency.metric = "cancel_latency_p50_ns".into();
        latency.medians = [20_512.0, 30_768.0];
        latency.resolution = Some([Some(Interval { low: 17_000.0, high: 24_000.0 }), None]);
        latency.tails = vec![Tail { metric: "frame_jitter_p99_ns".into(), ratio }];
        gate(
            end,
            vec![
                latency,
                cell("squares/tasks=10/deque", 1.001, 0.002),
                cell("squares/tasks=10/heap", 1.04, 0.01),
                cell("squares/tasks=10/smol/w2", 1.02, 0.4),
                cell("squares/tasks=10/threads", 0.9, 0.01),
            ],
        )
    }

    #[test]
    fn each_end_on_a_terminal() {
        let ends = [End::Regressed, End::Flagged, End::Inconclusive, End::Unfit, End::Pass];
        let style = Style::default();
        let all: Vec<String> =
            ends.into_iter().map(|end| text(&mixed(end), false, &style)).collect();
        assert!(!all.concat().contains('\u{1b}'));
        insta::assert_snapshot!(all.join("----\n"));
    }

    #[test]
    fn a_comment_on_a_pull_request() {
        insta::assert_snapshot!(markdown(&mixed(End::Regressed)));
    }

    #[test]
    fn exact_counts_have_a_table_of_their_own() {
        let change = |name: &str, before, after| CountChange {
            cell: "timers/timers=10/heap".into(),
            name: name.into(),
            before,
            after,
        };
        let grew =
            vec![change("syscalls_write_per_op", 0.0, 1.0), change("polls_per_op", 2.0, 1.5)];
        let counts =
            |fails| Counted { fails, changes: grew.clone(), compared: 31, ..Counted::default() };
        let fine = || vec![cell("squares/tasks=10/deque", 1.001, 0.002)];
        let failed = Gate { counts: counts(true), ..gate(End::Regressed, fine()) };
        let warned = Gate { counts: counts(false), ..gate(End::Pass, fine()) };
        let style = Style::default();
        insta::assert_snapshot!([text(&failed, false, &style), markdown(&warned)].join("----\n"));
    }

    #[test]
    fn what_fails_in_the_candidate_alone_is_said() {
        let said = |end, again, cells: Vec<Gated>| {
            let broken = vec![Broken { cell: "echo/connections=1/heap".into(), again }];
            sentence(&Gate { broken, ..gate(end, cells) })
        };
        let fine = || vec![cell("squares/tasks=10/deque", 1.001, 0.002)];
        let slow = vec![cell("squares/tasks=10/heap", 1.04, 0.01)];
        let all = [
            said(End::Flagged, None, fine()),
            said(End::Regressed, Some(true), fine()),
            said(End::Regressed, Some(true), slow),
            said(End::Inconclusive, Some(false), fine()),
            said(End::Inconclusive, Some(false), Vec::new()),
        ];
        insta::assert_snapshot!(all.join("\n"), @"
        Flagged: 1 cell fails in the candidate alone; a second session must confirm it
        Broken: 1 cell fails in the candidate alone, and again in a second session
        Regressed: 1 of 1 cell, most of all squares/tasks=10/heap: +4.0 % (+3.8 to +4.2 %); 1 cell fails in the candidate alone
        Not enough to tell: 1 cell fails in the candidate alone, but not again
        Not enough to tell: no cell could be compared
        ");
    }

    /// A pull request that loses cells must not look harmless; one that adds some may pass.
    #[test]
    fn what_one_program_alone_has_is_said() {
        let without = |executor: &str, count: usize, reason: &str| {
            let of = |n| Without {
                cell: format!("squares/tasks={n}/{executor}"),
                reason: reason.into(),
            };
            (1..=count).map(of).collect::<Vec<_>>()
        };
        let (lost, new) = ("not in the candidate", "not in the baseline");
        let fine = || vec![cell("squares/tasks=10/deque", 1.001, 0.002)];
        let added = Gate {
            without: without("new", 4, new),
            new: without("new", 4, new).into_iter().map(|it| it.cell).collect(),
            differences: vec!["`x` has the features [] in one and [a] in the other".into()],
            ..gate(End::Pass, fine())
        };
        let taken = Gate {
            without: [without("heap", 1, lost), without("smol", 4, lost)].concat(),
            lost: vec![String::new(); 5],
            ..gate(End::Inconclusive, fine())
        };
        let failed = Gate {
            without: without("may", 1, "failed in both"),
            ..gate(End::Inconclusive, fine())
        };
        let style = Style::default();
        let all = [
            markdown(&added),
            text(&added, false, &style),
            text(&taken, false, &style),
            text(&taken, true, &style),
            text(&failed, false, &style),
        ];
        insta::assert_snapshot!(all.join("----\n"));
    }

    /// GitHub takes 65,536 letters.
    #[test]
    fn a_comment_on_very_much_has_an_end() {
        let cells =
            (0..400).map(|n| cell(&format!("squares/tasks={n}/{}", "x".repeat(80)), 1.1, 0.01));
        let reason =
            |n: usize| Without { cell: format!("echo/x={n}/e{n}"), reason: "failed".into() };
        let text = markdown(&Gate {
            biased: (0..400).map(|n| format!("squares/tasks={n}/heap")).collect(),
            without: (0..400).map(reason).collect(),
            ..gate(End::Regressed, cells.collect())
        });
        assert_eq!(text.matches("\n| regressed |").count(), MAX_ROWS);
        assert!(text.contains("\n\nand 360 more\n\n- squares"), "{text}");
        assert!(text.ends_with("- and 760 more\n") && text.len() < 40_000, "{}", text.len());
    }

    #[test]
    fn where_nothing_matters_the_comment_is_one_sentence() {
        let mut quiet = gate(End::Pass, vec![cell("squares/tasks=10/deque", 1.001, 0.002)]);
        quiet.without.clear();
        assert_eq!(
            markdown(&quiet),
            "<!-- tminus gate -->\n**No regression in 1 cell: 1 equivalent, 0 improved, 0 \
             inconclusive within 5.0 %**\n"
        );
    }
}
