//! Logarithmic axes: their ends, the places of values on them, and round values for their ticks:
//! 1-2-5 over decades, finer steps where the range is narrow.
//!
//! plotters' own log axes get no labels from 110 to 900, and print `9.999999999999999e-6`.

use super::font;
use super::sheet::SMALL;
use crate::words::number::{self, Unit};

/// A logarithmic axis; both ends are positive.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<Tick>,
}

impl Axis {
    /// Returns an axis from the least to the largest of `values` with a little room.
    pub(crate) fn of(values: impl Iterator<Item = f64>, unit: Unit) -> Self {
        let ends = bounds(values).unwrap_or((1.0, 10.0));
        let (low, high) = padded(ends, 0.05, 1.02);
        Self { low, high, ticks: log(low, high, 6, unit) }
    }

    /// Returns the width of the widest label.
    pub(crate) fn labels(&self) -> f64 {
        font::widest(self.ticks.iter().map(|tick| &tick.label), SMALL)
    }
}

/// A logarithmic axis on a sheet: the values at both ends, and where these stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) ends: (f64, f64),
    pub(crate) places: (f64, f64),
}

impl Scale {
    /// Returns where `value` stands, in the unit of the places; what is far beyond the ends stands
    /// as far beyond them as they are apart.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let (low, high) = self.ends;
        let share = (value / low).ln() / (high / low).ln();
        let share = if share.is_nan() { 0.0 } else { share.clamp(-1.0, 2.0) };
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Returns as many ticks as have room for their labels, in pixels.
    pub(crate) fn ticks(&self, unit: Unit) -> Vec<Tick> {
        let most = ((self.places.1 - self.places.0) / 62.0) as usize;
        log(self.ends.0, self.ends.1, most.clamp(2, 9), unit)
    }
}

