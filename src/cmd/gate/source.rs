//! What `--baseline` and `--candidate` mean: a program, or a revision of the repository here, built
//! in a worktree of its own, with crates replaced where `--patch` says so.
//!
//! Builds share one worktree, so dependencies are built once; what came of a build is kept under the
//! names of its revision, command and patches. The user's own files are not touched.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::cli;
use crate::patch::{Patch, Replacement};

/// The programs of baseline and candidate.
///
/// # Errors
/// What is neither a program nor a revision, and builds that fail.
pub(super) fn programs(arguments: &cli::Gate) -> anyhow::Result<[PathBuf; 2]> {
    let builds = Builds { root: arguments.out.join("builds"), arguments };
    let side = |what: Option<&str>, patches: &[Patch]| builds.program(what, patches);
    Ok([
        side(arguments.baseline.as_deref(), &arguments.patch_baseline)?,
        side(arguments.candidate.as_deref(), &arguments.patch)?,
    ])
}

/// Where builds are made and kept.
struct Builds<'a> {
    root: PathBuf,
    arguments: &'a cli::Gate,
}

impl Builds<'_> {
    fn program(&self, what: Option<&str>, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        if let Some(path) = what.map(Path::new).filter(|path| path.is_file()) {
            ensure!(patches.is_empty(), "{}: a program cannot be patched", path.display());
            return fs::canonicalize(path).with_context(|| path.display().to_string());
        }
        let what = what.unwrap_or("HEAD");
        let commit = format!("{what}^{{commit}}");
        let revision =
            git(Path::new("."), &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
                .map_err(|_| {
                    anyhow::anyhow!("{what}: neither a program nor a revision of a repository here")
                })?;
        self.built(revision.trim(), patches)
    }

    /// The program of a revision, built unless it was before.
    fn built(&self, revision: &str, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        let kept = self.root.join(self.name(revision, patches));
        // What lies at a path may have changed since.
        let may_change = patches.iter().any(|patch| matches!(patch.by, Replacement::Path(_)));
        if !may_change && kept.is_file() {
            return fs::canonicalize(&kept).with_context(|| kept.display().to_string());
        }
        let short: String = revision.chars().take(12).collect();
        crate::cmd::say(format_args!("building {short}{}", named(patches)));
        let tree = self.check_out(revision)?;
        self.patch(&tree, patches)?;
        let build = &self.arguments.build;
        let status = Command::new("sh")
            .args(["-c", build])
            .current_dir(&tree)
            .stdin(Stdio::null())
            // Standard output is the verdict's.
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("`{build}`"))?;
        ensure!(status.success(), "`{build}` failed on {short}{}: {status}", named(patches));
        patches.iter().try_for_each(|patch| check_used(patch, &tree))?;
        let made = tree.join(&self.arguments.program);
        fs::copy(&made, &kept).with_context(|| {
            format!("{}: `{build}` left no program there; see --program", made.display())
        })?;
        fs::canonicalize(&kept).with_context(|| kept.display().to_string())
    }

    fn name(&self, revision: &str, patches: &[Patch]) -> String {
        let mut hasher = DefaultHasher::new();
        (patches, &self.arguments.build, &self.arguments.program).hash(&mut hasher);
        format!("{revision}-{:016x}", hasher.finish())
    }

    /// The worktree, at `revision` and without what patches left.
    fn check_out(&self, revision: &str) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(&self.root).with_context(|| self.root.display().to_string())?;
        let root = fs::canonicalize(&self.root).with_context(|| self.root.display().to_string())?;
        let tree = root.join("tree");
        if tree.join(".git").exists() {
            git(&tree, &["checkout", "--quiet", "--force", "--detach", revision])?;
        } else {
            let path = tree.to_str().context("a path that is not UTF-8")?;
            git(Path::new("."), &["worktree", "prune"])?;
            git(
                Path::new("."),
                &["worktree", "add", "--quiet", "--force", "--detach", path, revision],
            )?;
        }
        Ok(tree)
    }

    /// Replaces crates: paths and revisions by the configuration of cargo above the worktree, versions
    /// in its lock file.
    fn patch(&self, tree: &Path, patches: &[Patch]) -> anyhow::Result<()> {
        let configuration = tree.parent().context("the worktree has a parent")?.join(".cargo");
        fs::create_dir_all(&configuration).with_context(|| configuration.display().to_string())?;
        let mut table = toml::Table::new();
        for patch in patches {
            if let Some(source) = patch.source()? {
                table.insert(patch.name.clone(), source.into());
            }
        }
        let text = match table.is_empty() {
            true => String::new(),
            false => {
                let patched = toml::Table::from_iter([("crates-io".to_owned(), table.into())]);
                toml::Table::from_iter([("patch".to_owned(), patched.into())]).to_string()
            }
        };
        let file = configuration.join("config.toml");
        fs::write(&file, text).with_context(|| file.display().to_string())?;
        for patch in patches {
            if let Replacement::Version(version) = &patch.by {
                let words = ["update", "--quiet", "-p", &patch.name, "--precise", version];
                output(Command::new("cargo").args(words).current_dir(tree))?;
            }
        }
        Ok(())
    }
}

/// Cargo only warns of a patch whose version nobody asked for, and the comparison would be one of
/// a program with itpatch.
fn check_used(patch: &Patch, tree: &Path) -> anyhow::Result<()> {
    let words = ["metadata", "--format-version", "1"];
    let said = output(Command::new("cargo").args(words).current_dir(tree))?;
    let said: serde_json::Value = serde_json::from_str(&said).context("cargo metadata")?;
    let packages = said["packages"].as_array().into_iter().flatten();
    let mut ours = packages.filter(|package| package["name"] == patch.name.as_str());
    let source = patch.source()?;
    let is_it = |package: &serde_json::Value| match &patch.by {
        Replacement::Version(version) => package["version"] == version.as_str(),
        Replacement::Path(_) => {
            let path = source.as_ref().and_then(|source| source["path"].as_str());
            let manifest = package["manifest_path"].as_str();
            path.zip(manifest).is_some_and(|(path, manifest)| manifest.starts_with(path))
        }
        Replacement::Git { url, .. } => package["source"]
            .as_str()
            .is_some_and(|source| source.starts_with(&format!("git+{url}"))),
    };
    ensure!(
        ours.any(is_it),
        "the patch of `{}` was not used: no crate asks for it in that version; see \
         `cargo tree -i {}`",
        patch.name,
        patch.name
    );
    Ok(())
}

/// ` with tokio, smol replaced`.
fn named(patches: &[Patch]) -> String {
    let names: Vec<&str> = patches.iter().map(|patch| patch.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" with {} replaced", names.join(", ")) }
}

fn git(directory: &Path, words: &[&str]) -> anyhow::Result<String> {
    output(Command::new("git").args(words).current_dir(directory))
}

/// What a command prints; if it fails, its last line is the error.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| name.clone())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> =
            said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let said = tminus_harness::text::escape(&lines.join("; "));
        bail!("{name}: {said}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
