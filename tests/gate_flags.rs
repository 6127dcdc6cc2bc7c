//! The flags that a gate adds to builds, held against what rustc is started with. Cargo takes flags
//! from one of four places alone, so those of the user could hide them.

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
const ALIGNED: &str = "llvm-args=-align-all-functions=6";

/// A package in two revisions, built with a home of cargo's own.
struct Package {
    path: PathBuf,
    home: PathBuf,
    log: PathBuf,
}

impl Package {
    fn new(here: &Path) -> Self {
        let [path, home, log] = ["package", "home", "log"].map(|name| here.join(name));
        fs::create_dir_all(path.join("src")).expect("a directory");
        fs::create_dir(&home).expect("a directory");
        git(&path, &["init", "--quiet", "--initial-branch=main"]);
        let files = [
            ("Cargo.toml", "[package]\nname = \"made\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"made\"\nversion = \"0.1.0\"\n"),
            (".gitignore", "out\ntarget\n"),
        ];
        for (name, text) in files {
            fs::write(path.join(name), text).expect("a file");
        }
        for revision in ["one", "two"] {
            fs::write(path.join("src/lib.rs"), format!("// {revision}\n")).expect("a file");
            commit(&path, revision);
        }
        Self { path, home, log }
    }

    /// Returns the lines by which cargo started rustc for two builds with `variables` set.
    fn started(&self, variables: &[(&str, &str)]) -> Vec<String> {
        let _ = fs::remove_file(&self.log);
        let build = format!("cargo check -v --offline 2>>'{}'; echo >built", self.log.display());
        let mut gate = Command::new(PROGRAM);
        gate.args(["gate", "--out=out", "--baseline=HEAD~1", "--program=built", "--build", &build]);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO") || text.contains("RUSTFLAGS") {
                gate.env_remove(&name);
            }
        }
        gate.env("CARGO_HOME", &self.home).envs(variables.iter().copied());
        let ended = free(&mut gate).current_dir(&self.path).output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("did not tell what it would run"), "{said}");
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let started = log.lines().filter(|line| line.contains("--crate-name made"));
        started.map(str::to_owned).collect()
    }
}

fn host() -> String {
    let told = Command::new("rustc").arg("-vV").output().expect("rustc starts").stdout;
    let told = String::from_utf8(told).expect("UTF-8");
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("a host").to_owned()
}

#[test]
fn each_build_has_the_flags_wherever_cargo_takes_them_from() {
    let here = TempDir::new().expect("a directory");
    let package = Package::new(here.path());
    let host = host();
    let of_target = format!("CARGO_TARGET_{}_RUSTFLAGS", host.to_uppercase().replace('-', "_"));
    let of = |table: &str, case: &str| format!("[{table}]\nrustflags = [\"--cfg\", \"{case}\"]\n");
    let in_files = [
        ("in_builds", of("build", "in_builds")),
        ("in_unix", of("target.'cfg(unix)'", "in_unix")),
        ("in_host", of(&format!("target.{host}"), "in_host")),
    ];
    let in_variables = [
        ("encoded", "CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}encoded"),
        ("plain", "RUSTFLAGS", "--cfg plain"),
        ("of_target", &of_target, "--cfg of_target"),
    ];
    let check = |case: &str, started: &[String]| {
        // Each is built anew: what was built with other flags is another program.
        assert_eq!(started.len(), 2, "{case}: {started:?}");
        for line in started {
            assert!(line.contains(ALIGNED) && line.contains(case), "{case}: {line}");
        }
    };
    let config = package.home.join("config.toml");
    check("", &package.started(&[]));
    for (case, text) in in_files {
        fs::write(&config, text).expect("a file");
        check(case, &package.started(&[]));
        assert!(package.started(&[]).is_empty(), "{case}: built twice");
    }
    fs::remove_file(&config).expect("a file");
    for (case, name, value) in in_variables {
        check(case, &package.started(&[(name, value)]));
    }
    // Nothing at all is a setting too, and cargo has such a build already.
    let started = package.started(&[("RUSTFLAGS", "")]);
    assert!(started.iter().all(|line| line.contains(ALIGNED)), "{started:?}");
    // As are the first ones, which are used again.
    assert!(package.started(&[]).is_empty());
}

/// A compiler that tells which toolchain it was asked for, and of which version it is.
#[test]
fn another_version_of_the_compiler_that_a_revision_names_builds_anew() {
    let here = TempDir::new().expect("a directory");
    let [repo, programs] = ["repo", "programs"].map(|name| here.path().join(name));
    fs::create_dir(&programs).expect("a directory");
    let rustc = programs.join("rustc");
    let script = "#!/bin/sh\ncat \"$0.version\"\ncat rust-toolchain 2>/dev/null >>\"$0.asked\"\n";
    fs::write(&rustc, script).expect("a file");
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::create_dir(&repo).expect("a directory");
    git(&repo, &["init", "--quiet"]);
    for toolchain in ["1.94", "1.95"] {
        fs::write(repo.join("rust-toolchain"), format!("{toolchain}\n")).expect("a file");
        commit(&repo, toolchain);
    }
    let path = std::env::var_os("PATH").expect("a path");
    let path =
        std::env::join_paths(std::iter::once(programs.clone()).chain(std::env::split_paths(&path)));
    let path = path.expect("a path");
    let built = |version: &str| {
        fs::write(programs.join("rustc.version"), version).expect("a file");
        let mut gate = Command::new(PROGRAM);
        gate.args(["gate", "--out=out", "--baseline=HEAD~1", "--program=built"]);
        gate.arg("--build=echo built >>../../../../log; echo >built");
        gate.env("PATH", &path).env_remove("RUSTC").current_dir(&repo);
        free(&mut gate).output().expect("it starts");
        fs::read_to_string(here.path().join("log")).unwrap_or_default().lines().count()
    };
    assert_eq!(["a", "a", "b"].map(built), [2, 2, 4]);
    let asked = fs::read_to_string(programs.join("rustc.asked")).expect("a file");
    assert!(asked.starts_with("1.94\n1.95\n"), "{asked}");
}
