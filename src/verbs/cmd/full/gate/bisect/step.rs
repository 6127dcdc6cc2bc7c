//! What a gate says of a commit: good, bad, open, or nothing.

use std::fmt;

use tminus_judge::gate::{End, Gate};
use tminus_judge::verdict::Verdict;

/// The fault of the bad revision.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// The cell costs more by this factor.
    Costs(f64),
    /// The cell fails.
    Fails,
}

/// What is known of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has not the fault; why.
    Good(String),
    /// It has the fault; why.
    Bad(String),
    /// The gate could not tell.
    Open,
    /// Nothing can be said of it, and why.
    Skipped(String),
}

/// No margin of a gate is larger.
const MOST: f64 = 2.0;

impl Fault {
    /// Returns the fault that the gate of the good and the bad revision shows, if there is one.
    pub(super) fn of(ends: &Gate) -> Option<Self> {
        if ends.end != End::Regressed {
            return None;
        }
        if ends.broken.iter().any(|it| it.again == Some(true)) {
            return Some(Self::Fails);
        }
        let mut costs = ends.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
        costs.next().map(|cell| Self::Costs(cell.judged.ratio.median))
    }

    /// Returns the margin that tells good from bad: half of the way, on the scale of ratios.
    pub(super) fn margin(&self) -> f64 {
        match self {
            Self::Costs(ratio) => ratio.sqrt().clamp(super::MARGIN, MOST),
            Self::Fails => super::MARGIN,
        }
    }

    /// Judges a commit by the gate of the good revision and it, which had [`margin`](Self::margin).
    pub(super) fn outcome(&self, gate: &Gate) -> Outcome {
        let fails = gate.broken.iter().any(|it| it.again == Some(true));
        let cost = gate.cells.first().map(|cell| (cell.judged.ratio.median - 1.0) * 100.0);
        let cost = cost.map(|percent| format!("{percent:+.1} %")).unwrap_or_default();
        match self {
            Self::Fails if fails => Outcome::Bad("the cell fails".into()),
            Self::Fails if gate.broken.is_empty() && !gate.cells.is_empty() => {
                Outcome::Good("the cell does not fail".into())
            }
            Self::Costs(_) if fails => Outcome::Skipped("the cell fails".into()),
            Self::Costs(_) if gate.end == End::Regressed => Outcome::Bad(cost),
            Self::Costs(_) if gate.end == End::Pass => Outcome::Good(cost),
            Self::Costs(_) | Self::Fails => Outcome::Open,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(why) => write!(out, "good: {why}"),
            Self::Bad(why) => write!(out, "bad: {why}"),
            Self::Open => write!(out, "skipped: the gate cannot tell"),
            Self::Skipped(why) => write!(out, "skipped: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tminus_judge::gate::{Broken, Options, Session, confirm, gate};
    use tminus_record::testing::{cell, run};

    use super::*;

    /// Returns the confirmed gate of a candidate that takes `factor` times as long, give or take
    /// `spread`.
    fn judged(factor: f64, spread: f64, margin: f64) -> Gate {
        let side = |factor: f64, seed: u64| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let ns = |_| (1e6 * factor * (1.0 + spread * rng.f64())) as u64;
            run(&[(cell("heap"), (0..40).map(ns).collect())])
        };
        let session = |seed: u64| Session {
            baseline: side(1.0, seed),
            copy: side(1.0, seed + 1),
            candidate: side(factor, seed + 2),
        };
        let metric = Some("wall_ns_per_op".into());
        let (detect, detect_many) = (margin, margin);
        let options = Options { margin, detect, detect_many, metric, rounds: 40, looks: 1 };
        confirm(gate(&session(1), &options).expect("cells"), &session(10)).expect("cells")
    }

    #[test]
    fn half_of_the_way_tells_good_from_bad() {
        let fault = Fault::of(&judged(1.1, 0.01, 1.01)).expect("it costs more");
        let margin = fault.margin();
        assert!((1.045..1.055).contains(&margin), "{margin}");
        let outcome = |factor, spread| fault.outcome(&judged(factor, spread, margin));
        assert!(matches!(outcome(1.1, 0.01), Outcome::Bad(why) if why.starts_with("+10.")));
        // Slower on the way, but not by that.
        assert!(matches!(outcome(1.02, 0.01), Outcome::Good(_)));
        assert!(matches!(outcome(0.8, 0.01), Outcome::Good(_)));
        assert_eq!(outcome(1.05, 0.5), Outcome::Open);
        let mut fails = judged(1.0, 0.01, margin);
        fails.broken.push(Broken { cell: "heap".into(), again: Some(true) });
        fails.end = End::Regressed;
        assert_eq!(fault.outcome(&fails), Outcome::Skipped("the cell fails".into()));
        assert_eq!(Fault::of(&judged(1.0, 0.01, 1.01)), None);
        assert_eq!(Fault::of(&judged(0.9, 0.01, 1.01)), None);
    }

    #[test]
    fn a_cell_that_fails_is_looked_for_as_such() {
        let mut fails = judged(1.0, 0.01, 1.01);
        fails.broken.push(Broken { cell: "heap".into(), again: Some(true) });
        fails.end = End::Regressed;
        let fault = Fault::of(&fails).expect("it fails");
        assert_eq!((&fault, fault.margin()), (&Fault::Fails, 1.01));
        assert!(matches!(fault.outcome(&fails), Outcome::Bad(_)));
        assert!(matches!(fault.outcome(&judged(1.5, 0.01, 1.01)), Outcome::Good(_)));
        fails.broken[0].again = Some(false);
        assert_eq!(fault.outcome(&fails), Outcome::Open);
    }
}
