//! How a gate judges.

use serde::{Deserialize, Serialize};
use tminus_record::Cell;

use crate::stats::CONFIDENCE;

/// The probability that is left to chance over all interim looks and cells.
pub(crate) const ALPHA: f64 = 1.0 - CONFIDENCE;

/// No cell has more rounds, whatever the looks.
pub const MAX_ROUNDS: u32 = 10_000;

/// No gate looks more often.
const MAX_LOOKS: u32 = 8;

/// How to judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The factor above 1 that is important.
    pub margin: f64,
    /// The factor above 1 that an inconclusive cell must not reach.
    pub detect: f64,
    /// The same for a cell of several workers: those vary more, and no patience makes up for it.
    pub detect_many: f64,
    /// The metric; else CPU time of the fastest batch where the workload's first metric is a time,
    /// and that first metric where it is none.
    pub metric: Option<String>,
    /// Rounds before the first look.
    pub rounds: u32,
    /// How often at most the rounds are looked at to see which cells are decided.
    pub looks: u32,
}

/// Of what is left to chance, the share that the first look spends if it is not the only one. Most
/// cells are decided there; each later look has an equal share of the rest (Bonferroni's
/// inequality, so whatever the looks have to do with each other).
const FIRST_LOOK: f64 = 0.8;

impl Options {
    /// Refuses what no gate can go by: options may come from a file.
    ///
    /// # Errors
    /// The mistake, in one line.
    pub fn check(&self) -> Result<(), String> {
        let factors = [("margin", self.margin), ("detect", self.detect)];
        let factors = factors.into_iter().chain([("detect-many", self.detect_many)]);
        for (name, factor) in factors {
            if !(factor > 1.0 && factor <= 2.0) {
                return Err(format!("a {name} that is not above 0 and up to 100 %"));
            }
        }
        let Self { rounds, looks, .. } = self;
        if !(6..=MAX_ROUNDS).contains(rounds) || !(1..=MAX_LOOKS).contains(looks) {
            return Err(format!("{rounds} rounds and {looks} looks"));
        }
        let most = self.most_rounds();
        if most > MAX_ROUNDS {
            return Err(format!(
                "{rounds} rounds and {looks} looks, each after twice the rounds of the one before, \
                 make {most} rounds, more than {MAX_ROUNDS}: fewer rounds or looks"
            ));
        }
        Ok(())
    }

    /// Returns the rounds of a cell that is open at every look.
    #[must_use]
    pub fn most_rounds(&self) -> u32 {
        let doubled = 1_u32.checked_shl(self.looks.saturating_sub(1)).unwrap_or(u32::MAX);
        self.rounds.saturating_mul(doubled)
    }

    /// Returns the factor that `cell` must not reach while it is open.
    #[must_use]
    pub fn detect_of(&self, cell: &Cell) -> f64 {
        let has_many = cell.workers.is_some_and(|workers| workers > 1);
        if has_many { self.detect_many.max(self.detect) } else { self.detect }
    }

    /// Returns the confidence of the interval of a cell that was run for `rounds`: those without a
    /// value count too, since they were looked at as well.
    #[must_use]
    pub fn confidence(&self, rounds: usize) -> f64 {
        let share = match self.looks {
            0 | 1 => 1.0,
            _ if rounds <= self.rounds as usize => FIRST_LOOK,
            looks => (1.0 - FIRST_LOOK) / f64::from(looks - 1),
        };
        1.0 - ALPHA * share
    }
}
