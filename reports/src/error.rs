//! The errors of the reports.

/// The error, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A chart could not be made into a picture; its name, and what the renderer said.
    #[error("picture {name}: {cause}")]
    Picture {
        /// The chart's name.
        name: String,
        /// The renderer's error.
        cause: String,
    },
    /// A document has no place for what is to be put into it.
    #[error("{reason}")]
    Markers {
        /// The mistake in its markers, and what is expected.
        reason: String,
    },
    /// A file that should hold findings of the conformance suite does not.
    #[error("{reason}")]
    Conformance {
        /// The mistake.
        reason: String,
    },
}
