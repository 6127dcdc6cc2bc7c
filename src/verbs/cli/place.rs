//! The directory of the runs, as seen from a directory below.

use std::path::{Path, PathBuf};

/// Returns `path` in this directory or in the nearest above it that has it, up to the root of the
/// workspace or repository; `path` itself where none has it, or where there is no root.
pub(crate) fn upward(path: &Path) -> PathBuf {
    if path.is_absolute() || path.exists() {
        return path.into();
    }
    let found = std::env::current_dir().ok().and_then(|here| above(path, &here));
    found.unwrap_or_else(|| path.into())
}

fn above(path: &Path, here: &Path) -> Option<PathBuf> {
    let is_root = |it: &&Path| it.join("Cargo.lock").exists() || it.join(".git").exists();
    let root = here.ancestors().find(is_root)?;
    let within = here.ancestors().take_while(|it| it.starts_with(root));
    within.map(|it| it.join(path)).find(|found| found.exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_lies_above_the_root_is_of_others() {
        let top = tempfile::tempdir().expect("a directory");
        let (outer, inner) = (top.path().join("outer"), top.path().join("outer/a/b"));
        fs::create_dir_all(&inner).expect("made");
        fs::create_dir_all(outer.join("target/tminus")).expect("made");
        let found = || above(Path::new("target/tminus"), &inner);
        assert_eq!(found(), None, "there is no root");
        fs::write(outer.join("Cargo.lock"), "").expect("written");
        assert_eq!(found(), Some(outer.join("target/tminus")));
        fs::create_dir(outer.join("a/.git")).expect("made");
        assert_eq!(found(), None, "a root of its own stands between");
    }
}
