//! Files that appear whole or not at all. Touches the OS.
//!
//! Each is written beside its place, as a draft, and then moved there in one step. It is
//! as readable as the umask says. A kill leaves the old file or the new one, and at most a draft,
//! which the next write into that directory removes. A [`Tree`] is a directory in which no link
//! leads anywhere else.

mod draft;
mod tree;

pub use tree::Tree;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use draft::Draft;

/// The permissions of files before the umask.
const PLAIN: u32 = 0o666;

/// Writes the file at `path` anew, down to the disk. It keeps its mode. What a link leads to is
/// replaced, not the link; devices and pipes (`/dev/stdout`) take the bytes.
///
/// # Errors
/// The system's error; the file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_no_file = fs::metadata(path).is_ok_and(|known| !known.is_file());
    if is_no_file || path.starts_with("/dev") {
        return fs::write(path, bytes);
    }
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = fs::metadata(path).map(|old| old.permissions()).ok();
    let mode = permissions.as_ref().map_or(PLAIN, |it| it.mode() & 0o777);
    let mut draft = Draft::beside(path, mode)?;
    draft.file().write_all(bytes)?;
    if let Some(permissions) = permissions {
        draft.file().set_permissions(permissions)?;
    }
    draft.file().sync_all()?;
    draft.replace(name_of(path)?)
}

/// Creates the file at `path`, down to the disk, with the directories that lead to it. One that is
/// there with these bytes is fine.
///
/// # Errors
/// The system's error, and [`io::ErrorKind::AlreadyExists`] if there is another file, which
/// stays.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let created = create_with(path, |file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_same = fs::metadata(path)?.is_file() && fs::read(path)? == bytes;
            if is_same { Ok(()) } else { Err(error) }
        }
        other => other.map(drop),
    }
}

/// Creates the file at `path` of what `write` writes, with the directories that lead to it. Returns
/// it open for appending and locked for this program alone.
///
/// # Errors
/// As [`create`], and those of `write`.
pub fn create_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<File> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let mut draft = Draft::beside(path, PLAIN)?;
    write(draft.file())?;
    draft.create(name_of(path)?)
}

/// Copies the program at `from` to `to`, down to the disk, in place of what is there. It may be run
/// by users that may run `from` and that the umask does not exclude.
///
/// # Errors
/// The system's error; what was at `to` is then as it was.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    // Opening a pipe would wait for its other end.
    let mut options = File::options();
    let source = &mut options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let mut source = source.open(from)?;
    let known = source.metadata()?;
    if !known.is_file() {
        return Err(io::Error::other("is no plain file"));
    }
    let mut draft = Draft::beside(to, known.permissions().mode() & 0o777)?;
    io::copy(&mut source, draft.file())?;
    draft.file().sync_all()?;
    draft.replace(name_of(to)?)
}

/// Returns the last part of a path that a file can have.
fn name_of(path: &Path) -> io::Result<&std::ffi::OsStr> {
    path.file_name().ok_or_else(|| io::Error::other("expected the name of a file"))
}

#[cfg(test)]
mod tests;
