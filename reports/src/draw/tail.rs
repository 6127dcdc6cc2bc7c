//! Percentiles of a distribution over a logarithmic axis of what lies above: how bad is the tail?

use super::panels::{self, Line, Panels};
use super::prelude::*;
use super::ticks::Tick;
use crate::model::tail::{self, LEAST_ABOVE, Tail};

/// Draws the chart of `tail`; `sources` is the line below.
#[must_use]
pub fn draw(tail: &Tail, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let top = sheet.head(&findings::tail_title(tail), &subtitle(tail)) + 8.0;
    let bottom = panels::draw(&sheet, &panels_of(tail), top);
    let name = slug(&format!("tail-{}-{}", tail.name, tail.subject));
    sheet.finish(name, findings::tail_description(tail), vec![sources.into()], bottom)
}

fn subtitle(tail: &Tail) -> String {
    let rounds = tail.lines.iter().map(|line| line.rounds).max().unwrap_or(0);
    let about = if tail.about.is_empty() { String::new() } else { format!(" ({})", tail.about) };
    format!(
        "{}{about} by percentile, {} added up, disturbed ones too; a line ends where fewer than \
         {LEAST_ABOVE} values lie above; both axes logarithmic, lower is better",
        words::metric(&tail.name, ""),
        words::count(rounds.into(), "round"),
    )
}

fn panels_of(tail: &Tail) -> Panels {
    let line = |line: &tail::Line| Line {
        name: line.name.clone(),
        family: line.family,
        points: line.points.clone(),
        marks: decades(tail.reach()).filter_map(|x| Some((x, line.at(x)?))).collect(),
        bars: Vec::new(),
        thin: Vec::new(),
        stops: false,
        hover: findings::tail_line(line),
    };
    let tick = |x: f64| Tick { value: x, label: findings::percentile(x) };
    let points = tail.lines.iter().flat_map(|line| &line.points);
    // An axis of no length has no place for a line: one of few values goes on to the next mark.
    let high = tail.reach().max(10.0);
    Panels {
        what: String::new(),
        lines: tail.lines.iter().map(line).collect(),
        x: Axis {
            low: 2.0,
            high,
            ticks: std::iter::once(2.0).chain(decades(high)).map(tick).collect(),
        },
        y: Axis::of(points.map(|point| point.1), Unit::Nanoseconds),
        x_title: "percentile".into(),
    }
}

/// Returns ten, a hundred, and so on, up to `high`.
fn decades(high: f64) -> impl Iterator<Item = f64> {
    (1..).map(|power| 10f64.powi(power)).take_while(move |x| *x <= high)
}
