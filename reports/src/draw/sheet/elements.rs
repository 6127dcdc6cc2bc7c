//! The elements of a sheet, drawn by plotters: lines, areas, rectangles, dots, texts.
//!
//! All take pixels and hand plotters quarters of them.

use plotters::coord::Shift;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{Pos, VPos};
use plotters_backend::BackendCoord;

use super::Sheet;
use crate::draw::paint::Paint;
use crate::draw::svg::{Align, FONT_SIZE, Point, SCALE, Svg};

impl Sheet {
    /// Opens a group with a text that appears on hover and is read aloud.
    pub(crate) fn open(&self, class: &str, title: &str) {
        self.svg.open(class, title);
    }

    /// Closes the group that was opened last.
    pub(crate) fn close(&self) {
        self.svg.close();
    }

    /// Returns the part of the sheet with these edges, for plotters' coordinates.
    pub(crate) fn part(&self, edges: [f64; 4]) -> DrawingArea<Svg, Shift> {
        let [left, top, right, bottom] = edges.map(q);
        self.area.clone().shrink((left, top), (right - left, bottom - top))
    }

    /// Draws an element whose coordinates are quarters of pixels.
    fn draw<E>(&self, element: &E)
    where
        for<'b> &'b E: PointCollection<'b, BackendCoord>,
        E: Drawable<Svg>,
    {
        self.area.draw(element).expect("an SVG takes all");
    }

    /// Draws a text whose middle is at the height `y`.
    pub(crate) fn text(&self, text: &str, at: Point, align: Align, paint: Paint) {
        self.text_sized(text, at, align, FONT_SIZE, paint);
    }

    /// Draws as [`text`](Self::text), in another size.
    pub(crate) fn text_sized(&self, text: &str, at: Point, align: Align, size: f64, paint: Paint) {
        let font = FontDesc::new(FontFamily::SansSerif, size * SCALE, FontStyle::Normal);
        let color = paint.color();
        let style = TextStyle::from(font).color(&color).pos(Pos::new(align, VPos::Center));
        self.area.draw_text(text, &style, (q(at.0), q(at.1))).expect("an SVG takes all");
    }

    /// Draws a line through `points`.
    pub(crate) fn line(&self, points: &[Point], paint: Paint, width: f64) {
        self.draw(&PathElement::new(quarters(points), stroke(paint, width)));
    }

    /// Draws as [`line`](Self::line), dashed by a `stroke-dasharray` in pixels; empty for a solid
    /// line.
    pub(crate) fn dashed(&self, points: &[Point], paint: Paint, width: f64, dash: &'static str) {
        self.svg.dash(dash);
        self.line(points, paint, width);
        self.svg.dash("");
    }

    /// Draws many lines as one element: what stands back needs no more.
    pub(crate) fn lines(&self, lines: &[Vec<Point>], paint: Paint, width: f64) {
        let lines: Vec<Vec<BackendCoord>> = lines.iter().map(|line| quarters(line)).collect();
        self.svg.draw_paths(&lines, &stroke(paint, width));
    }

    /// Fills an area with these corners.
    pub(crate) fn area(&self, corners: &[Point], paint: Paint) {
        self.veil(corners, paint, 1.0);
    }

    /// Draws as [`area`](Self::area), through which what lies below can be seen.
    pub(crate) fn veil(&self, corners: &[Point], paint: Paint, opacity: f64) {
        self.draw(&Polygon::new(quarters(corners), paint.color().mix(opacity).filled()));
    }

    /// Fills a rectangle with these edges.
    pub(crate) fn block(&self, edges: [f64; 4], paint: Paint) {
        self.rectangle(edges, paint.color().filled());
    }

    /// Draws the outline of a rectangle.
    pub(crate) fn frame(&self, edges: [f64; 4], paint: Paint, width: f64) {
        self.rectangle(edges, stroke(paint, width));
    }

    fn rectangle(&self, edges: [f64; 4], style: ShapeStyle) {
        let [left, top, right, bottom] = edges.map(q);
        self.draw(&Rectangle::new([(left, top), (right, bottom)], style));
    }

    /// Draws a dot.
    pub(crate) fn dot(&self, (x, y): Point, radius: f64, paint: Paint) {
        self.draw(&Circle::new((q(x), q(y)), q(radius), paint.color().filled()));
    }

    /// Draws a hollow dot.
    pub(crate) fn ring(&self, at: Point, radius: f64, paint: Paint, width: f64) {
        self.dot(at, radius, Paint::Ground);
        self.draw(&Circle::new((q(at.0), q(at.1)), q(radius), stroke(paint, width)));
    }
}

/// Returns pixels as quarters.
fn q(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

fn quarters(points: &[Point]) -> Vec<BackendCoord> {
    points.iter().map(|(x, y)| (q(*x), q(*y))).collect()
}

/// Returns a stroke `width` pixels wide.
fn stroke(paint: Paint, width: f64) -> ShapeStyle {
    paint.color().stroke_width(q(width).unsigned_abs())
}
