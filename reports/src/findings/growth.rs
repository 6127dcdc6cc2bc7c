//! What a growth chart shows: whose cost grows least and most.

use tminus_harness::contract::Family;

use crate::growth::{Growth, Line};
use crate::number::{self, Unit};
use crate::words;

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
