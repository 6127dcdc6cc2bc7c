//! Where a text stands: its base line, its anchor and the area that it takes.

use std::fmt::Write as _;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendTextStyle, FontTransform};

use super::FONT_SIZE;
use crate::draw::font;

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

/// What of the size lies above the base line, and what below.
const ASCENT: f64 = 0.76;
const DESCENT: f64 = 0.24;
/// From the middle of lower-case letters and digits down to the base line.
const MIDDLE: f64 = 0.36;

/// Where a text stands: its base line, its anchor and its area.
pub(super) struct Place {
    x: f64,
    base: f64,
    anchor: &'static str,
    turned: bool,
    pub(super) area: TextBox,
}

impl Place {
    pub(super) fn of<T: BackendTextStyle>(
        text: &str,
        size: f64,
        style: &T,
        x: f64,
        y: f64,
    ) -> Self {
        let width = font::width(text, size);
        let (anchor, left) = match style.anchor().h_pos {
            HPos::Left => ("", x),
            HPos::Center => ("middle", x - width / 2.0),
            HPos::Right => ("end", x - width),
        };
        let base = match style.anchor().v_pos {
            VPos::Top => y + ASCENT * size,
            VPos::Center => y + MIDDLE * size,
            VPos::Bottom => y - DESCENT * size,
        };
        let (top, bottom) = (base - ASCENT * size, base + DESCENT * size);
        let area = TextBox { text: text.into(), left, top, right: left + width, bottom };
        let turned = matches!(style.transform(), FontTransform::Rotate270);
        if !turned {
            return Self { x, base, anchor, turned, area };
        }
        // Turned to the left about (x, y): what was to the right now lies above.
        let turn = |across: f64, down: f64| (x + (down - y), y - (across - x));
        let ((l, b), (r, t)) = (turn(area.left, area.top), turn(area.right, area.bottom));
        let area = TextBox { left: l, right: r, top: t, bottom: b, ..area };
        Self { x: x + (base - y), base: y, anchor, turned, area }
    }

    pub(super) fn attributes(&self, size: f64) -> String {
        let (x, y) = (tenth(self.x), tenth(self.base));
        let mut out = if self.turned {
            format!(" transform=\"translate({x} {y})rotate(-90)\"")
        } else {
            format!(" x=\"{x}\" y=\"{y}\"")
        };
        if !self.anchor.is_empty() {
            write!(out, " text-anchor=\"{}\"", self.anchor).expect("a string takes all");
        }
        if (size - FONT_SIZE).abs() > 0.01 {
            write!(out, " font-size=\"{size}\"").expect("a string takes all");
        }
        out
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
