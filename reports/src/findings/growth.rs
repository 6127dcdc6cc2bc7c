//! The finding of a growth chart: which executor's cost grows least and most.

use tminus_contract::Family;

use super::sentences;
use crate::model::growth::{Growth, Line, Point};
use crate::words;
use crate::words::number::{self, Unit};

/// A cost that grows by less than this factor hardly changes.
const FLAT: f64 = 1.1;

/// Returns the finding of a growth chart with its subject: whose cost grows least and most.
#[must_use]
pub fn growth_title(growth: &Growth) -> String {
    let sizes = growth.sizes();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return growth.subject();
    };
    let span = |size: u64| words::param_short(&growth.param, size);
    let param = words::param(&growth.param);
    let against = format!("at {} as at {}", many(&growth.param, *last), span(*first));
    let mut grown: Vec<(f64, &str)> = growth
        .lines
        .iter()
        .filter(|line| line.family != Family::Floor)
        .filter_map(|line| Some((grown(line, *first, *last)?, line.name.as_str())))
        .collect();
    grown.sort_by(|a, b| a.0.total_cmp(&b.0));
    let metric = words::metric(&growth.metric, &growth.op);
    let subject = growth.subject();
    match grown.as_slice() {
        [] => format!("{subject}: {metric} by {param}"),
        [(factor, name)] => {
            format!(
                "{subject}: {metric} is {}× as high {against} on {name}",
                number::plain(*factor)
            )
        }
        [(least, _), .., (most, _)] if *least > 1.0 / FLAT && *most < FLAT => {
            let (from, to) = (span(*first), many(&growth.param, *last));
            format!("{subject}: {metric} hardly changes from {from} to {to}, on no executor")
        }
        [(least, flat), .., (most, steep)] => format!(
            "{subject}: {metric} is {}× ({flat}) to {}× ({steep}) as high {against}",
            number::plain(*least),
            number::plain(*most)
        ),
    }
}

/// Returns `100 k tasks`, but `depth 100` and `slice 1 ms`.
fn many(param: &str, size: u64) -> String {
    let (name, value) = (words::param(param), words::param_short(param, size));
    if words::is_counted(param) { format!("{value} {name}") } else { format!("{name} {value}") }
}

/// Returns the cost of the last size relative to the first.
fn grown(line: &Line, first: u64, last: u64) -> Option<f64> {
    let at = |size: u64| line.points.iter().find(|at| at.size == size).map(|at| at.median);
    Some(at(last)? / at(first)?)
}

/// Describes a growth chart for readers who do not see it.
#[must_use]
pub fn growth_description(growth: &Growth) -> String {
    sentences(growth.lines.iter().map(|line| growth_line(growth, line)))
}

/// Describes one line: its values by size.
#[must_use]
pub fn growth_line(growth: &Growth, line: &Line) -> String {
    let unit = Unit::of(&growth.metric);
    let point = |point: &Point| {
        format!(
            "{} at {}",
            number::value(unit, point.median, point.interval),
            words::param_value(&growth.param, point.size)
        )
    };
    let points: Vec<String> = line.points.iter().map(point).collect();
    format!("{}: {}", line.name, points.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(points: &[(&str, f64)]) -> String {
        let point = |(size, median)| Point { size, median, interval: None };
        let line = |(name, factor): &(&str, f64)| Line {
            name: (*name).into(),
            family: Family::Smol,
            points: [(10, 50.0), (100_000, 50.0 * factor)].map(point).into(),
        };
        growth_title(&Growth {
            workload: "work".into(),
            title: "Work".into(),
            param: "tasks".into(),
            fixed: "depth 10".into(),
            op: "frame".into(),
            metric: "wall_ns_per_op".into(),
            lines: points.iter().map(line).collect(),
        })
    }

    #[test]
    fn the_least_and_the_most_growth_are_named() {
        assert_eq!(
            title(&[("a", 2.0), ("b", 1.5), ("c", 30.0)]),
            "Work, depth 10: wall time per frame is 1.50× (b) to 30.0× (c) as high at 100 k tasks as at 10"
        );
        assert_eq!(
            title(&[("a", 2.0)]),
            "Work, depth 10: wall time per frame is 2.00× as high at 100 k tasks as at 10 on a"
        );
    }

    #[test]
    fn what_does_not_grow_is_said_to_be_flat() {
        assert_eq!(
            title(&[("a", 1.02), ("b", 0.97)]),
            "Work, depth 10: wall time per frame hardly changes from 10 to 100 k tasks, on no executor"
        );
        assert_eq!(title(&[]), "Work, depth 10");
    }
}
