//! Cost per op against size, both axes logarithmic: how does cost grow?

use super::panels::{self, Line, Panels};
use super::prelude::*;
use super::ticks::Tick;
use crate::model::growth::{self, Growth, Point};

/// Draws the chart of `growth`; `sources` is the line below.
#[must_use]
pub fn draw(growth: &Growth, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let metric = words::metric(&growth.metric, &growth.op);
    let zero = if growth.sizes().first() == Some(&0) { ", 0 at its left end" } else { "" };
    let subtitle = format!(
        "{metric} against {}: medians with their 95 % intervals; a panel a family, all others in grey; \
         both axes logarithmic{zero}, {} is better",
        words::param(&growth.param),
        words::better(&growth.metric)
    );
    let top = sheet.head(&findings::growth_title(growth), &subtitle) + 8.0;
    let bottom = panels::draw(&sheet, &panels_of(growth), top);
    let name = slug(&format!("growth-{}-{}-{}", growth.workload, growth.param, growth.fixed));
    sheet.finish(name, findings::growth_description(growth), vec![sources.into()], bottom)
}

fn panels_of(growth: &Growth) -> Panels {
    let line = |line: &growth::Line| {
        let points: Vec<(f64, f64)> =
            line.points.iter().map(|point| (x_of(point.size), point.median)).collect();
        let bar =
            |point: &Point| point.interval.map(|ends| (x_of(point.size), ends.low, ends.high));
        Line {
            name: line.name.clone(),
            family: line.family,
            marks: points.clone(),
            points,
            bars: line.points.iter().filter_map(bar).collect(),
            thin: Vec::new(),
            stops: false,
            hover: findings::growth_line(growth, line),
        }
    };
    let lines: Vec<Line> = growth.lines.iter().map(line).collect();
    let points = || lines.iter().flat_map(|line| &line.points);
    let bars = lines.iter().flat_map(|line| &line.bars).flat_map(|(_, low, high)| [*low, *high]);
    Panels {
        x: axis_of(&growth.param, &growth.sizes()),
        y: Axis::of(points().map(|point| point.1).chain(bars), Unit::of(&growth.metric)),
        x_title: words::param(&growth.param),
        what: String::new(),
        lines,
    }
}

/// Sizes that have a tick each; of more, as a sweep has, round values have one.
const MAX_TICKS: usize = 6;

/// Returns the axis of the values of a parameter, ascending.
pub(super) fn axis_of(param: &str, sizes: &[u64]) -> Axis {
    let (low, high) = ticks::bounds(sizes.iter().map(|size| x_of(*size))).unwrap_or((1.0, 10.0));
    let tick = |size: u64| Tick { value: x_of(size), label: words::param_short(param, size) };
    let each = || sizes.iter().map(|size| tick(*size)).collect();
    let (unit, scale) = words::param_unit(param);
    let is_round = sizes.len() > MAX_TICKS && sizes.first() != Some(&0);
    let round = || -> Vec<Tick> {
        let ticks = ticks::log(low * scale, high * scale, MAX_TICKS, unit).into_iter();
        ticks.map(|tick| Tick { value: tick.value / scale, ..tick }).collect()
    };
    let ticks = if is_round { round() } else { each() };
    Axis { low, high, ticks }
}

/// Returns the place of a size on a log axis. Zero has none; it stands at a half, and the
/// subtitle says so.
fn x_of(size: u64) -> f64 {
    if size == 0 { 0.5 } else { size as f64 }
}
