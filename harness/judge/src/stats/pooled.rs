//! A quantile of many values in few rounds: where a round alone holds too few values to tell its
//! own quantile, the values of all rounds are taken together, and whole rounds change sides.

use super::ranks::{large, quantile_ranks};
use super::{Estimate, as_f64};

/// How often rounds change sides for one p-value, unless that would take too long: below 1 in
/// 20,000 none is told apart. A gate by a quantile keeps a regression at its first look among up to
/// 800 cells; at the second of four, which has a fifteenth of its chance, among up to 66.
const SWAPS: usize = 19_999;

/// The same for each step of the search for the end of an interval.
const SWAPS_OF_SEARCH: usize = 1_999;

/// Values looked at for one p-value at most: about a second.
const MAX_WORK: f64 = 5e7;

/// The seed of the swaps: the same values always give the same answer.
const SEED: u64 = 0x7a11;

/// One side of a round: each value (above zero) and how often it came.
pub type Counted = Vec<(f64, u64)>;

/// Rounds of two sides, whose quantiles over all rounds are compared by R. A. Fisher's
/// randomisation test for matched pairs: if the sides do not differ, any round may as well have
/// been the other way round, so the ratio that was seen is one of all those that swapping rounds
/// gives.
///
/// The round is what is swapped, so values inside a round may depend on each other as they like:
/// one stall makes many of them late.
///
/// Fisher, *The Design of Experiments* (1935), section 21; Conover, *Practical Nonparametric
/// Statistics*, 3rd ed. (1999), section 5.11. The interval holds the ratios that the test would not
/// refuse: P. Garthwaite, *Confidence Intervals from Randomization Tests*, Biometrics 52 (1996). A
/// share of all swaps, drawn at random, is as valid as all of them: M. Dwass, *Modified
/// Randomization Tests for Nonparametric Hypotheses*, Annals of Mathematical Statistics 28 (1957).
#[derive(Clone, Debug)]
pub struct Pooled {
    values: Vec<Value>,
    rounds: usize,
    at: f64,
}

/// Some equal values of one round and side.
#[derive(Clone, Copy, Debug)]
struct Value {
    ln: f64,
    count: u64,
    round: usize,
    /// 0: the baseline, 1: the candidate.
    side: usize,
}

impl Pooled {
    /// Pools baseline and candidate of each round, to compare a quantile (between 0 and 1). Returns
    /// `None` where a side has no value, or one that is not above zero.
    #[must_use]
    pub fn new(rounds: &[[Counted; 2]], at: f64) -> Option<Self> {
        let mut values = Vec::new();
        for (round, sides) in rounds.iter().enumerate() {
            for (side, counted) in sides.iter().enumerate() {
                let value =
                    |&(value, count): &(f64, u64)| Value { ln: f64::ln(value), count, round, side };
                values.extend(counted.iter().map(value).filter(|value| value.count > 0));
            }
        }
        let has = |side| values.iter().any(|value: &Value| value.side == side);
        let good = values.iter().all(|value| value.ln.is_finite());
        let good = good && has(0) && has(1) && at > 0.0 && at < 1.0;
        good.then_some(Self { values, rounds: rounds.len(), at })
    }

    /// Returns the number of rounds taken together.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Returns the quantile of baseline and candidate over all rounds: the smallest value that at
    /// least its share of the values does not exceed.
    #[must_use]
    pub fn quantiles(&self) -> [f64; 2] {
        let sorted = Sorted::new(self, 0.0);
        sorted.quantiles(&vec![false; self.rounds]).map(f64::exp)
    }

    /// Returns for each side the interval of its quantile that the numbers of values allow: see
    /// [`quantile_ranks`]. It takes values for independent of each other, so it tells how finely
    /// they resolve the quantile and decides nothing.
    #[must_use]
    pub fn resolution(&self, confidence: f64) -> [Option<(f64, f64)>; 2] {
        [0, 1].map(|side| {
            let mut values: Vec<&Value> =
                self.values.iter().filter(|value| value.side == side).collect();
            values.sort_by(|a, b| a.ln.total_cmp(&b.ln));
            let all = values.iter().map(|value| value.count).sum();
            let (low, high) = quantile_ranks(all, self.at, confidence)?;
            let value_at = |rank: u64| {
                let mut seen = 0;
                let is_it = |value: &&&Value| {
                    seen += value.count;
                    seen >= rank
                };
                values.iter().find(is_it).map(|value| value.ln.exp())
            };
            value_at(low).zip(value_at(high))
        })
    }

