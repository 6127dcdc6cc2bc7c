//! The shared parts of charts: a sheet with a title above and sources below, marks, legends.
//!
//! Decides no figure and no word.

mod elements;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use tminus_contract::Family;

use super::font;
use super::paint::Paint;
use super::picture::{Part, Picture};
use super::svg::{Align, FONT_SIZE, Point, Svg};
use crate::words;

/// The width of charts, in pixels; a matrix with many columns is wider.
pub(crate) const WIDTH: f64 = 900.0;
/// The distance from the edge of the picture to what is drawn.
pub(crate) const MARGIN: f64 = 16.0;
/// Text that explains, axis labels.
pub(crate) const SMALL: f64 = 11.0;
/// The widest name of a row before its middle is cut.
pub(crate) const NAME_ROOM: f64 = 290.0;
const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;
/// Higher than any picture: its height is known when all is drawn.
const MAX_HEIGHT: u32 = 100_000;

/// A chart in the making.
pub(crate) struct Sheet {
    /// In pixels.
    pub(crate) width: f64,
    svg: Svg,
    area: DrawingArea<Svg, Shift>,
    title: String,
    subtitle: String,
    head: Part,
}

impl Sheet {
    /// Returns an empty sheet.
    pub(crate) fn new(width: f64) -> Self {
        let svg = Svg::new(width.ceil() as u32, MAX_HEIGHT);
        Self {
            width: width.ceil(),
            area: svg.clone().into_drawing_area(),
            svg,
            title: String::new(),
            subtitle: String::new(),
            head: Part::default(),
        }
    }

    /// Returns what is left between the margins.
    pub(crate) fn room(&self) -> f64 {
        self.width - 2.0 * MARGIN
    }

    /// Draws small text that explains.
    pub(crate) fn small(&self, text: &str, at: Point, align: Align) {
        self.text_sized(text, at, align, SMALL, Paint::Muted);
    }

    /// Draws `labels`, from left to right, below an axis, each in the middle of its place; without
    /// those that have no room beside the one before.
    pub(crate) fn labels(&self, labels: impl Iterator<Item = (f64, String)>, y: f64) {
        let mut free = f64::NEG_INFINITY;
        for (x, label) in labels {
            let half = font::width(&label, SMALL) / 2.0;
            if x - half > free {
                self.small(&label, (x, y), Align::Center);
                free = x + half + 6.0;
            }
        }
    }

    /// Draws an interval with caps at its ends, unless a mark would hide it: then they would only
    /// give the mark horns.
    pub(crate) fn interval(&self, (low, high): (f64, f64), y: f64, paint: Paint) {
        self.line(&[(low, y), (high, y)], paint, 1.75);
        for end in [low, high].into_iter().filter(|_| high - low > 9.0) {
            self.line(&[(end, y - 5.0), (end, y + 5.0)], paint, 1.5);
        }
    }

    /// Draws the mark of a family, about 10 pixels wide at `size` 1.
    pub(crate) fn mark(&self, family: Family, (x, y): Point, size: f64) {
        let paint = Paint::Family(family);
        let polygon = |corners: &[Point]| {
            let corner = |(dx, dy): &Point| (x + dx * size, y + dy * size);
            self.area(&corners.iter().map(corner).collect::<Vec<_>>(), paint);
        };
        match family {
            Family::Hand => self.dot((x, y), 4.5 * size, paint),
            Family::Futures => polygon(&[(0.0, -5.0), (5.0, 4.25), (-5.0, 4.25)]),
            Family::Tokio => polygon(&[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]),
            Family::Smol => polygon(&[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)]),
            Family::Other => polygon(&[(-5.0, -4.25), (5.0, -4.25), (0.0, 5.0)]),
            Family::Uring => self.ring((x, y), 4.0 * size, paint, 2.25),
            Family::Floor => {
                let half = 3.75 * size;
                let edges = [x - half, y - half, x + half, y + half];
                self.block(edges, Paint::Ground);
                self.frame(edges, paint, 1.5);
            }
        }
    }

    /// Draws `text` in lines of this size below `y`; returns the height below them.
    fn paragraph(&self, text: &str, mut y: f64, size: f64, apart: f64, paint: Paint) -> f64 {
        for line in font::wrap(text, size, self.room(), 3) {
            self.text_sized(&line, (MARGIN, y), Align::Left, size, paint);
            y += size * apart;
        }
        y
    }

    /// Draws title and subtitle, the first strip of the picture; returns the height below them.
    pub(crate) fn head(&mut self, title: &str, subtitle: &str) -> f64 {
        let y = self.paragraph(title, MARGIN + TITLE * 0.6, TITLE, 1.3, Paint::Ink) + 1.0;
        let y = self.paragraph(subtitle, y, SUBTITLE, 1.35, Paint::Muted);
        let bottom = (y - SUBTITLE * 0.35).ceil();
        (self.title, self.subtitle) = (title.into(), subtitle.into());
        self.head = Part { elements: self.svg.take(), bottom: bottom as u32 };
        bottom
    }

    /// Draws a legend of the families among `rows` in one or more lines; returns the height below.
    pub(crate) fn legend(&self, rows: impl Iterator<Item = Family>, top: f64) -> f64 {
        let (mut x, mut y) = (MARGIN + 6.0, top + 10.0);
        for family in families(rows) {
            let name = words::family(family);
            let width = 12.0 + font::width(name, FONT_SIZE) + 20.0;
            if x + width > self.width - MARGIN && x > MARGIN + 6.0 {
                (x, y) = (MARGIN + 6.0, y + 20.0);
            }
            self.mark(family, (x, y), 1.0);
            self.text(name, (x + 12.0, y), Align::Left, Paint::Ink);
            x += width;
        }
        y + 14.0
    }

    /// Returns the picture: what was drawn since the head is its body, which ends at `bottom`;
    /// below stand `notes` in small lines, each wrapped.
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
            y = self.paragraph(note, y, SMALL, 1.45, Paint::Muted) + 2.0;
        }
        let height = (y - SMALL + MARGIN).ceil() as u32;
        let foot = Part { elements: self.svg.take(), bottom: height };
        let Self { title, subtitle, head, .. } = self;
        let (width, boxes) = (self.width as u32, self.svg.boxes());
        Picture {
            name,
            title,
            subtitle,
            notes,
            description,
            width,
            height,
            boxes,
            head,
            body,
            foot,
        }
    }
}

/// Returns the families of `rows` in a fixed order, each once.
pub(crate) fn families(rows: impl Iterator<Item = Family>) -> Vec<Family> {
    let all: std::collections::BTreeSet<Family> = rows.collect();
    all.into_iter().collect()
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
