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

use super::patched;
use crate::cli;
use crate::patch::Patch;

/// The programs of baseline and candidate.
///
/// # Errors
/// What is neither a program nor a revision, and builds that fail.
pub(super) fn programs(arguments: &cli::Gate) -> anyhow::Result<[PathBuf; 2]> {
    let builds = Builds { root: arguments.out.join("builds"), arguments };
    let sides = [
        (arguments.baseline.as_deref(), arguments.patch_baseline.as_slice()),
        (arguments.candidate.as_deref(), arguments.patch.as_slice()),
    ];
    // A slip in the second is found before the first is built, which takes minutes.
    for (what, patches) in sides {
        builds.try_out(what, patches)?;
    }
    let [(theirs, no_patches), (ours, patches)] = sides;
    Ok([builds.program(theirs, no_patches)?, builds.program(ours, patches)?])
}

/// What `--baseline` or `--candidate` names.
enum Found {
    Program(PathBuf),
    Revision(String),
}

/// Where builds are made and kept.
struct Builds<'a> {
    root: PathBuf,
    arguments: &'a cli::Gate,
}

impl Builds<'_> {
    fn program(&self, what: Option<&str>, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        match self.find(what, patches)? {
            Found::Program(path) => Ok(path),
            Found::Revision(revision) => self.built(&revision, patches),
        }
    }

    /// Whether there is such a program or revision, and whether its patches would be used.
    fn try_out(&self, what: Option<&str>, patches: &[Patch]) -> anyhow::Result<()> {
        if let Found::Revision(revision) = self.find(what, patches)?
            && !patches.is_empty()
            && self.kept(&revision, patches).is_none()
        {
            patched::apply(&self.check_out(&revision)?, patches)?;
        }
        Ok(())
    }

    fn find(&self, what: Option<&str>, patches: &[Patch]) -> anyhow::Result<Found> {
        if let Some(path) = what.map(Path::new).filter(|path| path.is_file()) {
            ensure!(patches.is_empty(), "{}: a program cannot be patched", path.display());
            let path = fs::canonicalize(path).with_context(|| path.display().to_string())?;
            return Ok(Found::Program(path));
        }
        let what = what.unwrap_or("HEAD");
        let commit = format!("{what}^{{commit}}");
        let revision =
            git(Path::new("."), &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
                .map_err(|_| {
                    anyhow::anyhow!("{what}: neither a program nor a revision of a repository here")
                })?;
        Ok(Found::Revision(revision.trim().into()))
    }

    /// What was built before and cannot have changed since.
    fn kept(&self, revision: &str, patches: &[Patch]) -> Option<PathBuf> {
        let may_change = patches.iter().any(|patch| patch.by.may_change());
        let kept = self.root.join(self.name(revision, patches));
        (!may_change && kept.is_file()).then_some(kept)
    }

    /// The program of a revision, built unless it was before.
    fn built(&self, revision: &str, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        if let Some(kept) = self.kept(revision, patches) {
            return fs::canonicalize(&kept).with_context(|| kept.display().to_string());
        }
        let kept = self.root.join(self.name(revision, patches));
        let short: String = revision.chars().take(12).collect();
        crate::cmd::say(format_args!("building {short}{}", named(patches)));
        let tree = self.check_out(revision)?;
        patched::apply(&tree, patches)?;
        let build = &self.arguments.build;
        let status = Command::new("sh")
            .args(["-c", build])
            .current_dir(&tree)
            // Wherever the user's own builds go: `--program` is in here.
            .env("CARGO_TARGET_DIR", tree.join("target"))
            .stdin(Stdio::null())
            // Standard output is the verdict's.
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("`{build}`"))?;
        ensure!(status.success(), "`{build}` failed on {short}{}: {status}", named(patches));
        let made = tree.join(&self.arguments.program);
        fs::copy(&made, &kept).with_context(|| {
            format!("{}: `{build}` left no program there; see --program", made.display())
        })?;
        fs::canonicalize(&kept).with_context(|| kept.display().to_string())
    }

    fn name(&self, revision: &str, patches: &[Patch]) -> String {
        let mut hasher = DefaultHasher::new();
        (patches, &self.arguments.build, &self.arguments.program, patched::FLAGS).hash(&mut hasher);
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
}

/// ` with tokio, smol replaced`.
fn named(patches: &[Patch]) -> String {
    let names: Vec<&str> = patches.iter().map(|patch| patch.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" with {} replaced", names.join(", ")) }
}

fn git(directory: &Path, words: &[&str]) -> anyhow::Result<String> {
    output(Command::new("git").args(words).current_dir(directory))
}

/// What a command prints; if it fails, what it said is the error, in one line.
pub(super) fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| name.clone())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines = said.lines().map(str::trim).map(|line| line.trim_start_matches("error: "));
        // What it does on the way is no reason.
        let is_reason = |line: &&str| {
            !line.is_empty() && !line.starts_with("Updating ") && !line.starts_with("warning: ")
        };
        let lines: Vec<&str> = lines.filter(is_reason).collect();
        let said = lines.join("; ").replace("; Caused by:; ", ": ");
        let said = tminus_harness::text::escape(&said);
        bail!("{name}: {said}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
