//! Programs that were built before: the names that they are kept under, which say all that a build
//! depends on, the lock on the place where they are built, and how a new one gets among them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::hash::{Hash, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use tminus_measure::{files, git};

use super::source::output;

/// Variables that cargo and rustc look at, and those that build scripts which compile C do, by how
/// they begin.
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

/// Variables among them that say where and how fast, but not what, is built.
const TELL_NOTHING: [&str; 3] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_JOBS"];

/// A directory of programs that were built.
pub(super) struct BuildCache {
    root: PathBuf,
    /// The compiler of each revision that was asked for.
    compilers: RefCell<BTreeMap<String, String>>,
}

/// The settings that a build depends on beside its revision.
#[derive(Hash)]
struct Surroundings {
    /// The compiler, as the revision chooses it.
    rustc: String,
    variables: BTreeMap<OsString, OsString>,
    /// Cargo's own files, from the place of the build upwards and in its home.
    configuration: Vec<Vec<u8>>,
}

impl BuildCache {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, compilers: RefCell::default() }
    }

    /// Creates the directory and returns it.
    ///
    /// # Errors
    /// The error that keeps it from being there.
    pub(super) fn root(&self) -> anyhow::Result<PathBuf> {
        let at = || self.root.display().to_string();
        fs::create_dir_all(&self.root).with_context(at)?;
        fs::canonicalize(&self.root).with_context(at)
    }

    /// Waits until no other gate builds here, and keeps others waiting until the file is closed.
    /// Two in one tree would build each other's revisions.
    ///
    /// # Errors
    /// The error that keeps the file from being there.
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

    /// Returns where the program of `revision`, built with `settings`, is kept.
    ///
    /// # Errors
    /// The error that keeps a directory for the question which compiler it would be from being
    /// there.
    pub(super) fn path(&self, revision: &str, settings: impl Hash) -> anyhow::Result<PathBuf> {
        let root = self.root()?;
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let surroundings = Surroundings {
            rustc: self.compiler(&root, revision)?,
            variables: variables(std::env::vars_os()),
            configuration: configuration(&root, home.as_deref()),
        };
        Ok(self.root.join(name(revision, settings, &surroundings)))
    }

    /// Asks the compiler that `revision` chooses for its version, with only the revision's own
    /// rustup file in effect.
    fn compiler(&self, root: &Path, revision: &str) -> anyhow::Result<String> {
        if let Some(known) = self.compilers.borrow().get(revision) {
            return Ok(known.clone());
        }
        let place = root.join("toolchain");
        let at = || place.display().to_string();
        fs::create_dir_all(&place).with_context(at)?;
        for name in ["rust-toolchain.toml", "rust-toolchain"] {
            let file = format!("{revision}:{name}");
            match git::ask(Path::new("."), &["cat-file", "blob", &file]) {
                Ok(text) => fs::write(place.join(name), text).with_context(at)?,
                // The revision has none.
                Err(_) => drop(fs::remove_file(place.join(name))),
            }
        }
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut rustc = Command::new(rustc);
        rustc.arg("-vV").current_dir(&place);
        // Where there is none, the command that builds needs none.
        let told = output(rustc).unwrap_or_default();
        self.compilers.borrow_mut().insert(revision.to_owned(), told.clone());
        Ok(told)
    }

    /// Copies the program `made` to `kept`, where it appears whole or not at all.
    ///
    /// # Errors
    /// If there is no such program, or no place for it.
    pub(super) fn keep(made: &Path, kept: &Path) -> io::Result<()> {
        files::copy(made, kept)
    }
}

/// Reads cargo's configuration files that a build in `root` uses, but for those in `root`: the
/// revision's and ours.
fn configuration(root: &Path, home: Option<&Path>) -> Vec<Vec<u8>> {
    let above = root.ancestors().skip(1).map(|it| it.join(".cargo"));
    let all = above.chain(home.map(Path::to_path_buf));
    let files = all.flat_map(|it| ["config.toml", "config"].map(|name| it.join(name)));
    files.filter_map(|file| fs::read(file).ok()).collect()
}

fn name(revision: &str, settings: impl Hash, surroundings: &Surroundings) -> String {
    let mut hasher = DefaultHasher::new();
    (settings, surroundings).hash(&mut hasher);
    format!("{revision}-{:016x}", hasher.finish())
}

/// Returns the environment variables that change what is built.
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
    use tempfile::TempDir;

    use super::*;

    fn chosen(all: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        variables(all.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn what_changes_a_build_changes_the_name_of_what_is_kept() {
        let name = |rustc: &str, all: &[(&str, &str)]| {
            let (rustc, variables) = (rustc.into(), chosen(all));
            let surroundings = Surroundings { rustc, variables, configuration: Vec::new() };
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

    /// Of the user, of a directory above the builds, and which of them comes first.
    #[test]
    fn so_do_the_files_of_cargo() {
        let here = TempDir::new().expect("a directory");
        let (root, home) = (here.path().join("a/builds"), here.path().join("home"));
        let flags = |of: &str| format!("[target.'cfg(unix)']\nrustflags = [\"{of}\"]\n");
        let write = |directory: &Path, name: &str, text: &str| {
            fs::create_dir_all(directory).expect("a directory");
            fs::write(directory.join(name), text).expect("a file");
            configuration(&root, Some(&home))
        };
        let none = configuration(&root, Some(&home));
        let ours = write(&root.join(".cargo"), "config.toml", &flags("ours"));
        let of_home = write(&home, "config.toml", &flags("home"));
        let above = write(&here.path().join("a/.cargo"), "config", &flags("above"));
        assert_eq!(ours, none);
        assert!(of_home != none && above != of_home);
        assert_eq!(above.last(), of_home.last());
        assert_ne!(configuration(&root, None), above);
    }

    #[test]
    fn a_program_appears_whole_or_not_at_all() {
        let here = TempDir::new().expect("a directory");
        let [made, kept] = ["made", "kept"].map(|name| here.path().join(name));
        assert!(BuildCache::keep(&made, &kept).is_err() && !kept.exists());
        fs::write(&made, "program").expect("a file");
        BuildCache::keep(&made, &kept).expect("a copy");
        assert_eq!(fs::read(&kept).expect("a file"), b"program");
        assert_eq!(fs::read_dir(here.path()).expect("a directory").count(), 2);
    }

    #[test]
    fn two_gates_do_not_build_in_one_place() {
        let here = TempDir::new().expect("a directory");
        let kept = BuildCache::new(here.path().join("builds"));
        let lock = kept.lock().expect("a lock");
        let other = File::open(here.path().join("builds/lock")).expect("a file");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(lock);
        assert!(other.try_lock().is_ok());
    }
}
