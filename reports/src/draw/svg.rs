//! An SVG backend for plotters: quarter-pixel coordinates, classes for colours, the same bytes for
//! the same drawing.
//!
//! plotters places with whole pixels, which makes marks wobble. Here its pixels are quarters: a
//! drawing area is four times as wide and as high as the picture, and so are sizes of fonts and
//! strokes. Never touches fonts of the system, files or the clock.

mod attributes;
mod place;

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::font;
use crate::words::escape::{xml, xml_within};
use attributes::{points, px, shape};
use place::Place;
pub use place::TextBox;

/// The point of a text that is placed.
pub(crate) use plotters_backend::text_anchor::HPos as Align;

/// A place on a sheet, in pixels.
pub(crate) type Point = (f64, f64);

/// Quarters of a pixel in a pixel.
pub(crate) const SCALE: f64 = 4.0;

/// Characters of the text of a group: a row of a matrix has a figure a column.
const MAX_TITLE: usize = 2_000;

/// The size of text that needs no attribute; `picture` sets it for the whole.
pub(crate) const FONT_SIZE: f64 = 12.0;

/// A drawing in the making. Clones draw on the same sheet: one goes into plotters' drawing area,
/// one stays with the chart to open and close groups.
#[derive(Clone)]
pub(crate) struct Svg(Rc<RefCell<Inner>>);

struct Inner {
    size: (u32, u32),
    body: String,
    open: usize,
    dash: &'static str,
    boxes: Vec<TextBox>,
}

impl Svg {
    /// Returns an empty sheet of so many pixels.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let scale = SCALE as u32;
        Self(Rc::new(RefCell::new(Inner {
            size: (width * scale, height * scale),
            body: String::new(),
            open: 0,
            dash: "",
            boxes: Vec::new(),
        })))
    }

    /// Opens a group with a text that appears on hover and is read aloud.
    pub(crate) fn open(&self, class: &str, title: &str) {
        let mut inner = self.0.borrow_mut();
        inner.open += 1;
        let (class, title) = (xml(class), xml_within(title, MAX_TITLE));
        inner.push(format_args!("<g class=\"{class}\"><title>{title}</title>"));
    }

    /// Closes the group that was opened last.
    pub(crate) fn close(&self) {
        let mut inner = self.0.borrow_mut();
        inner.open = inner.open.checked_sub(1).expect("a group is open");
        inner.push(format_args!("</g>\n"));
    }

    /// Sets how further paths are dashed, as `stroke-dasharray` in pixels; empty for solid lines.
    pub(crate) fn dash(&self, dash: &'static str) {
        self.0.borrow_mut().dash = dash;
    }

    /// Draws many paths of one style as one element.
    pub(crate) fn draw_paths<S: BackendStyle>(&self, paths: &[Vec<BackendCoord>], style: &S) {
        if !paths.is_empty() {
            let all: String = paths.iter().map(|path| format!("M{}", points(path))).collect();
            self.0.borrow_mut().push_path(&all, style);
        }
    }

    /// Takes the elements that were drawn since the last time.
    pub(crate) fn take(&self) -> String {
        let mut inner = self.0.borrow_mut();
        assert_eq!(inner.open, 0, "every group is closed");
        std::mem::take(&mut inner.body)
    }

    /// Returns where all texts stand.
    pub(crate) fn boxes(&self) -> Vec<TextBox> {
        self.0.borrow().boxes.clone()
    }
}

impl Inner {
    fn push_path<S: BackendStyle>(&mut self, path: &str, style: &S) {
        let dash = match self.dash {
            "" => String::new(),
            dash => format!(" stroke-dasharray=\"{dash}\""),
        };
        self.push(format_args!("<path d=\"{path}\"{}{dash}/>", shape(style, false)));
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.body.write_fmt(text).expect("a string takes all");
    }
}

/// The height of a line against the size of its font.
const LINE: f64 = 1.2;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.0.borrow().size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let path: Vec<BackendCoord> = path.into_iter().collect();
        self.0.borrow_mut().push_path(&format!("M{}", points(&path)), style);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let size = |from: i32, to: i32| px((to - from).abs());
        let (left, top) = (upper_left.0.min(bottom_right.0), upper_left.1.min(bottom_right.1));
        self.0.borrow_mut().push(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
            px(left),
            px(top),
            size(upper_left.0, bottom_right.0),
            size(upper_left.1, bottom_right.1),
            shape(style, fill)
        ));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (x, y, r) = (px(center.0), px(center.1), px(radius));
        let attributes = shape(style, fill);
        self.0
            .borrow_mut()
            .push(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{attributes}/>"));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let attributes = shape(style, true);
        let corners: Vec<BackendCoord> = corners.into_iter().collect();
        self.0.borrow_mut().push(format_args!("<path d=\"M{}Z\"{attributes}/>", points(&corners)));
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        (x, y): BackendCoord,
    ) -> Drawn {
        let size = style.size() / SCALE;
        let place = Place::of(text, size, style, (f64::from(x) / SCALE, f64::from(y) / SCALE));
        let attributes = place.attributes(size);
        let mut inner = self.0.borrow_mut();
        inner.push(format_args!("<text{attributes}>{}</text>", xml(text)));
        inner.boxes.push(place.area);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = font::width(text, style.size()).ceil();
        Ok((width as u32, (style.size() * LINE).ceil() as u32))
    }
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;
    use plotters::style::text_anchor::{HPos, Pos, VPos};

    use super::*;

    #[test]
    fn shapes_have_quarter_pixels_and_classes() {
        let svg = Svg::new(100, 50);
        svg.open("series", "a < b");
        let area = svg.clone().into_drawing_area();
        let ink = crate::draw::paint::Paint::Ink.color();
        area.draw(&PathElement::new([(1, 2), (6, 4)], Color::stroke_width(&ink, 6)))
            .expect("drawn");
        area.draw(&Circle::new((4, 4), 9, RGBColor(1, 2, 3).mix(0.5).filled())).expect("drawn");
        svg.close();
        assert_eq!(
            svg.take(),
            "<g class=\"series\"><title>a &lt; b</title>\
             <path d=\"M0.25 0.5L1.5 1\" class=\"s-ink\" stroke-width=\"1.5\"/>\
             <circle cx=\"1\" cy=\"1\" r=\"2.25\" fill=\"#010203\" fill-opacity=\"0.5\"/></g>\n"
        );
    }

    #[test]
    fn text_is_placed_by_the_widths_of_the_font() {
        let svg = Svg::new(100, 50);
        let font = FontDesc::new(FontFamily::SansSerif, 40.0, FontStyle::Normal);
        let style = TextStyle::from(font).pos(Pos::new(HPos::Right, VPos::Center));
        svg.clone().into_drawing_area().draw_text("<b>", &style, (200, 100)).expect("drawn");
        let (body, boxes) = (svg.take(), svg.boxes());
        assert!(body.contains(">&lt;b&gt;</text>"), "{body}");
        assert!((boxes[0].right - 50.0).abs() < 1e-9);
        assert!((boxes[0].right - boxes[0].left - font::width("<b>", 10.0)).abs() < 1e-9);
    }
}
