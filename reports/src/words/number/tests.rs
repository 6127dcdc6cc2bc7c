//! Roundings at the edges of digits, units and ranges.

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
    assert_eq!(time(f64::NAN), NO_NUMBER);
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

/// Whatever a file may hold: a dash with its reason, and never a word of the machine's or a line of
/// digits.
#[test]
fn absurd_figures_are_a_dash_with_a_reason() {
    let (max, tiny) = (f64::MAX, f64::MIN_POSITIVE);
    let some = [0.0, 1.0, 1e15, 1e24, 1e300, max, tiny, 5e-324, f64::INFINITY, f64::NAN];
    let all: Vec<f64> = some.iter().flat_map(|value| [*value, -value]).collect();
    let units = [Unit::Nanoseconds, Unit::Bytes, Unit::Ratio, Unit::Count];
    for (at, low, high) in all.iter().flat_map(|at| all.iter().map(move |end| (*at, *at, *end))) {
        let ends = Interval { low, high };
        let ratio = Ratio { median: at, interval: Some(ends), rounds: 6 };
        let mut texts = vec![factor(&ratio), change(&ratio), plain(at), raw(at)];
        texts.extend([percent(at, true), percent(at, false)]);
        for unit in units {
            texts.extend([value(unit, at, Some(ends)), interval(unit, at, ends)]);
            texts.extend([value(unit, at, None), axis(unit, at), axis_step(unit, at, high)]);
        }
        for text in texts {
            let words = ["inf", "NaN"].iter().any(|word| text.contains(word));
            assert!(!words && text.chars().count() <= 48, "{at} {high}: {text}");
        }
    }
    assert_eq!(value(Unit::Nanoseconds, 1e300, None), OUT_OF_RANGE);
    assert_eq!(value(Unit::Bytes, f64::INFINITY, None), NO_NUMBER);
    assert_eq!(factor(&Ratio { median: 1e300, interval: None, rounds: 0 }), ">1,000,000×");
    assert_eq!(axis(Unit::Nanoseconds, 2e100), "2e91 s");
    assert_eq!(
        (raw(1e300).as_str(), raw(f64::NAN).as_str(), raw(0.25).as_str()),
        ("1e300", "", "0.25")
    );
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
