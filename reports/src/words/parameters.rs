//! Parameters in words: their names without units, their values with them.

use tminus_judge::rank::Interval;

use super::escape::clean;
use super::number::{self, Unit, whole};

/// Formats a workload with the parameters, in the form of ids, that are fixed: `Echo, bytes 64`.
#[must_use]
pub fn subject(title: &str, fixed: &str) -> String {
    match params(fixed).as_str() {
        "" => clean(title),
        fixed => format!("{}, {fixed}", clean(title)),
    }
}

/// Formats the parameters of an id: `tasks 1,000, slice 100 µs`, `timers 1,000, cancelled`.
#[must_use]
pub fn params(label: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        // What is switched on is no number.
        Some(("outside", "1")) => "from outside".into(),
        Some(("cancel", "1")) => "cancelled".into(),
        Some((name, value)) => match value.parse() {
            Ok(value) => format!("{} {}", param(name), param_value(name, value)),
            Err(_) => format!("{name} {value}"),
        },
        None => part.to_owned(),
    };
    clean(&label.split(',').map(part).collect::<Vec<_>>().join(", "))
}

/// Formats a parameter's name without its unit: `slice` of `slice_us`.
#[must_use]
pub fn param(name: &str) -> String {
    let name = unit_of(name).map_or(name, |(stem, _, _)| stem);
    clean(&name.replace('_', " "))
}

/// Formats a parameter's value with its unit, where its name has one: `100 µs`, `1,000`.
#[must_use]
pub fn param_value(name: &str, value: u64) -> String {
    match unit_of(name) {
        Some((_, unit, scale)) => number::axis(unit, value as f64 * scale),
        None => format!("{}{}", whole(value), per_second(name)),
    }
}

/// Does as [`param_value`], but short: `100 µs`, `1 k`.
#[must_use]
pub fn param_short(name: &str, value: u64) -> String {
    match unit_of(name) {
        Some(_) => param_value(name, value),
        None => format!("{}{}", number::axis(Unit::Count, value as f64), per_second(name)),
    }
}

/// Formats a value between those of a parameter, with its interval: `31 k/s (27 – 36 k/s)`, `62
/// tasks (20 – 300)`, `slice 300 µs (200 – 500 µs)`.
#[must_use]
pub fn param_between(name: &str, at: f64, ends: Interval) -> String {
    let (unit, scale) = param_unit(name);
    let scaled = Interval { low: ends.low * scale, high: ends.high * scale };
    let per = per_second(name);
    let value = number::value(unit, at * scale, Some(scaled)) + per;
    let interval = number::interval(unit, at * scale, scaled) + per;
    match (is_counted(name), per) {
        (true, _) => format!("{value} {} ({interval})", param(name)),
        (false, "") => format!("{} {value} ({interval})", param(name)),
        (false, _) => format!("{value} ({interval})"),
    }
}

/// The name of a parameter that is a load: so many ops are offered a second. By its name, since a
/// run file must be readable by a tminus that does not know its workloads.
pub const RATE: &str = "rate";

fn per_second(name: &str) -> &'static str {
    if name == RATE { "/s" } else { "" }
}

/// Returns whether a parameter is a number of things: `tasks`.
#[must_use]
pub fn is_counted(name: &str) -> bool {
    unit_of(name).is_none() && name.ends_with('s') && !name.contains('_')
}

/// Returns the unit of a parameter, and how many of it one of its values is.
#[must_use]
pub fn param_unit(name: &str) -> (Unit, f64) {
    unit_of(name).map_or((Unit::Count, 1.0), |(_, unit, scale)| (unit, scale))
}

fn unit_of(name: &str) -> Option<(&str, Unit, f64)> {
    let units = [
        ("_ns", Unit::Nanoseconds, 1.0),
        ("_us", Unit::Nanoseconds, 1e3),
        ("_ms", Unit::Nanoseconds, 1e6),
        ("_bytes", Unit::Bytes, 1.0),
    ];
    units.into_iter().find_map(|(end, unit, scale)| Some((name.strip_suffix(end)?, unit, scale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_spelled_out() {
        assert_eq!(params("tasks=100000,slice_us=10"), "tasks 100,000, slice 10 µs");
        assert_eq!(params("period_us=1000,size_bytes=64"), "period 1 ms, size 64 B");
        assert_eq!(params("tasks=10,outside=1"), "tasks 10, from outside");
        assert_eq!(param_short("tasks", 100_000), "100 k");
        assert_eq!(params("rate=2000"), "rate 2,000/s");
        assert_eq!(param_short("rate", 31_000), "31 k/s");
        assert_eq!(params(""), "");
    }
}
