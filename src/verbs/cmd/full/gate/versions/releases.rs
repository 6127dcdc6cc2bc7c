//! The releases of a crate, as cargo sees them: with its registries, mirrors and configuration, and
//! offline those that are there. Cargo has no command that lists them, so it is asked for the
//! newest release below the last answer until there are enough.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::super::patched::entries;
use super::super::source::output;
use crate::patch;

/// Returns the newest `count` releases of the crate `name`, the oldest of them first: without those
/// that were yanked, and those before a release.
///
/// # Errors
/// Cargo's error; a crate with fewer than two releases.
pub(super) fn newest(out: &Path, name: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let at = || out.display().to_string();
    fs::create_dir_all(out).with_context(at)?;
    // Below the place of the user's own configuration of cargo.
    let package = tempfile::Builder::new().prefix(".tminus-").tempdir_in(out).with_context(at)?;
    fs::create_dir(package.path().join("src")).with_context(at)?;
    fs::write(package.path().join("src/lib.rs"), "").with_context(at)?;
    let mut found: Vec<String> = Vec::new();
    while found.len() < count {
        match below(package.path(), name, found.last().map(String::as_str)) {
            Ok(version) => {
                ensure!(!found.contains(&version), "cargo has {name} {version} below itself");
                found.push(version);
            }
            // There is no older one.
            Err(why) if !found.is_empty() && is_end(&why) => break,
            Err(why) => return Err(why.context(name.to_owned())),
        }
    }
    ensure!(found.len() > 1, "{name}: cargo sees a single release, {}", found.concat());
    found.reverse();
    Ok(found)
}

fn is_end(why: &anyhow::Error) -> bool {
    format!("{why:#}").contains("failed to select a version for the requirement")
}

/// Returns the newest release below `version`, or of all.
fn below(package: &Path, name: &str, version: Option<&str>) -> anyhow::Result<String> {
    let requirement = version.map_or_else(|| "*".to_owned(), |version| format!("<{version}"));
    fs::write(package.join("Cargo.toml"), manifest(name, &requirement))?;
    let _ = fs::remove_file(package.join("Cargo.lock"));
    let mut cargo = Command::new("cargo");
    cargo.args(["generate-lockfile", "--quiet"]).current_dir(package);
    output(cargo)?;
    let locked = entries(package, &["package"])?.into_iter();
    let mut versions = locked.filter(|(it, _)| it == name).map(|(_, version)| version);
    // Another one may be there as a dependency of the newest.
    let newest = |version: &String| {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        release.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u64>>()
    };
    let Some(found) = versions.by_ref().max_by_key(newest) else {
        bail!("cargo locked no {name}");
    };
    patch::version(&found).map_err(anyhow::Error::msg)
}

/// Returns the manifest of a package that needs the crate. It is none of the workspace here.
fn manifest(name: &str, requirement: &str) -> String {
    let package = [("name", "releases"), ("version", "0.0.0"), ("edition", "2021")];
    let table = |all: &[(&str, &str)]| -> toml::Value {
        let texts = all.iter().map(|(key, text)| ((*key).to_owned(), (*text).into()));
        toml::Table::from_iter(texts).into()
    };
    let whole = [
        ("package", table(&package)),
        ("dependencies", table(&[(name, requirement)])),
        ("workspace", table(&[])),
    ];
    toml::Table::from_iter(whole.map(|(key, value)| (key.to_owned(), value))).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_what_it_was_given_and_nothing_else() {
        let text = manifest("tokio", "<1.0.0\"\n[x]");
        let read: toml::Table = text.parse().expect("toml");
        assert_eq!(read["dependencies"]["tokio"].as_str(), Some("<1.0.0\"\n[x]"));
        assert_eq!(read.keys().collect::<Vec<_>>(), ["dependencies", "package", "workspace"]);
    }
}
