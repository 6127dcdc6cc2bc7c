//! What can go wrong in the harness.

use std::path::PathBuf;

/// The result of what can go wrong in the harness.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that the user asked for does not exist or is impossible.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A run file holds a line that is not what it must be.
    #[error("{path}, line {line}: {expected}")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// What was expected, and what to do.
        expected: String,
    },
    /// A history that cannot be read or written.
    #[error("{path}: {reason}")]
    History {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, in one line, and what to do.
        reason: String,
    },
    /// A child could not be started.
    #[error("cannot start a child: {0}")]
    Child(std::io::Error),
    /// Children do not start, so nothing can be measured.
    #[error("{0}")]
    Mute(String),
    /// A cell gave no figure.
    #[error("{cell}: {reason}")]
    Cell {
        /// Which cell.
        cell: crate::plan::CellId,
        /// What went wrong, in one line.
        reason: String,
    },
}

impl Error {
    /// An unknown name, with the nearest of those that are `known`.
    pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let name: String = name.chars().take(100).collect();
        let nearest = known
            .into_iter()
            .map(|candidate| (likeness(&name, candidate), candidate))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(likeness, _)| *likeness >= 0.5);
        let hint = match nearest {
            Some((_, candidate)) => format!("did you mean `{candidate}`?"),
            None => "see `tminus list`".into(),
        };
        Self::Usage(format!("unknown {what} `{}`: {hint}", name.escape_debug()))
    }
}

/// From 0 to 1; the beginning of a name counts as the name: `tokyo` is like `tokio-multi-thread`.
fn likeness(name: &str, candidate: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(name, candidate);
    candidate
        .match_indices('-')
        .map(|(end, _)| strsim::normalized_damerau_levenshtein(name, &candidate[..end]) * 0.99)
        .fold(whole, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_only_if_it_is_near() {
        let known = ["tokio-current-thread", "threads", "smol", "async-std"];
        let said = |name| Error::unknown("executor", name, known).to_string();
        assert_eq!(said("tokyo"), "unknown executor `tokyo`: did you mean `tokio-current-thread`?");
        assert_eq!(said("thread"), "unknown executor `thread`: did you mean `threads`?");
        assert_eq!(said("heap"), "unknown executor `heap`: see `tminus list`");
        assert_eq!(said("\n"), "unknown executor `\\n`: see `tminus list`");
    }
}
