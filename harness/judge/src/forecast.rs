//! What a gate can find on a machine, from rounds of two identical children.

use std::time::Duration;

use crate::stats::spread;

/// How far from the middle a round of a standard normal distribution is in half of all cases.
const HALF: f64 = 0.674_49;

/// The standard deviation of a median of many values, in those of one: the root of half of pi.
const OF_MEDIAN: f64 = 1.253_31;

/// The standard deviations between a margin and what is found beyond it in 19 of 20 gates: half of
/// the 95 % interval, and as far as 19 of 20 of its middles lie from the true one.
const BEYOND: f64 = 1.959_96 + 1.644_85;

/// The noise of a machine to a gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The robust standard deviation of the log-ratio of a round.
    pub noise: f64,
    /// The time that a gate takes for a round of a cell.
    pub round: Duration,
}

impl Forecast {
    /// Makes it of the log-ratios of rounds in which nothing differed; `None` without any.
    #[must_use]
    pub fn of(ln_ratios: &[f64], round: Duration) -> Option<Self> {
        Some(Self { noise: spread(ln_ratios)? / HALF, round })
    }

    /// Returns the smallest ratio that a gate with this `margin`, a factor, finds in 19 of 20 cases
    /// in so many `seconds` a cell: as if noise were normal, and without a correction for other
    /// cells.
    #[must_use]
    pub fn found_in(&self, seconds: f64, margin: f64) -> f64 {
        let rounds = (seconds / self.round.as_secs_f64()).max(1.0);
        (margin.ln() + BEYOND * OF_MEDIAN * self.noise / rounds.sqrt()).exp()
    }

    /// Returns the seconds a cell in which [`found_in`](Self::found_in) gives `ratio`; endless
    /// where that is not beyond the margin. No interval comes of fewer than six rounds.
    #[must_use]
    pub fn time_for(&self, ratio: f64, margin: f64) -> f64 {
        let beyond = ratio.ln() - margin.ln();
        if beyond <= 0.0 {
            return f64::INFINITY;
        }
        let rounds = (BEYOND * OF_MEDIAN * self.noise / beyond).powi(2).max(6.0);
        rounds * self.round.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio::Limits;
    use crate::verdict::{Verdict, judge};

    #[test]
    fn a_time_and_what_is_found_in_it_agree() {
        let noise = [-0.03, -0.01, 0.0, 0.01, 0.03];
        let forecast = Forecast::of(&noise, Duration::from_millis(20)).expect("rounds");
        assert!((forecast.noise - 0.01 / HALF).abs() < 1e-12);
        let seconds = forecast.time_for(1.03, 1.01);
        assert!((forecast.found_in(seconds, 1.01) - 1.03).abs() < 1e-9);
        assert_eq!(forecast.time_for(1.01, 1.01), f64::INFINITY);
        assert_eq!(Forecast::of(&[], Duration::ZERO), None);
    }

    /// The rule of verdicts finds what is forecast about as often as it is forecast.
    #[test]
    fn verdicts_find_what_is_forecast() {
        let mut rng = fastrand::Rng::with_seed(7);
        let sigma = 0.02;
        // Of twelve uniform values the sum is close to normal.
        let mut normal = || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let rounds = 100;
        let forecast = Forecast { noise: sigma, round: Duration::from_millis(10) };
        let shift = forecast.found_in(1.0, 1.01).ln();
        let limits = Limits { margin: 1.01, floor: 1.0 };
        let mut gates = 0;
        let found = (0..400).filter(|_| {
            gates += 1;
            let ln_ratios: Vec<f64> = (0..rounds).map(|_| shift + sigma * normal()).collect();
            judge(&ln_ratios, limits).is_some_and(|it| it.verdict == Verdict::Regressed)
        });
        let found = found.count() as f64 / 400.0;
        assert!((0.88..=0.99).contains(&found), "{found} of {gates}");
    }
}
