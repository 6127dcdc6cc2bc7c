//! Lines over two logarithmic axes, a panel a family: its executors in colour with their names at
//! the ends of their lines, all others in grey behind them, on the same axes. The floor is drawn in
//! every panel.
//!
//! Panels that several charts share; decides no figure and no word.

use plotters::prelude::{Cartesian2d, DrawingArea, IntoLogRange as _, LogCoord};
use tminus_contract::Family;

use super::prelude::*;
use super::sheet::{families, spread};
use super::simplify::simplified;
use super::svg::{Point, SCALE, Svg};

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
const DASHES: [&str; 6] = ["", "6 3", "2 2.5", "8 3 2 3", "12 3", "8 3 2 3 2 3"];

/// Lines and the axes that all panels have in common.
pub(crate) struct Panels {
    pub(crate) lines: Vec<Line>,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// The title of the x axis.
    pub(crate) x_title: String,
    /// The y axis in words, where charts of two stand beside each other.
    pub(crate) what: String,
}

/// An executor's line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) family: Family,
    /// By x; never empty.
    pub(crate) points: Vec<(f64, f64)>,
    /// The places of its marks.
    pub(crate) marks: Vec<(f64, f64)>,
    /// A second line of the same executor, by x; may be empty.
    pub(crate) thin: Vec<(f64, f64)>,
    /// Whether it stops where the others may go on.
    pub(crate) stops: bool,
    /// Intervals: x and both ends.
    pub(crate) bars: Vec<(f64, f64, f64)>,
    /// Its figures in words.
    pub(crate) hover: String,
}

/// Draws all panels below `top`; gives the height below them.
pub(crate) fn draw(sheet: &Sheet, panels: &Panels, top: f64) -> f64 {
    let (shown, rooms) = (shown(panels), Rooms::of(panels));
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

/// Draws two panels a family beside each other, or one below the other where names are long; gives
/// the height below them.
pub(crate) fn draw_beside(sheet: &Sheet, both: [&Panels; 2], top: f64) -> f64 {
    let rooms = both.map(Rooms::of);
    let half = (sheet.room() - PANEL_GAP) / 2.0;
    let names = rooms.iter().map(|rooms| rooms.names).fold(0.0, f64::max);
    let beside = names <= half * LABEL_SHARE;
    let width = if beside { half } else { sheet.room() };
    let mut bottom = top;
    for family in shown(both[0]) {
        let height = both.map(|panels| height(panels, family)).into_iter().fold(0.0, f64::max);
        for (place, (panels, rooms)) in both.into_iter().zip(&rooms).enumerate() {
            let left = MARGIN + if beside { (width + PANEL_GAP) * place as f64 } else { 0.0 };
            panel(sheet, panels, family, rooms, [left, bottom, left + width, bottom + height]);
            bottom += if beside && place == 0 { 0.0 } else { height + 18.0 };
        }
    }
    bottom - 12.0
}

/// Returns the families that have a panel: all but the floors, unless there is nothing else.
fn shown(panels: &Panels) -> Vec<Family> {
    let members = families(panels.lines.iter().map(|line| line.family));
    match members.as_slice() {
        [Family::Floor] => members,
        all => all.iter().copied().filter(|family| *family != Family::Floor).collect(),
    }
}

/// The widest labels of all panels.
struct Rooms {
    y_labels: f64,
    names: f64,
}

impl Rooms {
    fn of(panels: &Panels) -> Self {
        let names = font::widest(panels.lines.iter().map(|line| &line.name), LABEL);
        Self { y_labels: panels.y.labels(), names: names.min(LABEL_ROOM) }
    }
}

/// Returns a height for the labels of the family and of the floors, never flat.
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
    let title = match panels.what.as_str() {
        "" => words::family(family).to_owned(),
        what => format!("{}: {what}", words::family(family)),
    };
    sheet.text_sized(&font::fit(&title, 12.5, right - head.0), head, Align::Left, 12.5, Paint::Ink);
    let edges = [
        left + rooms.y_labels + 8.0,
        top + HEAD,
        right - rooms.names - LEADER - 8.0,
        bottom - FOOT,
    ];
    let plot = Plot::new(sheet, edges, &panels.x, &panels.y);
    plot.grid(sheet, &panels.x_title);
    let (own, others): (Vec<&Line>, Vec<&Line>) =
        panels.lines.iter().partition(|line| is_labelled(line, family));
    let others: Vec<Vec<Point>> = others.into_iter().map(|line| path(&plot, line)).collect();
    sheet.lines(&others, Paint::Back, 1.0);
    let members: Vec<&Line> = own.iter().copied().filter(|line| line.family == family).collect();
    for line in &own {
        let member = members.iter().position(|known| std::ptr::eq(*known, *line));
        series(sheet, &plot, line, (member.unwrap_or(0), members.len()));
    }
    labels(sheet, &plot, &own, rooms);
}

