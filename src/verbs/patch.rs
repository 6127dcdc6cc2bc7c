//! `--patch`: a crate, and what replaces it in a build.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A crate to be replaced, as `--patch` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Patch {
    /// The crate.
    pub(crate) name: String,
    /// Its replacement.
    pub(crate) by: Replacement,
}

/// A replacement for a crate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Replacement {
    /// `1.47.0`.
    Version(String),
    /// `../tokio/tokio`.
    Path(PathBuf),
    /// `https://example.org/tokio#4a1f0e2`.
    Git { url: String, revision: String },
}

impl FromStr for Patch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected CRATE=VERSION, CRATE=PATH or CRATE=URL#REVISION";
        let (name, by) = text.split_once('=').ok_or(form)?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || by.is_empty() || !name.chars().all(is_name) {
            return Err(form.into());
        }
        let is_version = by.starts_with(|c: char| c.is_ascii_digit())
            && by.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
        let by = match by.rsplit_once('#') {
            Some((url, revision)) if url.contains("://") && !revision.is_empty() => {
                Replacement::Git { url: url.into(), revision: revision.into() }
            }
            _ if by.contains("://") => return Err(form.into()),
            _ if is_version && !Path::new(by).exists() => Replacement::Version(by.into()),
            _ => Replacement::Path(by.into()),
        };
        Ok(Self { name: name.into(), by })
    }
}

impl Replacement {
    /// Returns whether it may be other code tomorrow: what lies at a path, or at the end of a
    /// branch.
    pub(crate) fn may_change(&self) -> bool {
        match self {
            Self::Version(_) => false,
            Self::Path(_) => true,
            Self::Git { revision, .. } => {
                revision.len() < 7 || !revision.chars().all(|c| c.is_ascii_hexdigit())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(text: &str) -> Result<Patch, String> {
        text.parse()
    }

    #[test]
    fn a_crate_is_replaced_by_a_version_a_path_or_a_revision() {
        let by = |text: &str| patch(text).expect("a patch").by;
        assert_eq!(by("tokio=1.47.0"), Replacement::Version("1.47.0".into()));
        assert_eq!(by("tokio=1.48.0-rc.1+x"), Replacement::Version("1.48.0-rc.1+x".into()));
        assert_eq!(by("tokio=../tokio"), Replacement::Path("../tokio".into()));
        assert_eq!(by("tokio=/a#b"), Replacement::Path("/a#b".into()));
        assert_eq!(
            by("async-io=https://example.org/x#4a1f"),
            Replacement::Git { url: "https://example.org/x".into(), revision: "4a1f".into() }
        );
    }

    #[test]
    fn what_may_be_other_code_tomorrow_is_built_again() {
        let may_change = |text: &str| patch(text).expect("a patch").by.may_change();
        assert!(may_change("tokio=../tokio"));
        assert!(may_change("tokio=https://example.org/x#refs/pull/1/head"));
        assert!(!may_change("tokio=https://example.org/x#4a1f0e2"));
        assert!(!may_change("tokio=1.47.0"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["tokio", "=1.0", "tokio=", "to kio=1.0", "tokio=https://example.org/x", "a\"b=1"]
        {
            assert!(patch(text).is_err(), "{text}");
        }
    }
}
