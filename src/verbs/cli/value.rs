//! How values are read: whole numbers, times, percentages. Each parser names what it takes, with an
//! example.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The names of values in help that are numbers. One below 0 is read as a value that is out of
/// range, not as a flag.
pub(super) const NUMBERS: [&str; 5] = ["N", "P", "PERCENT", "TIME", "MIB"];

/// Reads a whole number within `range`, with `_` between digits where it helps.
pub(super) fn whole<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number: Option<u64> = text.replace('_', "").parse().ok();
        let number = number.filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| match (range.start(), range.end()) {
            (least, &u64::MAX) => format!("expected a whole number from {least} on"),
            (least, most) => format!("expected a whole number from {least} to {most}"),
        })
    }
}

/// Reads how long a child may take.
pub(super) fn deadline(text: &str) -> Result<Duration, String> {
    let range = Duration::from_millis(1)..=Duration::from_hours(24);
    time(text, Duration::from_secs(1), range, "seconds")
}

/// Reads how long a session of a gate may take, in whole seconds.
pub(super) fn budget(text: &str) -> Result<Duration, String> {
    let range = Duration::from_millis(1)..=Duration::from_hours(24 * 30);
    time(text, Duration::from_secs(1), range, "seconds").map(seconds_up)
}

/// Reads the tick of a demo.
pub(super) fn tick(text: &str) -> Result<Duration, String> {
    let range = Duration::from_millis(1)..=Duration::from_secs(60);
    time(text, Duration::from_millis(1), range, "milliseconds")
}

/// Reads how long a resumption of a timeline computes.
pub(super) fn busy(text: &str) -> Result<Duration, String> {
    time(text, Duration::from_micros(1), Duration::ZERO..=Duration::from_secs(1), "microseconds")
}

/// Reads `5s`, `500ms`, `2m 30s`, or a plain number of `unit`s.
fn time(
    text: &str,
    unit: Duration,
    range: RangeInclusive<Duration>,
    units: &str,
) -> Result<Duration, String> {
    let of_units = |number: f64| Duration::try_from_secs_f64(number * unit.as_secs_f64()).ok();
    let read = match text.parse::<f64>() {
        Ok(number) => of_units(number),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    let (least, most) = (range.start(), range.end());
    read.filter(|time| range.contains(time)).ok_or_else(|| {
        format!(
            "expected a time from {} to {}, for example `500ms`, `5s` or `2m`; a plain number is {units}",
            humantime::format_duration(*least),
            humantime::format_duration(*most)
        )
    })
}

/// Returns `time` in whole seconds, of which a part counts as one.
pub(super) fn seconds_up(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)))
}

/// Reads `1%` as the factor 1.01.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>();
    let percent = number.ok().filter(|percent| *percent > 0.0 && *percent <= 100.0);
    percent
        .map(|percent| 1.0 + percent / 100.0)
        .ok_or_else(|| "expected a percentage above 0 and up to 100, for example `1%`".into())
}

/// Reads a p-value.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|p| *p > 0.0 && *p < 1.0);
    number.ok_or_else(|| "expected a number between 0 and 1, for example 0.001".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_a_plain_number_has_the_unit_of_its_flag() {
        let ms = |time: Result<Duration, String>| time.map(|time| time.as_millis());
        assert_eq!(
            ["5s", "500ms", "2m", "5", "0.5", "1m 30s"].map(|text| ms(deadline(text))),
            [5_000, 500, 120_000, 5_000, 500, 90_000].map(Ok)
        );
        assert_eq!(["1s", "100", "20ms"].map(|text| ms(tick(text))), [1_000, 100, 20].map(Ok));
        assert_eq!(busy("200").map(|time| time.as_micros()), Ok(200));
        assert_eq!(busy("1ms").map(|time| time.as_micros()), Ok(1_000));
        for text in
            ["", "-3", "0", "0s", "soon", "inf", "NaN", "1e300", "25h", "5 apples", "--json"]
        {
            let refused = deadline(text).expect_err(text);
            assert!(
                refused.starts_with("expected a time from 1ms to 1day, for example"),
                "{refused}"
            );
            assert!(refused.ends_with("a plain number is seconds"), "{refused}");
        }
    }

    #[test]
    fn a_budget_is_never_nothing() {
        let seconds = |text| budget(text).map(|time| time.as_secs());
        let read = ["900ms", "1s", "1s 1ns", "5m", "1ms", "90"].map(seconds);
        assert_eq!(read, [1, 1, 2, 300, 1, 90].map(Ok));
        assert!(seconds("0s").is_err() && seconds("0ms").is_err() && seconds("soon").is_err());
    }

    #[test]
    fn whole_numbers_name_their_bounds() {
        assert_eq!(whole::<u32>(1..=10_000)("1_000"), Ok(1_000));
        for text in ["0", "-1", "10001", "x", "", "1.5", "99999999999999999999999"] {
            let expected = Err("expected a whole number from 1 to 10000".into());
            assert_eq!(whole::<u32>(1..=10_000)(text), expected);
        }
        assert_eq!(
            whole::<u64>(0..=u64::MAX)("x"),
            Err("expected a whole number from 0 on".into())
        );
    }
}
