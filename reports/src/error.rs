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
    /// A document has no place for what is to be put into it.
    #[error("{reason}")]
    Markers {
        /// What is wrong with its markers, and what is expected.
        reason: String,
    },
    /// What is to be the findings of the conformance suite is none.
    #[error("{reason}")]
    Conformance {
        /// What is wrong with it.
        reason: String,
    },
}
