//! A directory with files below it, none of which is a link and none of which is reached through
//! one.
//!
//! The directory is opened once; from there on every part of a path is opened by its name in the
//! part before it, and links are refused. So a path leads nowhere else, whatever was put there, and
//! whatever is put there meanwhile.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;
use tminus_contract::error::{Error, Result};

use super::draft::{self, DIRECTORY, Draft};

/// A directory that is open.
#[derive(Debug)]
pub struct Tree {
    path: PathBuf,
    root: OwnedFd,
    /// Directories in which no draft of a killed program is left.
    swept: RefCell<BTreeSet<PathBuf>>,
}

impl Tree {
    /// Opens the directory at `path`; gives `None` where there is nothing.
    ///
    /// # Errors
    /// [`Error::File`], also if it is no directory.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        match rustix::fs::open(path, DIRECTORY, Mode::empty()) {
            Ok(root) => Ok(Some(Self { path: path.into(), root, swept: RefCell::default() })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(Error::File { path: path.into(), cause: error.into() }),
        }
    }

    /// Opens the directory at `path`, and makes it where there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_or_create(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(|cause| Error::File { path: path.into(), cause })?;
        let gone = || Error::File { path: path.into(), cause: ErrorKind::NotFound.into() };
        Self::open(path)?.ok_or_else(gone)
    }

    /// Gives what the directory itself holds, without what a killed program left of its own.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn names(&self) -> Result<Vec<OsString>> {
        draft::names(self.root.as_fd()).map_err(|cause| self.failed("", cause))
    }

    /// Refuses a place where no plain file can be written or removed. Changes nothing.
    ///
    /// # Errors
    /// [`Error::File`] for a link, or a directory in its place, or a link on the way.
    pub fn check(&self, file: impl AsRef<Path>) -> Result<()> {
        self.find(file.as_ref(), false).map(|_| ())
    }

    /// Reads a file; gives `None` where there is none.
    ///
    /// # Errors
    /// As [`check`](Self::check), and [`Error::File`] for more than `max_bytes`.
    pub fn read(&self, file: impl AsRef<Path>, max_bytes: u64) -> Result<Option<Vec<u8>>> {
        let file = file.as_ref();
        let Some(Entry { directory, name, is_there: true }) = self.find(file, false)? else {
            return Ok(None);
        };
        let read = open_plain(directory.as_fd(), &name).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(max_bytes + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > max_bytes {
                return Err(io::Error::other(format!("longer than {} MiB", max_bytes >> 20)));
            }
            Ok(bytes)
        });
        read.map(Some).map_err(|cause| self.failed(file, cause))
    }

    /// Writes a file, with the directories that lead to it, unless it is there with these bytes.
    ///
    /// # Errors
    /// As [`check`](Self::check), and what the system says; the file is then as it was.
    pub fn write(&self, file: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        let file = file.as_ref();
        let failed = |cause| self.failed(file, cause);
        let Some(Entry { directory, name, is_there }) = self.find(file, true)? else {
            return Err(failed(ErrorKind::NotFound.into()));
        };
        self.sweep_once(file, directory.as_fd());
        if is_there && holds(directory.as_fd(), &name, bytes).unwrap_or(false) {
            return Ok(());
        }
        let mut draft = Draft::within(directory, super::PLAIN).map_err(failed)?;
        draft.file().write_all(bytes).and_then(|()| draft.replace(&name)).map_err(failed)
    }

    /// Writes a file of what `write` writes, with the directories that lead to it: one that is too
    /// large to be held whole.
    ///
    /// # Errors
    /// As [`write`](Self::write), and those of `write`.
    pub fn write_with(
        &self,
        file: impl AsRef<Path>,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<()> {
        let file = file.as_ref();
        let failed = |cause| self.failed(file, cause);
        let Some(Entry { directory, name, .. }) = self.find(file, true)? else {
            return Err(failed(ErrorKind::NotFound.into()));
        };
        self.sweep_once(file, directory.as_fd());
        let mut draft = Draft::within(directory, super::PLAIN).map_err(failed)?;
        write(draft.file()).and_then(|()| draft.replace(&name)).map_err(failed)
    }

    /// Removes a file, where there is one.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn remove(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let Some(Entry { directory, name, is_there: true }) = self.find(file, false)? else {
            return Ok(());
        };
        self.sweep_once(file, directory.as_fd());
        unlinkat(&directory, &name, AtFlags::empty())
            .map_err(|error| self.failed(file, error.into()))
    }

    /// Returns the directory that `file` is in and its name; `None` where there is no such
    /// directory.
    fn find(&self, file: &Path, may_create: bool) -> Result<Option<Entry>> {
        let mut parts = parts(file)
            .ok_or_else(|| self.failed(file, io::Error::other("leads out of the directory")))?;
        let name = parts.pop().unwrap_or_default().to_owned();
        let mut path = PathBuf::new();
        let mut directory = openat(&self.root, ".", DIRECTORY, Mode::empty())
            .map_err(|error| self.failed("", error.into()))?;
        for part in parts {
            path.push(part);
            let next = step(directory.as_fd(), part, may_create);
            match next.map_err(|cause| self.failed(&path, cause))? {
                Some(next) => directory = next,
                None => return Ok(None),
            }
        }
        let is_there = is_plain(directory.as_fd(), &name).map_err(|it| self.failed(file, it))?;
        Ok(Some(Entry { directory, name, is_there }))
    }

    /// Removes drafts from the directory of `file`, the first time.
    fn sweep_once(&self, file: &Path, directory: BorrowedFd<'_>) {
        let parent = file.parent().unwrap_or(Path::new("")).to_owned();
        if self.swept.borrow_mut().insert(parent) {
            draft::sweep(directory);
        }
    }

    fn failed(&self, below: impl AsRef<Path>, cause: io::Error) -> Error {
        Error::File { path: self.path.join(below), cause }
    }
}

