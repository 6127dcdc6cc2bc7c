//! What charts share: a sheet with a title above and sources below, marks, legends.
//!
//! Everything here takes pixels and hands plotters quarters of them. Decides no figure and no word.

use plotters::coord::Shift;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::BackendCoord;
use tminus_contract::Family;

use crate::draw::font;
use crate::draw::paint::Paint;
use crate::draw::picture::{Part, Picture};
use crate::draw::svg::{FONT_SIZE, SCALE, Svg};
use crate::words;

/// The distance from the edge of the picture to what is drawn.
pub(crate) const MARGIN: f64 = 16.0;
/// Text that explains, axis labels.
pub(crate) const SMALL: f64 = 11.0;
const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;
/// Higher than any picture: its height is known when all is drawn.
const MAX_HEIGHT: u32 = 100_000;

/// A chart in the making.
pub(crate) struct Sheet {
    /// For groups and dashes.
    pub(crate) svg: Svg,
    area: DrawingArea<Svg, Shift>,
    /// In pixels.
    pub(crate) width: f64,
    title: String,
    subtitle: String,
    head: Part,
}

/// Which point of a text is placed.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    /// Its left end.
    Left,
    /// Its middle.
    Center,
    /// Its right end.
    Right,
}

impl Sheet {
    /// An empty sheet.
    pub(crate) fn new(width: f64) -> Self {
        let svg = Svg::new(width.ceil() as u32, MAX_HEIGHT);
        Self {
            area: svg.clone().into_drawing_area(),
            svg,
            width: width.ceil(),
            title: String::new(),
            subtitle: String::new(),
            head: Part::default(),
        }
    }

    /// What is left between the margins.
    pub(crate) fn room(&self) -> f64 {
        self.width - 2.0 * MARGIN
    }

    /// The part of the sheet with these edges, for plotters' coordinates.
    pub(crate) fn part(
        &self,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
    ) -> DrawingArea<Svg, Shift> {
        let (left, top, right, bottom) = (q(left), q(top), q(right), q(bottom));
        self.area.clone().shrink((left, top), (right - left, bottom - top))
    }

    /// Draws an element of plotters; its coordinates are quarters of pixels.
    pub(crate) fn draw<E>(&self, element: &E)
    where
        for<'b> &'b E: PointCollection<'b, BackendCoord>,
        E: Drawable<Svg>,
    {
        self.area.draw(element).expect("an SVG takes all");
    }

    /// A text whose middle is at the height `y`.
    pub(crate) fn text(&self, text: &str, (x, y): (f64, f64), align: Align, paint: Paint) {
        self.text_sized(text, (x, y), align, FONT_SIZE, paint);
    }

    /// As [`text`](Self::text), in another size.
    pub(crate) fn text_sized(
        &self,
        text: &str,
        (x, y): (f64, f64),
        align: Align,
        size: f64,
        paint: Paint,
    ) {
        let align = match align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let font = FontDesc::new(FontFamily::SansSerif, size * SCALE, FontStyle::Normal);
        let color = paint.color();
        let style = TextStyle::from(font).color(&color).pos(Pos::new(align, VPos::Center));
        self.area.draw_text(text, &style, (q(x), q(y))).expect("an SVG takes all");
    }

    /// A line through `points`.
    pub(crate) fn line(&self, points: &[(f64, f64)], paint: Paint, width: f64) {
        let points: Vec<BackendCoord> = points.iter().map(|(x, y)| (q(*x), q(*y))).collect();
        self.draw(&PathElement::new(points, stroke(paint, width)));
    }

    /// Many lines as one element: what stands back needs no more.
    pub(crate) fn lines(&self, lines: &[Vec<(f64, f64)>], paint: Paint, width: f64) {
        let quarters = |line: &Vec<(f64, f64)>| -> Vec<BackendCoord> {
            line.iter().map(|(x, y)| (q(*x), q(*y))).collect()
        };
        let lines: Vec<Vec<BackendCoord>> = lines.iter().map(quarters).collect();
        self.svg.clone().draw_paths(&lines, &stroke(paint, width));
    }

