//! Rounds in the order of running: did the machine drift, was one executor disturbed?
//!
//! A small panel for all cells together, one for the A/A pair and one an executor, all on the same
//! axes.

use super::prelude::*;
use super::ticks::Tick;
use crate::model::drift::{Course, Drift, Point};

/// From the top of a panel to that of the next.
const PANEL: f64 = 104.0;
const HEAD: f64 = 20.0;
const PLOT: f64 = 62.0;
const GAP: f64 = 18.0;
/// The narrowest panel: three stand beside each other.
const COLUMNS: usize = 3;
/// Names above panels.
const NAME: f64 = 11.5;
/// The axis reaches at least this factor to either side.
const LEAST_REACH: f64 = 1.01;
const RADIUS: f64 = 2.75;

/// The axes that all panels have in common.
struct Axes {
    /// The first and the last round.
    rounds: (f64, f64),
    /// The ends of the axis of factors.
    ends: (f64, f64),
    ticks: Vec<Tick>,
    /// The width of the labels of the factors.
    labels: f64,
}

/// The place of a panel's plot.
struct Plot<'a> {
    axes: &'a Axes,
    left: f64,
    top: f64,
    width: f64,
}

impl Plot<'_> {
    fn x(&self, round: f64) -> f64 {
        let (first, last) = self.axes.rounds;
        self.left + self.width * (round - first) / (last - first)
    }

    fn y(&self, ratio: f64) -> f64 {
        let (low, high) = self.axes.ends;
        let scale = Scale { ends: (low, high), places: (self.top + PLOT, self.top) };
        scale.at(ratio.clamp(low, high))
    }
}

/// Draws the chart of `drift`; `sources` is the line below.
#[must_use]
pub fn draw(drift: &Drift, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let pair = match drift.twin {
        Some(_) => "; A/A pair: one cell run twice, under two names",
        None => "",
    };
    let subtitle = format!(
        "each round against the usual: the median over cells of the value to the cell's own median, \
         with the middle half of the cells; hollow where most processes were pushed off their core\
         {pair}; log axis, lower is better"
    );
    let top = sheet.head(&findings::drift_title(drift), &subtitle) + 8.0;
    let axes = axes(drift);
    let panels = drift.panels();
    let room = sheet.room() - axes.labels;
    let width = (room - GAP * (COLUMNS - 1) as f64) / COLUMNS as f64;
    for (index, courses) in panels.iter().enumerate() {
        let (row, column) = (index / COLUMNS, index % COLUMNS);
        let plot = Plot {
            axes: &axes,
            left: MARGIN + axes.labels + (width + GAP) * column as f64,
            top: top + PANEL * row as f64 + HEAD,
            width,
        };
        let is_last = index + COLUMNS >= panels.len();
        grid(&sheet, &plot, column == 0, is_last);
        panel(&sheet, &plot, courses);
    }
    let rows = panels.len().div_ceil(COLUMNS) as f64;
    let bottom = top + PANEL * rows + 18.0;
    sheet.finish("order".into(), findings::drift_description(drift), vec![sources.into()], bottom)
}

fn axes(drift: &Drift) -> Axes {
    let points = || drift.panels().into_iter().flatten().flat_map(|course| &course.points);
    let rounds = points().map(|point| f64::from(point.round));
    let (first, last) = ticks::bounds(rounds).unwrap_or((1.0, 2.0));
    let ends = points().flat_map(|point| {
        let middle = point.middle.map(|middle| [middle.low, middle.high]);
        std::iter::once(point.ratio).chain(middle.into_iter().flatten())
    });
    let least = [LEAST_REACH.recip(), LEAST_REACH];
    let (low, high) = ticks::bounds(ends.chain(least)).expect("never none");
    let ends = ticks::padded((low, high), 0.08, 1.0);
    let mut ticks = ticks::log(ends.0, ends.1, 5, Unit::Ratio);
    for tick in &mut ticks {
        tick.label.push('×');
    }
    let labels = font::widest(ticks.iter().map(|tick| &tick.label), SMALL) + 8.0;
    Axes { rounds: (first, last.max(first + 1.0)), ends, ticks, labels }
}

fn grid(sheet: &Sheet, plot: &Plot<'_>, is_first: bool, is_last: bool) {
    let (right, bottom) = (plot.left + plot.width, plot.top + PLOT);
    let mut rules = Vec::new();
    let mut free = f64::INFINITY;
    for tick in &plot.axes.ticks {
        let y = plot.y(tick.value);
        rules.push(vec![(plot.left, y), (right, y)]);
        if is_first && y + SMALL <= free {
            free = y;
            sheet.small(&tick.label, (plot.left - 8.0, y), Align::Right);
        }
    }
    sheet.lines(&rules, Paint::Grid, 1.0);
    let usual = plot.y(1.0);
    sheet.line(&[(plot.left, usual), (right, usual)], Paint::Axis, 1.0);
    if !is_last {
        return;
    }
    let rounds = round_ticks(plot.axes.rounds).into_iter();
    sheet.labels(rounds.map(|round| (plot.x(round), round.to_string())), bottom + 13.0);
    sheet.small("round", (plot.left + plot.width / 2.0, bottom + 28.0), Align::Center);
}

/// Returns the first round and round numbers up to the last.
fn round_ticks((first, last): (f64, f64)) -> Vec<f64> {
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
        .into_iter()
        .find(|step| (last - first) / step <= 6.0)
        .unwrap_or(last);
    let inner = (1..).map(|index| step * f64::from(index)).skip_while(|round| *round <= first);
    std::iter::once(first).chain(inner.take_while(|round| *round <= last)).collect()
}

fn panel(sheet: &Sheet, plot: &Plot<'_>, courses: &[&Course]) {
    let at = (plot.left, plot.top - 10.0);
    let name = match courses {
        [first, _] => format!("A/A pair: {}", first.name),
        [first, ..] => first.name.clone(),
        [] => String::new(),
    };
    let name = font::fit(&name, NAME, plot.width);
    sheet.text_sized(&name, at, Align::Left, NAME, Paint::Ink);
    for (index, course) in courses.iter().enumerate() {
        // The second of a pair stands back, so that both can be seen where they agree.
        let paint = match course.family {
            _ if index > 0 => Paint::Frame,
            Some(family) => Paint::Family(family),
            None => Paint::Ink,
        };
        sheet.open("series", &findings::course(course));
        draw_course(sheet, plot, course, paint);
        sheet.close();
    }
}

fn draw_course(sheet: &Sheet, plot: &Plot<'_>, course: &Course, paint: Paint) {
    let place = |point: &Point| (plot.x(f64::from(point.round)), plot.y(point.ratio));
    let bar = |point: &Point| {
        let (x, middle) = (place(point).0, point.middle?);
        Some(vec![(x, plot.y(middle.low)), (x, plot.y(middle.high))])
    };
    let bars: Vec<Vec<(f64, f64)>> = course.points.iter().filter_map(bar).collect();
    sheet.lines(&bars, paint, 1.0);
    let line: Vec<(f64, f64)> = course.points.iter().map(place).collect();
    sheet.line(&line, paint, 1.0);
    for point in &course.points {
        match point.disturbed {
            true => sheet.ring(place(point), RADIUS, paint, 1.25),
            false => sheet.dot(place(point), RADIUS, paint),
        }
    }
}
