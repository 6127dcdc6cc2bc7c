//! Cost per op against size, both axes logarithmic: how does cost grow?
//!
//! A panel a family: its executors in colour with their names at the ends of their lines, all
//! others in grey behind them, on the same axes. The floor is drawn in every panel.

use plotters::prelude::*;
use tminus_harness::contract::Family;

use super::WIDTH;
use super::sheet::{Align, MARGIN, SMALL, Sheet, families, spread, stroke};
use super::ticks::{self, Tick};
use crate::findings;
use crate::font;
use crate::growth::{Growth, Line};
use crate::number::Unit;
use crate::paint::Paint;
use crate::picture::{Picture, slug};
use crate::svg::{SCALE, Svg};
use crate::words;

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
const DASHES: [&str; 4] = ["", "6 3", "2 2.5", "8 3 2 3"];

/// What all panels have in common.
struct Axes {
    x: (f64, f64),
    y: (f64, f64),
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    y_labels: f64,
    labels: f64,
}

/// The chart of `growth`; `sources` is the line below.
#[must_use]
pub fn draw(growth: &Growth, sources: &str) -> Picture {
    let mut sheet = Sheet::new(f64::from(WIDTH));
    let metric = words::metric(&growth.metric, &growth.op);
    let subtitle = format!(
        "{metric} against {}: medians; a panel a family, all others in grey; both axes logarithmic, \
         lower is better",
        words::param(&growth.param)
    );
    let top = sheet.head(&findings::growth_title(growth), &subtitle) + 8.0;
    let members = families(growth.lines.iter().map(|line| line.family));
    let panels: Vec<Family> = match members.as_slice() {
        [Family::Floor] => members.clone(),
        all => all.iter().copied().filter(|family| *family != Family::Floor).collect(),
    };
    let axes = axes(growth);
    let half = (sheet.room() - PANEL_GAP) / 2.0;
    let beside = panels.len() > 1 && axes.labels <= half * LABEL_SHARE;
    let (columns, width) = if beside { (2, half) } else { (1, sheet.room()) };
    let mut bottom = top;
    for row in panels.chunks(columns) {
        let height = row.iter().map(|family| height(growth, *family)).fold(0.0, f64::max);
        for (column, family) in row.iter().enumerate() {
            let left = MARGIN + (width + PANEL_GAP) * column as f64;
            panel(&sheet, growth, *family, &axes, [left, bottom, left + width, bottom + height]);
        }
        bottom += height + 18.0;
    }
    let name = slug(&format!("growth-{}-{}-{}", growth.workload, growth.param, growth.fixed));
    sheet.finish(name, findings::growth_description(growth), vec![sources.into()], bottom - 12.0)
}

fn axes(growth: &Growth) -> Axes {
    let points = || growth.lines.iter().flat_map(|line| &line.points);
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, 0.0f64), |(low, high), v| (low.min(v), high.max(v)))
    };
    // A size of zero has no place on a log axis; it stands at a half, as in plotters.
    let (x_low, x_high) = bounds(&mut points().map(|point| x_of(point.0)));
    let (y_low, y_high) = bounds(&mut points().map(|point| point.1));
    let pad = (y_high / y_low).powf(0.05).max(1.02);
    let y = (y_low / pad, y_high * pad);
    let y_ticks = ticks::log(y.0, y.1, 6, Unit::of(&growth.metric));
    let widest = |texts: &mut dyn Iterator<Item = &str>, size: f64| {
        texts.map(|text| font::width(text, size)).fold(0.0, f64::max)
    };
    let y_labels = widest(&mut y_ticks.iter().map(|tick| tick.label.as_str()), SMALL);
    let names = widest(&mut growth.lines.iter().map(|line| line.name.as_str()), LABEL);
    let labels = names.min(LABEL_ROOM);
    let x_ticks = growth
        .sizes()
        .into_iter()
        .map(|size| Tick { value: x_of(size), label: words::param_short(&growth.param, size) });
    Axes { x: (x_low, x_high), y, x_ticks: x_ticks.collect(), y_ticks, y_labels, labels }
}

fn x_of(size: u64) -> f64 {
    if size == 0 { 0.5 } else { size as f64 }
}

/// High enough for the labels of the family and of the floors, and never flat.
fn height(growth: &Growth, family: Family) -> f64 {
    let labels = growth.lines.iter().filter(|line| is_labelled(line, family)).count();
    (labels as f64 * LABEL_GAP).max(176.0) + HEAD + FOOT
}

fn is_labelled(line: &Line, family: Family) -> bool {
    line.family == family || line.family == Family::Floor
}

