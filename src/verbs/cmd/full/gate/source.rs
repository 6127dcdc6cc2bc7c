//! The programs that `--baseline` and `--candidate` name: a program, or a revision of the
//! repository here, built in a worktree of its own, with crates replaced where `--patch` says so.
//!
//! Builds share one worktree, so dependencies are built once, and one gate at a time is in it. What
//! came of a build is kept, see [`BuildCache`]. The user's own files are not touched.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use tminus_measure::{child, git};
use tminus_record::text;

use super::build_cache::BuildCache;
use super::{features, flags, patched, tree};
use crate::cli;
use crate::patch::Patch;

/// How long cargo may take to download, and git to check out. Builds take as long as they take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// The programs of baseline and candidate.
pub(super) struct Programs {
    pub(super) paths: [PathBuf; 2],
    /// Which of them are of a revision, built here now or before.
    pub(super) built: [bool; 2],
    /// Of the place where they were built: another gate may replace them when this is closed.
    _lock: Option<File>,
}

/// Finds or builds the programs of baseline and candidate.
///
/// # Errors
/// Names of neither a program nor a revision, and builds that fail.
pub(super) fn programs(arguments: &cli::Gate) -> anyhow::Result<Programs> {
    let (theirs, ours) = (&arguments.patch_baseline[..], &arguments.patch[..]);
    let baseline = find(arguments.baseline.as_deref(), theirs)?;
    let candidate = find(arguments.candidate.as_deref(), ours)?;
    if let [Origin::Program(baseline), Origin::Program(candidate)] = [&baseline, &candidate] {
        let paths = [baseline.clone(), candidate.clone()];
        return Ok(Programs { paths, built: [false; 2], _lock: None });
    }
    let built = [&baseline, &candidate].map(|it| matches!(it, Origin::Revision(_)));
    let revisions = match [&baseline, &candidate] {
        [Origin::Revision(baseline), Origin::Revision(candidate)] => vec![&**baseline, candidate],
        _ => Vec::new(),
    };
    let build = command(&arguments.build, arguments.features.as_ref(), &revisions);
    let builds = Builds::new(&arguments.out, build, arguments.program.clone());
    let lock = builds.kept.lock()?;
    // A slip in the second is found before the first is built, which takes minutes.
    builds.try_out(&baseline, theirs)?;
    builds.try_out(&candidate, ours)?;
    let paths = [builds.program(baseline, theirs)?, builds.program(candidate, ours)?];
    Ok(Programs { paths, built, _lock: Some(lock) })
}

/// The program that `--baseline` or `--candidate` names.
enum Origin {
    Program(PathBuf),
    Revision(String),
}

/// Finds a program, or a revision of the repository here.
fn find(what: Option<&str>, patches: &[Patch]) -> anyhow::Result<Origin> {
    if let Some(path) = what.map(Path::new).filter(|path| path.is_file()) {
        ensure!(patches.is_empty(), "{}: a program cannot be patched", path.display());
        let path = fs::canonicalize(path).with_context(|| path.display().to_string())?;
        return Ok(Origin::Program(path));
    }
    let what = what.unwrap_or("HEAD");
    let commit = format!("{what}^{{commit}}");
    let words = ["rev-parse", "--verify", "--end-of-options", &commit];
    let revision = git::ask(Path::new("."), &words).map_err(|why| {
        let what = format!("{what}: neither a program nor a revision of a repository here");
        // A repository of another user's is there all the same; and so is a git that hangs.
        let is_refused = ["safe.directory", "cannot be started", "gave no answer"];
        let is_refused = is_refused.iter().any(|it| why.contains(it));
        if is_refused { anyhow!("{what}: git: {why}") } else { anyhow!(what) }
    })?;
    Ok(Origin::Revision(revision.trim().into()))
}

/// Returns the revision that is checked out here.
///
/// # Errors
/// If there is none.
pub(super) fn head() -> anyhow::Result<String> {
    match find(None, &[])? {
        Origin::Revision(revision) => Ok(revision),
        Origin::Program(path) => bail!("{}: is a program", path.display()),
    }
}

/// The directory in which builds are made and kept.
pub(super) struct Builds {
    pub(super) kept: BuildCache,
    /// The command that builds every program.
    build: String,
    /// Where it leaves the program, if not where cargo does.
    program: Option<PathBuf>,
}

impl Builds {
    pub(super) fn new(out: &Path, build: String, program: Option<PathBuf>) -> Self {
        Self { kept: BuildCache::new(out.join("builds")), build, program }
    }

    fn program(&self, found: Origin, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        match found {
            Origin::Program(path) => Ok(path),
            Origin::Revision(revision) => self.built(&revision, patches),
        }
    }

    /// Tries whether the patches would be used.
    fn try_out(&self, found: &Origin, patches: &[Patch]) -> anyhow::Result<()> {
        if let Origin::Revision(revision) = found
            && !patches.is_empty()
            && self.kept(revision, patches)?.is_none()
        {
            patched::apply(&self.check_out(revision)?, patches)?;
        }
        Ok(())
    }

