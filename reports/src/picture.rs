//! A finished chart and its forms: SVG that stands alone, SVG inside a page, PNG.

use resvg::{tiny_skia, usvg};

use crate::error::Error;
use crate::escape::xml;
use crate::font;
use crate::paint;
pub use crate::paint::Theme;
use crate::svg::{FONT_SIZE, TextBox};

/// A finished chart.
#[derive(Clone, Debug)]
pub struct Picture {
    /// A name for files and ids: lower case, digits and `-`.
    pub name: String,
    /// The finding in words.
    pub title: String,
    /// What is drawn, for those who do not see it.
    pub description: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Where its texts stand.
    pub boxes: Vec<TextBox>,
    pub(crate) body: String,
}

impl Picture {
    /// As a file of its own.
    #[must_use]
    pub fn file(&self, theme: Theme) -> String {
        let used = |class: &str| self.body.contains(&format!("\"{class}\"")) || class == "f-ground";
        let style = format!(
            "<style>text{{font-family:{}}}{}</style>\n",
            font::STACK,
            paint::rules(theme, used)
        );
        let ground = "<rect width=\"100%\" height=\"100%\" class=\"f-ground\"/>\n";
        self.element(" xmlns=\"http://www.w3.org/2000/svg\"", &(style + ground))
    }

    /// As an element of a page, which has the rules for its classes.
    #[must_use]
    pub fn inline(&self) -> String {
        self.element("", "")
    }

    fn element(&self, namespace: &str, before: &str) -> String {
        let Self { name, title, description, width, height, body, .. } = self;
        let (title, description) = (xml(title), xml(description));
        format!(
            "<svg{namespace} role=\"img\" aria-labelledby=\"{name}-t {name}-d\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-size=\"{FONT_SIZE}\">\n<title id=\"{name}-t\">{title}</title>\
             <desc id=\"{name}-d\">{description}</desc>\n{before}{body}</svg>\n"
        )
    }

    /// As PNG with `scale` pixels a pixel.
    ///
    /// # Errors
    /// [`Error::Picture`] with what the renderer said.
    pub fn png(&self, theme: Theme, scale: f32) -> Result<Vec<u8>, Error> {
        let failed = |cause: String| Error::Picture { name: self.name.clone(), cause };
        let options = usvg::Options {
            fontdb: font::database(),
            font_family: "DejaVu Sans".into(),
            ..usvg::Options::default()
        };
        let tree = usvg::Tree::from_str(&self.file(theme), &options)
            .map_err(|error| failed(error.to_string()))?;
        let pixels = |length: u32| (f64::from(length) * f64::from(scale)).ceil() as u32;
        let mut pixmap = tiny_skia::Pixmap::new(pixels(self.width), pixels(self.height))
            .ok_or_else(|| failed("it has no area".into()))?;
        let transform = tiny_skia::Transform::from_scale(scale, scale);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| failed(error.to_string()))
    }
}

/// Text as a part of a name: lower case, digits and `-`, at most 60 characters.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars().take(200) {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.truncate(60);
    out.trim_end_matches('-').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless_in_paths_and_ids() {
        assert_eq!(slug("countdown/timers=1000"), "countdown-timers-1000");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("</td>\u{1b}"), "td");
        assert!(slug(&"x".repeat(10_000)).len() <= 60);
    }
}
