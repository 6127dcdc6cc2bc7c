//! A finished chart and its forms: SVG that stands alone, SVG inside a page, PNG.

use resvg::{tiny_skia, usvg};

use super::font;
use super::paint;
pub use super::paint::Theme;
use super::svg::FONT_SIZE;
pub use super::svg::TextBox;
use crate::Output;
use crate::error::Error;
use crate::words::escape::{xml, xml_within};

/// Characters of a description: a large matrix in words takes half of them.
const MAX_DESCRIPTION: usize = 20_000;

/// Pixels of a PNG for each pixel of its chart: enough for a slide or a post.
pub const PNG_SCALE: f32 = 1.5;

/// A finished chart.
#[derive(Clone, Debug)]
pub struct Picture {
    /// A name for files and ids: lower case, digits and `-`.
    pub name: String,
    /// The finding in words.
    pub title: String,
    /// The line that says what is drawn.
    pub subtitle: String,
    /// The lines below: reasons and sources.
    pub notes: Vec<String>,
    /// All figures in words, for readers who do not see them.
    pub description: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The places of its texts.
    pub boxes: Vec<TextBox>,
    pub(crate) head: Part,
    pub(crate) body: Part,
    pub(crate) foot: Part,
}

/// A strip of a picture over its whole width.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// SVG elements.
    pub(crate) elements: String,
    /// The line where it ends and the next begins, in pixels.
    pub(crate) bottom: u32,
}

impl Picture {
    /// Returns the picture as a file of its own, with title and notes.
    #[must_use]
    pub fn file(&self, theme: Theme) -> String {
        self.file_with(theme, "")
    }

    /// Returns the file with more elements above all others.
    fn file_with(&self, theme: Theme, more: &str) -> String {
        let all = [&self.head, &self.body, &self.foot].map(|part| part.elements.as_str()).concat();
        let used = |class: &str| class == "f-ground" || all.contains(&format!("\"{class}\""));
        let style = format!(
            "<style>text{{font-family:{}}}{}</style>\n",
            font::STACK,
            paint::rules(theme, used)
        );
        let ground = "<rect width=\"100%\" height=\"100%\" class=\"f-ground\"/>\n";
        let content = format!("{style}{ground}{all}{more}");
        let described = xml_within(&self.description, MAX_DESCRIPTION);
        self.element(
            " xmlns=\"http://www.w3.org/2000/svg\"",
            &described,
            (0, self.height),
            &content,
        )
    }

    /// Returns the picture as an element of a page, which has the rules for its classes and shows
    /// title, subtitle and notes as text: these wrap on a narrow screen, a picture does not. The
    /// description is cut, since a page has the figures in tables.
    #[must_use]
    pub fn inline(&self) -> String {
        let Self { head, body, description, .. } = self;
        self.element("", &xml(description), (head.bottom, body.bottom), &body.elements)
    }

    /// Returns the element with a description that is escaped, from one height to another.
    fn element(
        &self,
        namespace: &str,
        description: &str,
        (top, bottom): (u32, u32),
        content: &str,
    ) -> String {
        let Self { name, title, width, .. } = self;
        let title = xml(title);
        let height = bottom.saturating_sub(top).max(1);
        format!(
            "<svg{namespace} role=\"img\" aria-labelledby=\"{name}-t {name}-d\" \
             viewBox=\"0 {top} {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-size=\"{FONT_SIZE}\">\n<title id=\"{name}-t\">{title}</title>\
             <desc id=\"{name}-d\">{description}</desc>\n{content}</svg>\n"
        )
    }

    /// Returns it as PNG with `scale` pixels a pixel, or as many as any picture may have.
    ///
    /// # Errors
    /// Returns [`Error::Picture`] with what the renderer said.
    pub fn png(&self, theme: Theme, scale: f32) -> Result<Vec<u8>, Error> {
        let failed = |cause: String| Error::Picture { name: self.name.clone(), cause };
        // The renderer is built without fonts and draws no text.
        let texts: String = self.boxes.iter().map(TextBox::outlined).collect();
        let tree = usvg::Tree::from_str(&self.file_with(theme, &texts), &usvg::Options::default());
        let tree = tree.map_err(|error| failed(error.to_string()))?;
        let largest = (MAX_PIXELS / (self.width * self.height).max(1) as f32).sqrt();
        let scale = scale.min(largest);
        let whole = |length: u32| (length as f32 * scale) as u32;
        let mut pixmap = tiny_skia::Pixmap::new(whole(self.width), whole(self.height))
            .ok_or_else(|| failed("it has no area".into()))?;
        let transform = tiny_skia::Transform::from_scale(scale, scale);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| failed(error.to_string()))
    }
}

impl Picture {
    /// Returns its files in `charts/` of a report, light and dark: SVG, and PNG where `png` asks
    /// for it.
    ///
    /// # Errors
    /// Returns [`Error::Picture`] if it cannot be made into a PNG.
    pub(crate) fn files(&self, png: bool) -> Result<Vec<Output>, Error> {
        let mut all = Vec::new();
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let path = |ending: &str| format!("charts/{}-{word}.{ending}", self.name);
            all.push(Output { path: path("svg"), bytes: self.file(theme).into_bytes() });
            if png {
                all.push(Output { path: path("png"), bytes: self.png(theme, PNG_SCALE)? });
            }
        }
        Ok(all)
    }
}

/// The most pixels of a PNG: a matrix of thousands of columns would take gigabytes.
const MAX_PIXELS: f32 = 16e6;

/// Makes text a part of a name: lower case, digits and `-`, at most 60 characters.
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
