//! Lines over two logarithmic axes, a panel a family: its executors in colour with their names at
//! the ends of their lines, all others in grey behind them, on the same axes. The floor is drawn in
//! every panel.
//!
//! What several charts share; decides no figure and no word.

use plotters::prelude::*;
use tminus_contract::Family;

use super::sheet::{Align, MARGIN, SMALL, Sheet, families, spread};
use super::simplify::simplified;
use super::ticks::{self, Tick};
use crate::draw::font;
use crate::draw::paint::Paint;
use crate::draw::svg::{SCALE, Svg};
use crate::words;
use crate::words::number::Unit;

/// Labels at the ends of lines.
const LABEL: f64 = 11.0;
const LABEL_GAP: f64 = 14.0;
const LEADER: f64 = 14.0;
/// The widest label before its middle is cut.
const LABEL_ROOM: f64 = 265.0;
/// Of a panel's width, that labels may take before panels stand one below the other.
const LABEL_SHARE: f64 = 0.5;
const PANEL_GAP: f64 = 22.0;
/// Above and below the axes of a panel.
const HEAD: f64 = 24.0;
const FOOT: f64 = 34.0;
/// Dashes of the members of a family; the marks are the same.
pub(crate) const DASHES: [&str; 6] = ["", "6 3", "2 2.5", "8 3 2 3", "12 3", "8 3 2 3 2 3"];

/// Lines and the axes that all panels have in common.
pub(crate) struct Panels {
    pub(crate) lines: Vec<Line>,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// What the x axis counts.
    pub(crate) x_title: String,
}

/// A logarithmic axis; both ends are positive.
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<Tick>,
}

/// An executor's line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) family: Family,
    /// By x; never empty.
    pub(crate) points: Vec<(f64, f64)>,
    /// Where its marks stand.
    pub(crate) marks: Vec<(f64, f64)>,
    /// Intervals: x and both ends.
    pub(crate) bars: Vec<(f64, f64, f64)>,
    /// Its figures in words.
    pub(crate) hover: String,
}

impl Axis {
    /// From the least to the largest of `values`, which are positive, with a little room.
    pub(crate) fn of(values: impl Iterator<Item = f64>, unit: Unit) -> Self {
        let (low, high) = ticks::padded(bounds(values), 0.05, 1.02);
        Self { low, high, ticks: ticks::log(low, high, 6, unit) }
    }
}

/// The least and the largest of `values`.
pub(crate) fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)))
}

/// Draws all panels below `top`; gives the height below them.
pub(crate) fn draw(sheet: &Sheet, panels: &Panels, top: f64) -> f64 {
    let members = families(panels.lines.iter().map(|line| line.family));
    let shown: Vec<Family> = match members.as_slice() {
        [Family::Floor] => members.clone(),
        all => all.iter().copied().filter(|family| *family != Family::Floor).collect(),
    };
    let rooms = Rooms {
        y_labels: widest(panels.y.ticks.iter().map(|tick| tick.label.as_str()), SMALL),
        names: widest(panels.lines.iter().map(|line| line.name.as_str()), LABEL).min(LABEL_ROOM),
    };
    let half = (sheet.room() - PANEL_GAP) / 2.0;
    let beside = shown.len() > 1 && rooms.names <= half * LABEL_SHARE;
    let (columns, width) = if beside { (2, half) } else { (1, sheet.room()) };
    let mut bottom = top;
    for row in shown.chunks(columns) {
        let height = row.iter().map(|family| height(panels, *family)).fold(0.0, f64::max);
        for (column, family) in row.iter().enumerate() {
            let left = MARGIN + (width + PANEL_GAP) * column as f64;
            panel(sheet, panels, *family, &rooms, [left, bottom, left + width, bottom + height]);
        }
        bottom += height + 18.0;
    }
    bottom - 12.0
}

/// The widest labels of all panels.
struct Rooms {
    y_labels: f64,
    names: f64,
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>, size: f64) -> f64 {
    texts.map(|text| font::width(text, size)).fold(0.0, f64::max)
}

/// High enough for the labels of the family and of the floors, and never flat.
fn height(panels: &Panels, family: Family) -> f64 {
    let labels = panels.lines.iter().filter(|line| is_labelled(line, family)).count();
    (labels as f64 * LABEL_GAP).max(176.0) + HEAD + FOOT
}

fn is_labelled(line: &Line, family: Family) -> bool {
    line.family == family || line.family == Family::Floor
}

