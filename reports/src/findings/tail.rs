//! The finding of a chart of tails: the range of waits over the executors.

use tminus_contract::Family;

use super::sentences;
use crate::model::tail::{Line, Tail};
use crate::words;
use crate::words::number::{self, Unit};

/// Returns the finding of a chart of tails with its subject: the least and the most at the farthest
/// percentile that all executors reach.
#[must_use]
pub fn tail_title(tail: &Tail) -> String {
    let what = words::metric(&tail.name, "");
    let lines: Vec<&Line> = tail.lines.iter().filter(|line| line.family != Family::Floor).collect();
    let reached = |x: &f64| lines.iter().all(|line| line.at(*x).is_some());
    let powers = (1..16).rev().map(|power| 10f64.powi(power)).chain([2.0]);
    let Some(x) = powers.into_iter().find(reached).filter(|_| !lines.is_empty()) else {
        return format!("{}: {what} by percentile", tail.subject);
    };
    let mut values: Vec<(f64, &str)> =
        lines.iter().filter_map(|line| Some((line.at(x)?, line.name.as_str()))).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let subject = format!("{}: {what} at the {} percentile", tail.subject, ordinal(x));
    match values.as_slice() {
        [] => subject,
        [(value, name)] => format!("{subject} is {} on {name}", time(*value)),
        [(least, first), .., (most, last)] if time(*least) == time(*most) => {
            format!("{subject} is {} on all from {first} to {last}", time(*least))
        }
        [(least, first), .., (most, last)] => {
            format!("{subject} is {} ({first}) to {} ({last})", time(*least), time(*most))
        }
    }
}

/// Describes a chart of tails for readers who do not see it.
#[must_use]
pub fn tail_description(tail: &Tail) -> String {
    sentences(tail.lines.iter().map(tail_line))
}

/// Describes one line: its values at round percentiles and at its end.
#[must_use]
pub fn tail_line(line: &Line) -> String {
    let round = std::iter::once(2.0).chain((1..16).map(|power| 10f64.powi(power)));
    let value = |x: f64| Some(format!("{} at {}", time(line.at(x)?), percentile(x)));
    let values: Vec<String> = round.filter_map(value).collect();
    format!("{}: {}; {} values", line.name, values.join(", "), number::whole(line.count))
}

/// Returns the percentile that one in `x` values lies above: `50`, `90`, `99.9`.
#[must_use]
pub fn percentile(x: f64) -> String {
    let decimals = (x.log10().round() as usize).saturating_sub(2);
    format!("{:.decimals$}", 100.0 - 100.0 / x)
}

fn ordinal(x: f64) -> String {
    format!("{}th", percentile(x))
}

fn time(value_ns: f64) -> String {
    number::value(Unit::Nanoseconds, value_ns, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(lines: &[(&str, &[(f64, f64)])]) -> Tail {
        let line = |(name, points): &(&str, &[(f64, f64)])| Line {
            name: (*name).into(),
            family: Family::Smol,
            count: 5_000,
            rounds: 12,
            points: points.to_vec(),
        };
        Tail {
            group: 0,
            workload: "work".into(),
            subject: "Work, tasks 10".into(),
            name: "round_trip".into(),
            about: String::new(),
            lines: lines.iter().map(line).collect(),
        }
    }

    #[test]
    fn the_least_and_the_most_at_the_farthest_common_percentile() {
        let short: &[(f64, f64)] = &[(2.0, 10.0), (10.0, 20.0), (100.0, 4_000.0)];
        let long: &[(f64, f64)] = &[(2.0, 10.0), (10.0, 20.0), (100.0, 30.0), (1_000.0, 50.0)];
        assert_eq!(
            tail_title(&tail(&[("a", short), ("b", long)])),
            "Work, tasks 10: round trip at the 99th percentile is 30.0 ns (b) to 4.00 µs (a)"
        );
        assert_eq!(
            tail_title(&tail(&[("b", long)])),
            "Work, tasks 10: round trip at the 99.9th percentile is 50.0 ns on b"
        );
        assert_eq!(tail_title(&tail(&[])), "Work, tasks 10: round trip by percentile");
    }

    #[test]
    fn percentiles_have_the_digits_that_they_need() {
        let all = [2.0, 10.0, 100.0, 1e3, 1e4, 1e5].map(percentile);
        assert_eq!(all, ["50", "90", "99", "99.9", "99.99", "99.999"]);
    }

    #[test]
    fn a_line_says_its_values() {
        let line = &tail(&[("a", &[(2.0, 10.0), (10.0, 20.0), (12.0, 21.0)])]).lines[0];
        assert_eq!(tail_line(line), "a: 10.0 ns at 50, 20.0 ns at 90; 5,000 values");
    }
}
