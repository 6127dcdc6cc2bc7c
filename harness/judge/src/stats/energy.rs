//! The energy statistic: how far the distributions of two stretches of a series lie apart, and
//! where a series divides best.

use super::as_f64;

/// The best division of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Divided {
    /// The first place of the second part.
    pub at: usize,
    /// How far the parts lie apart, weighted by their sizes; in the unit of the values.
    pub divergence: f64,
}

/// Returns the division of `values` into a first part and what follows it, up to any later place,
/// whose energy statistic is the largest: of parts X and Y of m and n values `mn / (m + n)` times
/// twice the mean distance between both, less the mean distance inside each. Both parts have at
/// least `least` values, and 2. Of equals the first. `None` where nothing divides: too few values,
/// all alike.
///
/// D. Matteson and N. James, *A Nonparametric Approach for Multiple Change Point Analysis of
/// Multivariate Data*, Journal of the American Statistical Association 109 (2014), equations 5 to
/// 7, with alpha = 1. Takes time and memory with the square of the number of values.
#[must_use]
pub fn divide(values: &[f64], least: usize) -> Option<Divided> {
    let (count, least) = (values.len(), least.max(2));
    let sums = Sums::of(values);
    let mut best: Option<Divided> = None;
    for at in least..count.saturating_sub(least - 1) {
        // Sums of distances: inside the second part, and across.
        let (mut inside, mut across) = (0.0, 0.0);
        for last in at..count {
            let (to_first, to_all) = (sums.to_first(last, at), sums.to_first(last, last));
            across += to_first;
            inside += to_all - to_first;
            let second = last + 1 - at;
            if second < least {
                continue;
            }
            let divergence = energy(sums.inside[at], across, inside, at, second);
            if divergence > best.map_or(0.0, |best| best.divergence) {
                best = Some(Divided { at, divergence });
            }
        }
    }
    best
}

/// Does as [`divide`], but cuts off one end that has fewer than `least` values, at least one: they
/// belong to neither part that `divide` can find. Where it is the larger, that division lies beside
/// the real one.
#[must_use]
pub fn divide_end(values: &[f64], least: usize) -> Option<Divided> {
    let (count, least) = (values.len(), least.max(2));
    if count < 2 * least {
        return None;
    }
    let sums = Sums::of(values);
    let mut best: Option<Divided> = None;
    for at in (1..least).chain(count - least + 1..count) {
        let across = (at..count).map(|last| sums.to_first(last, at)).sum::<f64>();
        let inside = sums.inside[count] - sums.inside[at] - across;
        let divergence = energy(sums.inside[at], across, inside, at, count - at);
        if divergence > best.map_or(0.0, |best| best.divergence) {
            best = Some(Divided { at, divergence });
        }
    }
    best
}

/// Returns the statistic from the sums of distances inside both parts and across.
fn energy(first_inside: f64, across: f64, second_inside: f64, first: usize, second: usize) -> f64 {
    let (m, n) = (as_f64(first), as_f64(second));
    // A single value has no distance to another.
    let mean_inside = |sum: f64, count: f64| sum / (count * (count - 1.0) / 2.0).max(1.0);
    let apart =
        2.0 * across / (m * n) - mean_inside(first_inside, m) - mean_inside(second_inside, n);
    m * n / (m + n) * apart
}

/// Sums of the distances between values, so that each is added up once.
struct Sums {
    /// For each place, the distances of its value to the first 0, 1, 2, ... values up to itself;
    /// row after row, the row of place p from p (p + 1) / 2 on.
    to_first: Vec<f64>,
    /// The distances among the first 0, 1, 2, ... values.
    inside: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64]) -> Self {
        let mut to_first = Vec::with_capacity(values.len() * (values.len() + 1) / 2);
        let mut inside = vec![0.0];
        for (place, value) in values.iter().enumerate() {
            let mut sum = 0.0;
            to_first.push(sum);
            for earlier in &values[..place] {
                sum += (value - earlier).abs();
                to_first.push(sum);
            }
            inside.push(inside[place] + sum);
        }
        Self { to_first, inside }
    }

    /// Returns the distances of the value at `place` to the first `count` values, at most `place`.
    fn to_first(&self, place: usize, count: usize) -> f64 {
        self.to_first[place * (place + 1) / 2 + count]
    }
}