fn panel(sheet: &Sheet, panels: &Panels, family: Family, rooms: &Rooms, edges: [f64; 4]) {
    let [left, top, right, bottom] = edges;
    let head = (left + 18.0, top + 8.0);
    sheet.mark(family, (left + 6.0, top + 8.0), 1.0);
    sheet.text_sized(words::family(family), head, Align::Left, 12.5, Paint::Ink);
    let plot = [
        left + rooms.y_labels + 8.0,
        top + HEAD,
        right - rooms.names - LEADER - 8.0,
        bottom - FOOT,
    ];
    let part = sheet.part(plot[0], plot[1], plot[2], plot[3]);
    let Panels { lines, x, y, .. } = panels;
    let chart = ChartBuilder::on(&part)
        .build_cartesian_2d((x.low..x.high * 1.000_001).log_scale(), (y.low..y.high).log_scale())
        .expect("the part has an area");
    let area = chart.plotting_area();
    grid(sheet, (x, y), area, plot, &panels.x_title);
    let others = lines.iter().filter(|line| !is_labelled(line, family));
    let others: Vec<Vec<(f64, f64)>> = others.map(|line| path(area, line)).collect();
    sheet.lines(&others, Paint::Back, 1.0);
    let own: Vec<&Line> = lines.iter().filter(|line| is_labelled(line, family)).collect();
    let mut member = 0;
    let members = own.iter().filter(|line| line.family == family).count();
    for line in &own {
        let dash = DASHES[member % DASHES.len()];
        // Beside each other, so that none hides another's.
        let aside = match line.family {
            Family::Floor => 0.0,
            _ => (member as f64 - (members as f64 - 1.0) / 2.0) * 2.5,
        };
        member += usize::from(line.family == family);
        sheet.svg.open("series", &line.hover);
        let (dash, width) = if line.family == Family::Floor { ("2 2", 1.0) } else { (dash, 2.0) };
        sheet.svg.dash(dash);
        sheet.line(&path(area, line), Paint::Family(line.family), width);
        sheet.svg.dash("");
        let bar = |(x, low, high): &(f64, f64, f64)| {
            let ends = [low, high].map(|end| pixels(area, (*x, *end)));
            ends.map(|(x, y)| (x + aside, y)).to_vec()
        };
        let bars: Vec<Vec<(f64, f64)>> = line.bars.iter().map(bar).collect();
        sheet.lines(&bars, Paint::Family(line.family), 1.25);
        for at in &line.marks {
            sheet.mark(line.family, pixels(area, *at), 0.8);
        }
        sheet.svg.close();
    }
    labels(sheet, area, &own, rooms, plot);
}

/// Where a chart of two logarithmic axes is drawn.
pub(crate) type Area = DrawingArea<Svg, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

/// Where a point of both axes lies on the sheet.
pub(crate) fn pixels(area: &Area, point: (f64, f64)) -> (f64, f64) {
    let (x, y) = area.map_coordinate(&point);
    (f64::from(x) / SCALE, f64::from(y) / SCALE)
}

fn path(area: &Area, line: &Line) -> Vec<(f64, f64)> {
    let all: Vec<(f64, f64)> = line.points.iter().map(|point| pixels(area, *point)).collect();
    simplified(&all)
}

/// Rules and labels of both axes around `plot`.
pub(crate) fn grid(
    sheet: &Sheet,
    (x, y): (&Axis, &Axis),
    area: &Area,
    plot: [f64; 4],
    x_title: &str,
) {
    let [left, top, right, bottom] = plot;
    let mut rules = Vec::new();
    for tick in &y.ticks {
        let at = pixels(area, (x.low, tick.value)).1;
        rules.push(vec![(left, at), (right, at)]);
        sheet.text_sized(&tick.label, (left - 7.0, at), Align::Right, SMALL, Paint::Muted);
    }
    let mut free = f64::NEG_INFINITY;
    for tick in &x.ticks {
        let at = pixels(area, (tick.value, y.low)).0;
        rules.push(vec![(at, top), (at, bottom + 3.0)]);
        let half = font::width(&tick.label, SMALL) / 2.0;
        if at - half > free {
            sheet.text_sized(&tick.label, (at, bottom + 11.0), Align::Center, SMALL, Paint::Muted);
            free = at + half + 6.0;
        }
    }
    sheet.lines(&rules, Paint::Grid, 1.0);
    sheet.line(&[(left, bottom), (right, bottom)], Paint::Axis, 1.0);
    let title = font::fit(x_title, SMALL, right - left);
    let middle = (f64::midpoint(left, right), bottom + 26.0);
    sheet.text_sized(&title, middle, Align::Center, SMALL, Paint::Muted);
}

/// Names to the right of the panel, moved apart, each tied to the end of its line.
fn labels(sheet: &Sheet, area: &Area, lines: &[&Line], rooms: &Rooms, plot: [f64; 4]) {
    let end = |line: &&Line| pixels(area, *line.points.last().expect("lines have points"));
    let ends: Vec<(f64, f64)> = lines.iter().map(end).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let places = spread(&wanted, LABEL_GAP, plot[1], plot[3] - 2.0);
    for ((line, end), y) in lines.iter().zip(&ends).zip(places) {
        let floor = line.family == Family::Floor;
        let paint = if floor { Paint::Axis } else { Paint::Family(line.family) };
        // From where the line ends, even if that is before the end of the axis.
        let from = (end.0 + 6.0, end.1);
        sheet.line(&[from, (plot[2] + LEADER - 2.0, y)], paint, 0.75);
        let name = font::fit(&line.name, LABEL, rooms.names);
        let ink = if floor { Paint::Muted } else { Paint::Ink };
        sheet.text_sized(&name, (plot[2] + LEADER + 1.0, y), Align::Left, LABEL, ink);
    }
}
