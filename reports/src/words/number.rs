//! All rounding: at most three significant digits, and no more than the interval allows.
//!
//! A figure whose interval is 174 to 231 ns is `200 ns`, not `203.4 ns`: the digit that the
//! distance to the nearer end reaches is the last one shown. The ends of intervals are rounded
//! outwards, so that rounding never makes a figure look surer than it is.

use tminus_judge::rank::{Interval, Ratio};

/// Stands where a figure is infinite or no number, as a damaged file may have it.
pub const NO_NUMBER: &str = "– (no number)";
/// Stands where a figure is larger than anything that can be measured.
pub const OUT_OF_RANGE: &str = "– (out of range)";
/// The end of the range, in the largest unit.
const LARGEST: f64 = 1e15;

/// Returns the reason why one of these values cannot be shown, if there is one.
fn fault(values: &[f64], scale: f64) -> Option<&'static str> {
    let is_far = |value: &f64| value.abs() / scale >= LARGEST;
    match () {
        () if !values.iter().all(|value| value.is_finite()) => Some(NO_NUMBER),
        () if values.iter().any(is_far) => Some(OUT_OF_RANGE),
        () => None,
    }
}

/// The unit of a figure.
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
    /// Makes the unit of a metric, whose name carries it: `wall_ns_per_op`, `rss_peak_bytes`.
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

    /// Returns its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
            Self::Count => "count",
        }
    }

    /// Returns the suffixes with what each stands for, the largest first.
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

    /// Returns the scale that keeps `value` at 1 or more after rounding to three digits.
    fn scale(self, value: f64) -> (&'static str, f64) {
        let fits = |scale: &&(&str, f64)| value.abs() >= scale.1 * 0.9995;
        *self.scales().iter().find(fits).unwrap_or(self.scales().last().expect("not empty"))
    }
}

/// Returns `value` as text with its unit: `204 ns`, `1.18 µs`.
#[must_use]
pub fn value(unit: Unit, value: f64, interval: Option<Interval>) -> String {
    if let Some(fault) = fault(&[value], unit.scales()[0].1) {
        return fault.into();
    }
    let (suffix, scale) = scale_of(unit, value, interval);
    format!("{}{suffix}", digits(value / scale, interval.map(|ends| scaled(ends, scale)), round))
}

/// Returns the scale of the figure as it is shown: 996 ns that are known to 10 ns are `1.00 µs`,
/// not `1000 ns`.
fn scale_of(unit: Unit, value: f64, interval: Option<Interval>) -> (&'static str, f64) {
    let (_, scale) = unit.scale(value);
    let shown = rounded(value / scale, interval.map(|ends| scaled(ends, scale)), round);
    unit.scale(shown * scale)
}

/// Returns the two ends as text with one unit: `665 – 672 ns`.
#[must_use]
pub fn interval(unit: Unit, median: f64, ends: Interval) -> String {
    if let Some(fault) = fault(&[median, ends.low, ends.high], unit.scales()[0].1) {
        return fault.into();
    }
    let (suffix, scale) = scale_of(unit, median, Some(ends));
    if let Some(fault) = fault(&[ends.low, ends.high], scale) {
        return fault.into();
    }
    let Interval { low, high } = scaled(ends, scale);
    let place = place(median / scale, Some(Interval { low, high }));
    // An end far below the median keeps a digit of its own: no time is `0 ns`.
    let low_place = if low == 0.0 { place } else { place.min(power(low)).max(LEAST_PLACE) };
    let (low, high) = (at_place(low, low_place, f64::floor), at_place(high, place, f64::ceil));
    format!("{low} – {high}{suffix}")
}

/// Formats a ratio as a factor: `1.03×`; of something to as good as nothing `>1,000,000×`.
#[must_use]
pub fn factor(ratio: &Ratio) -> String {
    // No ratio of two costs is below zero.
    if !ratio.median.is_finite() || ratio.median < 0.0 {
        return NO_NUMBER.into();
    }
    if ratio.median > ENDLESS {
        return ">1,000,000×".into();
    }
    format!("{}×", grouped(&digits(ratio.median, ratio.interval, round)))
}

