//! Pixels as PNG with a palette: a byte a pixel instead of three, since packing is most of what a
//! report takes its time for.
//!
//! Charts are flat: of up to 2,000 colours, nearly all of them edges of letters and lines between the
//! same inks, the 256 most frequent cover 99.8 % of the pixels and more. The others become the nearest
//! of those: pixels of edges, of which one in 5,000 is off by more than 8 of 255.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// Entries that a palette can have.
const MOST: usize = 256;

/// `pixmap` as a PNG; the ground covers everything, so that no transparency is kept. Flat colours
/// need no filter.
pub(super) fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let runs = Runs::of(pixmap);
    let (palette, places) = runs.palette();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.as_flattened());
    encoder.set_deflate_compression(png::DeflateCompression::Level(1));
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&runs.indices(&places))?;
    writer.finish()?;
    Ok(bytes)
}

type Color = [u8; 3];

fn color(pixel: PremultipliedColorU8) -> Color {
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// The pixels of a picture: most are like the one before.
struct Runs {
    /// The colours with how many pixels have them, by first appearance.
    colors: Vec<(Color, usize)>,
    /// The number of a colour, and how many pixels have it one after the other.
    runs: Vec<(usize, usize)>,
}

impl Runs {
    fn of(pixmap: &Pixmap) -> Self {
        let mut numbers: HashMap<u32, usize, BuildHasherDefault<Mixed>> = HashMap::default();
        let mut all = Self { colors: Vec::new(), runs: Vec::new() };
        for run in pixmap.pixels().chunk_by(|a, b| a == b) {
            let [red, green, blue] = color(run[0]);
            let key = u32::from_be_bytes([0, red, green, blue]);
            let number = *numbers.entry(key).or_insert_with(|| {
                all.colors.push(([red, green, blue], 0));
                all.colors.len() - 1
            });
            all.colors[number].1 += run.len();
            all.runs.push((number, run.len()));
        }
        all
    }

    /// The most frequent colours, by value where they are equally frequent, so that the same picture
    /// gives the same bytes; and for each colour the place of the nearest of those.
    fn palette(&self) -> (Vec<Color>, Vec<u8>) {
        let mut order: Vec<usize> = (0..self.colors.len()).collect();
        order.sort_unstable_by_key(|number| {
            let (color, count) = self.colors[*number];
            (std::cmp::Reverse(count), color)
        });
        let palette: Vec<Color> =
            order.iter().take(MOST).map(|number| self.colors[*number].0).collect();
        let mut places = vec![0; self.colors.len()];
        for (rank, number) in order.into_iter().enumerate() {
            let own = u8::try_from(rank).ok();
            places[number] = own.unwrap_or_else(|| nearest(&palette, self.colors[number].0));
        }
        (palette, places)
    }

    /// A byte a pixel.
    fn indices(&self, places: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.runs.iter().map(|run| run.1).sum());
        for (number, length) in &self.runs {
            out.resize(out.len() + length, places[*number]);
        }
        out
    }
}

fn nearest(palette: &[Color], wanted: Color) -> u8 {
    let distance = |color: &Color| -> u32 {
        color.iter().zip(wanted).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let numbered = palette.iter().zip(0_u8..=u8::MAX);
    numbered.min_by_key(|(color, _)| distance(color)).map_or(0, |found| found.1)
}

/// One multiplication: nobody can choose the colours of a picture so that they collide.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        let mixed = (self.0 ^ u64::from(value)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of pixels of these greys.
    fn greys(values: impl Iterator<Item = u8>) -> Runs {
        let bytes: Vec<u8> = values.flat_map(|grey| [grey, grey, grey, 255]).collect();
        let size =
            resvg::tiny_skia::IntSize::from_wh(bytes.len() as u32 / 4, 1).expect("has pixels");
        Runs::of(&Pixmap::from_vec(bytes, size).expect("four bytes a pixel"))
    }

    #[test]
    fn few_colours_stay_as_they_are() {
        let runs = greys([9, 7, 7, 200, 7, 9].into_iter());
        let (palette, places) = runs.palette();
        assert_eq!(palette, [[7; 3], [9; 3], [200; 3]]);
        assert_eq!(runs.indices(&places), [1, 0, 0, 2, 0, 1]);
    }

    #[test]
    fn a_colour_without_a_place_becomes_the_nearest() {
        let mut runs = greys((0..=255).flat_map(|grey| [grey, grey, 255]));
        // One more than there are places, and near to 40 alone.
        runs.colors.push(([41, 40, 38], 1));
        runs.runs.push((256, 1));
        let (palette, places) = runs.palette();
        assert_eq!(palette.len(), MOST);
        let last = runs.indices(&places).pop().expect("has pixels");
        assert_eq!(palette[usize::from(last)], [40; 3]);
    }
}