    /// A filled area with these corners, of which what lies below can be seen.
    pub(crate) fn area(&self, corners: &[(f64, f64)], paint: Paint, opacity: f64) {
        let corners: Vec<BackendCoord> = corners.iter().map(|(x, y)| (q(*x), q(*y))).collect();
        self.draw(&Polygon::new(corners, paint.color().mix(opacity).filled()));
    }

    /// A filled rectangle with these edges.
    pub(crate) fn block(&self, [left, top, right, bottom]: [f64; 4], paint: Paint) {
        let corners = [(q(left), q(top)), (q(right), q(bottom))];
        self.draw(&Rectangle::new(corners, paint.color().filled()));
    }

    /// The outline of a rectangle.
    pub(crate) fn frame(&self, [left, top, right, bottom]: [f64; 4], paint: Paint, width: f64) {
        let corners = [(q(left), q(top)), (q(right), q(bottom))];
        self.draw(&Rectangle::new(corners, stroke(paint, width)));
    }

    /// The mark of a family, about 10 pixels wide at `size` 1.
    pub(crate) fn mark(&self, family: Family, (x, y): (f64, f64), size: f64) {
        let color = Paint::Family(family).color();
        let at = (q(x), q(y));
        let radius = |pixels: f64| (pixels * size * SCALE).round() as i32;
        let polygon = |corners: &[(f64, f64)]| {
            let corner = |(dx, dy): &(f64, f64)| (q(x + dx * size), q(y + dy * size));
            let corners: Vec<BackendCoord> = corners.iter().map(corner).collect();
            self.draw(&Polygon::new(corners, color.filled()));
        };
        match family {
            Family::Hand => self.draw(&Circle::new(at, radius(4.5), color.filled())),
            Family::Futures => polygon(&[(0.0, -5.0), (5.0, 4.25), (-5.0, 4.25)]),
            Family::Tokio => polygon(&[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]),
            Family::Smol => polygon(&[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)]),
            Family::Other => polygon(&[(-5.0, -4.25), (5.0, -4.25), (0.0, 5.0)]),
            Family::Uring => {
                self.draw(&Circle::new(at, radius(4.0), Paint::Ground.color().filled()));
                self.draw(&Circle::new(at, radius(4.0), stroke(Paint::Family(family), 2.2)));
            }
            Family::Floor => {
                let half = 3.75 * size;
                let edges = [x - half, y - half, x + half, y + half];
                self.block(edges, Paint::Ground);
                self.frame(edges, Paint::Family(family), 1.5);
            }
        }
    }

    /// Title and subtitle, the first strip of the picture; gives the height below them.
    pub(crate) fn head(&mut self, title: &str, subtitle: &str) -> f64 {
        let mut y = MARGIN + TITLE * 0.6;
        for line in font::wrap(title, TITLE, self.room(), 3) {
            self.text_sized(&line, (MARGIN, y), Align::Left, TITLE, Paint::Ink);
            y += TITLE * 1.3;
        }
        y += 1.0;
        for line in font::wrap(subtitle, SUBTITLE, self.room(), 3) {
            self.text_sized(&line, (MARGIN, y), Align::Left, SUBTITLE, Paint::Muted);
            y += SUBTITLE * 1.35;
        }
        let bottom = (y - SUBTITLE * 0.35).ceil();
        (self.title, self.subtitle) = (title.into(), subtitle.into());
        self.head = Part { elements: self.svg.take(), bottom: bottom as u32 };
        bottom
    }

    /// A legend of families in one or more lines; gives the height below it.
    pub(crate) fn legend(&self, families: &[Family], top: f64) -> f64 {
        let (mut x, mut y) = (MARGIN + 6.0, top + 10.0);
        for family in families {
            let name = words::family(*family);
            let width = 12.0 + font::width(name, FONT_SIZE) + 20.0;
            if x + width > self.width - MARGIN && x > MARGIN + 6.0 {
                (x, y) = (MARGIN + 6.0, y + 20.0);
            }
            self.mark(*family, (x, y), 1.0);
            self.text(name, (x + 12.0, y), Align::Left, Paint::Ink);
            x += width;
        }
        y + 14.0
    }

    /// The picture: what was drawn since the head is its body, which ends at `bottom`; below stand
    /// `notes` in small lines, each wrapped.
    pub(crate) fn finish(
        self,
        name: String,
        description: String,
        notes: Vec<String>,
        bottom: f64,
    ) -> Picture {
        let body = Part { elements: self.svg.take(), bottom: bottom.ceil() as u32 };
        let mut y = bottom.ceil() + SMALL;
        for note in &notes {
            for line in font::wrap(note, SMALL, self.room(), 3) {
                self.text_sized(&line, (MARGIN, y), Align::Left, SMALL, Paint::Muted);
                y += SMALL * 1.45;
            }
            y += 2.0;
        }
        let height = (y - SMALL + MARGIN).ceil() as u32;
        Picture {
            name,
            title: self.title,
            subtitle: self.subtitle,
            notes,
            description,
            width: self.width as u32,
            height,
            boxes: self.svg.boxes(),
            head: self.head,
            body,
            foot: Part { elements: self.svg.take(), bottom: height },
        }
    }
}

