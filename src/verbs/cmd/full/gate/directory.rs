//! The directory of a gate, or of `versions`, on the disk: made, filled with copies of programs,
//! and looked at before anything that lies in it is run or written to.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;
use tminus_measure::files;

use crate::cmd::full::runs;

const PROGRAMS: &str = "programs";

/// The place of the copies until they are whole.
const UNFINISHED: &str = "programs.new";

/// What lies in such a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// The verb that makes and resumes it. The names of these directories begin with it.
    pub(super) verb: &'static str,
    /// What it is, with its article.
    pub(super) name: &'static str,
    /// Its first file, which says what is to be measured.
    pub(super) plan: &'static str,
}

/// That of two programs.
pub(super) const GATE: Kind = Kind { verb: "gate", name: "a gate", plan: "gate.json" };

/// That of many releases of a crate.
pub(super) const VERSIONS: Kind =
    Kind { verb: "versions", name: "a session of versions", plan: "versions.json" };

/// So many sides have a name each.
pub(super) const MOST_SIDES: usize = 36;

/// Returns where the copies of the programs of the gate in `directory` lie until it is at its end.
pub(super) fn programs_of(directory: &Path) -> PathBuf {
    directory.join(PROGRAMS)
}

/// Returns a name. All have one length: the name of a program is part of its stack.
pub(super) fn program_name(side: usize) -> String {
    let digit = u32::try_from(side).ok().and_then(|side| char::from_digit(side, MOST_SIDES as u32));
    digit.unwrap_or('-').into()
}

/// Makes a directory of this kind in `out`, and removes those that were killed before their first
/// child.
///
/// # Errors
/// The error that keeps it from being there; another one of that seed.
pub(super) fn create(kind: Kind, out: &Path, seed: u64) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    sweep(kind, out);
    let directory = out.join(format!("{}-{seed:016x}", kind.verb));
    let at = directory.display();
    // An empty one is of a gate that was killed at once.
    let _ = fs::remove_dir(&directory);
    match fs::create_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
            "{at}: there is {} with this seed already: `{} {} --resume {at}` goes on with it or \
             shows it; or take another --seed or --out",
            kind.name,
            runs::program(),
            kind.verb,
        ),
        made => made.with_context(|| at.to_string())?,
    }
    Ok(directory)
}

/// Writes the plan and copies the program of each side.
///
/// # Errors
/// The error that keeps a file from being there; then the directory is removed.
pub(super) fn fill(
    kind: Kind,
    directory: &Path,
    plan: &impl Serialize,
    sides: &[&Path],
) -> anyhow::Result<()> {
    let path = directory.join(kind.plan);
    let write = || {
        let written = files::replace(&path, &serde_json::to_vec(plan)?);
        written.with_context(|| path.display().to_string())
    };
    let filled = write().and_then(|()| copy(sides, directory));
    if filled.is_err() {
        // Nothing was measured: what is left only takes room.
        let _ = fs::remove_dir_all(directory);
    }
    filled
}

/// Copies the program of each side; they are in their place once they are whole.
///
/// # Errors
/// The error that keeps a file from being copied.
fn copy(sides: &[&Path], directory: &Path) -> anyhow::Result<()> {
    let copies = directory.join(UNFINISHED);
    let at = || copies.display().to_string();
    fs::create_dir(&copies).with_context(at)?;
    // Until it is closed: other gates see that this one is at work.
    let open = File::open(&copies).with_context(at)?;
    let _ = open.try_lock();
    for (side, program) in sides.iter().enumerate() {
        let copy = copies.join(program_name(side));
        // Written out: the system forgets no page that is not on a disk, see `Program::read_anew`.
        files::copy(program, &copy).with_context(|| program.display().to_string())?;
    }
    fs::rename(&copies, programs_of(directory)).with_context(at)
}

/// Removes those that ended while they copied their programs.
fn sweep(kind: Kind, out: &Path) {
    for entry in fs::read_dir(out).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.strip_prefix(kind.verb).is_some_and(|rest| rest.starts_with('-'))
            && entry.file_type().is_ok_and(|it| it.is_dir());
        let copies = entry.path().join(UNFINISHED);
        if is_ours && is_plain(&copies, fs::Metadata::is_dir) && !is_at_work(&copies) {
            discard(kind, &entry.path());
        }
    }
}

/// Removes what has measured nothing. What else lies in its directory stays.
fn discard(kind: Kind, directory: &Path) {
    // What stays only takes room.
    let _ = fs::remove_dir_all(directory.join(UNFINISHED));
    let mut left = fs::read_dir(directory).into_iter().flatten().flatten();
    if left.all(|it| it.file_name() == kind.plan) {
        let _ = fs::remove_dir_all(directory);
    }
}

/// Returns whether a gate copies into `copies` now. A file system without locks does not tell.
fn is_at_work(copies: &Path) -> bool {
    let locked = File::open(copies).map(|file| file.try_lock());
    !matches!(locked, Ok(Ok(()) | Err(TryLockError::Error(_))))
}

/// Refuses a directory that the verb of `kind` would not have left so: its programs are run, and
/// its files appended to.
///
/// # Errors
/// A directory of no such kind, that was cut off before its first child, or is another user's;
/// links in it.
pub(super) fn check(kind: Kind, directory: &Path) -> anyhow::Result<()> {
    let at = directory.display();
    let Kind { verb, name, plan } = kind;
    ensure!(directory.join(plan).exists(), "{at}: is no{}: there is no {plan} in it", &name[1..]);
    let copies = directory.join(UNFINISHED);
    if is_plain(&copies, fs::Metadata::is_dir) {
        ensure!(!is_at_work(&copies), "{at}: this {verb} begins only now: wait for it");
        discard(kind, directory);
        bail!("{at}: was cut off before it began: start a new {verb}");
    }
    // Of what this process makes, that is.
    let owner =
        tempfile::tempfile().and_then(|it| it.metadata()).context("a temporary file")?.uid();
    let mut all = vec![directory.to_owned()];
    for inside in [directory, &programs_of(directory)] {
        let entries = fs::read_dir(inside).into_iter().flatten().flatten();
        all.extend(entries.map(|entry| entry.path()));
    }
    for path in all {
        // Only the directory itself may be named by a link.
        let facts =
            if path == directory { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
        let facts = facts.with_context(|| path.display().to_string())?;
        ensure!(
            facts.is_dir() || facts.is_file(),
            "{}: is a link, or no file: it leads out of the {verb}",
            path.display()
        );
        ensure!(
            facts.uid() == owner,
            "{}: is another user's: its programs would be run as yours",
            path.display()
        );
    }
    Ok(())
}

/// Returns whether there is something at `path` itself that `is` that.
fn is_plain(path: &Path, is: impl Fn(&fs::Metadata) -> bool) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| is(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_distinct_names_of_one_length() {
        let mut names: Vec<String> = (0..MOST_SIDES).map(program_name).collect();
        assert_eq!((names[0].as_str(), names[2].as_str(), names[35].as_str()), ("0", "2", "z"));
        names.dedup();
        assert!(names.len() == MOST_SIDES && names.iter().all(|name| name.len() == 1));
    }
}
