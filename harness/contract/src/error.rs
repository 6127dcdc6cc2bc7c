//! The errors of the harness.

use std::path::PathBuf;

/// The result of what can go wrong in the harness.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, in one line that says what to do.
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
        /// The system's error.
        cause: std::io::Error,
    },
    /// A run file holds a line that is not what it must be.
    #[error("{path}, line {line}: {expected}")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// The value that was expected, and what to do.
        expected: String,
    },
    /// A history that cannot be read or written.
    #[error("{path}: {reason}")]
    History {
        /// Which file.
        path: PathBuf,
        /// The mistake, in one line, and what to do.
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
        /// The id of the cell.
        cell: String,
        /// The error, in one line.
        reason: String,
    },
}

/// A kind of thing that a user names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// A workload.
    Workload,
    /// An executor.
    Executor,
    /// A part of a cell id: one or the other.
    WorkloadOrExecutor,
    /// A parameter, whose ever it is.
    Parameter,
    /// A parameter of the workload with this id.
    ParameterOf(&'a str),
    /// A metric of a workload.
    Metric,
    /// A rule of the contract.
    Rule,
    /// A rule and an executor, as a cell id.
    Case,
    /// A price of what executors do, as a cell id.
    Price,
    /// A verb of the command line.
    Verb,
}

impl Named<'_> {
    fn noun(self) -> String {
        match self {
            Self::Workload => "workload".into(),
            Self::Executor => "executor".into(),
            Self::WorkloadOrExecutor => "workload or executor".into(),
            Self::Parameter => "parameter".into(),
            Self::ParameterOf(workload) => format!("parameter of `{workload}`"),
            Self::Metric => "metric".into(),
            Self::Rule => "rule".into(),
            Self::Case => "rule and executor".into(),
            Self::Price => "price".into(),
            Self::Verb => "verb".into(),
        }
    }

    /// Returns the verbs that list these names.
    fn list(self) -> String {
        match self {
            Self::Executor => "`tminus list executors`".into(),
            Self::WorkloadOrExecutor => "`tminus list workloads` or `tminus list executors`".into(),
            Self::Workload | Self::Parameter | Self::Metric => "`tminus list workloads`".into(),
            Self::ParameterOf(workload) => format!("`tminus list workloads {workload}`"),
            Self::Rule => "`tminus list rules`".into(),
            Self::Verb => "`tminus --help`".into(),
            Self::Case => "`tminus list rules` or `tminus list executors`".into(),
            Self::Price => "docs/explain.md".into(),
        }
    }
}

/// Names that are offered in place of an unknown one, at most.
const MOST_OFFERED: usize = 3;

impl Error {
    /// Returns the error of an unknown name, with the nearest of those that are `known`: of several
    /// that are equally near, all; of none, the verb that lists them.
    pub fn unknown<'a>(
        what: Named<'_>,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let name: String = name.chars().take(100).collect();
        let hint = match nearest(&name, known).as_slice() {
            [] => format!("see {}", what.list()),
            names => format!("did you mean {}?", names.join(" or ")),
        };
        Self::Usage(format!("unknown {} `{}`: {hint}", what.noun(), name.escape_debug()))
    }
}

/// Returns the names that are most like `name`, in quotes; none where none is like it.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut best = 0.5;
    let mut found: Vec<&str> = Vec::new();
    for candidate in known {
        let likeness = likeness(name, candidate);
        if likeness > best {
            best = likeness;
            found.clear();
        }
        if likeness >= best && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found.truncate(MOST_OFFERED);
    found.into_iter().map(|name| format!("`{name}`")).collect()
}

/// Returns how alike two names are, from 0 to 1. The beginning of a name counts as the name:
/// `tokyo` is like `tokio-multi-thread`.
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
        let said = |name| Error::unknown(Named::Executor, name, known).to_string();
        assert_eq!(said("tokyo"), "unknown executor `tokyo`: did you mean `tokio-current-thread`?");
        assert_eq!(said("thread"), "unknown executor `thread`: did you mean `threads`?");
        let both = "`tokio-current-thread` or `tokio-multi-thread`";
        let known = [known.as_slice(), &["tokio-multi-thread"]].concat();
        let said_of =
            |name| Error::unknown(Named::Executor, name, known.iter().copied()).to_string();
        for name in ["tokio", "tokyo"] {
            assert_eq!(said_of(name), format!("unknown executor `{name}`: did you mean {both}?"));
        }
        assert_eq!(said("heap"), "unknown executor `heap`: see `tminus list executors`");
        assert_eq!(said("\n"), "unknown executor `\\n`: see `tminus list executors`");
    }

    #[test]
    fn a_name_that_is_like_none_leads_to_the_list_of_its_kind() {
        let said = |what| Error::unknown(what, "zzz", ["a", "b"]).to_string();
        let kinds = [
            (Named::Workload, "unknown workload `zzz`: see `tminus list workloads`"),
            (
                Named::ParameterOf("echo"),
                "unknown parameter of `echo` `zzz`: see `tminus list workloads echo`",
            ),
            (Named::Metric, "unknown metric `zzz`: see `tminus list workloads`"),
            (Named::Rule, "unknown rule `zzz`: see `tminus list rules`"),
        ];
        for (kind, expected) in kinds {
            assert_eq!(said(kind), expected);
        }
    }
}
