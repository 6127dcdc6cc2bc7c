//! The colours: one name each, a value for light and one for dark.
//!
//! Charts draw with the light values, which plotters carries; the SVG backend turns each value back
//! into its name and writes a class, so that a stylesheet chooses the theme. That works because no
//! two names have the same light value, which a test holds.

use std::fmt::Write as _;
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
    /// What `prefers-color-scheme` says.
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

    /// The name in classes and custom properties.
    fn key(self) -> String {
        match self {
            Self::Ground => "ground".into(),
            Self::Ink => "ink".into(),
            Self::Muted => "muted".into(),
            Self::Grid => "grid".into(),
            Self::Axis => "axis".into(),
            Self::Back => "back".into(),
            Self::Band => "band".into(),
            Self::Frame => "frame".into(),
            Self::Alarm => "alarm".into(),
            Self::Family(family) => match family {
                Family::Hand => "hand".into(),
                Family::Futures => "futures".into(),
                Family::Tokio => "tokio".into(),
                Family::Smol => "smol".into(),
                Family::Uring => "uring".into(),
                Family::Other => "other".into(),
                Family::Floor => "floor".into(),
            },
            Self::Heat(step) => format!("h{step}"),
            Self::HeatInk(step) => format!("k{step}"),
        }
    }

    fn light(self) -> u32 {
        match self {
            Self::Ground => 0xffffff,
            Self::Ink => 0x1b1b1f,
            Self::Muted => 0x5c5f66,
            Self::Grid => 0xe3e4e8,
            Self::Axis => 0xb4b6bc,
            Self::Back => 0xc3c5ca,
            Self::Band => 0xeceddf,
            Self::Frame => 0xd65f00,
            Self::Alarm => 0xb3261e,
            Self::Family(family) => match family {
                Family::Hand => 0x557700,
                Family::Futures => 0xdd7777,
                Family::Tokio => 0x5544ee,
                Family::Smol => 0x4499aa,
                Family::Uring => 0xaa3366,
                Family::Other => 0x7d8087,
                Family::Floor => 0x101014,
            },
            Self::Heat(step) => HEAT_LIGHT[usize::from(step)],
            // Off by a hair from each other and from Ink, so that each value names one paint.
            Self::HeatInk(step) if step < 6 => 0x17171a + u32::from(step),
            Self::HeatInk(step) => 0xfffff0 + u32::from(step),
        }
    }

    fn dark(self) -> u32 {
        match self {
            Self::Ground => 0x0d1117,
            Self::Ink => 0xe8eaed,
            Self::Muted => 0x9aa1ab,
            Self::Grid => 0x252b34,
            Self::Axis => 0x4a525d,
            Self::Back => 0x444b55,
            Self::Band => 0x232a1c,
            Self::Frame => 0xff8c33,
            Self::Alarm => 0xff8a80,
            Self::Family(family) => match family {
                Family::Hand => 0x7fa319,
                Family::Tokio => 0x8a7dff,
                Family::Uring => 0xd3568c,
                Family::Floor => 0xf4f5f7,
                Family::Futures | Family::Smol | Family::Other => self.light(),
            },
            Self::Heat(step) => HEAT_DARK[usize::from(step)],
            Self::HeatInk(step) if step < 6 => 0xe8eaed,
            Self::HeatInk(_) => 0x0b0e13,
        }
    }

    /// The value that charts draw with.
    pub(crate) fn color(self) -> RGBColor {
        let [_, red, green, blue] = self.light().to_be_bytes();
        RGBColor(red, green, blue)
    }
}

static NAMES: LazyLock<Vec<(u32, String)>> =
    LazyLock::new(|| Paint::all().map(|paint| (paint.light(), paint.key())).collect());

/// The name of the paint with the light value `rgb`.
pub(crate) fn key_of(rgb: (u8, u8, u8)) -> Option<&'static str> {
    let value = u32::from_be_bytes([0, rgb.0, rgb.1, rgb.2]);
    NAMES.iter().find(|(known, _)| *known == value).map(|(_, key)| key.as_str())
}

/// Rules for all classes with the values of one theme, for files that stand alone.
pub(crate) fn rules(theme: Theme, used: impl Fn(&str) -> bool) -> String {
    let fixed = |of: fn(Paint) -> u32| {
        let mut out = String::new();
        for paint in Paint::all() {
            let (key, value) = (paint.key(), of(paint));
            let uses = [(format!("f-{key}"), "fill"), (format!("s-{key}"), "fill:none;stroke")];
            for (class, property) in uses {
                if used(&class) {
                    write!(out, ".{class}{{{property}:#{value:06x}}}").expect("a string takes all");
                }
            }
        }
        out
    };
    match theme {
        Theme::Light => fixed(Paint::light),
        Theme::Dark => fixed(Paint::dark),
        Theme::Auto => format!(
            "{}@media (prefers-color-scheme:dark){{{}}}",
            fixed(Paint::light),
            fixed(Paint::dark)
        ),
    }
}

/// Rules for all classes with custom properties, for a page that holds many pictures.
pub(crate) fn page_rules() -> String {
    let mut out = String::new();
    for key in Paint::all().map(Paint::key) {
        write!(out, ".f-{key}{{fill:var(--{key})}}.s-{key}{{fill:none;stroke:var(--{key})}}")
            .expect("a string takes all");
    }
    out
}

/// Rules for cells of tables in the colours of the heat map, each with its ink.
pub(crate) fn heat_rules() -> String {
    let rule = |step| format!(".h{step}{{background:var(--h{step});color:var(--k{step})}}");
    (0..HEAT_STEPS).map(rule).collect()
}

/// The custom properties of a theme: `--ink:#1b1b1f;...`.
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

    /// WCAG's relative luminance.
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
