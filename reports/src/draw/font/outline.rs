//! Texts as paths, for PNG: one letter after the other, as they are laid out. It takes the place of
//! a stack of crates for scripts, ligatures and fonts of the system, which no picture here has.

use std::fmt::Write as _;

use ttf_parser::OutlineBuilder;

use super::{FACE, advance};

/// Returns `text` as the data of an SVG path, from `left` on, standing on the line `base`. The room
/// of a character that the font lacks stays empty.
pub(crate) fn outlines(text: &str, size: f64, (left, base): (f64, f64)) -> String {
    let scale = size / f64::from(FACE.units_per_em());
    let mut pen = Pen { path: String::new(), scale, left, base };
    for letter in text.chars() {
        // A blank has no outline.
        let glyph = FACE.glyph_index(letter);
        let _ = glyph.and_then(|glyph| FACE.outline_glyph(glyph, &mut pen));
        pen.left += advance(letter) * size;
    }
    pen.path
}

/// Draws glyphs, whose units are those of the font and whose heights grow upwards.
struct Pen {
    path: String,
    scale: f64,
    left: f64,
    base: f64,
}

impl Pen {
    fn draw(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (x, y) in points {
            let x = self.left + f64::from(*x) * self.scale;
            let y = self.base - f64::from(*y) * self.scale;
            write!(self.path, "{x:.2} {y:.2} ").expect("a string takes all");
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.draw('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.draw('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.draw('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.draw('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.draw('Z', &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_on_their_line_one_after_the_other() {
        let numbers = |path: &str| -> Vec<f64> {
            let parts = path.split(|letter: char| letter == ' ' || letter.is_ascii_uppercase());
            parts.filter_map(|part| part.parse().ok()).collect()
        };
        let one = numbers(&outlines("l", 10.0, (100.0, 50.0)));
        let heights = one.iter().skip(1).step_by(2);
        assert!(one.len() >= 8 && one.iter().step_by(2).all(|x| (100.0..103.0).contains(x)));
        assert!(heights.clone().all(|y| (40.0..=50.0).contains(y)), "{one:?}");
        assert!(heights.copied().any(|y| y == 50.0));
        let two = numbers(&outlines(" l", 10.0, (100.0, 50.0)));
        let moved = advance(' ') * 10.0;
        let pairs = one.iter().zip(&two).step_by(2);
        assert_eq!(one.len(), two.len());
        assert!(pairs.clone().all(|(x, other)| (other - x - moved).abs() < 0.011), "{two:?}");
        assert_eq!(outlines("  \u{6f22}", 10.0, (0.0, 0.0)), "");
    }
}
