//! All rounding: at most three significant digits, and no more than the interval allows.
//!
//! A figure whose interval is 174 to 231 ns is `200 ns`, not `203.4 ns`: the digit that the distance
//! to the nearer end reaches is the last one shown. The ends of intervals are rounded outwards, so that
//! rounding never makes a figure look surer than it is.

use tminus_harness::rank::{Interval, Ratio};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time; ns, µs, ms, s.
    Nanoseconds,
    /// Memory; B, KiB, MiB, GiB.
    Bytes,
    /// A share or a factor without a unit.
    Ratio,
    /// A number of things; k, M.
    Count,
}

impl Unit {
    /// The unit of a metric, whose name carries it: `wall_ns_per_op`, `rss_peak_bytes`.
    #[must_use]
    pub fn of(metric: &str) -> Self {
        let has = |unit: &str| metric.split('_').any(|part| part == unit);
        match () {
            () if has("ns") => Self::Nanoseconds,
            () if has("bytes") => Self::Bytes,
            () if has("ratio") => Self::Ratio,
            () => Self::Count,
        }
    }

    /// Suffixes with what each stands for, the largest first.
    fn scales(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Nanoseconds => &[(" s", 1e9), (" ms", 1e6), (" µs", 1e3), (" ns", 1.0)],
            Self::Bytes => {
                &[(" GiB", 1_073_741_824.0), (" MiB", 1_048_576.0), (" KiB", 1024.0), (" B", 1.0)]
            }
            Self::Ratio => &[("", 1.0)],
            Self::Count => &[(" M", 1e6), (" k", 1e3), ("", 1.0)],
        }
    }

    /// The scale that keeps `value` at 1 or more after rounding to three digits.
    fn scale(self, value: f64) -> (&'static str, f64) {
        let fits = |scale: &&(&str, f64)| value.abs() >= scale.1 * 0.9995;
        *self.scales().iter().find(fits).unwrap_or(self.scales().last().expect("not empty"))
    }
}

/// `value` as text with its unit: `204 ns`, `1.18 µs`.
#[must_use]
pub fn value(unit: Unit, value: f64, interval: Option<Interval>) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let (suffix, scale) = scale_of(unit, value, interval);
    format!("{}{suffix}", digits(value / scale, interval.map(|ends| scaled(ends, scale)), round))
}

/// The scale of the figure as it is shown: 996 ns that are known to 10 ns are `1.00 µs`, not `1000 ns`.
fn scale_of(unit: Unit, value: f64, interval: Option<Interval>) -> (&'static str, f64) {
    let (_, scale) = unit.scale(value);
    let shown = rounded(value / scale, interval.map(|ends| scaled(ends, scale)), round);
    unit.scale(shown * scale)
}

/// The two ends as text with one unit: `665 – 672 ns`.
#[must_use]
pub fn interval(unit: Unit, median: f64, ends: Interval) -> String {
    if ![median, ends.low, ends.high].iter().all(|value| value.is_finite()) {
        return "–".into();
    }
    let (suffix, scale) = scale_of(unit, median, Some(ends));
    let Interval { low, high } = scaled(ends, scale);
    let place = place(median / scale, Some(Interval { low, high }));
    // An end far below the median keeps a digit of its own: no time is `0 ns`.
    let low_place = if low == 0.0 { place } else { place.min(low.abs().log10().floor() as i32) };
    let (low, high) = (at_place(low, low_place, f64::floor), at_place(high, place, f64::ceil));
    format!("{low} – {high}{suffix}")
}

/// A ratio as a factor: `1.03×`.
#[must_use]
pub fn factor(ratio: &Ratio) -> String {
    format!("{}×", grouped(&digits(ratio.median, ratio.interval, round)))
}

/// A ratio near 1 as a change with its interval: `+0.1 % (-0.3 to +0.5 %)`.
#[must_use]
pub fn change(ratio: &Ratio) -> String {
    let percent = |ratio: f64, towards: fn(f64) -> f64| {
        if ratio > ENDLESS {
            return "+∞".into();
        }
        let tenths = towards((ratio - 1.0) * 1000.0) / 10.0;
        // Not `-0.0`.
        format!("{:+.1}", if tenths == 0.0 { 0.0 } else { tenths })
    };
    let median = percent(ratio.median, round);
    match ratio.interval {
        Some(Interval { low, high }) => {
            format!("{median} % ({} to {} %)", percent(low, f64::floor), percent(high, f64::ceil))
        }
        None => format!("{median} %"),
    }
}

