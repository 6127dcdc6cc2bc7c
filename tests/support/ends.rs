//! How the program ends, for tests of verbs that print or refuse: well with text, or with one line.

use std::path::Path;

use tempfile::TempDir;

use crate::support::run;

/// Returns a directory of its own.
pub(crate) fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

/// What the program said to stdout, after it ended well.
#[track_caller]
pub(crate) fn said(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Returns the only line of stderr, after the program refused and printed nothing.
#[track_caller]
pub(crate) fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().into()
}
