//! Text for a terminal: each gives text and prints nothing.

pub mod compare;
pub mod explain;
pub mod gate;
pub mod history;
pub mod profile;
pub mod rank;
pub mod versions;
mod crossings;
mod dots;
mod scaling;
mod table;

/// How the table is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences for colour and weight are allowed.
    pub color: bool,
}

impl Default for Style {
    /// Returns 100 columns without colour, as a pipe gets it.
    fn default() -> Self {
        Self { width: 100, color: false }
    }
}
