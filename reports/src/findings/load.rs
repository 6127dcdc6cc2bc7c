//! The finding of a chart of load: how late answers are at the highest rate that all reach, and
//! which executors reach the highest.

use tminus_contract::Family;

use super::{listed, sentences};
use crate::model::growth::Point;
use crate::model::load::{CPU, Line, Load};
use crate::words;
use crate::words::number::{self, Unit};

/// Returns the finding of a chart of load with its subject.
#[must_use]
pub fn load_title(load: &Load) -> String {
    let lines: Vec<&Line> = load.lines.iter().filter(|line| line.family != Family::Floor).collect();
    let metric = words::metric(&load.metric, &load.op);
    let last = |line: &&&Line| line.latency.last().map_or(0, |point| point.size);
    let (Some(common), Some(most)) =
        (lines.iter().map(|it| last(&it)).min(), lines.iter().map(|it| last(&it)).max())
    else {
        return format!("{}: {metric} against the offered rate", load.subject);
    };
    let at = |line: &&Line| {
        let point = line.latency.iter().find(|point| point.size == common)?;
        Some((point.median, line.name.clone()))
    };
    let mut all: Vec<(f64, String)> = lines.iter().filter_map(at).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let value = |(median, name): &(f64, String)| {
        format!("{} ({name})", number::value(Unit::of(&load.metric), *median, None))
    };
    let rate = |rate: u64| format!("{}/s", number::value(Unit::Count, rate as f64, None));
    let found = match all.as_slice() {
        [] => return format!("{}: {metric} against the offered rate", load.subject),
        [only] => format!("{metric} is {} at {}", value(only), rate(common)),
        [least, .., largest] => format!(
            "at {}, which all reach, {metric} is {} to {}",
            rate(common),
            value(least),
            value(largest)
        ),
    };
    let reach = lines.iter().filter(|line| last(line) == most).map(|line| line.name.clone());
    let reach: Vec<String> = reach.collect();
    let verb = if reach.len() == 1 { "reaches" } else { "reach" };
    let only = match most > common {
        true => format!("; only {} {verb} {}", listed(&reach), rate(most)),
        false => String::new(),
    };
    format!("{}: {found}{only}", load.subject)
}

/// Describes the chart for readers who do not see it.
#[must_use]
pub fn load_description(load: &Load) -> String {
    sentences(load.lines.iter().map(|line| load_line(load, line)))
}

/// Describes one line: its latencies and what they cost, by rate.
#[must_use]
pub fn load_line(load: &Load, line: &Line) -> String {
    let metric = words::metric(&load.metric, &load.op);
    let latency = points(&load.metric, &line.latency);
    let cpu = words::metric(CPU, &load.op);
    let ends = if line.ends { "; it reaches no higher rate" } else { "" };
    format!("{}: {metric} {latency}; {cpu} {}{ends}", line.name, points(CPU, &line.cpu))
}

fn points(metric: &str, points: &[Point]) -> String {
    let point = |point: &Point| {
        format!(
            "{} at {}",
            number::value(Unit::of(metric), point.median, point.interval),
            words::param_value(words::RATE, point.size)
        )
    };
    points.iter().map(point).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, family: Family, rates: &[u64]) -> Line {
        let point =
            |size: &u64| Point { size: *size, median: 1e4 * name.len() as f64, interval: None };
        let latency: Vec<Point> = rates.iter().map(point).collect();
        let ends = rates.len() < 3;
        Line {
            name: name.into(),
            family,
            middle: latency.clone(),
            cpu: latency.clone(),
            latency,
            ends,
        }
    }

    fn load(lines: Vec<Line>) -> Load {
        Load {
            workload: "work".into(),
            subject: "Work, connections 64".into(),
            op: "request".into(),
            metric: "latency_p99_ns".into(),
            middle: "latency_p50_ns".into(),
            lines,
        }
    }

    #[test]
    fn the_latency_at_the_common_rate_and_the_highest_rate_are_said() {
        let (hand, smol) = (Family::Hand, Family::Smol);
        let lines = vec![
            line("floor", Family::Floor, &[2_000]),
            line("ab", hand, &[2_000, 20_000]),
            line("abc", smol, &[2_000, 20_000, 50_000]),
        ];
        let start = "Work, connections 64: at 20.0 k/s, which all reach, latency p99 is 20.0 µs (ab) to \
                     30.0 µs (abc)";
        let found = load_title(&load(lines.clone()));
        assert_eq!(found, format!("{start}; only abc reaches 50.0 k/s"));
        let mut equal = lines;
        equal[2].latency.pop();
        assert_eq!(load_title(&load(equal)), start);
        let one = load(vec![line("ab", hand, &[2_000])]);
        assert_eq!(
            load_title(&one),
            "Work, connections 64: latency p99 is 20.0 µs (ab) at 2.00 k/s"
        );
        let none = load(vec![line("floor", Family::Floor, &[2_000])]);
        assert_eq!(load_title(&none), "Work, connections 64: latency p99 against the offered rate");
    }

    #[test]
    fn a_line_says_both_costs_and_that_it_ends() {
        let load = load(vec![line("ab", Family::Hand, &[2_000])]);
        assert_eq!(
            load_description(&load),
            "ab: latency p99 20.0 µs at 2,000/s; CPU time per request 20.0 µs at 2,000/s; it reaches \
             no higher rate."
        );
    }
}
