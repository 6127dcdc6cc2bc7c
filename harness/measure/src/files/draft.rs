//! A file on its way to its place: beside it, under a name that says whose it is, and locked.
//!
//! The lock goes with the program that holds it, so a draft without one was left by a program that
//! was killed, whatever the ids of processes say: on another machine, or in another container.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, linkat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// `.tminus-PROCESS-NUMBER.part`.
const START: &str = ".tminus-";
const END: &str = ".part";

/// How a directory is opened.
pub(super) const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A file that is removed when it is dropped, unless it came to its place.
#[derive(Debug)]
pub(super) struct Draft {
    directory: OwnedFd,
    name: String,
    file: File,
}

impl Draft {
    /// Creates a draft beside `path`, and removes those that were left there.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        let directory =
            rustix::fs::open(directory.unwrap_or(Path::new(".")), DIRECTORY, Mode::empty())?;
        sweep(directory.as_fd());
        Self::within(directory, mode)
    }

    /// Creates a draft in the directory, with what the umask leaves of `mode`.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn within(directory: OwnedFd, mode: u32) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let flags = OFlags::WRONLY.union(OFlags::APPEND).union(OFlags::CLOEXEC);
        let flags = flags.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{START}{}-{number}{END}", std::process::id());
            let file = match openat(&directory, &name, flags, Mode::from_raw_mode(mode)) {
                // Left by another process that had this id.
                Err(Errno::EXIST) => continue,
                other => File::from(other?),
            };
            // Where there are no locks, nothing is ever swept.
            let _ = file.lock();
            // It may have been swept before it was locked.
            if file.metadata()?.nlink() > 0 {
                return Ok(Self { directory, name, file });
            }
        }
    }

    /// Returns the file, to be written to.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Moves the file to its place, `name` in the same directory, over what is there.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn replace(self, name: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.directory, &self.name, &self.directory, name)?)
    }

    /// Moves the file to its place, where nothing may be, and gives it, locked.
    ///
    /// # Errors
    /// The system's error, and that there is such a file.
    pub(super) fn create(self, name: &OsStr) -> io::Result<File> {
        let there = || io::Error::new(io::ErrorKind::AlreadyExists, "there is such a file already");
        let (directory, draft) = (&self.directory, &self.name);
        match linkat(directory, draft, directory, name, AtFlags::empty()) {
            Err(Errno::EXIST) => return Err(there()),
            // Some file systems have no links.
            Err(_) if statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() => {
                return Err(there());
            }
            Err(_) => renameat(directory, draft, directory, name)?,
            Ok(()) => {}
        }
        self.file.try_clone()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone, where it came to its place.
        let _ = unlinkat(&self.directory, &self.name, AtFlags::empty());
    }
}

/// Returns whether a file of this name is a draft.
pub(super) fn is_draft(name: &[u8]) -> bool {
    name.starts_with(START.as_bytes()) && name.ends_with(END.as_bytes())
}

/// Removes the drafts in the directory that belong to no program any more. What cannot be removed
/// stays.
pub(super) fn sweep(directory: BorrowedFd<'_>) {
    let Ok(entries) = Dir::read_from(directory) else { return };
    for entry in entries.flatten().filter(|it| is_draft(it.file_name().to_bytes())) {
        let _ = sweep_one(directory, entry.file_name());
    }
}

fn sweep_one(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let flags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);
    let file = File::from(openat(directory, name, flags.union(OFlags::CLOEXEC), Mode::empty())?);
    let is_left = file.metadata()?.is_file() && matches!(file.try_lock(), Ok(()));
    if is_left {
        unlinkat(directory, name, AtFlags::empty())?;
    }
    Ok(())
}

/// Gives what a directory holds, without drafts.
///
/// # Errors
/// The system's error.
pub(super) fn names(directory: BorrowedFd<'_>) -> io::Result<Vec<std::ffi::OsString>> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." && !is_draft(name) {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}
