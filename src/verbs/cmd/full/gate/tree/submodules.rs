//! Submodules of the worktree. A checkout leaves them as they were, those of another revision too.
//!
//! Nothing is downloaded, and neither the configuration nor the submodules of the user's checkout
//! change, as they would by `git submodule update --init`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::{ask, directory_of, is_worktree, place};

/// Puts the submodules of `tree`, a worktree of `repository`, where its revision points, and theirs
/// below them. One that is not in use here stays empty, as in the user's own checkout.
///
/// # Errors
/// One in use that lacks the revision.
pub(super) fn check_out(repository: &Path, tree: &Path) -> anyhow::Result<()> {
    for (name, path) in listed(tree)? {
        let Some(pointer) = pointer(tree, &path)? else { continue };
        let at = tree.join(&path);
        let Some(source) = source(repository, tree, &name, &path, &pointer)? else {
            crate::cmd::say(format_args!(
                "the submodule {name} is not in use here: it stays empty"
            ));
            empty(&at)?;
            fs::create_dir_all(&at).with_context(|| at.display().to_string())?;
            continue;
        };
        if !is_worktree(&source, &at) {
            empty(&at)?;
        }
        place(&source, &at, &pointer)?;
        check_out(&source, &at)?;
    }
    Ok(())
}

/// Returns the name and path of each submodule that the tree lists.
fn listed(tree: &Path) -> anyhow::Result<Vec<(String, String)>> {
    if !fs::symlink_metadata(tree.join(".gitmodules")).is_ok_and(|it| it.is_file() && it.len() > 0)
    {
        return Ok(Vec::new());
    }
    let words = ["config", "--file", ".gitmodules", "--null", "--list"];
    let said = ask(tree, &words)?;
    let entries = said.split('\0').filter_map(|entry| {
        let (key, path) = entry.split_once('\n')?;
        let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
        Some((name.to_owned(), path.trim_end_matches('/').to_owned()))
    });
    let all: Vec<_> = entries.collect();
    for text in all.iter().flat_map(|(name, path)| [name, path]) {
        ensure!(is_plain(text), ".gitmodules names `{}`", tminus_record::text::escape(text));
    }
    Ok(all)
}

/// Returns whether a path leads down, and to none of git's own files.
fn is_plain(path: &str) -> bool {
    let is_name = |it: Component<'_>| matches!(it, Component::Normal(name) if !name.eq_ignore_ascii_case(".git"));
    !path.is_empty() && Path::new(path).components().all(is_name)
}

/// Returns the revision that the tree points to at `path`, where there is a submodule.
fn pointer(tree: &Path, path: &str) -> anyhow::Result<Option<String>> {
    let said = ask(tree, &["--literal-pathspecs", "ls-tree", "HEAD", "--", path])?;
    let pointer = said.strip_prefix("160000 commit ").and_then(|rest| rest.split_once('\t'));
    Ok(pointer.map(|(revision, _)| revision.to_owned()))
}

/// Returns a repository of the submodule that has the revision `pointer`; `None` if it is not in
/// use.
fn source(
    repository: &Path,
    tree: &Path,
    name: &str,
    path: &str,
    pointer: &str,
) -> anyhow::Result<Option<PathBuf>> {
    // The user's; those of builds that do what is done here.
    let inside = [(repository, "--git-dir"), (repository, "--git-common-dir"), (tree, "--git-dir")];
    let inside =
        inside.into_iter().filter_map(|(directory, word)| directory_of(directory, word).ok());
    let mut all: Vec<PathBuf> = inside.map(|inside| inside.join("modules").join(name)).collect();
    // One whose files of git's lie in it.
    let checkout = directory_of(repository, "--show-toplevel").ok().map(|top| top.join(path));
    let checkout = checkout.filter(|it| it.join(".git").exists());
    all.extend(checkout.and_then(|it| directory_of(&it, "--git-common-dir").ok()));
    all.retain(|it| it.join("HEAD").is_file());
    let commit = format!("{pointer}^{{commit}}");
    if let Some(found) = all.iter().find(|it| ask(it, &["cat-file", "-e", &commit]).is_ok()) {
        return Ok(Some(found.clone()));
    }
    let key = format!("submodule.{name}.url");
    let is_known = ask(repository, &["config", "--get", &key]).is_ok();
    if all.is_empty() && !is_known {
        return Ok(None);
    }
    let short: String = pointer.chars().take(12).collect();
    bail!(
        "the submodule {name} lacks the revision {short}: `git submodule update --init \
           --recursive`, or fetch it there"
    )
}

/// Removes what lies at `path` in the tree.
fn empty(path: &Path) -> anyhow::Result<()> {
    let is_link = fs::symlink_metadata(path).map(|it| !it.is_dir());
    match is_link {
        Err(_) => Ok(()),
        Ok(true) => fs::remove_file(path),
        Ok(false) => fs::remove_dir_all(path),
    }
    .with_context(|| path.display().to_string())
}
