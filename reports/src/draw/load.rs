//! Latency and CPU time against the rate that is offered, both axes logarithmic: what happens as
//! the load grows? A row of two panels a family.

use super::growth::axis_of;
use super::panels::{self, Line, Panels};
use super::prelude::*;
use crate::model::growth::Point;
use crate::model::load::{self, CPU, Load};

/// Draws the chart of `load`; `sources` is the line below.
#[must_use]
pub fn draw(load: &Load, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let subtitle = format!(
        "medians with their 95 % intervals, thin lines the {}; one family in colour, all others in grey; \
         a cross: the next rate is not reached; both axes logarithmic, lower is better",
        words::metric(&load.middle, &load.op)
    );
    let top = sheet.head(&findings::load_title(load), &subtitle) + 8.0;
    let rates = load.rates();
    let latency = panels(load, &rates, &load.metric, |line| (&line.latency, Some(&line.middle)));
    let cpu = panels(load, &rates, CPU, |line| (&line.cpu, None));
    let bottom = panels::draw_beside(&sheet, [&latency, &cpu], top);
    let name = slug(&format!("load-{}", load.subject));
    sheet.finish(name, findings::load_description(load), vec![sources.into()], bottom)
}

/// Returns the panels of one metric.
fn panels<'a>(
    load: &'a Load,
    rates: &[u64],
    metric: &str,
    of: impl Fn(&'a load::Line) -> (&'a Vec<Point>, Option<&'a Vec<Point>>),
) -> Panels {
    let place = |point: &Point| (point.size as f64, point.median);
    let line = |line: &'a load::Line| {
        let (points, thin) = of(line);
        let bar = |it: &Point| it.interval.map(|ends| (it.size as f64, ends.low, ends.high));
        let points_of = |points: &Vec<Point>| points.iter().map(place).collect::<Vec<_>>();
        Line {
            name: line.name.clone(),
            family: line.family,
            points: points_of(points),
            thin: thin.map(points_of).unwrap_or_default(),
            marks: points_of(points),
            bars: points.iter().filter_map(bar).collect(),
            stops: line.ends,
            hover: findings::load_line(load, line),
        }
    };
    let lines: Vec<Line> =
        load.lines.iter().filter(|line| !of(line).0.is_empty()).map(line).collect();
    let all = lines.iter().flat_map(|line| line.points.iter().chain(&line.thin));
    let bars = lines.iter().flat_map(|line| &line.bars).flat_map(|(_, low, high)| [*low, *high]);
    let y = Axis::of(all.map(|point| point.1).chain(bars), Unit::of(metric));
    Panels {
        x: axis_of(words::RATE, rates),
        y,
        x_title: "offered rate, per second".into(),
        what: words::metric(metric, &load.op),
        lines,
    }
}
