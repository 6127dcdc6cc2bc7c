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
        if by.is_empty() || crate_name(name).is_err() {
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

/// Reads the name of a crate.
pub(crate) fn crate_name(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_good = text.starts_with(is_first) && text.len() <= 64 && text.chars().all(is_name);
    if is_good { Ok(text.into()) } else { Err("expected the name of a crate: `tokio`".into()) }
}

/// Reads the version of a release, in full. It is safe as a name of a file and on a terminal.
pub(crate) fn version(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(['-', '+']).next().unwrap_or_default().split('.').collect();
    let is_number = |part: &&str| part.parse::<u64>().is_ok_and(|it| it.to_string() == **part);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    let is_good = parts.len() == 3 && parts.iter().all(is_number) && text.len() <= 64;
    if is_good && text.chars().all(is_letter) {
        Ok(text.into())
    } else {
        Err("expected the full version of a release: `1.44.2`".into())
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
    fn a_version_is_that_of_a_release_and_no_path() {
        for good in ["1.44.2", "0.0.0", "1.0.0-rc.1", "2.3.4+5-x"] {
            assert_eq!(version(good).as_deref(), Ok(good));
        }
        let bad = ["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3/..", "1.2.3-\u{1b}[1m"];
        for bad in bad.into_iter().chain(["1.2.3-a\"", "../1.2.3", "-1.2.3", "1.2.3 "]) {
            assert!(version(bad).is_err(), "{bad:?}");
        }
        assert!(crate_name("async-io").is_ok() && crate_name("_a1").is_ok());
        for bad in ["", "-p", "1a", "a/b", "a.b", "a b"] {
            assert!(crate_name(bad).is_err(), "{bad:?}");
        }
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