    /// Returns the program that was built before and cannot have changed since.
    fn kept(&self, revision: &str, patches: &[Patch]) -> anyhow::Result<Option<PathBuf>> {
        let kept = self.path(revision, patches)?;
        let may_change = patches.iter().any(|patch| patch.by.may_change());
        Ok((!may_change && kept.is_file() && !is_unlocked(revision)?).then_some(kept))
    }

    /// Returns the program of a revision, which is built unless it was before.
    ///
    /// # Errors
    /// Patches that would not be used, and builds that fail.
    pub(super) fn built(&self, revision: &str, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        if let Some(kept) = self.kept(revision, patches)? {
            return fs::canonicalize(&kept).with_context(|| kept.display().to_string());
        }
        let kept = self.path(revision, patches)?;
        let short: String = revision.chars().take(12).collect();
        crate::cmd::say(format_args!("building {short}{}", named(patches)));
        let tree = self.check_out(revision)?;
        patched::apply(&tree, patches)?;
        let made = tree.join(self.made(revision));
        // What an earlier build left there is not what this one makes.
        tree::remove(&tree, &made);
        let build = &self.build;
        let mut command = Command::new("sh");
        git::free(&mut command);
        let status = command
            .args(["-c", build])
            .current_dir(&tree)
            // Wherever the user's own builds go: `--program` is in here.
            .env("CARGO_TARGET_DIR", tree.join("target"))
            .envs(flags::variable(|name| std::env::var_os(name)))
            .stdin(Stdio::null())
            // Standard output is the verdict's.
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("`{build}`"))?;
        ensure!(status.success(), "`{build}` failed on {short}{}: {status}", named(patches));
        BuildCache::keep(&made, &kept).with_context(|| {
            format!("{}: `{build}` left no program there; see --program", made.display())
        })?;
        fs::canonicalize(&kept).with_context(|| kept.display().to_string())
    }

    fn path(&self, revision: &str, patches: &[Patch]) -> anyhow::Result<PathBuf> {
        let program = self.made(revision);
        self.kept.path(revision, (patches, &self.build, program, flags::FLAGS))
    }

    /// Returns where the build of a revision leaves the program, below its worktree.
    fn made(&self, revision: &str) -> PathBuf {
        let name = || features::name_of(revision).unwrap_or_else(|| "tminus".into());
        let program = self.program.clone();
        program.unwrap_or_else(|| Path::new("target/release").join(name()))
    }

    /// Checks out the worktree, at `revision` and without what patches left.
    fn check_out(&self, revision: &str) -> anyhow::Result<PathBuf> {
        let tree = self.kept.root()?.join("tree");
        tree::check_out(Path::new("."), &tree, revision)?;
        Ok(tree)
    }
}

/// Returns the command that builds the programs of all `revisions`: with the features that the
/// cells need and no others, where all are revisions of tminus that have these. One side alone
/// would have other crates than the other.
pub(super) fn command(
    build: &str,
    features: Option<&BTreeSet<&'static str>>,
    revisions: &[&str],
) -> String {
    let needed = || {
        let manifests = revisions.iter().map(|it| features::of(it)).collect::<Option<Vec<_>>>()?;
        let [first, .., last] = manifests.as_slice() else { return None };
        features::needed(features, &[first.clone(), last.clone()])
    };
    match (build == cli::BUILD).then(needed).flatten() {
        Some(names) => format!("{build} --no-default-features --features '{}'", names.join(",")),
        None => build.to_owned(),
    }
}

/// Returns whether a build of `revision` would take the crates that are newest today: it is a build
/// by cargo, and no lock file is kept with the revision.
fn is_unlocked(revision: &str) -> anyhow::Result<bool> {
    let words = ["ls-tree", "--full-tree", "--name-only", revision, "Cargo.toml", "Cargo.lock"];
    let told = git::ask(Path::new("."), &words).map_err(|why| anyhow!("git: {why}"))?;
    Ok(told.trim() == "Cargo.toml")
}

/// Returns ` with tokio, smol replaced`, for example.
fn named(patches: &[Patch]) -> String {
    let names: Vec<&str> = patches.iter().map(|patch| patch.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" with {} replaced", names.join(", ")) }
}

/// Runs a command and returns what it prints. If it fails, its message is the error, in one line.
/// Variables of a hook that this gate may run in are removed, so they cannot tell the command what
/// to work on.
pub(super) fn output(mut command: Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    git::free(&mut command);
    let output = child::output(command, PATIENCE).map_err(|why| anyhow!("{name}: {why}"))?;
    git::printed(&output).map_err(|_| anyhow!("{name}: {}", reason(&output)))
}

/// Returns the message of a command that failed, or how it ended, without its messages of progress.
fn reason(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said.lines().map(str::trim).map(|line| line.trim_start_matches("error: "));
    let is_reason = |line: &&str| {
        !line.is_empty() && !line.starts_with("Updating ") && !line.starts_with("warning: ")
    };
    let lines: Vec<&str> = lines.filter(is_reason).collect();
    let said = lines.join("; ").replace("; Caused by:; ", ": ");
    if said.is_empty() { output.status.to_string() } else { text::escape(&said) }
}
