//! The elements of a sheet as SVG: quarter-pixel coordinates, classes for colours, the same bytes
//! for the same drawing. Takes pixels; never touches fonts of the system, files or the clock.

use super::font;
use super::paint::Paint;
use super::sheet::Sheet;
use crate::words::escape::{xml, xml_within};

/// Characters of the text of a group: a row of a matrix has a figure a column.
const MAX_TITLE: usize = 2_000;

/// The size of text that needs no attribute; `picture` sets it for the whole.
pub(crate) const FONT_SIZE: f64 = 12.0;

/// The shares of the size above the base line and below.
const ASCENT: f64 = 0.76;
const DESCENT: f64 = 0.24;
/// From the middle of lower-case letters and digits down to the base line.
const MIDDLE: f64 = 0.36;

/// A place on a sheet, in pixels.
pub(crate) type Point = (f64, f64);

/// The area that a text takes, in pixels; for tests of the layout.
#[derive(Clone, Debug, PartialEq)]
pub struct TextBox {
    /// The text.
    pub text: String,
    /// The left edge.
    pub left: f64,
    /// The upper edge.
    pub top: f64,
    /// The right edge.
    pub right: f64,
    /// The lower edge.
    pub bottom: f64,
}

/// Which point of a text is placed.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    /// Its left end.
    Left,
    /// Its middle.
    Center,
    /// Its right end.
    Right,
}

impl Sheet {
    /// Opens a group with a text that appears on hover and is read aloud.
    pub(crate) fn open(&self, class: &str, title: &str) {
        self.open.set(self.open.get() + 1);
        let (class, title) = (xml(class), xml_within(title, MAX_TITLE));
        self.push(&format!("<g class=\"{class}\"><title>{title}</title>"));
    }

    /// Closes the group that was opened last.
    pub(crate) fn close(&self) {
        self.open.set(self.open.get().checked_sub(1).expect("a group is open"));
        self.push("</g>\n");
    }

    /// Takes the elements that were drawn since the last time.
    pub(super) fn take(&self) -> String {
        assert_eq!(self.open.get(), 0, "every group is closed");
        self.body.take()
    }

    fn push(&self, element: &str) {
        self.body.borrow_mut().push_str(element);
    }

    /// Draws a text whose middle is at the height `y`.
    pub(crate) fn text(&self, text: &str, at: Point, align: Align, paint: Paint) {
        self.text_sized(text, at, align, FONT_SIZE, paint);
    }

    /// Draws as [`text`](Self::text), in another size.
    pub(crate) fn text_sized(&self, text: &str, at: Point, align: Align, size: f64, paint: Paint) {
        let (x, base, width) = (px(at.0), px(at.1) + MIDDLE * size, font::width(text, size));
        let (anchor, left) = match align {
            Align::Left => ("", x),
            Align::Center => (" text-anchor=\"middle\"", x - width / 2.0),
            Align::Right => (" text-anchor=\"end\"", x - width),
        };
        let large = match size == FONT_SIZE {
            true => String::new(),
            false => format!(" font-size=\"{size}\""),
        };
        let [x, y] = [x, base].map(|value| (value * 10.0).round() / 10.0);
        let (class, shown) = (fill(paint), xml(text));
        self.push(&format!("<text x=\"{x}\" y=\"{y}\"{anchor}{large}{class}>{shown}</text>"));
        let (top, bottom) = (base - ASCENT * size, base + DESCENT * size);
        let area = TextBox { text: text.into(), left, top, right: left + width, bottom };
        self.boxes.borrow_mut().push(area);
    }

    /// Draws a line through `points`.
    pub(crate) fn line(&self, points: &[Point], paint: Paint, width: f64) {
        self.lines(&[points.to_vec()], paint, width);
    }

    /// Draws many lines as one element: what stands back needs no more.
    pub(crate) fn lines(&self, lines: &[Vec<Point>], paint: Paint, width: f64) {
        self.dashed(lines, paint, width, "");
    }

    /// Draws as [`lines`](Self::lines), dashed by a `stroke-dasharray` in pixels; empty for solid
    /// lines.
    pub(crate) fn dashed(&self, lines: &[Vec<Point>], paint: Paint, width: f64, dash: &str) {
        if !lines.is_empty() {
            let all: String = lines.iter().map(|line| path(line)).collect();
            let dash = match dash {
                "" => String::new(),
                dash => format!(" stroke-dasharray=\"{dash}\""),
            };
            self.push(&format!("<path d=\"{all}\"{}{dash}/>", stroke(paint, width)));
        }
    }