/// Such a factor is something to nothing.
const ENDLESS: f64 = 1e6;

/// A round value on an axis, without digits that say nothing: `150 ns`, `1 µs`, `2.5 ms`.
#[must_use]
pub fn axis(unit: Unit, value: f64) -> String {
    let (suffix, scale) = unit.scale(value);
    let text = format!("{:.6}", value / scale);
    format!("{}{suffix}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A value on an axis whose ticks are `step` apart: as many digits as tell them apart.
#[must_use]
pub fn axis_step(unit: Unit, value: f64, step: f64) -> String {
    let (suffix, scale) = unit.scale(value);
    let decimals = -(step / scale).log10().floor();
    format!("{:.*}{suffix}", decimals.clamp(0.0, 9.0) as usize, value / scale)
}

/// A number without a unit and an interval, in three digits: `1.25`, `15.2`, `152`.
#[must_use]
pub fn plain(value: f64) -> String {
    if value.is_finite() { grouped(&digits(value, None, round)) } else { "–".into() }
}

fn grouped(digits: &str) -> String {
    digits.parse().map_or_else(|_| digits.into(), whole)
}

/// A whole number in full with thin groups: `10,000`.
#[must_use]
pub fn whole(value: u64) -> String {
    let text = value.to_string();
    let first = text.len() % 3;
    let mut out = text[..first].to_owned();
    for start in (first..text.len()).step_by(3) {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&text[start..start + 3]);
    }
    out
}

fn round(value: f64) -> f64 {
    value.round()
}

fn scaled(ends: Interval, scale: f64) -> Interval {
    Interval { low: ends.low / scale, high: ends.high / scale }
}

fn digits(value: f64, interval: Option<Interval>, towards: fn(f64) -> f64) -> String {
    // 99.96 becomes 100, which has a digit more before the point and so one less after it.
    at_place(value, place(rounded(value, interval, towards), interval), towards)
}

/// `value` in the digits that it is shown with.
fn rounded(value: f64, interval: Option<Interval>, towards: fn(f64) -> f64) -> f64 {
    let unit = 10f64.powi(place(value, interval));
    towards(value / unit) * unit
}

/// The power of ten of the last digit to show.
fn place(value: f64, interval: Option<Interval>) -> i32 {
    let power = |value: f64| value.abs().log10().floor() as i32;
    if value == 0.0 {
        return 0;
    }
    let top = power(value);
    // The nearer end: one wild round stretches the other without making the figure less known.
    let width = interval.map_or(0.0, |ends| match (value - ends.low, ends.high - value) {
        (below, above) if below > 0.0 && above > 0.0 => below.min(above),
        (below, above) => below.max(above),
    });
    let allowed = if width > 0.0 && width.is_finite() { power(width) } else { i32::MIN };
    (top - 2).max(allowed).min(top).max(-9)
}

fn at_place(value: f64, place: i32, towards: fn(f64) -> f64) -> String {
    let unit = 10f64.powi(place);
    let steps = value / unit;
    // 1.18 / 0.01 is 117.99999999999999: whole steps are taken as such in either direction.
    let steps = if (steps - steps.round()).abs() < 1e-6 { steps.round() } else { towards(steps) };
    let decimals = usize::try_from(-place).unwrap_or(0);
    let text = format!("{:.decimals$}", steps * unit);
    if text.trim_start_matches('-').chars().all(|digit| matches!(digit, '0' | '.')) {
        text.trim_start_matches('-').into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(value_ns: f64, low: f64, high: f64) -> String {
        value(Unit::Nanoseconds, value_ns, Some(Interval { low, high }))
    }

    #[test]
    fn three_digits_at_most() {
        let time = |value_ns| value(Unit::Nanoseconds, value_ns, None);
        assert_eq!(time(118.44), "118 ns");
        assert_eq!(time(1.0), "1.00 ns");
        assert_eq!(time(0.4321), "0.432 ns");
        assert_eq!(time(999.96), "1.00 µs");
        assert_eq!(time(12_345.0), "12.3 µs");
        assert_eq!(time(5e9), "5.00 s");
        assert_eq!(time(0.0), "0 ns");
        assert_eq!(time(f64::NAN), "–");
        assert_eq!(value(Unit::Bytes, 1536.0, None), "1.50 KiB");
        assert_eq!(value(Unit::Count, 99_960.0, None), "100 k");
    }

    #[test]
    fn no_more_digits_than_the_interval_allows() {
        assert_eq!(ns(203.4, 174.0, 231.0), "200 ns");
        assert_eq!(ns(203.4, 203.1, 203.6), "203 ns");
        assert_eq!(ns(1234.0, 900.0, 1600.0), "1.2 µs");
        assert_eq!(ns(290.0, 100.0, 5000.0), "300 ns");
        assert_eq!(ns(9.96, 9.8, 10.1), "10.0 ns");
        assert_eq!(ns(93.0, 90.0, 510.0), "93 ns");
    }

    /// The same values as `the_script_writes_numbers_as_the_program` of the tests of the page.
    #[test]
    fn what_rounds_to_a_thousand_takes_the_next_unit() {
        assert_eq!(value(Unit::Nanoseconds, 999.6, None), "1.00 µs");
        assert_eq!(ns(999.4, 999.3, 999.5), "999 ns");
        assert_eq!(ns(996.0, 950.0, 1_050.0), "1.00 µs");
        assert_eq!(ns(994.0, 950.0, 1_050.0), "990 ns");
        assert_eq!(ns(970.0, 700.0, 1_400.0), "1.0 µs");
        assert_eq!(ns(996_000.0, 950_000.0, 1_050_000.0), "1.00 ms");
        assert_eq!(ns(997e6, 880e6, 1.3e9), "1.0 s");
        let ends = Interval { low: 800.0, high: 1_200.0 };
        assert_eq!(value(Unit::Count, 960.0, Some(ends)), "1.0 k");
        assert_eq!(value(Unit::Bytes, 1_023.6, None), "1.00 KiB");
        let ends = Interval { low: 950.0, high: 1_050.0 };
        assert_eq!(interval(Unit::Nanoseconds, 996.0, ends), "0.95 – 1.05 µs");
        assert_eq!(interval(Unit::Nanoseconds, 994.0, ends), "950 – 1050 ns");
    }

    #[test]
    fn intervals_are_rounded_outwards() {
        let text = |median, low, high| interval(Unit::Nanoseconds, median, Interval { low, high });
        assert_eq!(text(118.2, 118.1, 118.3), "118 – 119 ns");
        assert_eq!(text(203.4, 174.0, 231.0), "170 – 240 ns");
        assert_eq!(text(1_180.0, 1_180.0, 1_180.0), "1.18 – 1.18 µs");
        assert_eq!(text(1_000.0, 980.0, 1_020.0), "0.98 – 1.02 µs");
        assert_eq!(text(130.0, 4.0, 400.0), "4 – 400 ns");
    }

    #[test]
    fn factors() {
        let ratio = |median, ends: Option<(f64, f64)>| {
            let interval = ends.map(|(low, high)| Interval { low, high });
            factor(&Ratio { median, interval, rounds: 12 })
        };
        assert_eq!(ratio(1.034, Some((1.02, 1.05))), "1.03×");
        assert_eq!(ratio(2.34, Some((1.9, 2.8))), "2.3×");
        assert_eq!(ratio(15.24, None), "15.2×");
        assert_eq!(ratio(9_876.0, None), "9,880×");
    }

    #[test]
    fn changes() {
        let interval = Some(Interval { low: 0.9969, high: 1.0042 });
        let text = |median, interval| change(&Ratio { median, interval, rounds: 12 });
        assert_eq!(text(1.0011, interval), "+0.1 % (-0.4 to +0.5 %)");
        assert_eq!(text(0.9999, None), "+0.0 %");
        assert_eq!(text(1e9, Some(Interval { low: 1.5, high: 1e13 })), "+∞ % (+50.0 to +∞ %)");
        assert_eq!(text(1e-13, None), "-100.0 %");
    }

    #[test]
    fn whole_numbers_have_groups() {
        assert_eq!(whole(7), "7");
        assert_eq!(whole(1_000), "1,000");
        assert_eq!(whole(123_456_789), "123,456,789");
    }

    #[test]
    fn metrics_carry_their_unit() {
        assert_eq!(Unit::of("wall_ns_per_op"), Unit::Nanoseconds);
        assert_eq!(Unit::of("rss_peak_bytes"), Unit::Bytes);
        assert_eq!(Unit::of("jain_index_ratio"), Unit::Ratio);
        assert_eq!(Unit::of("allocations_per_op"), Unit::Count);
    }
}