/// The place of a file that exists or may be made.
struct Entry {
    directory: OwnedFd,
    name: OsString,
    is_there: bool,
}

/// Returns the parts of a path that leads downwards, at least one.
fn parts(path: &Path) -> Option<Vec<&OsStr>> {
    let part = |part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    };
    let parts: Option<Vec<&OsStr>> = path.components().map(part).collect();
    parts.filter(|parts| !parts.is_empty())
}

/// Opens the directory `name`; `None` where there is none and none may be made.
fn step(directory: BorrowedFd<'_>, name: &OsStr, may_create: bool) -> io::Result<Option<OwnedFd>> {
    let open = || openat(directory, name, DIRECTORY.union(OFlags::NOFOLLOW), Mode::empty());
    match open() {
        Ok(next) => Ok(Some(next)),
        Err(Errno::NOENT) if may_create => {
            match mkdirat(directory, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => Ok(Some(open()?)),
                Err(error) => Err(error.into()),
            }
        }
        Err(Errno::NOENT) => Ok(None),
        // Systems differ in what they say of a link.
        Err(error) => Err(match kind(directory, name)? {
            Some(FileType::Symlink) => is_a("link, and may lead anywhere"),
            Some(FileType::Directory) | None => error.into(),
            Some(_) => is_a("file where a directory must be"),
        }),
    }
}

/// Returns whether a plain file of this name is there.
///
/// # Errors
/// If something else is.
fn is_plain(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<bool> {
    match kind(directory, name)? {
        None => Ok(false),
        Some(FileType::RegularFile) => Ok(true),
        Some(FileType::Symlink) => Err(is_a("link, and may lead anywhere")),
        Some(FileType::Directory) => Err(is_a("directory where a file must be")),
        Some(_) => Err(is_a("device or a pipe where a file must be")),
    }
}

fn is_a(what: &str) -> io::Error {
    io::Error::other(format!("is a {what}; remove it, or choose a new directory"))
}

/// Returns the type of the file of this name; links are not followed.
fn kind(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<Option<FileType>> {
    match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(known) => Ok(Some(FileType::from_raw_mode(known.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn open_plain(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<File> {
    // Opening a pipe would wait for its other end.
    let flags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);
    let file = File::from(openat(directory, name, flags.union(OFlags::CLOEXEC), Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(is_a("device or a pipe")) }
}

fn holds(directory: BorrowedFd<'_>, name: &OsStr, bytes: &[u8]) -> io::Result<bool> {
    let file = open_plain(directory, name)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut old = Vec::with_capacity(bytes.len());
    file.take(bytes.len() as u64 + 1).read_to_end(&mut old)?;
    Ok(old == bytes)
}
