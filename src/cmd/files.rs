//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Writes a file anew in one step: a kill leaves the old one or the new one, and nobody reads a half.
/// What a link leads to is replaced, not the link; devices and pipes (`/dev/stdout`) just take the bytes.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let is_no_file = fs::metadata(path).is_ok_and(|known| !known.is_file());
    if is_no_file || path.starts_with("/dev") {
        return Ok(fs::write(path, bytes)?);
    }
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = fs::metadata(path).map(|old| old.permissions());
    written_beside(path, bytes, permissions.ok())?.persist(path)?;
    Ok(())
}

/// Writes a file that is not there yet, and the directories that lead to it. One that is there with these
/// bytes is fine, another stays and is an error.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let written = written_beside(path, bytes, None)?;
    match written.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            let is_same = fs::read(path)? == bytes;
            if is_same { Ok(()) } else { Err(refused.error) }
        }
        Err(refused) => Err(refused.error),
    }
}

/// The file that is to be at `path`, whole, in the same directory under a name of its own.
fn written_beside(
    path: &Path,
    bytes: &[u8],
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions.or_else(usual_permissions) {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// Writes the file `path` below `out` anew, with the directories that lead to it.
pub(super) fn replace_below(out: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = out.join(path);
    let at = || path.display().to_string();
    fs::create_dir_all(path.parent().unwrap_or(out)).with_context(at)?;
    replace(&path, bytes).with_context(at)
}

/// A file that is made for a moment is for its owner alone; one that stays is not.
fn usual_permissions() -> Option<fs::Permissions> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        Some(fs::Permissions::from_mode(0o644))
    }
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_to_is_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        replace(&file, b"old").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        replace(&link, b"new").expect("written");
        assert_eq!(fs::read(&file).expect("is there"), b"new");
        assert!(fs::symlink_metadata(&link).expect("is there").is_symlink());
        assert_eq!(
            fs::read_dir(directory.path()).expect("listed").count(),
            2,
            "nothing else stays"
        );
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("new/file");
        create(&file, b"mine").expect("written");
        create(&file, b"mine").expect("there already");
        let refused = create(&file, b"other").expect_err("there is another");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).expect("is there"), b"mine");
        assert_eq!(fs::read_dir(directory.path().join("new")).expect("listed").count(), 1);
    }

    #[test]
    fn a_device_stays_one() {
        replace(Path::new("/dev/null"), b"gone").expect("written");
        assert!(!fs::metadata("/dev/null").expect("is there").is_file());
    }
}
