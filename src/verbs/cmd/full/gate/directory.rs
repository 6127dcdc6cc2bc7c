//! The directory of a gate on the disk: made, filled with copies of the programs, and looked at
//! before anything that lies in it is run or written to.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use tminus_measure::files;

use super::plan::PLAN;
use crate::cmd::full::runs;

const PROGRAMS: &str = "programs";

/// The place of the copies until they are whole.
const UNFINISHED: &str = "programs.new";

/// How the names of these directories begin.
const PREFIX: &str = "gate-";

/// Returns where the copies of the programs of the gate in `directory` lie until it is at its end.
pub(super) fn programs_of(directory: &Path) -> PathBuf {
    directory.join(PROGRAMS)
}

/// Returns a name. All have one length: the name of a program is part of its stack.
pub(super) fn program_name(side: usize) -> String {
    format!("{side}")
}

/// Makes the directory of a gate in `out`, and removes gates that were killed before their first
/// child.
///
/// # Errors
/// The error that keeps it from being there; another gate of that seed.
pub(super) fn create(out: &Path, seed: u64) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    sweep(out);
    let directory = out.join(format!("{PREFIX}{seed:016x}"));
    let at = directory.display();
    // An empty one is of a gate that was killed at once.
    let _ = fs::remove_dir(&directory);
    match fs::create_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
            "{at}: there is a gate with this seed already: `{} gate --resume {at}` goes on with it or \
             shows it; or take another --seed or --out",
            runs::program(),
        ),
        made => made.with_context(|| at.to_string())?,
    }
    Ok(directory)
}

/// Copies baseline, baseline and candidate; they are in their place once they are whole.
///
/// # Errors
/// The error that keeps a file from being copied.
pub(super) fn copy([baseline, candidate]: &[PathBuf; 2], directory: &Path) -> anyhow::Result<()> {
    let copies = directory.join(UNFINISHED);
    let at = || copies.display().to_string();
    fs::create_dir(&copies).with_context(at)?;
    // Until it is closed: other gates see that this one is at work.
    let open = File::open(&copies).with_context(at)?;
    let _ = open.try_lock();
    for (side, program) in [baseline, baseline, candidate].into_iter().enumerate() {
        let copy = copies.join(program_name(side));
        // Written out: the system forgets no page that is not on a disk, see `Program::read_anew`.
        files::copy(program, &copy).with_context(|| program.display().to_string())?;
    }
    fs::rename(&copies, programs_of(directory)).with_context(at)
}

/// Removes the gates that ended while they copied their programs.
fn sweep(out: &Path) {
    for entry in fs::read_dir(out).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|it| it.is_dir());
        let copies = entry.path().join(UNFINISHED);
        if is_ours && is_plain(&copies, fs::Metadata::is_dir) && !is_at_work(&copies) {
            discard(&entry.path());
        }
    }
}

/// Removes a gate that has measured nothing. What else lies in its directory stays.
fn discard(directory: &Path) {
    // What stays only takes room.
    let _ = fs::remove_dir_all(directory.join(UNFINISHED));
    let mut left = fs::read_dir(directory).into_iter().flatten().flatten();
    if left.all(|it| it.file_name() == PLAN) {
        let _ = fs::remove_dir_all(directory);
    }
}

/// Returns whether a gate copies into `copies` now. A file system without locks does not tell.
fn is_at_work(copies: &Path) -> bool {
    let locked = File::open(copies).map(|file| file.try_lock());
    !matches!(locked, Ok(Ok(()) | Err(TryLockError::Error(_))))
}

/// Refuses a directory that a gate would not have left so: its programs are run, and its files
/// appended to.
///
/// # Errors
/// A directory that is no gate, was cut off before its first child, or is another user's; links in
/// it.
pub(super) fn check(directory: &Path) -> anyhow::Result<()> {
    let at = directory.display();
    ensure!(directory.join(PLAN).exists(), "{at}: is no gate: there is no {PLAN} in it");
    let copies = directory.join(UNFINISHED);
    if is_plain(&copies, fs::Metadata::is_dir) {
        ensure!(!is_at_work(&copies), "{at}: this gate begins only now: wait for it");
        discard(directory);
        bail!("{at}: was cut off before it began: start a new gate");
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
            "{}: is a link, or no file: it leads out of the gate",
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