/// Formats a ratio near 1 as a change with its interval: `+0.1 % (-0.3 to +0.5 %)`.
#[must_use]
pub fn change(ratio: &Ratio) -> String {
    // No ratio of two costs is below zero; one may be endless.
    let ends = ratio.interval.map_or([0.0; 2], |ends| [ends.low, ends.high]);
    if ends.iter().chain([&ratio.median]).any(|ratio| ratio.is_nan() || *ratio < 0.0) {
        return NO_NUMBER.into();
    }
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

/// Formats a share as a percentage with a digit behind the point: `1.2 %`; with `sign` `+1.2 %`.
pub(crate) fn percent(share: f64, sign: bool) -> String {
    if let Some(fault) = fault(&[share], f64::INFINITY) {
        return fault.into();
    }
    match (share.abs() > ENDLESS, sign) {
        (true, _) => OUT_OF_RANGE.into(),
        // Adding zero makes `-0.0` of what rounds to nothing `+0.0`.
        (false, true) => format!("{:+.1} %", (share * 1000.0).round() / 10.0 + 0.0),
        (false, false) => format!("{:.1} %", share * 100.0),
    }
}

/// Formats `1.012` as `1.2 %`, rounded up.
pub(crate) fn percent_up(factor: f64) -> String {
    percent(((factor - 1.0) * 1000.0 - 1e-6).ceil() / 1000.0, false)
}

/// Formats a value for programs, unrounded: empty if it is infinite or no number, and with a power
/// of ten where it would take a line of digits.
#[must_use]
pub fn raw(value: f64) -> String {
    match () {
        () if !value.is_finite() => String::new(),
        () if value == 0.0 || (1e-9..LARGEST).contains(&value.abs()) => value.to_string(),
        () => format!("{value:e}"),
    }
}

/// Such a factor is something to nothing.
const ENDLESS: f64 = 1e6;

/// Formats a round value on an axis, without digits that say nothing: `150 ns`, `1 µs`, `2.5 ms`.
#[must_use]
pub fn axis(unit: Unit, value: f64) -> String {
    let (suffix, scale) = unit.scale(value);
    let text = match fault(&[value], scale) {
        Some(NO_NUMBER) => return NO_NUMBER.into(),
        Some(_) => return powered(value / scale) + suffix,
        None => format!("{:.6}", value / scale),
    };
    format!("{}{suffix}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Formats a value far beyond any that is measured, on an axis that has to show it: `2e91`.
fn powered(value: f64) -> String {
    let text = format!("{value:.1e}");
    text.replacen(".0e", "e", 1)
}

/// Formats a value on an axis whose ticks are `step` apart: as many digits as tell them apart.
#[must_use]
pub fn axis_step(unit: Unit, value: f64, step: f64) -> String {
    let (suffix, scale) = unit.scale(value);
    match fault(&[value], scale) {
        Some(NO_NUMBER) => return NO_NUMBER.into(),
        Some(_) => return powered(value / scale) + suffix,
        None => {}
    }
    let decimals = -(step / scale).log10().floor();
    format!("{:.*}{suffix}", decimals.clamp(0.0, 9.0) as usize, value / scale)
}

/// Formats a number without a unit and an interval, in three digits: `1.25`, `15.2`, `152`.
#[must_use]
pub fn plain(value: f64) -> String {
    match fault(&[value], 1.0) {
        Some(fault) => fault.into(),
        None => grouped(&digits(value, None, round)),
    }
}

fn grouped(digits: &str) -> String {
    digits.parse().map_or_else(|_| digits.into(), whole)
}

/// Formats a whole number in full with thin groups: `10,000`.
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

/// Returns `value` in the digits that it is shown with.
fn rounded(value: f64, interval: Option<Interval>, towards: fn(f64) -> f64) -> f64 {
    let unit = 10f64.powi(place(value, interval));
    towards(value / unit) * unit
}

/// Returns the power of ten of the last digit to show.
fn place(value: f64, interval: Option<Interval>) -> i32 {
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
    (top - 2).max(allowed).min(top).max(LEAST_PLACE)
}

/// No digit behind this one is shown.
const LEAST_PLACE: i32 = -9;

/// Returns the power of ten of the first digit.
fn power(value: f64) -> i32 {
    value.abs().log10().floor() as i32
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
mod tests;
