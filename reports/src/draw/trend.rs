//! A cell over many runs, or releases: did it change, and when? Medians, their intervals as a
//! ribbon, and a step line of means between the changes that were found.

mod labels;

use super::prelude::*;
use super::simplify::simplified;
use crate::model::trend::{Over, Point, Trend};
use labels::{Mark, labelled};

const HEIGHT: f64 = 250.0;
/// From the middle of a label of a change to that of the next below.
const LABEL_GAP: f64 = 15.0;
/// The length of the tick of a change without a label.
const TICK: f64 = 7.0;
/// Half a dot: less where runs are so many that dots would touch.
const DOT: f64 = 2.25;
const LEAST_DOT: f64 = 1.5;

/// The place of the plot, and its axes.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    y: Axis,
    runs: usize,
}

impl Plot {
    /// Returns the middle of the strip of the run of this index.
    fn x(&self, index: f64) -> f64 {
        self.left + (self.right - self.left) * (index + 0.5) / self.runs as f64
    }

    /// Returns half the width of a dot.
    fn dot(&self) -> f64 {
        let apart = (self.right - self.left) / self.runs as f64;
        (apart / 4.0).clamp(LEAST_DOT, DOT)
    }

    fn y(&self, value: f64) -> f64 {
        let ends = (self.y.low, self.y.high);
        Scale { ends, places: (self.bottom, self.top) }.at(value)
    }
}

/// Draws the chart of `trend`; `sources` is the line below.
#[must_use]
pub fn draw(trend: &Trend, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let ends = trend.points.iter().flat_map(|point| {
        let interval = point.interval.map(|ends| [ends.low, ends.high]);
        std::iter::once(point.median).chain(interval.into_iter().flatten())
    });
    let y = Axis::of(ends, Unit::of(&trend.metric));
    let (left, right) = (MARGIN + y.labels() + 8.0, sheet.width - MARGIN);
    let mut plot = Plot { left, right, top: 0.0, bottom: 0.0, y, runs: trend.points.len() };
    let marks = labelled(trend, &plot);
    let top = sheet.head(&findings::trend_title(trend), &subtitle(trend, marks.len())) + 10.0;
    let rows = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    plot.top = top + LABEL_GAP * rows as f64 + 4.0;
    plot.bottom = plot.top + HEIGHT;
    grid(&sheet, &plot, trend);
    sheet.open("series", &findings::trend_description(trend));
    series(&sheet, &plot, trend);
    sheet.close();
    changes(&sheet, &plot, trend, &marks, top);
    let name = slug(&format!("trend-{}-{}", trend.cell, trend.metric));
    let bottom = plot.bottom + 34.0;
    sheet.finish(name, findings::trend_description(trend), vec![sources.into()], bottom)
}

fn subtitle(trend: &Trend, labelled: usize) -> String {
    let changes = trend.changes.len();
    let ticks = match changes - labelled {
        0 => String::new(),
        hidden => format!(
            "; labels: the last and the largest, {labelled} of {changes} changes; ticks above: the other \
             {hidden}"
        ),
    };
    let means = match trend.over {
        Over::Runs => {
            "runs; ribbon: their 95 % intervals; steps: means between change points \
                       (E-divisive with a t-test)"
        }
        Over::Releases => {
            "rounds; ribbon: their 95 % intervals; steps: means between changes that \
                           paired rounds told"
        }
    };
    format!("dots: medians of {means}; log axis that does not start at 0{ticks}")
}

/// Draws the line and the label of each of `marks`, whose rows begin at `top`; a tick for every
/// other change.
fn changes(sheet: &Sheet, plot: &Plot, trend: &Trend, marks: &[Mark], top: f64) {
    let paint = |worse: Option<bool>| if worse == Some(true) { Paint::Alarm } else { Paint::Ink };
    for mark in marks {
        let y = top + LABEL_GAP * (mark.row as f64 + 0.5);
        let paint = paint(mark.worse);
        let line = [(mark.x, y - 6.0), (mark.x, plot.bottom)];
        sheet.dashed(&line, paint, 1.0, "4 3");
        sheet.text_sized(&mark.text, (mark.at, y), Align::Left, SMALL, paint);
    }
    for change in &trend.changes {
        let x = plot.x(change.at as f64 - 0.5);
        if !marks.iter().any(|mark| mark.x == x) {
            sheet.line(&[(x, plot.top), (x, plot.top + TICK)], paint(change.worse), 1.0);
        }
    }
}

