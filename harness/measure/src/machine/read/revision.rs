//! The revision of a directory.

use std::path::Path;

use tminus_record::machine::Git;

use crate::git;

/// Returns the revision that `directory` is at; `None` outside of a repository.
///
/// # Errors
/// Git's message, in one line, about a repository whose revision it does not tell.
pub fn revision(directory: &Path) -> Result<Option<Git>, String> {
    let revision = match git::ask(directory, &["rev-parse", "--verify", "HEAD"]) {
        Ok(revision) => revision.trim().to_owned(),
        Err(reason) if is_in_repository(directory) => return Err(reason),
        Err(_) => return Ok(None),
    };
    if revision.len() < 40 || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{}` is no revision", revision.escape_debug()));
    }
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
    let dirty = git::ask(directory, &status).map_or(true, |it| !it.is_empty());
    // The date, a space and the hash.
    let dated = git::ask(directory, &["rev-list", "-1", "--timestamp", "HEAD"]);
    let committed_unix_s = dated.ok().and_then(|line| line.split(' ').next()?.parse().ok());
    Ok(Some(Git { revision, dirty, committed_unix_s }))
}

/// Returns whether the directory looks as if it belonged to a repository, whatever git thinks of
/// it.
fn is_in_repository(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    directory.ancestors().any(|path| path.join(".git").exists())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn outside_of_a_repository_there_is_nothing_to_say() {
        let here = tempfile::tempdir().unwrap();
        if is_in_repository(here.path()) {
            writeln!(std::io::stderr(), "NOT RUN: revision: temporary files lie in a repository")
                .expect("stderr");
            return;
        }
        assert_eq!(revision(here.path()), Ok(None));
    }

    /// As a directory of another user is, which git refuses, too.
    #[test]
    fn a_repository_that_git_refuses_gives_its_words() {
        let here = tempfile::tempdir().unwrap();
        std::fs::write(here.path().join(".git"), "rubbish").unwrap();
        let said = revision(here.path()).unwrap_err();
        assert!(!said.is_empty() && !said.contains('\n'), "{said}");
        let inside = here.path().join("a");
        std::fs::create_dir(&inside).unwrap();
        assert_eq!(revision(&inside), Err(said));
    }
}
