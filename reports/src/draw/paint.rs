//! The colours: one name each, a value for light and one for dark.
//!
//! Charts draw with the light values, which plotters carries; the SVG backend turns each value back
//! into its name and writes a class, so that a stylesheet chooses the theme. That works because no
//! two names have the same light value, which a test holds.

use std::sync::LazyLock;

use plotters::style::RGBColor;
use tminus_contract::Family;

/// Light or dark, fixed, or as the reader's system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near-black.
    Dark,
    /// The theme of `prefers-color-scheme`.
    Auto,
}

/// A colour by its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Under everything.
    Ground,
    /// Text that matters.
    Ink,
    /// Text that explains.
    Muted,
    /// Lines of the grid.
    Grid,
    /// Lines of axes.
    Axis,
    /// Lines that stand back behind the one in focus.
    Back,
    /// The band of the best's interval.
    Band,
    /// The frame of what is best or equivalent.
    Frame,
    /// Failures.
    Alarm,
    /// A family's marks and lines.
    Family(Family),
    /// A cell of the heat map, from fast to slow.
    Heat(u8),
    /// Text on such a cell: its own ink in either theme.
    HeatInk(u8),
}

/// Steps of the heat map.
pub(crate) const HEAT_STEPS: u8 = 10;

const HEAT_LIGHT: [u32; 10] = [
    0xf4f8fe, 0xe3ecf8, 0xcfdeef, 0xb8cde5, 0x9bb8d9, 0x7a9fca, 0x4873a9, 0x335f96, 0x1c4a80,
    0x083a70,
];
const HEAT_DARK: [u32; 10] = [
    0x141d2b, 0x18273c, 0x1d324e, 0x233f63, 0x2b4e79, 0x376292, 0x5587bb, 0x6f9ecd, 0x8db5dd,
    0xbcd8f3,
];

impl Paint {
    fn all() -> impl Iterator<Item = Self> {
        use Family::{Floor, Futures, Hand, Other, Smol, Tokio, Uring};
        use Paint::{Alarm, Axis, Back, Band, Frame, Grid, Ground, Ink, Muted};
        let families = [Hand, Futures, Tokio, Smol, Uring, Other, Floor].map(Self::Family);
        let heat = (0..HEAT_STEPS).flat_map(|step| [Self::Heat(step), Self::HeatInk(step)]);
        [Ground, Ink, Muted, Grid, Axis, Back, Band, Frame, Alarm]
            .into_iter()
            .chain(families)
            .chain(heat)
    }

    /// Returns the name in classes and custom properties, the light value and the dark one.
    fn values(self) -> (String, u32, u32) {
        let (key, light, dark) = match self {
            Self::Ground => ("ground", 0xffffff, 0x0d1117),
            Self::Ink => ("ink", 0x1b1b1f, 0xe8eaed),
            Self::Muted => ("muted", 0x5c5f66, 0x9aa1ab),
            Self::Grid => ("grid", 0xe3e4e8, 0x252b34),
            Self::Axis => ("axis", 0xb4b6bc, 0x4a525d),
            Self::Back => ("back", 0xc3c5ca, 0x444b55),
            Self::Band => ("band", 0xeceddf, 0x232a1c),
            Self::Frame => ("frame", 0xd65f00, 0xff8c33),
            Self::Alarm => ("alarm", 0xb3261e, 0xff8a80),
            Self::Family(family) => match family {
                Family::Hand => ("hand", 0x557700, 0x7fa319),
                Family::Futures => ("futures", 0xdd7777, 0xdd7777),
                Family::Tokio => ("tokio", 0x5544ee, 0x8a7dff),
                Family::Smol => ("smol", 0x4499aa, 0x4499aa),
                Family::Uring => ("uring", 0xaa3366, 0xd3568c),
                Family::Other => ("other", 0x7d8087, 0x7d8087),
                Family::Floor => ("floor", 0x101014, 0xf4f5f7),
            },
            Self::Heat(step) => {
                let at = usize::from(step);
                return (format!("h{step}"), HEAT_LIGHT[at], HEAT_DARK[at]);
            }
            Self::HeatInk(step) => {
                // Off by a hair from each other and from Ink, so that each value names one paint.
                let (light, dark) =
                    if step < 6 { (0x17171a, 0xe8eaed) } else { (0xfffff0, 0x0b0e13) };
                let light = light + u32::from(step);
                return (format!("k{step}"), light, dark);
            }
        };
        (key.into(), light, dark)
    }

