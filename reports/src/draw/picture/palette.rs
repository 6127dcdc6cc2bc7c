//! Pixels as PNG with a palette: a byte a pixel instead of three, since packing is most of what a
//! report takes its time for.
//!
//! Charts are flat: of up to 2,000 colours, nearly all of them edges of letters and lines between
//! the same inks, the 256 most frequent cover 99.8 % of the pixels and more. The others become the
//! nearest of those: pixels of edges, of which one in 5,000 is off by more than 8 of 255.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use resvg::tiny_skia::Pixmap;

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
        let (mut rest, _) = pixmap.data().as_chunks();
        while let Some([red, green, blue, _]) = rest.first() {
            let key = u32::from_be_bytes([0, *red, *green, *blue]);
            let number = *numbers.entry(key).or_insert_with(|| {
                all.colors.push(([*red, *green, *blue], 0));
                all.colors.len() - 1
            });
            let (length, after) = same(rest);
            all.colors[number].1 += length;
            all.runs.push((number, length));
            rest = after;
        }
        all
    }

    /// The most frequent colours, by value where they are equally frequent, so that the same
    /// picture gives the same bytes; and for each colour the place of the nearest of those.
    fn palette(&self) -> (Vec<Color>, Vec<u8>) {
        let mut order: Vec<usize> = (0..self.colors.len()).collect();
        order.sort_unstable_by_key(|number| {
            let (color, count) = self.colors[*number];
            (std::cmp::Reverse(count), color)
        });
        let palette: Vec<Color> =
            order.iter().take(MOST).map(|number| self.colors[*number].0).collect();
        let planes = Planes::of(&palette);
        let mut places = vec![0; self.colors.len()];
        for (rank, number) in order.into_iter().enumerate() {
            let own = u8::try_from(rank).ok();
            places[number] = own.unwrap_or_else(|| planes.nearest(self.colors[number].0));
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

/// How many of the first pixels are the same, and those that follow. Long runs are passed over by
/// the block.
fn same(pixels: &[[u8; 4]]) -> (usize, &[[u8; 4]]) {
    let Some(first) = pixels.first() else { return (0, pixels) };
    let block = [*first; 16];
    let blocks = pixels.as_chunks::<16>().0.iter().take_while(|next| **next == block).count();
    let rest = pixels[16 * blocks..].iter().take_while(|next| *next == first).count();
    let length = 16 * blocks + rest;
    (length, &pixels[length..])
}

/// A full palette by its channels, so that the processor compares many colours at once.
struct Planes([[i16; MOST]; 3]);

impl Planes {
    fn of(palette: &[Color]) -> Self {
        let mut planes = [[0; MOST]; 3];
        for (at, color) in palette.iter().enumerate() {
            for (plane, value) in planes.iter_mut().zip(color) {
                plane[at] = i16::from(*value);
            }
        }
        Self(planes)
    }

    /// The place of the nearest colour, the first of equals.
    fn nearest(&self, wanted: Color) -> u8 {
        let [red, green, blue] = wanted.map(i16::from);
        let [reds, greens, blues] = &self.0;
        let square = |a: i16, b: i16| i32::from(a - b) * i32::from(a - b);
        // A distance has 18 bits: the place fits below it, and the least of both is found at once.
        let key = |at: usize| {
            let distance =
                square(reds[at], red) + square(greens[at], green) + square(blues[at], blue);
            (distance << 8) | at as i32
        };
        let least = (0..MOST).map(key).min().unwrap_or(0);
        (least & 0xff) as u8
    }
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

    #[test]
    fn the_nearest_is_the_first_of_the_least_distances() {
        let channel = |at: usize, factor: usize| (at * factor % 251) as u8;
        let palette: Vec<Color> =
            (0..MOST).map(|at| [channel(at, 7), channel(at, 31), channel(at, 101)]).collect();
        let planes = Planes::of(&palette);
        for at in 0..2_000 {
            let wanted = [channel(at, 13), channel(at, 57), channel(at, 3)];
            let distance = |color: &Color| -> u32 {
                color.iter().zip(wanted).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
            };
            let least = palette
                .iter()
                .position(|color| palette.iter().all(|other| distance(color) <= distance(other)));
            assert_eq!(Some(usize::from(planes.nearest(wanted))), least, "{wanted:?}");
        }
    }

    #[test]
    fn long_and_short_runs_are_counted() {
        for length in [1_usize, 2, 15, 16, 17, 31, 32, 33, 100] {
            let values = std::iter::repeat_n(7, length).chain([9]).chain(std::iter::repeat_n(7, 2));
            assert_eq!(greys(values).runs, [(0, length), (1, 1), (0, 2)]);
        }
    }
}
