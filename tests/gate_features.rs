//! The features that a gate builds both programs with, held against the words that cargo is started
//! with: one that only notes them takes its place.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use repository::{commit, free, git};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");

/// Notes each build, and leaves a file that is no program.
const CARGO: &str = "#!/bin/sh\ntest \"$1\" = build || exit 0\necho \"$@\" >>\"$0.log\"\n\
                     mkdir -p target/release && echo >target/release/tminus\n";

/// A repository with a revision for each of these lists of default features.
struct Repository {
    path: PathBuf,
    programs: PathBuf,
}

impl Repository {
    fn new(here: &Path, revisions: &[&[&str]]) -> Self {
        let [path, programs] = ["repo", "programs"].map(|name| here.join(name));
        fs::create_dir(&path).expect("a directory");
        fs::create_dir(&programs).expect("a directory");
        let cargo = programs.join("cargo");
        fs::write(&cargo, CARGO).expect("a file");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a mode");
        git(&path, &["init", "--quiet"]);
        for (number, default) in revisions.iter().enumerate() {
            let each = default.iter().map(|name| format!("{name} = []\n")).collect::<String>();
            let package = format!("[package]\nname = \"tminus\"\nversion = \"0.{number}.0\"\n");
            let manifest = format!("{package}[features]\ndefault = {default:?}\n{each}");
            fs::write(path.join("Cargo.toml"), manifest).expect("a file");
            commit(&path, &number.to_string());
        }
        Self { path, programs }
    }

    /// Returns the words of both builds of a gate.
    fn builds(&self, words: &[&str]) -> Vec<String> {
        let log = self.programs.join("cargo.log");
        let _ = fs::remove_file(&log);
        let known = std::env::var_os("PATH").expect("a path");
        let all = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&known));
        let mut gate = Command::new(PROGRAM);
        gate.arg("gate").arg(format!("--out={}", words.concat().replace('*', ""))).args(words);
        gate.env("PATH", std::env::join_paths(all).expect("a path")).current_dir(&self.path);
        let ended = free(&mut gate).output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("did not tell what it would run"), "{said}");
        fs::read_to_string(&log).expect("builds").lines().map(str::to_owned).collect()
    }
}

#[test]
fn both_are_built_with_what_their_cells_need() {
    let here = TempDir::new().expect("a directory");
    let (old, new) = (&["tokio", "smol"][..], &["reports", "tokio", "smol"][..]);
    let repository = Repository::new(here.path(), &[old, old, new, new]);
    let builds = |words: &[&str]| {
        let [one, other] = repository.builds(words).try_into().expect("two builds");
        assert_eq!(one, other, "{words:?}");
        one
    };
    let features =
        |names: &str| format!("build --release --no-default-features --features {names}");
    let (newest, mixed) = ("--baseline=HEAD~1", "--baseline=HEAD~2");
    assert_eq!(builds(&[newest]), features("tokio,smol"));
    assert_eq!(builds(&[newest, "-etokio-*"]), features("tokio"));
    assert_eq!(builds(&[newest, "-eheap"]), features(""));
    // An executor whose feature these revisions lack.
    assert_eq!(builds(&[newest, "-easync-std"]), "build --release");
    assert_eq!(builds(&[mixed]), "build --release");
    assert_eq!(builds(&[mixed, "-etokio-*"]), "build --release");
    let older = ["--baseline=HEAD~3", "--candidate=HEAD~2"];
    assert_eq!(builds(&older), "build --release");
    assert_eq!(builds(&[&older[..], &["-etokio-*"]].concat()), features("tokio"));
    assert_eq!(builds(&[newest, "--build=cargo build --release -q"]), "build --release -q");
}
