//! The embedded font: widths for layout, outlines for PNG. Never looks at fonts of the system.
//!
//! DejaVu Sans is the widest of the common sans-serif fonts, so that text laid out with its widths
//! does not overlap where a browser puts another in its place.

mod outline;

use std::sync::LazyLock;

use ttf_parser::Face;
use unicode_width::UnicodeWidthChar;

pub(crate) use outline::outlines;

/// DejaVu Sans, cut down to Latin and the symbols used here; its licence lies beside it.
const BYTES: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

/// The family in SVG and CSS; all that stand before DejaVu Sans are narrower.
pub(crate) const STACK: &str =
    "system-ui,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif";

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(BYTES, 0).expect("the embedded font is valid"));

/// Returns the width of `text` in the unit of `size`.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Returns the width of the widest of `texts`.
pub(crate) fn widest<T: AsRef<str>>(texts: impl Iterator<Item = T>, size: f64) -> f64 {
    texts.map(|text| width(text.as_ref(), size)).fold(0.0, f64::max)
}

/// Nearly all letters, each of which is asked for thousands of times.
static ASCII: LazyLock<[f64; 128]> =
    LazyLock::new(|| std::array::from_fn(|letter| looked_up(char::from(letter as u8))));

/// Returns the advance in em.
fn advance(letter: char) -> f64 {
    ASCII.get(letter as usize).copied().unwrap_or_else(|| looked_up(letter))
}

/// Returns the advance in em; a character that the font lacks is taken to be as wide as it could be
/// elsewhere.
fn looked_up(letter: char) -> f64 {
    let advance = FACE.glyph_index(letter).and_then(|glyph| FACE.glyph_hor_advance(glyph));
    match advance {
        Some(units) => f64::from(units) / f64::from(FACE.units_per_em()),
        None => letter.width().unwrap_or(0).max(1) as f64 * 0.85,
    }
}

/// Returns `text`, with its middle cut where it is wider than `room`.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let mut count = text.chars().count();
    let mut fitted = text.to_owned();
    while width(&fitted, size) > room && count > 1 {
        // Long texts are brought near their length at once, then letter by letter.
        let over = width(&fitted, size) / room;
        count = ((count as f64 / over) as usize).clamp(1, count - 1);
        fitted = crate::words::escape::shorten(text, count);
    }
    fitted
}

/// Breaks `text` into lines no wider than `room`, at blanks, but not between a number and its unit;
/// the last of `max_lines` is cut to fit.
pub(crate) fn wrap(text: &str, size: f64, room: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in words(text) {
        let line = lines.last_mut().expect("never empty");
        let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
        if line.is_empty() || width(&longer, size) <= room || lines.len() == max_lines {
            *lines.last_mut().expect("never empty") = longer;
        } else {
            lines.push(word);
        }
    }
    lines.iter().map(|line| fit(line, size, room)).collect()
}

/// Returns the words of `text`, numbers with their units.
pub(crate) fn words(text: &str) -> Vec<String> {
    let is_unit = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':', ')', '.']);
        matches!(word, "%" | "ns" | "µs" | "ms" | "s" | "B" | "KiB" | "MiB" | "GiB" | "k" | "M")
    };
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(last) if is_unit(word) && last.ends_with(|end: char| end.is_ascii_digit()) => {
                *last = format!("{last} {word}");
            }
            _ => words.push(word.into()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up() {
        assert!(width("tokio", 12.0) > width("smol", 10.0));
        assert!((width("ab", 10.0) - width("a", 10.0) - width("b", 10.0)).abs() < 1e-9);
        assert!(width("漢", 10.0) > 10.0, "unknown and wide letters get room");
    }

    #[test]
    fn texts_fit() {
        for text in ["futures-thread-pool ×2", &"x".repeat(10_000), "a b c"] {
            assert!(width(&fit(text, 12.0, 60.0), 12.0) <= 60.0, "{text}");
            for line in wrap(text, 12.0, 60.0, 3) {
                assert!(width(&line, 12.0) <= 60.0, "{line}");
            }
        }
        assert_eq!(fit("abc", 12.0, 100.0), "abc");
        assert_eq!(wrap("one two three", 10.0, 50.0, 5), ["one two", "three"]);
        assert_eq!(wrap("", 10.0, 50.0, 5), [""]);
        assert_eq!(wrap("about 100 ns, 5 %", 10.0, 50.0, 5), ["about", "100 ns,", "5 %"]);
        assert_eq!(wrap("7 since s", 10.0, 12.0, 5)[0], "7");
    }

    #[test]
    fn the_font_has_every_symbol_in_use() {
        for letter in "–—…×≈µ±≤≥→▲▼●■◆○·“”’²÷".chars() {
            assert!(FACE.glyph_index(letter).is_some(), "{letter}");
        }
    }
}
