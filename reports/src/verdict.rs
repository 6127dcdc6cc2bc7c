//! The verdict of a gate for a terminal and for a pull request. Gives text and prints nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tminus_harness::gate::{End, Gate, Gated, Tail};
use tminus_harness::rank::Ratio;
use tminus_harness::verdict::Verdict;

use crate::comparison::{name, paint, percent};
use crate::escape::{markdown as md, terminal};
use crate::number::{self, Unit};
use crate::text::Style;
use crate::text::table::{
    BOLD, Columns, DIM, GREEN, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;

/// By this line a program finds its own comment on a pull request again.
pub const MARKER: &str = "<!-- tminus gate -->";

const COLUMNS: Columns<7> = Columns {
    head: ["verdict", "cell", "baseline", "candidate", "change", "margin", "beside"],
    right: [false, false, true, true, false, true, false],
    name: 1,
    spare: 6,
};

/// The whole in one sentence.
#[must_use]
pub fn sentence(gate: &Gate) -> String {
    let all = words::count(gate.cells.len() as u64, "cell");
    let count = |verdict| gate.cells.iter().filter(|cell| cell.verdict == verdict).count();
    match gate.end {
        End::Regressed if count(Verdict::Regressed) == 0 => {
            format!("Broken: {}, and again in a second session", broken(gate))
        }
        End::Regressed => {
            let worst = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
            let worst = worst.max_by(|a, b| ratio(a).total_cmp(&ratio(b)));
            let worst = worst.map_or_else(String::new, |cell| {
                format!(", most of all {}: {}", cell.cell.id(), number::change(&cell.judged.ratio))
            });
            let broken =
                if gate.broken.is_empty() { String::new() } else { format!("; {}", broken(gate)) };
            format!("Regressed: {} of {all}{worst}{broken}", count(Verdict::Regressed))
        }
        End::Flagged if count(Verdict::Regressed) == 0 => {
            format!("Flagged: {}; a second session must confirm it", broken(gate))
        }
        End::Flagged => format!(
            "Flagged: {} of {all} regressed in one session; a second one must confirm it",
            count(Verdict::Regressed)
        ),
        End::Unfit => format!(
            "Environment unfit: the baseline differs from its own copy in {} of {all}, so there is \
             no verdict",
            gate.biased.len()
        ),
        End::Inconclusive => {
            let open = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Inconclusive);
            let hides = open.filter(|cell| matters(gate, cell)).count();
            if gate.cells.is_empty() {
                return "Not enough to tell: no cell could be compared".into();
            }
            if !gate.broken.is_empty() {
                return format!("Not enough to tell: {}, but not again", broken(gate));
            }
            format!(
                "Not enough to tell: {hides} of {all} could hide a regression of more than {}; more \
                 rounds or a quieter machine would tell",
                limits(gate)
            )
        }
        End::Pass => {
            let unsteady = gate.cells.iter().filter(|cell| is_unsteady(gate, cell)).count();
            let of_those = match unsteady {
                0 => String::new(),
                _ => format!(", {unsteady} too unsteady to decide"),
            };
            format!(
                "No regression in {all}: {} equivalent, {} improved, {} inconclusive within \
                 {}{of_those}",
                count(Verdict::Equivalent),
                count(Verdict::Improved),
                count(Verdict::Inconclusive) - unsteady,
                limits(gate)
            )
        }
    }
}

fn is_unsteady(gate: &Gate, cell: &Gated) -> bool {
    cell.is_unsteady(gate.options.detect_of(&cell.cell))
}

/// `5.0 %`, or `5.0 % (8.0 % on several workers)` where there are such cells.
fn limits(gate: &Gate) -> String {
    let (detect, all) = (gate.options.detect, gate.cells.iter());
    let most = all.map(|cell| gate.options.detect_of(&cell.cell)).fold(detect, f64::max);
    match most > detect {
        true => format!("{} ({} on several workers)", percent(detect), percent(most)),
        false => percent(detect),
    }
}

/// `2 cells fail in the candidate alone`.
fn broken(gate: &Gate) -> String {
    let verb = if gate.broken.len() == 1 { "fails" } else { "fail" };
    format!("{} {verb} in the candidate alone", words::count(gate.broken.len() as u64, "cell"))
}