/// Draws a line of a panel, with its place among so many of its family.
fn series(sheet: &Sheet, plot: &Plot<'_>, line: &Line, (member, members): (usize, usize)) {
    let paint = Paint::Family(line.family);
    // Beside each other, so that none hides another's.
    let aside = (member as f64 - (members as f64 - 1.0) / 2.0) * 2.5;
    let (dash, width, aside) = match line.family {
        Family::Floor => ("2 2", 1.0, 0.0),
        _ => (DASHES[member % DASHES.len()], 2.0, aside),
    };
    sheet.open("series", &line.hover);
    if !line.thin.is_empty() {
        let thin: Vec<Point> = line.thin.iter().map(|point| plot.at(*point)).collect();
        sheet.dashed(&simplified(&thin), paint, 0.75, dash);
    }
    sheet.dashed(&path(plot, line), paint, width, dash);
    let bar = |(x, low, high): &(f64, f64, f64)| {
        let ends = [low, high].map(|end| plot.at((*x, *end)));
        ends.map(|(x, y)| (x + aside, y)).to_vec()
    };
    sheet.lines(&line.bars.iter().map(bar).collect::<Vec<_>>(), paint, 1.25);
    for at in &line.marks {
        sheet.mark(line.family, plot.at(*at), 0.8);
    }
    if let Some(last) = line.points.last().filter(|_| line.stops) {
        cross(sheet, plot.at(*last), paint);
    }
    sheet.close();
}

/// Draws the cross behind a line that stops.
fn cross(sheet: &Sheet, (x, y): Point, paint: Paint) {
    let (x, half) = (x + 10.0, 3.5);
    let stroke = |sign: f64| vec![(x - half, y - sign * half), (x + half, y + sign * half)];
    sheet.lines(&[stroke(1.0), stroke(-1.0)], paint, 1.75);
}

/// The area of a chart of two logarithmic axes.
pub(crate) struct Plot<'a> {
    /// Left, top, right and bottom, in pixels.
    pub(crate) edges: [f64; 4],
    x: &'a Axis,
    y: &'a Axis,
    area: DrawingArea<Svg, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>,
}

impl<'a> Plot<'a> {
    pub(crate) fn new(sheet: &Sheet, edges: [f64; 4], x: &'a Axis, y: &'a Axis) -> Self {
        let part = sheet.part(edges);
        let (across, down) = part.get_pixel_range();
        // From the first pixel to the last; upwards, the first is the lowest.
        let pixels = (across.start..across.end - 1, down.end - 1..down.start);
        // One size alone has an axis too.
        let axes = ((x.low..x.high * 1.000_001).log_scale(), (y.low..y.high).log_scale());
        let area = part.apply_coord_spec(Cartesian2d::new(axes.0, axes.1, pixels));
        Self { edges, x, y, area }
    }

    /// Returns where a point of both axes lies on the sheet.
    pub(crate) fn at(&self, point: Point) -> Point {
        let (x, y) = self.area.map_coordinate(&point);
        (f64::from(x) / SCALE, f64::from(y) / SCALE)
    }

    /// Draws rules and labels of both axes.
    pub(crate) fn grid(&self, sheet: &Sheet, x_title: &str) {
        let [left, top, right, bottom] = self.edges;
        let mut rules = Vec::new();
        for tick in &self.y.ticks {
            let y = self.at((self.x.low, tick.value)).1;
            rules.push(vec![(left, y), (right, y)]);
            sheet.small(&tick.label, (left - 7.0, y), Align::Right);
        }
        let x = |value: f64| self.at((value, self.y.low)).0;
        let upright = |value: f64| vec![(x(value), top), (x(value), bottom + 3.0)];
        rules.extend(self.x.ticks.iter().map(|tick| upright(tick.value)));
        let labels = self.x.ticks.iter().map(|tick| (x(tick.value), tick.label.clone()));
        sheet.labels(labels, bottom + 11.0);
        sheet.lines(&rules, Paint::Grid, 1.0);
        sheet.line(&[(left, bottom), (right, bottom)], Paint::Axis, 1.0);
        let title = font::fit(x_title, SMALL, right - left);
        sheet.small(&title, (f64::midpoint(left, right), bottom + 26.0), Align::Center);
    }
}

fn path(plot: &Plot<'_>, line: &Line) -> Vec<Point> {
    simplified(&line.points.iter().map(|point| plot.at(*point)).collect::<Vec<_>>())
}

/// Draws names to the right of the panel, moved apart, each tied to the end of its line.
fn labels(sheet: &Sheet, plot: &Plot<'_>, lines: &[&Line], rooms: &Rooms) {
    let end = |line: &&Line| plot.at(*line.points.last().expect("lines have points"));
    let plot = plot.edges;
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
