//! Programs that were built before: the names that they are kept under, which say all that a build
//! depends on, the lock on the place where they are built, and how a new one gets among them.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::hash::{Hash, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use tminus_harness::files;

use super::source::output;

/// Variables that cargo and rustc look at, and those that build scripts which compile C do, by how they
/// begin.
const TELL_CARGO: [&str; 14] = [
    "RUSTFLAGS",
    "RUSTC",
    "RUSTUP_TOOLCHAIN",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_PROFILE_",
    "CARGO_BUILD_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "CARGO_INCREMENTAL",
    "CC",
    "CXX",
    "CFLAGS",
    "HOST_C",
    "TARGET_C",
];

/// Those of them that say where and how fast, but not what, is built.
const TELL_NOTHING: [&str; 3] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_JOBS"];

/// A directory of programs that were built.
pub(super) struct Kept {
    root: PathBuf,
    surroundings: Surroundings,
}

/// What a build depends on beside its revision. A revision that names a toolchain uses that one; the
/// one here stands for the others.
#[derive(Hash)]
struct Surroundings {
    rustc: String,
    variables: BTreeMap<OsString, OsString>,
}

impl Kept {
    pub(super) fn new(root: PathBuf) -> Self {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        // Where there is none, the command that builds needs none.
        let mut rustc = Command::new(rustc);
        rustc.arg("-vV");
        let rustc = output(rustc).unwrap_or_default();
        let variables = variables(std::env::vars_os());
        Self { root, surroundings: Surroundings { rustc, variables } }
    }

    /// The directory, created.
    ///
    /// # Errors
    /// What keeps it from being there.
    pub(super) fn root(&self) -> anyhow::Result<PathBuf> {
        let at = || self.root.display().to_string();
        fs::create_dir_all(&self.root).with_context(at)?;
        fs::canonicalize(&self.root).with_context(at)
    }

    /// Waits until no other gate builds here, and keeps others waiting until the file is closed. Two in
    /// one tree would build each other's revisions.
    ///
    /// # Errors
    /// What keeps the file from being there.
    pub(super) fn lock(&self) -> anyhow::Result<File> {
        let path = self.root()?.join("lock");
        let at = || path.display().to_string();
        let file = File::create(&path).with_context(at)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                crate::cmd::say(format_args!("another gate builds in {}: waiting", at()));
                file.lock().with_context(at)?;
            }
            // A file system without locks.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        Ok(file)
    }

    /// Where the program of `revision` is kept that was built with `settings`.
    pub(super) fn path(&self, revision: &str, settings: impl Hash) -> PathBuf {
        self.root.join(name(revision, settings, &self.surroundings))
    }

    /// Copies the program `made` to `kept`, where it appears whole or not at all.
    ///
    /// # Errors
    /// If there is no such program, or no place for it.
    pub(super) fn keep(made: &Path, kept: &Path) -> io::Result<()> {
        files::copy(made, kept)
    }
}

fn name(revision: &str, settings: impl Hash, surroundings: &Surroundings) -> String {
    let mut hasher = DefaultHasher::new();
    (settings, surroundings).hash(&mut hasher);
    format!("{revision}-{:016x}", hasher.finish())
}

/// Those that change what is built.
fn variables(all: impl Iterator<Item = (OsString, OsString)>) -> BTreeMap<OsString, OsString> {
    let counts = |(name, _): &(OsString, OsString)| {
        let name = name.to_string_lossy();
        TELL_CARGO.iter().any(|start| name.starts_with(start))
            && !TELL_NOTHING.contains(&name.as_ref())
    };
    all.filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(all: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        variables(all.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn what_changes_a_build_changes_the_name_of_what_is_kept() {
        let name = |rustc: &str, all: &[(&str, &str)]| {
            let surroundings = Surroundings { rustc: rustc.into(), variables: chosen(all) };
            name("4a1f", "cargo build", &surroundings)
        };
        let plain = name("1.95", &[("HOME", "/a"), ("CARGO_BUILD_JOBS", "1")]);
        assert_eq!(plain, name("1.95", &[("CARGO_TARGET_DIR", "/b"), ("PATH", "/c")]));
        let others = [
            name("1.96", &[]),
            name("1.95", &[("RUSTFLAGS", "-C opt-level=1")]),
            name("1.95", &[("CARGO_ENCODED_RUSTFLAGS", "-Copt-level=1")]),
            name("1.95", &[("CARGO_PROFILE_RELEASE_LTO", "off")]),
            name("1.95", &[("CARGO_PROFILE_RELEASE_LTO", "thin")]),
            name("1.95", &[("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-g")]),
            name("1.95", &[("CC", "clang")]),
            name("1.95", &[("CXXFLAGS", "-O1")]),
            name("1.95", &[("CFLAGS_x86_64_unknown_linux_gnu", "-O1")]),
            name("1.95", &[("TARGET_CC", "clang")]),
        ];
        let mut distinct: Vec<&String> = others.iter().chain([&plain]).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 11);
    }

    #[test]
    fn a_program_appears_whole_or_not_at_all() {
        let here = tempfile::TempDir::new().expect("a directory");
        let [made, kept] = ["made", "kept"].map(|name| here.path().join(name));
        assert!(Kept::keep(&made, &kept).is_err() && !kept.exists());
        fs::write(&made, "program").expect("a file");
        Kept::keep(&made, &kept).expect("a copy");
        assert_eq!(fs::read(&kept).expect("a file"), b"program");
        assert_eq!(fs::read_dir(here.path()).expect("a directory").count(), 2);
    }

    #[test]
    fn two_gates_do_not_build_in_one_place() {
        let here = tempfile::TempDir::new().expect("a directory");
        let kept = Kept::new(here.path().join("builds"));
        let lock = kept.lock().expect("a lock");
        let other = File::open(here.path().join("builds/lock")).expect("a file");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(lock);
        assert!(other.try_lock().is_ok());
    }
}
