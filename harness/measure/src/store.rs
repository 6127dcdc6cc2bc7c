//! The run file: JSON lines, a header and then records, append-only.

mod read;
mod write;
pub mod criterion;

pub use read::{TornLine, check_header, from, header_of, read};
pub use write::{Writer, write};

#[cfg(test)]
mod tests;
