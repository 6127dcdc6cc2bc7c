//! Where and when a run is made.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tminus_record::machine::{Build, Git, Provenance};

use super::read::{read, revision};

/// Returns the revision of the current directory, and what git said against telling it.
#[must_use]
pub fn revision_here() -> (Option<Git>, String) {
    match revision(Path::new(".")) {
        Ok(git) => (git, String::new()),
        Err(reason) => (None, reason),
    }
}

/// Returns the provenance of a run that starts now, by a program that is `build`.
#[must_use]
pub fn provenance(build: Build) -> Provenance {
    let (git, git_refusal) = revision_here();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Provenance {
        command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        started_unix_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        git,
        git_refusal,
        build,
        machine: read(),
    }
}
