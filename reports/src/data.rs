//! What programs read, and Markdown: one format each.

pub mod csv;
pub mod json;
pub mod schema;
pub mod export;
pub mod markdown;
