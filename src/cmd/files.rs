//! Files that are written whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file anew in one step: a kill leaves the old one or the new one, and nobody reads a half.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    let permissions = fs::metadata(path).map(|old| old.permissions());
    if let Some(permissions) = permissions.ok().or_else(usual_permissions) {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path)?;
    Ok(())
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
