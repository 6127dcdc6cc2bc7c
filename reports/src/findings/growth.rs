//! What a growth chart shows: whose cost grows least and most.

use tminus_harness::contract::Family;

use crate::growth::{Growth, Line};
use crate::number::{self, Unit};
use crate::words;

/// A cost that grows by less than this factor hardly changes.
const FLAT: f64 = 1.1;

/// The finding of a growth chart with its subject: whose cost grows least and most.
#[must_use]
pub fn growth_title(growth: &Growth) -> String {
    let sizes = growth.sizes();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return growth.subject();
    };
    let span = |size: u64| words::param_short(&growth.param, size);
    let param = words::param(&growth.param);
    let against = format!("at {param} {} as at {}", span(*last), span(*first));
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
            let (from, to) = (span(*first), span(*last));
            format!(
                "{subject}: {metric} hardly changes from {param} {from} to {to}, on no executor"
            )
        }
        [(least, flat), .., (most, steep)] => format!(
            "{subject}: {metric} is {}× ({flat}) to {}× ({steep}) as high {against}",
            number::plain(*least),
            number::plain(*most)
        ),
    }
}

/// What the last size costs against the first.
fn grown(line: &Line, first: u64, last: u64) -> Option<f64> {
    let at = |size: u64| line.points.iter().find(|point| point.0 == size).map(|point| point.1);
    Some(at(last)? / at(first)?)
}

/// What a growth chart shows, for those who do not see it.
#[must_use]
pub fn growth_description(growth: &Growth) -> String {
    let lines: Vec<String> = growth.lines.iter().map(|line| growth_line(growth, line)).collect();
    format!("{}.", lines.join(". "))
}

/// One line in words: its values by size.
#[must_use]
pub fn growth_line(growth: &Growth, line: &Line) -> String {
    let unit = Unit::of(&growth.metric);
    let point = |(size, median): &(u64, f64)| {
        format!("{} at {}", number::value(unit, *median, None), number::whole(*size))
    };
    let points: Vec<String> = line.points.iter().map(point).collect();
    format!("{}: {}", line.name, points.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(points: &[(&str, f64)]) -> String {
        let line = |(name, factor): &(&str, f64)| Line {
            name: (*name).into(),
            family: Family::Smol,
            points: vec![(10, 50.0), (100_000, 50.0 * factor)],
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
            "Work, depth 10: wall time per frame is 1.50× (b) to 30.0× (c) as high at tasks 100 k as at 10"
        );
        assert_eq!(
            title(&[("a", 2.0)]),
            "Work, depth 10: wall time per frame is 2.00× as high at tasks 100 k as at 10 on a"
        );
    }

    #[test]
    fn what_does_not_grow_is_said_to_be_flat() {
        assert_eq!(
            title(&[("a", 1.02), ("b", 0.97)]),
            "Work, depth 10: wall time per frame hardly changes from tasks 10 to 100 k, on no executor"
        );
        assert_eq!(title(&[]), "Work, depth 10");
    }
}
