//! The attributes of an element: numbers, colours, strokes, paths.

use std::fmt::Write as _;

use plotters_backend::{BackendColor, BackendCoord, BackendStyle};

use super::SCALE;
use crate::draw::paint::key_of;

/// Returns quarters as pixels, with no digit too many.
pub(super) fn px(quarters: impl Into<f64>) -> String {
    format!("{}", quarters.into() / SCALE)
}

/// Returns the attribute that gives `color` to `property`: a class where the colour has a name.
pub(super) fn paint(property: &str, color: BackendColor) -> String {
    let alpha = if color.alpha < 1.0 {
        format!(" {property}-opacity=\"{}\"", (color.alpha * 100.0).round() / 100.0)
    } else {
        String::new()
    };
    let (red, green, blue) = color.rgb;
    match key_of(color.rgb) {
        Some(key) => format!(" class=\"{}-{key}\"{alpha}", &property[..1]),
        None => format!(" {property}=\"#{red:02x}{green:02x}{blue:02x}\"{alpha}"),
    }
}

/// Returns the attributes of a shape: filled, or its outline. Classes of strokes fill nothing, and
/// a stroke is a pixel wide if nothing else is said.
pub(super) fn shape<S: BackendStyle>(style: &S, fill: bool) -> String {
    if fill {
        return paint("fill", style.color());
    }
    let color = style.color();
    let hollow = if key_of(color.rgb).is_some() { "" } else { " fill=\"none\"" };
    let width = match style.stroke_width() {
        width if f64::from(width) == SCALE => String::new(),
        width => format!(" stroke-width=\"{}\"", px(width)),
    };
    format!("{hollow}{}{width}", paint("stroke", color))
}

/// Returns corners as the rest of a path, `H` and `V` where a line is level or upright.
pub(super) fn points(path: &[BackendCoord]) -> String {
    let mut out = String::new();
    for (index, (x, y)) in path.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| path[before]);
        match before {
            None => write!(out, "{} {}", px(*x), px(*y)),
            Some((_, above)) if above == *y => write!(out, "H{}", px(*x)),
            Some((left, _)) if left == *x => write!(out, "V{}", px(*y)),
            Some(_) => write!(out, "L{} {}", px(*x), px(*y)),
        }
        .expect("a string takes all");
    }
    out
}
