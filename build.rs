//! What the program is built from, for the provenance of its runs: compiler, target, profile, the
//! hash of Cargo.lock and the version and features of every crate.
//!
//! It never fails a build: what cannot be found out stays unknown. The revision is that of the last
//! change of a source file: a commit that changes none builds nothing anew, and the program is what
//! it was.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// Crate to version, or to version and features.
type Crates = BTreeMap<String, String>;

/// What the program is compiled from, below the workspace.
const SOURCES: [&str; 10] = [
    "src",
    "harness",
    "executors/src",
    "workloads/src",
    "reports/src",
    "Cargo.toml",
    "executors/Cargo.toml",
    "workloads/Cargo.toml",
    "reports/Cargo.toml",
    "build.rs",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let lock = find_lock();
    let (hash, mut crates) = lock.as_deref().map(read_lock).unwrap_or_default();
    if is_packaged(lock.as_deref()) {
        crates.values_mut().for_each(|version| *version += " (as packaged)");
    }
    let text = format!(
        "const RUSTC: &str = {:?};\nconst RUSTFLAGS: &str = {:?};\n\
         const PROFILE: &str = {:?};\nconst TARGET: &str = {:?};\n\
         const LOCK_SHA256: &str = {hash:?};\nconst CRATES: &[(&str, &str)] = &{:?};\n\
         const REVISION: Option<(&str, bool)> = {:?};\n\
         const LOCAL: Option<&[(&str, Option<&str>)]> = {};\n",
        rustc(),
        rustflags(),
        profile(),
        var("TARGET"),
        crates.iter().collect::<Vec<_>>(),
        revision(lock.as_deref()),
        local(lock.as_deref()).map_or("None".into(), |all| format!("Some(&{all:?})")),
    );
    let path = Path::new(&var("OUT_DIR")).join("build_info.rs");
    if let Err(error) = fs::write(&path, text) {
        println!("cargo:warning={}: {error}", path.display());
    }
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn rustc() -> String {
    let output = Command::new(var("RUSTC")).arg("--version").output().ok();
    let line = output.and_then(|output| String::from_utf8(output.stdout).ok());
    line.unwrap_or_default().trim().to_owned()
}

/// The flags that cargo builds this package with, wherever it took them from.
fn rustflags() -> String {
    var("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ")
}

/// The profile's own name: `PROFILE` calls every optimised one `release`, but the directory above
/// `build/` is named after it (`debug` for dev and test).
fn profile() -> String {
    let out = PathBuf::from(var("OUT_DIR"));
    let above = out.ancestors().find(|path| path.ends_with("build")).and_then(Path::parent);
    let name = above.and_then(Path::file_name).and_then(|name| name.to_str());
    name.map_or_else(|| var("PROFILE"), str::to_owned)
}

/// The Cargo.lock of the build: above the target directory, which also finds that of an outside
/// crate that uses tminus as a library; else beside our own manifest.
fn find_lock() -> Option<PathBuf> {
    let (out, own) = (PathBuf::from(var("OUT_DIR")), PathBuf::from(var("CARGO_MANIFEST_DIR")));
    let candidates = out.ancestors().chain(own.ancestors()).map(|path| path.join("Cargo.lock"));
    // A target directory may lie inside some other project, whose Cargo.lock says nothing of us.
    let ours = format!("name = \"tminus\"\nversion = \"{}\"", var("CARGO_PKG_VERSION"));
    candidates
        .filter(|path| path.is_file())
        .find(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(&ours)))
}

/// `cargo install` takes newer versions than the Cargo.lock in the package unless told `--locked`,
/// and writes down nowhere which.
fn is_packaged(lock: Option<&Path>) -> bool {
    let own = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    let installed = own.ancestors().any(|path| path.ends_with("registry/src"));
    installed && lock.and_then(Path::parent) == Some(&own)
}

/// The revision of the sources, and whether they had uncommitted changes; `None` for a package and
/// for a crate that uses tminus as a library, whose own sources are not known here.
fn revision(lock: Option<&Path>) -> Option<(String, bool)> {
    let own = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    if lock.and_then(Path::parent) != Some(&own) || is_packaged(lock) {
        return None;
    }
    for source in SOURCES.iter().map(|source| own.join(source)).filter(|path| path.exists()) {
        println!("cargo:rerun-if-changed={}", source.display());
    }
    let revision = git(&own, &["rev-parse", "--verify", "HEAD"])?;
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--"];
    let changed = git(&own, &[&status[..], &["Cargo.lock"], &SOURCES].concat());
    Some((revision, changed.is_none_or(|changed| !changed.is_empty())))
}