fn grid(sheet: &Sheet, plot: &Plot, trend: &Trend) {
    let mut rules = Vec::new();
    for tick in &plot.y.ticks {
        let y = plot.y(tick.value);
        rules.push(vec![(plot.left, y), (plot.right, y)]);
        sheet.small(&tick.label, (plot.left - 7.0, y), Align::Right);
    }
    sheet.lines(&rules, Paint::Grid, 1.0);
    sheet.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], Paint::Axis, 1.0);
    let widest = font::widest(trend.points.iter().map(|point| &point.label), SMALL);
    let most = ((plot.right - plot.left) / (widest + 24.0)).max(1.0);
    let every = (trend.points.len() as f64 / most).ceil().max(1.0) as usize;
    for (index, point) in trend.points.iter().enumerate().step_by(every) {
        let x = plot.x(index as f64);
        let half = font::width(&point.label, SMALL) / 2.0;
        if x - half >= 2.0 && x + half <= sheet.width - 2.0 {
            sheet.line(&[(x, plot.bottom), (x, plot.bottom + 4.0)], Paint::Axis, 1.0);
            sheet.small(&point.label, (x, plot.bottom + 12.0), Align::Center);
        }
    }
    let (first, last) = (&trend.points[0].day, &trend.points[trend.points.len() - 1].day);
    let days = if first == last { first.clone() } else { format!("{first} to {last}") };
    let middle = (f64::midpoint(plot.left, plot.right), plot.bottom + 28.0);
    let axis = match trend.over {
        Over::Runs => format!("runs by commit, {days}"),
        Over::Releases => "releases, in order".into(),
    };
    sheet.small(&axis, middle, Align::Center);
}

fn series(sheet: &Sheet, plot: &Plot, trend: &Trend) {
    let paint = Paint::Family(trend.family);
    let stretches = trend.stretches();
    for (start, end, _) in &stretches {
        let own: Vec<(usize, &Point)> =
            trend.points.iter().enumerate().take(*end).skip(*start).collect();
        for part in own.split(|(_, point)| point.interval.is_none()) {
            ribbon(sheet, plot, part, paint);
        }
    }
    let dot = |(index, point): (usize, &Point)| {
        let (x, y) = (plot.x(index as f64), plot.y(point.median));
        vec![(x - plot.dot(), y), (x + plot.dot(), y)]
    };
    let dots: Vec<Vec<(f64, f64)>> = trend.points.iter().enumerate().map(dot).collect();
    sheet.lines(&dots, paint, 2.0 * plot.dot());
    for (start, end, level) in stretches {
        let y = plot.y(level);
        let ends = [(plot.x(start as f64 - 0.5), y), (plot.x(end as f64 - 0.5), y)];
        sheet.line(&ends, Paint::Ink, 1.75);
    }
}

/// Draws from the lower to the upper ends of the intervals; a run alone has a ribbon as wide as its
/// strip.
fn ribbon(sheet: &Sheet, plot: &Plot, part: &[(usize, &Point)], paint: Paint) {
    let edge = |end: fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        let at =
            |(index, point): &(usize, &Point)| Some((plot.x(*index as f64), plot.y(end(point)?)));
        let mut all: Vec<(f64, f64)> = part.iter().filter_map(at).collect();
        if let [only] = all[..] {
            all = vec![(only.0 - plot.dot(), only.1), (only.0 + plot.dot(), only.1)];
        }
        simplified(&all)
    };
    let mut corners = edge(|point| point.interval.map(|ends| ends.low));
    corners.extend(edge(|point| point.interval.map(|ends| ends.high)).into_iter().rev());
    if !corners.is_empty() {
        sheet.veil(&corners, paint, 0.22);
    }
}
