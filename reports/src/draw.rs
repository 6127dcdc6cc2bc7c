//! The charts, one a file.
//!
//! - [`matrix`]: which executor? The matrix of slowdowns.
//! - [`ranked`]: which executor, how sure? Dots with intervals.
//! - [`changes`]: what changed between two runs? Ratios with intervals.
//! - [`growth`]: how does cost grow? Cost per op against size, a panel a family.
//! - [`samples`]: can it be trusted? How the batches lie around their median, with a rug.
//! - [`drift`]: did the machine drift? Rounds in the order of running, with the A/A pair.
//! - [`memory`]: what does speed cost? Memory against time, with the Pareto front.
//! - [`trend`]: did it change, and when? One cell over many runs.
//! - [`timeline`]: who ran when? Every resumption of a demo.
//! - [`tail`]: how bad is the tail? Percentiles of waits, a panel a family.
//!
//! `sheet` is what they share: the frame of a picture and its marks, written as SVG by `svg`;
//! `panels` draws lines in panels by family. `ticks` has the axes and round values for them. Titles
//! say the finding in words; [`crate::findings`] makes the sentences.

pub(crate) mod font;
pub(crate) mod paint;
pub(crate) mod svg;
pub mod picture;
mod sheet;
pub(crate) mod ticks;
mod simplify;
mod density;
mod panels;
pub mod matrix;
pub mod ranked;
pub mod growth;
pub mod tail;
pub mod samples;
pub mod drift;
pub mod memory;
pub mod trend;
pub mod timeline;
pub mod changes;
pub mod gallery;

/// What nearly every chart uses.
mod prelude {
    pub(super) use super::font;
    pub(super) use super::paint::Paint;
    pub(super) use super::picture::{Picture, slug};
    pub(super) use super::sheet::{MARGIN, NAME_ROOM, SMALL, Sheet, WIDTH};
    pub(super) use super::svg::{Align, FONT_SIZE};
    pub(super) use super::ticks::{self, Axis, Scale};
    pub(super) use crate::findings;
    pub(super) use crate::words;
    pub(super) use crate::words::number::{self, Unit};
}

#[cfg(test)]
mod tests;
