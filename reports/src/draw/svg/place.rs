//! The place of a text: its base line, its anchor and the area that it takes.

use plotters_backend::BackendTextStyle;
use plotters_backend::text_anchor::{HPos, VPos};

use super::FONT_SIZE;
use super::attributes::paint;
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
    /// The attributes of its colour.
    pub(crate) paint: String,
}

impl TextBox {
    /// Returns the text as an element that needs no font: for what knows none.
    pub(crate) fn outlined(&self) -> String {
        let size = (self.bottom - self.top) / (ASCENT + DESCENT);
        let data = font::outlines(&self.text, size, (self.left, self.top + ASCENT * size));
        format!("<path d=\"{data}\"{}/>\n", self.paint)
    }
}

/// The shares of the size above the base line and below.
const ASCENT: f64 = 0.76;
const DESCENT: f64 = 0.24;
/// From the middle of lower-case letters and digits down to the base line.
const MIDDLE: f64 = 0.36;

/// The place of a text, which is upright.
pub(super) struct Place {
    x: f64,
    base: f64,
    anchor: &'static str,
    pub(super) area: TextBox,
}

impl Place {
    pub(super) fn of<T: BackendTextStyle>(
        text: &str,
        size: f64,
        style: &T,
        (x, y): (f64, f64),
    ) -> Self {
        let width = font::width(text, size);
        let (anchor, left) = match style.anchor().h_pos {
            HPos::Left => ("", x),
            HPos::Center => (" text-anchor=\"middle\"", x - width / 2.0),
            HPos::Right => (" text-anchor=\"end\"", x - width),
        };
        let base = match style.anchor().v_pos {
            VPos::Top => y + ASCENT * size,
            VPos::Center => y + MIDDLE * size,
            VPos::Bottom => y - DESCENT * size,
        };
        let (top, bottom) = (base - ASCENT * size, base + DESCENT * size);
        let paint = paint("fill", style.color());
        let area = TextBox { text: text.into(), left, top, right: left + width, bottom, paint };
        Self { x, base, anchor, area }
    }

    /// Returns the attributes of the text, in `size`.
    pub(super) fn attributes(&self, size: f64) -> String {
        let [x, y] = [self.x, self.base].map(|value| (value * 10.0).round() / 10.0);
        let size = match (size - FONT_SIZE).abs() > 0.01 {
            true => format!(" font-size=\"{size}\""),
            false => String::new(),
        };
        format!(" x=\"{x}\" y=\"{y}\"{}{size}{}", self.anchor, self.area.paint)
    }
}