/// For a terminal: what matters or, with `all`, every cell; then the sentence. Ends in a line end.
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
        out.push('\n');
    }
    for cell in &gate.biased {
        push_wrapped(&mut out, &format!("  differs from its own copy: {}", terminal(cell)), style);
    }
    for without in &gate.without {
        let text = format!("  {}: {}", terminal(&without.cell), terminal(&without.reason));
        push_wrapped_painted(&mut out, &text, DIM, style);
    }
    let colour = match gate.end {
        End::Pass => GREEN,
        End::Regressed => RED,
        End::Flagged | End::Inconclusive | End::Unfit => BOLD,
    };
    push_wrapped_painted(&mut out, &terminal(&sentence(gate)), colour, style);
    out
}

/// For a pull request: one comment, which starts with [`MARKER`]. Where nothing matters it is the
/// sentence alone.
#[must_use]
pub fn markdown(gate: &Gate) -> String {
    let mut out = format!("{MARKER}\n**{}**\n", md(&sentence(gate)));
    let cells: Vec<&Gated> = sorted(gate).filter(|cell| matters(gate, cell)).collect();
    if !cells.is_empty() {
        out += "\n| verdict | cell | baseline | candidate | change | margin | beside | by |\n";
        out += "|---|---|---:|---:|---|---:|---|---|\n";
    }
    for cell in cells {
        let texts = texts(gate, cell).map(|text| md(&text));
        writeln!(out, "| {} | {} |", texts.join(" | "), md(&by(&cell.metric)))
            .expect("a string takes all");
    }
    if !gate.without.is_empty() || !gate.biased.is_empty() {
        out.push('\n');
    }
    for cell in &gate.biased {
        writeln!(out, "- {}: the baseline differs from its own copy", md(cell))
            .expect("a string takes all");
    }
    for without in &gate.without {
        writeln!(out, "- {}: {}", md(&without.cell), md(&without.reason))
            .expect("a string takes all");
    }
    out
}

/// The worst first.
fn sorted(gate: &Gate) -> impl Iterator<Item = &Gated> {
    let mut cells: Vec<&Gated> = gate.cells.iter().collect();
    cells.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(ratio(b).total_cmp(&ratio(a))));
    cells.into_iter()
}

fn ratio(cell: &Gated) -> f64 {
    cell.judged.ratio.median
}

/// Whether a reader of the verdict must see the cell.
fn matters(gate: &Gate, cell: &Gated) -> bool {
    match cell.verdict {
        Verdict::Regressed | Verdict::Improved => true,
        Verdict::Inconclusive if cell.confirmed.is_some() => true,
        Verdict::Inconclusive if gate.end == End::Pass => false,
        Verdict::Inconclusive => cell.could_hide() > gate.options.detect_of(&cell.cell),
        Verdict::Equivalent => false,
    }
}

/// What stands in the columns.
fn texts(gate: &Gate, cell: &Gated) -> [String; 7] {
    let unit = Unit::of(&cell.metric);
    let value = |side: usize| {
        let resolution = cell.resolution.and_then(|ends| ends[side]);
        number::value(unit, cell.medians[side], resolution)
    };
    let not_again = cell.confirmed.is_some() && cell.verdict != Verdict::Regressed;
    let verdict = match () {
        () if not_again => "not again",
        () if is_unsteady(gate, cell) => "unsteady",
        () => name(cell.verdict),
    };
    [
        verdict.into(),
        cell.cell.id().to_string(),
        value(0),
        value(1),
        number::change(&cell.judged.ratio),
        percent(cell.judged.limits.effective()),
        beside(cell),
    ]
}

/// `by CPU time (echo, squares), cancel latency p50 (spinner)`.
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

/// What decided, in a word or two: `CPU`, `lateness p99`.
fn by(metric: &str) -> String {
    match metric {
        "least_cpu_ns_per_op" | "cpu_ns_per_op" => "CPU time".into(),
        "least_wall_ns_per_op" | "wall_ns_per_op" => "wall time".into(),
        other => words::metric(other, "op"),
    }
}

/// What did not decide: wall time and tails.
fn beside(cell: &Gated) -> String {
    let alone = |median| Ratio { median, interval: None, rounds: 0 };
    let wall = cell.wall_ratio.map(|ratio| format!("wall {}", number::change(&alone(ratio))));
    let tail = |tail: &Tail| format!("{} {}", by(&tail.metric), number::change(&tail.ratio));
    wall.into_iter().chain(cell.tails.iter().map(tail)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use tminus_harness::compare::Without;
    use tminus_harness::gate::{Broken, Options, SCHEMA};
    use tminus_harness::plan::Cell;
    use tminus_harness::rank::Interval;
    use tminus_harness::verdict::{Limits, judge};

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
