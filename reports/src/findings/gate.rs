//! A gate in one sentence.

use tminus_judge::gate::{End, Gate};
use tminus_judge::verdict::Verdict;

use super::count_change;
use crate::words;
use crate::words::number::{self, percent_up};

/// Returns the whole in one sentence.
#[must_use]
pub fn sentence(gate: &Gate) -> String {
    let all = words::count(gate.cells.len() as u64, "cell");
    let count = |verdict| gate.cells.iter().filter(|cell| cell.verdict == verdict).count();
    match gate.end {
        End::Regressed if gate.broken.is_empty() && count(Verdict::Regressed) == 0 => {
            let counts = gate.counts.changes.iter().filter(|change| change.grew());
            let first = counts.clone().next();
            let first = first.map(|it| format!(", {} in {}", count_change(it), it.cell));
            let grown = words::count(counts.count() as u64, "exact count");
            format!("Does more: {grown} grew{}", first.unwrap_or_default())
        }
        End::Regressed if count(Verdict::Regressed) == 0 => {
            format!("Broken: {}, and again in a second session", broken(gate))
        }
        End::Regressed => {
            let worst = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
            let worst =
                worst.max_by(|a, b| a.judged.ratio.median.total_cmp(&b.judged.ratio.median));
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
        End::Inconclusive => format!("Not enough to tell: {}", open(gate)),
        End::Pass => {
            let unsteady = gate.cells.iter().filter(|cell| cell.is_unsteady(&gate.options)).count();
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

/// Returns what keeps the gate from passing.
fn open(gate: &Gate) -> String {
    let all = words::count(gate.cells.len() as u64, "cell");
    let hides = gate.cells.iter().filter(|cell| cell.is_open(&gate.options)).count();
    let without = gate.without.len().saturating_sub(gate.new.len() + gate.lost.len());
    let mut reasons = Vec::new();
    match () {
        () if gate.cells.is_empty() => reasons.push("no cell could be compared".into()),
        () if !gate.broken.is_empty() => reasons.push(format!("{}, but not again", broken(gate))),
        () if hides > 0 => reasons.push(format!(
            "{hides} of {all} could hide a regression of more than {}; more rounds or a quieter \
             machine would tell",
            limits(gate)
        )),
        () if gate.lost.is_empty() => {
            let without = words::count(without as u64, "cell");
            reasons.push(format!("{without} without a comparison beside {all} with one"));
        }
        () => {}
    }
    if !gate.lost.is_empty() {
        let lost = words::count(gate.lost.len() as u64, "cell");
        reasons.push(format!(
            "the candidate lacks {lost} of the baseline (`--force` if that is meant)"
        ));
    }
    reasons.join("; ")
}

/// Returns `5.0 %`, or `5.0 % (8.0 % on several workers)` where there are such cells.
fn limits(gate: &Gate) -> String {
    let (detect, all) = (gate.options.detect, gate.cells.iter());
    let most = all.map(|cell| gate.options.detect_of(&cell.cell)).fold(detect, f64::max);
    match most > detect {
        true => format!("{} ({} on several workers)", percent_up(detect), percent_up(most)),
        false => percent_up(detect),
    }
}

/// Returns `2 cells fail in the candidate alone`, for example.
fn broken(gate: &Gate) -> String {
    let verb = if gate.broken.len() == 1 { "fails" } else { "fail" };
    format!("{} {verb} in the candidate alone", words::count(gate.broken.len() as u64, "cell"))
}