/// Returns the least and the largest of those `values` that have a place on a logarithmic axis;
/// `None` if none has.
pub(crate) fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let usable = values.filter(|value| *value > 0.0 && value.is_finite());
    usable.fold(None, |known, value| {
        let (low, high) = known.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// A place on an axis with its label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// Nothing that is measured lies beyond; a run file may say anything.
const NEAREST: f64 = 1e-100;
const FARTHEST: f64 = 1e100;

/// Returns the ends of a log axis around `low` to `high`, both positive, with room for `share` of
/// it at either end, at least the factor `least`. Never infinite or zero, however far apart they
/// are.
pub(crate) fn padded((low, high): (f64, f64), share: f64, least: f64) -> (f64, f64) {
    let (low, high) = (low.clamp(NEAREST, FARTHEST), high.clamp(NEAREST, FARTHEST));
    let pad = (high / low).powf(share).max(least);
    (low / pad, high * pad)
}

/// Returns ticks for a log axis from `low` to `high`, both positive: at most `most`, at least two
/// where a round value can be found; none for a range that is none.
pub(crate) fn log(low: f64, high: f64, most: usize, unit: Unit) -> Vec<Tick> {
    if !(low > 0.0 && low < high && high.is_finite()) {
        return Vec::new();
    }
    let label = |value: f64| Tick { value, label: number::axis(unit, value) };
    // The finest that is not too many; a wide range takes whole decades or every n-th. KiB and MiB
    // are made of powers of two and what halves the way between them.
    let (base, finer, coarser): (f64, [&[f64]; 4], _) = match unit {
        Unit::Bytes => {
            (2.0, [&[1.0, 1.25, 1.5, 1.75], &[1.0, 1.5], &[1.0], &[1.0]], vec![2, 5, 10, 20, 40])
        }
        _ => {
            let steps: [&[f64]; 4] =
                [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
            (10.0, steps, (2..40).collect())
        }
    };
    let coarser = coarser.into_iter().map(|every| ([1.0].as_slice(), every));
    let all = finer.map(|mantissas| (mantissas, 1)).into_iter().chain(coarser);
    let mut sets = all.map(|(mantissas, every)| powers((low, high), base, mantissas, every));
    match sets.find(|values| (3..=most).contains(&values.len())) {
        Some(values) => values.into_iter().map(label).collect(),
        None if unit == Unit::Bytes => of_bytes(low, high, most),
        None => linear(low, high, most, unit),
    }
}

/// Returns every n-th power of `base` between the ends, times each of `mantissas`.
fn powers((low, high): (f64, f64), base: f64, mantissas: &[f64], every: i32) -> Vec<f64> {
    let (first, last) = (low.log(base).floor() as i32, high.log(base).ceil() as i32);
    let powers = (first..=last).filter(|power| power.rem_euclid(every) == 0);
    let values = powers.flat_map(|power| mantissas.iter().map(move |m| m * base.powi(power)));
    values.filter(|value| (low..=high).contains(value)).collect()
}

/// Returns ticks at even distances of one unit.
fn of_bytes(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let scale = 1024f64.powi((high.log2() / 10.0).floor().clamp(0.0, 3.0) as i32);
    let suffix = number::axis(Unit::Bytes, scale);
    let tick = |tick: Tick| {
        let figure = tick.label.split(' ').next().unwrap_or_default();
        let label = format!("{figure}{}", suffix.trim_start_matches('1'));
        Tick { value: tick.value * scale, label }
    };
    linear(low / scale, high / scale, most, Unit::Bytes).into_iter().map(tick).collect()
}

/// Returns ticks at even distances: for ranges within a decade.
fn linear(low: f64, high: f64, most: usize, unit: Unit) -> Vec<Tick> {
    let rough = (high - low) / most.max(2) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let fits = |step: &f64| (high / step).floor() - (low / step).ceil() < most as f64;
    let step = [1.0, 2.0, 5.0, 10.0, 20.0].map(|m| m * power).into_iter().find(fits);
    let step = step.unwrap_or(high - low);
    if step <= 0.0 || !step.is_finite() {
        return Vec::new();
    }
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let tick = |index: i64| {
        let value = index as f64 * step;
        Tick { value, label: number::axis_step(unit, value, step) }
    };
    (first..=last).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_ranges_have_few_ticks_or_none() {
        for (low, high) in [(1e6, 1e300), (5e-324, 1.0), (1e-300, 1e300), (1.0, f64::INFINITY)] {
            let (low, high) = padded((low, high), 0.08, 1.02);
            assert!(low > 0.0 && high.is_finite() && low < high, "{low} {high}");
            for unit in [Unit::Bytes, Unit::Nanoseconds, Unit::Ratio] {
                assert!((2..=6).contains(&log(low, high, 6, unit).len()), "{low} {high} {unit:?}");
            }
        }
        for (low, high) in [(0.0, 1.0), (1.0, f64::INFINITY), (2.0, 1.0), (f64::NAN, 1.0)] {
            assert_eq!(log(low, high, 6, Unit::Bytes), []);
        }
    }

    fn labels(low: f64, high: f64) -> Vec<String> {
        log(low, high, 8, Unit::Nanoseconds).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn labels_are_round() {
        assert_eq!(labels(110.0, 900.0), ["150 ns", "200 ns", "300 ns", "500 ns", "700 ns"]);
        assert_eq!(
            labels(9.0, 1_200.0),
            ["10 ns", "20 ns", "50 ns", "100 ns", "200 ns", "500 ns", "1 µs"]
        );
        assert_eq!(
            labels(1.0, 1e6),
            ["1 ns", "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms"]
        );
        assert_eq!(
            labels(100.2, 101.1),
            ["100.2 ns", "100.4 ns", "100.6 ns", "100.8 ns", "101.0 ns"]
        );
        assert_eq!(labels(1e-3, 1e12).len(), 8);
    }

    #[test]
    fn bytes_are_counted_in_powers_of_two() {
        let labels = |low, high| -> Vec<String> {
            log(low, high, 7, Unit::Bytes).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(7e6, 40e6), ["8 MiB", "12 MiB", "16 MiB", "24 MiB", "32 MiB"]);
        assert_eq!(
            labels(700.0, 2_100.0),
            ["768 B", "896 B", "1 KiB", "1.25 KiB", "1.5 KiB", "1.75 KiB", "2 KiB"]
        );
        assert_eq!(
            labels(8.7e6, 8.8e6),
            ["8.30 MiB", "8.32 MiB", "8.34 MiB", "8.36 MiB", "8.38 MiB"]
        );
        assert_eq!(labels(1.0, 1e12).len(), 4);
    }

    #[test]
    fn every_range_gets_some_and_not_too_many() {
        for exponent in -2..10 {
            for spread in [1.002, 1.01, 1.1, 1.5, 2.0, 3.0, 7.0, 9.9, 40.0, 1e3, 1e4, 1e8] {
                for start in [1.0, 1.37, 2.9, 4.99, 7.3, 9.5] {
                    let low = start * 10f64.powi(exponent);
                    let ticks = log(low, low * spread, 7, Unit::Nanoseconds);
                    assert!((2..=7).contains(&ticks.len()), "{low} x {spread}: {ticks:?}");
                    let inside =
                        |tick: &Tick| (low * 0.999..=low * spread * 1.001).contains(&tick.value);
                    assert!(ticks.iter().all(inside), "{low} x {spread}: {ticks:?}");
                    let mut labels: Vec<_> = ticks.iter().map(|tick| &tick.label).collect();
                    labels.dedup();
                    assert_eq!(labels.len(), ticks.len(), "{low} x {spread}: {labels:?}");
                }
            }
        }
    }
}