    /// Returns the logarithm of the ratio of the quantiles, candidate to baseline, with its
    /// interval; that is `None` where there are too few rounds: at 95 % under six.
    #[must_use]
    pub fn estimate(&self, confidence: f64) -> Estimate {
        let [baseline, candidate] = Sorted::new(self, 0.0).quantiles(&vec![false; self.rounds]);
        let value = candidate - baseline;
        let outside = (1.0 - confidence) / 2.0;
        // How far from the value the end lies on the side of `sign`.
        let end = |sign: f64| {
            let refused = |away: f64| {
                self.beyond_by_chance(value + sign * away, -sign, SWAPS_OF_SEARCH) <= outside
            };
            let mut far = 0.01;
            while !refused(far) {
                far *= 2.0;
                if far > 50.0 {
                    return None;
                }
            }
            let mut near = if far > 0.01 { far / 2.0 } else { 0.0 };
            for _ in 0..10 {
                let middle = f64::midpoint(near, far);
                if refused(middle) { far = middle } else { near = middle }
            }
            Some(value + sign * far)
        };
        Estimate { value, interval: end(-1.0).zip(end(1.0)) }
    }

    /// Returns the p-value of "the ratio is not above the factor whose logarithm is `limit`".
    #[must_use]
    pub fn above_by_chance(&self, limit: f64) -> f64 {
        self.beyond_by_chance(limit, 1.0, SWAPS)
    }

    /// Returns the p-value of "the ratio is not below the factor whose logarithm is `limit`".
    #[must_use]
    pub fn below_by_chance(&self, limit: f64) -> f64 {
        self.beyond_by_chance(limit, -1.0, SWAPS)
    }

    /// Returns the share of swaps that give at least what was seen, with what was seen as one of
    /// them.
    fn beyond_by_chance(&self, limit: f64, sign: f64, swaps: usize) -> f64 {
        let sorted = Sorted::new(self, limit);
        let mut swapped = vec![false; self.rounds];
        let ratio = |swapped: &[bool]| {
            let [baseline, candidate] = sorted.quantiles(swapped);
            sign * (candidate - baseline)
        };
        let seen = ratio(&swapped);
        let swaps = swaps.min(self.affordable());
        let mut rng = fastrand::Rng::with_seed(SEED);
        let mut as_far = 1_usize;
        for _ in 0..swaps {
            swapped.iter_mut().for_each(|swap| *swap = rng.bool());
            // What rounding makes of equal ratios is no difference.
            as_far += usize::from(ratio(&swapped) >= seen - 1e-12);
        }
        as_f64(as_far) / as_f64(swaps + 1)
    }

    /// Swaps that [`MAX_WORK`] allows: of the values those above the quantile are looked at.
    fn affordable(&self) -> usize {
        let looked_at = as_f64(self.values.len()) * (1.0 - self.at) + as_f64(self.rounds);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above zero")]
        let swaps = (MAX_WORK / looked_at) as usize;
        swaps.max(99)
    }
}

/// Values in descending order, those of the candidate divided by a factor: a quantile is found from
/// the end that is nearer for tails.
struct Sorted<'a> {
    of: &'a Pooled,
    values: Vec<Value>,
    /// Round to the number of values of either side.
    counts: Vec<[u64; 2]>,
}

impl<'a> Sorted<'a> {
    fn new(of: &'a Pooled, limit: f64) -> Self {
        let mut values = of.values.clone();
        values.iter_mut().filter(|value| value.side == 1).for_each(|value| value.ln -= limit);
        values.sort_by(|a, b| b.ln.total_cmp(&a.ln));
        let mut counts = vec![[0; 2]; of.rounds];
        values.iter().for_each(|value| counts[value.round][value.side] += value.count);
        Self { of, values, counts }
    }

    /// Returns the logarithms of both quantiles after some rounds changed sides.
    fn quantiles(&self, swapped: &[bool]) -> [f64; 2] {
        let mut all = [0_u64; 2];
        for (counts, swap) in self.counts.iter().zip(swapped) {
            all[0] += counts[usize::from(*swap)];
            all[1] += counts[usize::from(!*swap)];
        }
        // So many of the largest values end with the quantile.
        let needed = all.map(|count| count - rank_of(count, self.of.at) + 1);
        let (mut seen, mut found) = ([0_u64; 2], [None; 2]);
        for value in &self.values {
            let side = value.side ^ usize::from(swapped[value.round]);
            seen[side] += value.count;
            if found[side].is_none() && seen[side] >= needed[side] {
                found[side] = Some(value.ln);
                if found[1 - side].is_some() {
                    break;
                }
            }
        }
        // A side without any value has no quantile: it is as far off as can be.
        [found[0].unwrap_or(f64::NEG_INFINITY), found[1].unwrap_or(f64::NEG_INFINITY)]
    }
}

/// Returns the rank, from 1, of the quantile `at` of `count` values: HdrHistogram's, and definition
/// 1 of Hyndman and Fan (1996).
fn rank_of(count: u64, at: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to count")]
    let rank = (at * large(count)).ceil() as u64;
    rank.clamp(count.min(1), count)
}
