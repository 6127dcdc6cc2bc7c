//! The worktree that gates build in: of the user's repository, with an index and a HEAD of its own,
//! and with its submodules at the revision's own pointers, each a worktree of what is there of it.
//!
//! Git finds a repository upwards. A tree that is not what it should be would send `checkout
//! --force` into the user's own files, which are above it, so it is looked at before each checkout.

mod submodules;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tminus_measure::git;

use super::source::output;

/// Puts the worktree `tree` of `repository` at `revision`, submodules included, without what builds
/// and patches of other revisions left, but for what the revision ignores.
///
/// # Errors
/// Git's error; a directory that is no worktree of this repository; a submodule that
/// is in use, but lacks what the revision points to.
pub(super) fn check_out(repository: &Path, tree: &Path, revision: &str) -> anyhow::Result<()> {
    if tree.join(".git").exists() {
        let at = || tree.display().to_string();
        ensure!(
            is_worktree(repository, tree),
            "{}: is no worktree of the repository here: remove it",
            at()
        );
    }
    place(repository, tree, revision)?;
    submodules::check_out(repository, tree)
}

/// Does as [`check_out`], without submodules. `tree` is a worktree of `repository`, or does not
/// exist.
fn place(repository: &Path, tree: &Path, revision: &str) -> anyhow::Result<()> {
    if tree.join(".git").exists() {
        // Of a gate that was killed: one gate at a time is in here.
        let _ = fs::remove_file(directory_of(tree, "--git-dir")?.join("index.lock"));
        let words = ["checkout", "--quiet", "--force", "--no-recurse-submodules", "--detach"];
        run(tree, &[&words[..], &[revision]].concat())?;
    } else {
        let path = tree.to_str().context("a path that is not UTF-8")?;
        let words = ["worktree", "add", "--quiet", "--force", "--detach", path, revision];
        run(repository, &words)?;
    }
    // Twice the force also removes submodules that this revision does not have.
    let clean = ["clean", "--quiet", "--force"];
    run(tree, &[&clean[..], &["--force", "-d", "--exclude=/target"]].concat())?;
    // Those that git does not know are of another revision, or of its patches.
    let locks = ["-x", "--", ":(glob)**/Cargo.lock", ":(exclude)target"];
    run(tree, &[&clean[..], &locks].concat())
}

/// Removes the file `made` from `tree`. Outside of the tree it is the user's, and stays.
pub(super) fn remove(tree: &Path, made: &Path) {
    if let Some(made) = made.to_str() {
        let words = ["--literal-pathspecs", "clean", "--quiet", "--force", "-x", "--", made];
        // What is not there need not be removed.
        let _ = run(tree, &words);
    }
}

/// Returns whether `tree` is the top of a worktree of `repository`, or of another one's that lies
/// there.
fn is_worktree(repository: &Path, tree: &Path) -> bool {
    let told = |directory: &Path, word: &str| directory_of(directory, word).ok();
    let is_top = told(tree, "--show-toplevel")
        .is_some_and(|top| fs::canonicalize(tree).is_ok_and(|it| it == top));
    let common = told(tree, "--git-common-dir");
    is_top && common.is_some() && common == told(repository, "--git-common-dir")
}

/// Returns the directory that `git rev-parse WORD` names.
fn directory_of(directory: &Path, word: &str) -> anyhow::Result<PathBuf> {
    let said = ask(directory, &["rev-parse", word])?;
    let path = directory.join(said.trim_end_matches('\n'));
    fs::canonicalize(&path).with_context(|| path.display().to_string())
}

fn run(directory: &Path, words: &[&str]) -> anyhow::Result<()> {
    ask(directory, words).map(drop)
}

/// Returns what git prints in a worktree, or in the directory of a repository's own files.
fn ask(directory: &Path, words: &[&str]) -> anyhow::Result<String> {
    let mut command = git::command(directory);
    // That of a submodule names a worktree that need not be there.
    let is_inner = directory.join("HEAD").is_file() && directory.join("objects").is_dir();
    let here = fs::canonicalize(directory).ok().filter(|_| is_inner);
    command.args(words).envs(here.map(|here| ("GIT_WORK_TREE", here)));
    output(command)
}
