//! What can go wrong in the reports.

/// What went wrong, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A chart could not be made into a picture; its name, and what the renderer said.
    #[error("picture {name}: {cause}")]
    Picture {
        /// The chart's name.
        name: String,
        /// What the renderer said.
        cause: String,
    },
}
