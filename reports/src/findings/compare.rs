//! The finding of a comparison of two runs: the sentence, the counts, and how far to believe them.

use tminus_judge::compare::{Compared, Comparison, Resolution};
use tminus_judge::rank::Ratio;
use tminus_judge::verdict::{Limits, Verdict};

use crate::words;
use crate::words::escape::clean;
use crate::words::number::{self, Unit};

/// Returns the whole in one sentence.
#[must_use]
pub fn sentence(comparison: &Comparison) -> String {
    let (regressed, improved) =
        (comparison.count(Verdict::Regressed), comparison.count(Verdict::Improved));
    let all = words::count(comparison.cells.len() as u64, "cell");
    let most = sorted(comparison).find(|cell| has_changed(cell)).map_or_else(String::new, |cell| {
        format!(
            ", most of all {}: {}",
            clean(cell.cell.id().as_str()),
            number::change(&cell.judged.ratio)
        )
    });
    match (regressed, improved) {
        (0, 0) => format!("No change that can be told in {all}"),
        (0, improved) => format!("{improved} of {all} improved, none regressed{most}"),
        (regressed, 0) => format!("{regressed} of {all} regressed, none improved{most}"),
        (regressed, improved) => {
            format!("{regressed} of {all} regressed and {improved} improved{most}")
        }
    }
}

/// Sorts by verdict, then the largest change first.
pub(crate) fn sorted(comparison: &Comparison) -> impl Iterator<Item = &Compared> {
    let mut cells: Vec<&Compared> = comparison.cells.iter().collect();
    cells.sort_by(|a, b| place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal));
    cells.into_iter()
}

pub(crate) fn counts(comparison: &Comparison) -> String {
    let verdicts =
        [Verdict::Regressed, Verdict::Improved, Verdict::Equivalent, Verdict::Inconclusive];
    let parts = verdicts
        .map(|verdict| format!("{} {}", comparison.count(verdict), words::verdict(verdict)));
    let without = match comparison.without.len() {
        0 => String::new(),
        count => format!("; {count} without a comparison"),
    };
    let all = words::count(comparison.cells.len() as u64, "cell");
    format!("{all}: {}{without}", parts.join(", "))
}

/// Returns what differs between the runs beside the program, in one sentence.
pub(crate) fn notes(comparison: &Comparison) -> Option<String> {
    let notes = &comparison.notes;
    (!notes.is_empty())
        .then(|| format!("may have moved figures, whatever the program: {}", notes.join("; ")))
}

/// Returns how far to believe the rest.
pub(crate) fn controls(comparison: &Comparison) -> String {
    let mut parts = vec![pairing(comparison).to_owned()];
    for (name, twin) in ["baseline", "candidate"].iter().zip(comparison.twins) {
        parts.push(match twin {
            Some(floor) => format!("A/A of the {name} within {}", number::percent_up(floor)),
            None => format!("the {name} has no A/A pair"),
        });
    }
    parts.push(match comparison.floors_moved {
        Some(moved) => {
            let moved = Ratio { median: moved, interval: None, rounds: 0 };
            format!("code without an executor moved by {}", number::change(&moved))
        }
        None => "no code without an executor in common".into(),
    });
    let limits = comparison.cells.first().map(|cell| cell.judged.limits);
    if let Some(limits) = limits {
        parts.push(margin(limits));
    }
    parts.join("; ")
}

/// Returns which rounds are compared with which.
fn pairing(comparison: &Comparison) -> &'static str {
    match comparison.paired {
        true => "both runs ran in turns, so rounds are compared pair by pair",
        false => "two runs of two moments, so medians are compared and not rounds",
    }
}

/// Returns the margin that counts and where it comes from.
fn margin(limits: Limits) -> String {
    let (asked, counts) =
        (number::percent_up(limits.margin), number::percent_up(limits.effective()));
    match () {
        () if limits.lifted_too_far() => format!(
            "so the margin is {counts} instead of {asked}, and nothing is called equivalent"
        ),
        () if limits.floor > limits.margin => {
            format!("so the margin is {counts} instead of {asked}")
        }
        () => format!("the margin is {asked}"),
    }
}

pub(crate) fn has_changed(cell: &Compared) -> bool {
    matches!(cell.judged.verdict, Verdict::Regressed | Verdict::Improved)
}

/// Returns what a table says of a cell of two programs, beside what was judged: both medians, in
/// the digits that their rounds tell apart, and the change.
pub(crate) fn figures(
    metric: &str,
    medians: [f64; 2],
    resolution: Option<Resolution>,
    change: &Ratio,
) -> [String; 3] {
    let unit = Unit::of(metric);
    let value =
        |side: usize| number::value(unit, medians[side], resolution.and_then(|ends| ends[side]));
    [value(0), value(1), number::change(change)]
}

/// Returns the verdict, then the size of the change.
fn place(cell: &Compared) -> (Verdict, f64) {
    (cell.judged.verdict, -cell.judged.ratio.median.ln().abs())
}
