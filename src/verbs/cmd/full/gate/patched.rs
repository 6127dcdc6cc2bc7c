//! Crates replaced in a worktree: paths and revisions by the configuration of cargo above it,
//! versions in its lock file. Nothing is built before it is known that the build will use them. The
//! same configuration aligns functions, for either side.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::flags::{self, Place};
use super::source::output;
use crate::patch::{Patch, Replacement};

/// Replaces the crates of `patches` in the worktree `tree`, and takes back what earlier ones left.
///
/// # Errors
/// Crates, versions and paths that do not exist, and patches that the build would not use.
pub(super) fn apply(tree: &Path, patches: &[Patch]) -> anyhow::Result<()> {
    configure(tree, patches)?;
    if patches.is_empty() {
        return Ok(());
    }
    // A revision without a lock file gets one here.
    metadata(tree)?;
    for patch in patches {
        if let Replacement::Version(version) = &patch.by {
            update(tree, &patch.name, version)
                .with_context(|| format!("{}={version}", patch.name))?;
        }
    }
    // Of another version than the locked one: cargo only warns, and would build without it.
    for (name, version) in unused(tree)? {
        if patches.iter().any(|patch| patch.name == name) {
            update(tree, &name, &version)?;
        }
    }
    let metadata = metadata(tree)?;
    patches.iter().try_for_each(|patch| check_used(patch, &metadata))
}

/// Writes the `[patch]` table and the flags into a directory that cargo reads for this worktree
/// alone.
fn configure(tree: &Path, patches: &[Patch]) -> anyhow::Result<()> {
    let configuration = tree.parent().context("the worktree has a parent")?.join(".cargo");
    fs::create_dir_all(&configuration).with_context(|| configuration.display().to_string())?;
    let mut table = toml::Table::new();
    for patch in patches {
        if let Some(source) = source(patch)? {
            table.insert(patch.name.clone(), source.into());
        }
    }
    let file = configuration.join("config.toml");
    let write = |whole: &toml::Table| {
        fs::write(&file, whole.to_string()).with_context(|| file.display().to_string())
    };
    let mut whole = Place::Builds.configuration();
    // Without the patches, which cargo would fetch.
    write(&whole)?;
    if tree.join("Cargo.toml").exists() && flags::are_in_effect(tree) == Some(false) {
        whole = Place::Targets.configuration();
    }
    if !table.is_empty() {
        let patched = toml::Table::from_iter([("crates-io".to_owned(), table.into())]);
        whole.insert("patch".to_owned(), patched.into());
    }
    write(&whole)
}

/// Returns the entry of cargo's `[patch]` table, but for a version, which is none.
///
/// # Errors
/// A path where there is nothing.
fn source(patch: &Patch) -> anyhow::Result<Option<toml::Table>> {
    let text = |text: &str| toml::Value::from(text);
    Ok(match &patch.by {
        Replacement::Version(_) => None,
        Replacement::Path(path) => {
            let path = fs::canonicalize(path).with_context(|| path.display().to_string())?;
            let path = path.to_str().context("a path that is not UTF-8")?;
            Some(toml::Table::from_iter([("path".into(), text(path))]))
        }
        Replacement::Git { url, revision } => Some(toml::Table::from_iter([
            ("git".into(), text(url)),
            ("rev".into(), text(revision)),
        ])),
    })
}

/// Locks the crate `name` at `version`; of several locked versions the one that it is compatible
/// with.
fn update(tree: &Path, name: &str, version: &str) -> anyhow::Result<()> {
    let is_it = |(other, _): &(String, String)| other == name;
    let locked: Vec<(String, String)> =
        entries(tree, &["package"])?.into_iter().filter(is_it).collect();
    let compatible = locked.iter().find(|(_, locked)| series(locked) == series(version));
    let spec = match compatible.filter(|_| locked.len() > 1) {
        Some((_, locked)) => format!("{name}@{locked}"),
        None => name.to_owned(),
    };
    let words = ["update", "--quiet", "-p", &spec, "--precise", version];
    cargo(tree, &words).map(drop)
}

/// Returns the part of a version that compatible versions share: `1` of `1.54.1`, `0.3` of
/// `0.3.34`.
fn series(version: &str) -> &str {
    let first =
        |count| version.match_indices('.').nth(count).map_or(version, |(at, _)| &version[..at]);
    if version.starts_with("0.") { first(1) } else { first(0) }
}

/// Returns patches that no crate asks for in their version, as cargo notes them in the lock file.
fn unused(tree: &Path) -> anyhow::Result<Vec<(String, String)>> {
    entries(tree, &["patch", "unused"])
}

/// Returns the name and version of each package in the lock file under `path`.
pub(super) fn entries(tree: &Path, path: &[&str]) -> anyhow::Result<Vec<(String, String)>> {
    let file = tree.join("Cargo.lock");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let lock: toml::Table = text.parse().with_context(|| file.display().to_string())?;
    let lock = toml::Value::Table(lock);
    let found = path.iter().try_fold(&lock, |value, name| value.get(name));
    let all = found.and_then(toml::Value::as_array).into_iter().flatten();
    let text = |value: &toml::Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    Ok(all.filter_map(|it| Some((text(it, "name")?, text(it, "version")?))).collect())
}

fn metadata(tree: &Path) -> anyhow::Result<serde_json::Value> {
    let words = ["metadata", "--format-version", "1"];
    serde_json::from_str(&cargo(tree, &words)?).context("cargo metadata")
}

fn cargo(tree: &Path, words: &[&str]) -> anyhow::Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(words).current_dir(tree);
    output(cargo)
}

/// Checks that the build used the patches; otherwise a program would be compared with itself.
fn check_used(patch: &Patch, metadata: &serde_json::Value) -> anyhow::Result<()> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut ours = packages.filter(|package| package["name"] == patch.name.as_str());
    let source = source(patch)?;
    let is_it = |package: &serde_json::Value| match &patch.by {
        Replacement::Version(version) => package["version"] == version.as_str(),
        Replacement::Path(_) => {
            let path = source.as_ref().and_then(|source| source["path"].as_str());
            let manifest = package["manifest_path"].as_str();
            path.zip(manifest).is_some_and(|(path, manifest)| Path::new(manifest).starts_with(path))
        }
        Replacement::Git { url, .. } => package["source"]
            .as_str()
            .is_some_and(|source| source.starts_with(&format!("git+{url}"))),
    };
    ensure!(
        ours.any(is_it),
        "the patch of `{}` would not be used: no crate asks for it in that version; see \
         `cargo tree -i {}`",
        patch.name,
        patch.name
    );
    Ok(())
}

#[cfg(test)]
mod tests;