    /// Fills an area with these corners.
    pub(crate) fn area(&self, corners: &[Point], paint: Paint) {
        self.push(&format!("<path d=\"{}Z\"{}/>", path(corners), fill(paint)));
    }

    /// Draws as [`area`](Self::area), through which what lies below can be seen.
    pub(crate) fn veil(&self, corners: &[Point], paint: Paint, opacity: f64) {
        let fill = fill(paint);
        let path = path(corners);
        self.push(&format!("<path d=\"{path}Z\"{fill} fill-opacity=\"{opacity}\"/>"));
    }

    /// Fills a rectangle with these edges.
    pub(crate) fn block(&self, edges: [f64; 4], paint: Paint) {
        self.rectangle(edges, &fill(paint));
    }

    /// Draws the outline of a rectangle.
    pub(crate) fn frame(&self, edges: [f64; 4], paint: Paint, width: f64) {
        self.rectangle(edges, &stroke(paint, width));
    }

    fn rectangle(&self, edges: [f64; 4], look: &str) {
        let [left, top, right, bottom] = edges.map(px);
        let (width, height) = ((right - left).abs(), (bottom - top).abs());
        let (x, y) = (left.min(right), top.min(bottom));
        self.push(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{look}/>"
        ));
    }

    /// Draws a dot.
    pub(crate) fn dot(&self, at: Point, radius: f64, paint: Paint) {
        self.circle(at, radius, &fill(paint));
    }

    /// Draws a hollow dot.
    pub(crate) fn ring(&self, at: Point, radius: f64, paint: Paint, width: f64) {
        self.circle(at, radius, &fill(Paint::Ground));
        self.circle(at, radius, &stroke(paint, width));
    }

    fn circle(&self, (x, y): Point, radius: f64, look: &str) {
        let [x, y, r] = [x, y, radius].map(px);
        self.push(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{look}/>"));
    }
}

/// Returns pixels in quarters, with no digit too many; adding zero makes `-0` a plain one.
fn px(pixels: f64) -> f64 {
    (pixels * 4.0).round() / 4.0 + 0.0
}

fn fill(paint: Paint) -> String {
    format!(" class=\"f-{}\"", paint.key())
}

/// Returns the style of a stroke: its class fills nothing, and it is a pixel wide if nothing
/// else is said.
fn stroke(paint: Paint, width: f64) -> String {
    let width = match px(width) {
        1.0 => String::new(),
        width => format!(" stroke-width=\"{width}\""),
    };
    format!(" class=\"s-{}\"{width}", paint.key())
}

/// Returns corners as a path, `H` and `V` where a line is level or upright.
fn path(corners: &[Point]) -> String {
    let mut before = None;
    let step = |(x, y): &Point| {
        let (x, y) = (px(*x), px(*y));
        match before.replace((x, y)) {
            None => format!("M{x} {y}"),
            Some((_, above)) if above == y => format!("H{x}"),
            Some((left, _)) if left == x => format!("V{y}"),
            Some(_) => format!("L{x} {y}"),
        }
    };
    corners.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_quarter_pixels_and_classes() {
        let sheet = Sheet::new(100.0);
        sheet.open("series", "a < b");
        sheet.line(&[(0.24, 0.5), (1.5, 1.1)], Paint::Ink, 1.5);
        sheet.dot((1.0, 1.0), 2.25, Paint::Ink);
        sheet.close();
        assert_eq!(
            sheet.take(),
            "<g class=\"series\"><title>a &lt; b</title>\
             <path d=\"M0.25 0.5L1.5 1\" class=\"s-ink\" stroke-width=\"1.5\"/>\
             <circle cx=\"1\" cy=\"1\" r=\"2.25\" class=\"f-ink\"/></g>\n"
        );
    }

    #[test]
    fn text_is_placed_by_the_widths_of_the_font() {
        let sheet = Sheet::new(100.0);
        sheet.text_sized("<b>", (50.0, 25.0), Align::Right, 10.0, Paint::Ink);
        let (body, boxes) = (sheet.take(), sheet.boxes.take());
        assert!(body.contains(">&lt;b&gt;</text>"), "{body}");
        assert!((boxes[0].right - 50.0).abs() < 1e-9);
        assert!((boxes[0].right - boxes[0].left - font::width("<b>", 10.0)).abs() < 1e-9);
    }
}