/// What git says of `directory`, whatever repository the build was started from: that of a hook,
/// say.
fn git(directory: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.args(["-c", "core.fsmonitor=false"]).args(words).current_dir(directory);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        git.env_remove(name);
    }
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn read_lock(path: &Path) -> (String, Crates) {
    println!("cargo:rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).unwrap_or_default();
    let hash = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    (hash, resolved(path).unwrap_or_else(|| versions(&text)))
}

/// Crates of Cargo.lock that are not from crates.io, each with its directory below that of the
/// lock.
fn local(lock: Option<&Path>) -> Option<Vec<(String, Option<String>)>> {
    const PUBLISHED: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let text = fs::read_to_string(lock?).ok()?;
    let root = lock?.parent()?;
    let others = text.split("[[package]]").skip(1).filter(|package| !package.contains(PUBLISHED));
    let directories = directories(lock?);
    let of = |package: &str| {
        let name = package.lines().find_map(|line| line.strip_prefix("name = \""))?;
        let name = name.trim_end_matches('"').to_owned();
        let directory = directories.get(&name).and_then(|path| path.strip_prefix(root).ok());
        Some((name, directory.and_then(Path::to_str).map(|path| path.replace('\\', "/"))))
    };
    Some(others.filter_map(of).collect())
}

/// Where the packages of the workspace of `lock` lie.
fn directories(lock: &Path) -> BTreeMap<String, PathBuf> {
    let mut cargo = Command::new(var("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"]);
    cargo.args(["--format", "{p}", "--workspace", "--manifest-path"]);
    let output = cargo.arg(lock.with_file_name("Cargo.toml")).output().ok();
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let of = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        let (_, rest) = rest.split_once(" (")?;
        let path = rest.split(')').next().filter(|path| Path::new(path).is_absolute())?;
        Some((name.to_owned(), PathBuf::from(path)))
    };
    text.lines().filter_map(of).collect()
}

/// Versions from Cargo.lock alone. The file is written by cargo, in one form.
fn versions(lock: &str) -> Crates {
    let mut crates = Crates::new();
    for package in lock.split("[[package]]") {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key));
            line.map(|text| text.trim_matches(|c| " =\"".contains(c)).to_owned())
        };
        if let (Some(name), Some(version)) = (value("name"), value("version")) {
            add(&mut crates, name, &version);
        }
    }
    crates
}

/// Versions and resolved features, where cargo can tell them without the network. `cargo metadata`
/// could not: it wants the development dependencies too, which a first build has not downloaded.
fn resolved(lock: &Path) -> Option<Crates> {
    let manifest = lock.with_file_name("Cargo.toml");
    let mut cargo = Command::new(var("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "depth"]);
    cargo.args(["--format", "{p}|{f}|", "--target", &var("TARGET"), "--manifest-path"]);
    cargo.arg(&manifest);
    if manifest.parent() == Some(Path::new(&var("CARGO_MANIFEST_DIR"))) {
        cargo.args(["--no-default-features", "--features", &features()]);
    }
    let output = cargo.output().ok().filter(|output| output.status.success())?;
    let mut crates = Crates::new();
    for text in nearest_first(std::str::from_utf8(&output.stdout).ok()?) {
        let mut parts = text.split('|');
        let (package, features) = (parts.next()?, parts.next()?.replace(',', ", "));
        let (name, rest) = package.split_once(" v")?;
        let version = rest.split(' ').next().unwrap_or(rest);
        let features = if features.is_empty() { features } else { format!(" [{features}]") };
        add(&mut crates, name.into(), &format!("{version}{features}"));
    }
    Some(crates)
}

/// The lines of `cargo tree --prefix depth`, each once: a crate stands below each of its
/// dependents. Of two versions the nearer one comes first: it is the one that an executor's file
/// names.
fn nearest_first(tree: &str) -> Vec<&str> {
    let mut depths: BTreeMap<&str, u32> = BTreeMap::new();
    for line in tree.lines() {
        let text = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let depth = line[..line.len() - text.len()].parse().unwrap_or(u32::MAX);
        let nearest = depths.entry(text.trim_end_matches("(*)").trim_end()).or_insert(depth);
        *nearest = depth.min(*nearest);
    }
    let mut lines: Vec<&str> = depths.keys().copied().collect();
    lines.sort_by_key(|line| depths[line]);
    lines
}

/// The features of our own package that this build has switched on.
fn features() -> String {
    let on = env::vars().filter_map(|(name, _)| {
        name.strip_prefix("CARGO_FEATURE_").map(|name| name.to_lowercase().replace('_', "-"))
    });
    on.collect::<Vec<_>>().join(",")
}

/// Two versions of one crate may be linked at once: both are told.
fn add(crates: &mut Crates, name: String, version: &str) {
    let entry = crates.entry(name).or_default();
    if !entry.is_empty() {
        entry.push_str(", ");
    }
    entry.push_str(version);
}
