//! Formats for programs, and Markdown: one a file.

pub mod csv;
pub mod explain;
pub mod json;
pub mod profile;
pub mod schema;
pub mod export;
pub mod markdown;