fn panel(sheet: &Sheet, growth: &Growth, family: Family, axes: &Axes, edges: [f64; 4]) {
    let [left, top, right, bottom] = edges;
    sheet.mark(family, (left + 6.0, top + 8.0), 1.0);
    sheet.text_sized(
        words::family(family),
        (left + 18.0, top + 8.0),
        Align::Left,
        12.5,
        Paint::Ink,
    );
    let plot =
        [left + axes.y_labels + 8.0, top + HEAD, right - axes.labels - LEADER - 8.0, bottom - FOOT];
    let part = sheet.part(plot[0], plot[1], plot[2], plot[3]);
    let chart = ChartBuilder::on(&part)
        .build_cartesian_2d(
            (axes.x.0..axes.x.1 * 1.000_001).log_scale(),
            (axes.y.0..axes.y.1).log_scale(),
        )
        .expect("the part has an area");
    let area = chart.plotting_area();
    grid(sheet, growth, axes, area, plot);
    for line in growth.lines.iter().filter(|line| !is_labelled(line, family)) {
        path(sheet, area, line, Paint::Back, 1.0, "");
    }
    let own: Vec<&Line> = growth.lines.iter().filter(|line| is_labelled(line, family)).collect();
    let mut member = 0;
    for line in &own {
        let dash = DASHES[member % DASHES.len()];
        member += usize::from(line.family == family);
        sheet.svg.open("series", &findings::growth_line(growth, line));
        if line.family == Family::Floor {
            path(sheet, area, line, Paint::Family(Family::Floor), 1.0, "2 2");
        } else {
            path(sheet, area, line, Paint::Family(family), 2.0, dash);
        }
        for (size, median) in &line.points {
            let (x, y) = area.map_coordinate(&(x_of(*size), *median));
            sheet.mark(line.family, (f64::from(x) / SCALE, f64::from(y) / SCALE), 0.8);
        }
        sheet.svg.close();
    }
    labels(sheet, area, &own, axes, plot);
}

type Area = DrawingArea<Svg, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

fn grid(sheet: &Sheet, growth: &Growth, axes: &Axes, area: &Area, plot: [f64; 4]) {
    let [left, top, right, bottom] = plot;
    for tick in &axes.y_ticks {
        let y = f64::from(area.map_coordinate(&(axes.x.0, tick.value)).1) / SCALE;
        sheet.line(&[(left, y), (right, y)], Paint::Grid, 1.0);
        sheet.text_sized(&tick.label, (left - 7.0, y), Align::Right, SMALL, Paint::Muted);
    }
    let mut free = f64::NEG_INFINITY;
    for tick in &axes.x_ticks {
        let x = f64::from(area.map_coordinate(&(tick.value, axes.y.0)).0) / SCALE;
        sheet.line(&[(x, top), (x, bottom + 3.0)], Paint::Grid, 1.0);
        let half = font::width(&tick.label, SMALL) / 2.0;
        if x - half > free {
            sheet.text_sized(&tick.label, (x, bottom + 11.0), Align::Center, SMALL, Paint::Muted);
            free = x + half + 6.0;
        }
    }
    sheet.line(&[(left, bottom), (right, bottom)], Paint::Axis, 1.0);
    let middle = f64::midpoint(left, right);
    let param = font::fit(&words::param(&growth.param), SMALL, right - left);
    sheet.text_sized(&param, (middle, bottom + 26.0), Align::Center, SMALL, Paint::Muted);
}

fn path(sheet: &Sheet, area: &Area, line: &Line, paint: Paint, width: f64, dash: &'static str) {
    let points: Vec<(f64, f64)> =
        line.points.iter().map(|(size, median)| (x_of(*size), *median)).collect();
    sheet.svg.dash(dash);
    area.draw(&PathElement::new(points, stroke(paint, width))).expect("an SVG takes all");
    sheet.svg.dash("");
}

/// Names to the right of the panel, moved apart, each tied to the end of its line.
fn labels(sheet: &Sheet, area: &Area, lines: &[&Line], axes: &Axes, plot: [f64; 4]) {
    let ends: Vec<(f64, f64)> = lines
        .iter()
        .map(|line| {
            let (size, median) = line.points.last().expect("lines have points");
            let (x, y) = area.map_coordinate(&(x_of(*size), *median));
            (f64::from(x) / SCALE, f64::from(y) / SCALE)
        })
        .collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let places = spread(&wanted, LABEL_GAP, plot[1], plot[3] - 2.0);
    for ((line, end), y) in lines.iter().zip(&ends).zip(places) {
        let floor = line.family == Family::Floor;
        let paint = if floor { Paint::Axis } else { Paint::Family(line.family) };
        // From where the line ends, even if that is before the last size.
        let from = (end.0 + 6.0, end.1);
        sheet.line(&[from, (plot[2] + LEADER - 2.0, y)], paint, 0.75);
        let name = font::fit(&line.name, LABEL, axes.labels);
        let ink = if floor { Paint::Muted } else { Paint::Ink };
        sheet.text_sized(&name, (plot[2] + LEADER + 1.0, y), Align::Left, LABEL, ink);
    }
}
