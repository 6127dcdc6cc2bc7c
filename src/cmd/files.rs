//! Files that are written whole or not at all.

use std::fs;
use std::io::Write as _;
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
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    let permissions = fs::metadata(path).map(|old| old.permissions());
    if let Some(permissions) = permissions.ok().or_else(usual_permissions) {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path)?;
    Ok(())
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
    fn a_device_stays_one() {
        replace(Path::new("/dev/null"), b"gone").expect("written");
        assert!(!fs::metadata("/dev/null").expect("is there").is_file());
    }
}
