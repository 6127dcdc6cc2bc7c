//! The charts, one a file, drawn by plotters. Titles say the finding in words;
//! [`crate::findings`] makes the sentences.
//!
//! [`matrix`]: which executor? [`ranked`]: which executor, how sure? [`changes`]: what changed
//! between two runs? [`growth`]: how does cost grow? [`load`]: what happens as the load grows?
//! [`scaling`]: what do more workers gain? [`samples`]: can a median be trusted?
//! [`drift`]: did the machine drift? [`memory`]: what does speed cost? [`trend`]: did it change,
//! and when? [`timeline`]: which task ran when? [`tail`]: how bad is the tail?
//!
//! The charts share `sheet`, the frame of a picture and its marks; `panels`, lines in panels by
//! family; and `ticks`, round values for axes. `svg` is the backend of plotters.

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
pub mod load;
pub mod scaling;
pub mod tail;
pub mod samples;
pub mod drift;
pub mod memory;
pub mod trend;
pub mod timeline;
pub mod changes;
pub mod gallery;

/// The imports of nearly every chart.
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
