//! The script of the page writes numbers as the program does: both get the same values, at the
//! edges of digits and units.

use serde_json::{Value, json};
use tminus_judge::rank::{Interval, Ratio};
use tminus_reports::words::number::{self, Unit};

use crate::chromium::Page;
use crate::stage::Stage;

const SCRIPT: &str = include_str!("../../src/page/js/number.js");

/// Where a digit, a unit or the width of an interval tips over.
fn cases() -> Vec<(f64, Option<Interval>)> {
    let mut all = Vec::new();
    for base in [1e-3, 1.0, 1e3, 1024.0, 1e6, 1_048_576.0, 1e9] {
        for share in
            [0.95, 0.97, 0.994, 0.995, 0.996, 0.9994, 0.9996, 0.999_96, 1.0, 1.004, 1.2, 9.996]
        {
            let value = base * share;
            all.push((value, None));
            for width in [0.0, 0.001, 0.006, 0.01, 0.05, 0.099, 0.3, 0.9] {
                let (low, high) = (value * (1.0 - width), value * (1.0 + 2.0 * width));
                all.push((value, Some(Interval { low, high })));
            }
        }
    }
    for value in [1e15, 1e24, 1e300, f64::MAX, 1e-300, 2e6] {
        all.push((value, None));
        all.push((value, Some(Interval { low: value / 2.0, high: value })));
    }
    all
}

pub(crate) fn the_script_writes_numbers_as_the_program(page: &mut Page<'_>, _: &Stage) {
    let units = [
        ("ns", Unit::Nanoseconds),
        ("bytes", Unit::Bytes),
        ("ratio", Unit::Ratio),
        ("count", Unit::Count),
    ];
    let cases = cases();
    let given: Vec<Value> = cases
        .iter()
        .map(|(value, ends)| json!({ "value": value, "ends": ends.map(|it| [it.low, it.high]) }))
        .collect();
    for (name, unit) in units {
        let written = page.js(&format!(
            "(() => {{ {SCRIPT}; return {}.map((it) => [figure('{name}', it), factor(it) + '×', \
             it.ends ? interval('{name}', it) : '']); }})()",
            json!(given)
        ));
        let written: Vec<[String; 3]> = serde_json::from_value(written).expect("texts");
        for ((value, ends), written) in cases.iter().zip(&written) {
            let ratio = Ratio { median: *value, interval: *ends, rounds: 0 };
            let expected = [
                number::value(unit, *value, *ends),
                number::factor(&ratio),
                ends.map(|ends| number::interval(unit, *value, ends)).unwrap_or_default(),
            ];
            assert_eq!(*written, expected, "{value} {ends:?} in {name}");
            let is_time = unit == Unit::Nanoseconds && *value < 9.9e8;
            assert!(!is_time || !expected[0].starts_with("1000"), "{}", expected[0]);
        }
    }
}