/// Pixels as quarters.
pub(crate) fn q(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

/// A stroke `width` pixels wide.
pub(crate) fn stroke(paint: Paint, width: f64) -> ShapeStyle {
    paint.color().stroke_width((width * SCALE).round() as u32)
}

/// The families of `rows` in a fixed order, each once.
pub(crate) fn families(rows: impl Iterator<Item = Family>) -> Vec<Family> {
    let mut families: Vec<Family> = rows.collect();
    families.sort_unstable();
    families.dedup();
    families
}

/// Moves labels apart until none is nearer than `gap` to the next, within `top` to `bottom` where
/// that is possible; as near to where they belong as can be. Takes and gives heights in any order.
pub(crate) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Pools of labels that touch, each around the mean of where its labels want to be.
    let mut pools: Vec<(f64, Vec<usize>)> = Vec::new();
    for index in order {
        let mut pool = (wanted[index], vec![index]);
        while let Some(above) = pools.last() {
            let room = gap * (above.1.len() + pool.1.len()) as f64 / 2.0;
            if pool.0 - above.0 >= room {
                break;
            }
            let (mean, mut labels) = pools.pop().expect("there is one");
            let (a, b) = (labels.len() as f64, pool.1.len() as f64);
            // Each mean is that of the label's own wishes less its place in the pool.
            let first = mean - gap * (a - 1.0) / 2.0;
            let second = pool.0 - gap * (b - 1.0) / 2.0 - gap * a;
            let start = (first * a + second * b) / (a + b);
            labels.append(&mut pool.1);
            pool = (start + gap * (labels.len() as f64 - 1.0) / 2.0, labels);
        }
        pools.push(pool);
    }
    let mut out = vec![0.0; wanted.len()];
    let mut least = top;
    for (mean, labels) in pools {
        let start = (mean - gap * (labels.len() as f64 - 1.0) / 2.0).max(least);
        for (place, index) in labels.iter().enumerate() {
            out[*index] = start + gap * place as f64;
        }
        least = start + gap * labels.len() as f64;
    }
    let mut most = bottom;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| out[*b].total_cmp(&out[*a]));
    for index in order {
        out[index] = out[index].min(most);
        most = out[index] - gap;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_move_apart_and_no_further_than_needed() {
        assert_eq!(spread(&[10.0, 50.0], 12.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spread(&[50.0, 50.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(spread(&[0.0, 0.0], 10.0, 0.0, 100.0), [0.0, 10.0]);
        assert_eq!(spread(&[100.0, 100.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
        let crowded: Vec<f64> = (0..25).map(|index| 40.0 + f64::from(index * 7 % 11)).collect();
        let mut places = spread(&crowded, 12.0, 0.0, 300.0);
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 11.999), "{places:?}");
        assert!(places[0] >= -1e-9 && places[24] <= 300.0 + 1e-9, "{places:?}");
    }
}