    /// Returns the name in classes and custom properties.
    pub(crate) fn key(self) -> String {
        self.values().0
    }

    fn light(self) -> u32 {
        self.values().1
    }

    fn dark(self) -> u32 {
        self.values().2
    }

    /// Returns the value that charts draw with.
    pub(crate) fn color(self) -> RGBColor {
        let [_, red, green, blue] = self.light().to_be_bytes();
        RGBColor(red, green, blue)
    }
}

static NAMES: LazyLock<Vec<(u32, String)>> =
    LazyLock::new(|| Paint::all().map(|paint| (paint.light(), paint.key())).collect());

/// Returns the name of the paint with the light value `rgb`.
pub(crate) fn key_of((red, green, blue): (u8, u8, u8)) -> Option<&'static str> {
    let value = u32::from_be_bytes([0, red, green, blue]);
    NAMES.iter().find(|(known, _)| *known == value).map(|(_, key)| key.as_str())
}

/// Returns rules for all classes with the values of one theme, for files that stand alone.
pub(crate) fn rules(theme: Theme, used: impl Fn(&str) -> bool) -> String {
    let rule = |paint: Paint, of: fn(Paint) -> u32| {
        let uses = [("f", "fill"), ("s", "fill:none;stroke")];
        let uses = uses.map(|(letter, property)| (format!("{letter}-{}", paint.key()), property));
        let uses = uses.into_iter().filter(|(class, _)| used(class));
        let text = |(class, property)| format!(".{class}{{{property}:#{:06x}}}", of(paint));
        uses.map(text).collect::<String>()
    };
    let fixed =
        |of: fn(Paint) -> u32| Paint::all().map(|paint| rule(paint, of)).collect::<String>();
    let (light, dark) = (fixed(Paint::light), fixed(Paint::dark));
    match theme {
        Theme::Light => light,
        Theme::Dark => dark,
        Theme::Auto => format!("{light}@media (prefers-color-scheme:dark){{{dark}}}"),
    }
}

/// Returns rules for all classes with custom properties, for a page that holds many pictures.
pub(crate) fn page_rules() -> String {
    let rule = |key: String| {
        format!(".f-{key}{{fill:var(--{key})}}.s-{key}{{fill:none;stroke:var(--{key})}}")
    };
    Paint::all().map(Paint::key).map(rule).collect()
}

/// Returns rules for cells of tables in the colours of the matrix, each with its ink.
pub(crate) fn heat_rules() -> String {
    let rule = |step| format!(".h{step}{{background:var(--h{step});color:var(--k{step})}}");
    (0..HEAT_STEPS).map(rule).collect()
}

/// Returns the custom properties of a theme: `--ink:#1b1b1f;...`.
pub(crate) fn properties(theme: Theme) -> String {
    let value = |paint: Paint| if theme == Theme::Dark { paint.dark() } else { paint.light() };
    Paint::all().map(|paint| format!("--{}:#{:06x};", paint.key(), value(paint))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_paints_have_one_light_value() {
        let mut values: Vec<u32> = Paint::all().map(Paint::light).collect();
        values.sort_unstable();
        let count = values.len();
        values.dedup();
        assert_eq!(values.len(), count);
    }

    /// Returns WCAG's relative luminance.
    fn luminance(value: u32) -> f64 {
        let [_, red, green, blue] = value.to_be_bytes().map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_marks_can_be_seen_in_both_themes() {
        for of in [Paint::light, Paint::dark] {
            let ground = of(Paint::Ground);
            for text in [Paint::Ink, Paint::Muted, Paint::Alarm] {
                assert!(contrast(of(text), ground) >= 4.5, "{text:?}");
            }
            for step in 0..HEAT_STEPS {
                let ratio = contrast(of(Paint::HeatInk(step)), of(Paint::Heat(step)));
                assert!(ratio >= 4.5, "step {step}: {ratio}");
            }
            for paint in Paint::all().filter(|paint| matches!(paint, Paint::Family(_))) {
                let ratio = contrast(of(paint), ground);
                assert!(
                    ratio >= 3.0 || paint == Paint::Family(Family::Futures),
                    "{paint:?} {ratio}"
                );
            }
        }
    }
}
