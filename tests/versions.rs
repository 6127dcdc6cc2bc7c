//! `tminus versions` as it is used, with a `cargo` that only claims to build: releases that it does
//! not lock or build, builds that are kept, an interruption, hostile plans. No test depends on a
//! figure.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;
#[path = "support/interrupt.rs"]
mod interrupt;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use interrupt::interrupt;
use repository::{commit, free, git};
use serde_json::Value;
use support::{command, run};
use tempfile::TempDir;
use tminus_reports::data::schema;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");
const DIRECTORY: &str = "out/versions-0000000000000001";

/// Knows five releases of `leaf`, of which 1.1.0 fits no lock file and 1.2.0 does not build. Notes
/// each build.
const CARGO: &str = r#"#!/bin/sh
lock() { printf 'version = 4\n[[package]]\nname = "leaf"\nversion = "%s"\n' "$1" >Cargo.lock; }
locked() { sed -n 's/^version = "\(.*\)"/\1/p' Cargo.lock; }
refuse() { echo "error: failed to select a version for the requirement $1" >&2; exit 101; }
case "$1" in
generate-lockfile)
    case "$(sed -n 's/^leaf = "\(.*\)"/\1/p' Cargo.toml)" in
    '*') lock 1.3.0 ;; '<1.3.0') lock 1.2.0 ;; '<1.2.0') lock 1.1.0 ;; '<1.1.0') lock 1.0.0 ;;
    '<1.0.0') lock 0.9.0 ;; *) refuse "of leaf" ;;
    esac ;;
update) case "$6" in 1.1.0) refuse "leaf = \"=1.1.0\"" ;; *) lock "$6" ;; esac ;;
metadata) printf '{"packages":[{"name":"leaf","version":"%s"}]}' "$(locked)" ;;
build)
    echo "$(locked)" >>"$0.log"
    test "$(locked)" != 1.2.0 || exit 101
    mkdir -p target/release && cp "$TMINUS_TEST_PROGRAM" target/release/tminus ;;
esac
"#;

/// One cell, six rounds, and nothing that could change.
const SMALL: [&str; 10] = [
    "--out=out",
    "--json",
    "--workload=squares",
    "--executor=deque",
    "--param=tasks=10",
    "--param=depth=1",
    "--profile=standard",
    "--looks=1",
    "--margin=100%",
    "--detect=100%",
];

/// A checkout of a tminus whose builds need no compiler.
struct Checkout {
    _here: TempDir,
    path: PathBuf,
    programs: PathBuf,
}

impl Checkout {
    fn new() -> Self {
        let here = TempDir::new().expect("a directory");
        let [path, programs] = ["repo", "programs"].map(|name| here.path().join(name));
        fs::create_dir(&path).expect("a directory");
        fs::create_dir(&programs).expect("a directory");
        let cargo = programs.join("cargo");
        fs::write(&cargo, CARGO).expect("a file");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a mode");
        git(&path, &["init", "--quiet"]);
        let manifest = "[package]\nname = \"tminus\"\nversion = \"0.1.0\"\n";
        fs::write(path.join("Cargo.toml"), manifest).expect("a file");
        let lock = "version = 4\n[[package]]\nname = \"leaf\"\nversion = \"1.0.0\"\n";
        fs::write(path.join("Cargo.lock"), lock).expect("a file");
        fs::write(path.join(".gitignore"), "out\n").expect("a file");
        commit(&path, "one");
        Self { _here: here, path, programs }
    }

    fn command(&self, seed: u32, words: &[&str]) -> Command {
        let mut command = command(&self.path, &["versions", "leaf"]);
        command.arg(format!("--seed={seed}")).args(SMALL).args(words);
        let known = std::env::var_os("PATH").expect("a path");
        let all = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&known));
        command.env("PATH", std::env::join_paths(all).expect("a path"));
        command.env("TMINUS_TEST_PROGRAM", PROGRAM);
        free(&mut command);
        command
    }

    fn versions(&self, seed: u32, words: &[&str]) -> Output {
        self.command(seed, words).output().expect("it starts")
    }

    /// Returns the versions that were built, in order.
    fn builds(&self) -> Vec<String> {
        let log = fs::read_to_string(self.programs.join("cargo.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// Returns what was found as JSON.
fn found(output: &Output) -> Value {
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let code = if said["biased"].as_array().is_some_and(Vec::is_empty) { 0 } else { 4 };
    assert_eq!(output.status.code(), Some(code), "{said}");
    let schema = serde_json::from_str(schema::VERSIONS).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &said), "{said}");
    said
}

/// Returns the number of records in a run file.
fn records(file: &Path) -> usize {
    fs::read_to_string(file).map_or(0, |text| text.lines().count().saturating_sub(1))
}

#[test]
fn releases_run_in_turns_and_what_does_not_build_is_a_row() {
    let checkout = Checkout::new();
    let output = checkout.versions(1, &["--last=4", "--rounds=6"]);
    let said = found(&output);
    let releases = said["releases"].as_array().expect("releases");
    let of =
        |name: &'static str| releases.iter().map(move |it| it[name].as_str().unwrap_or_default());
    assert_eq!(of("version").collect::<Vec<_>>(), ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]);
    let reasons: Vec<&str> = of("left_out").collect();
    assert!(reasons[0].is_empty() && reasons[3].is_empty(), "{reasons:?}");
    assert!(reasons[1].starts_with("leaf=1.1.0: cargo: failed to select"), "{reasons:?}");
    assert!(reasons[2].starts_with("`cargo build --release "), "{reasons:?}");
    assert!(reasons[2].ends_with("with leaf replaced: exit status: 101"), "{reasons:?}");
    let cell = &said["cells"][0];
    assert_eq!(
        (&cell["steps"][0]["from"], &cell["steps"][0]["to"]),
        (&"1.0.0".into(), &"1.3.0".into())
    );
    assert_eq!(cell["steps"][0]["judged"]["ratio"]["rounds"], 6);
    let directory = checkout.path.join(DIRECTORY);
    for side in ["1.0.0", "copy", "1.3.0"] {
        assert_eq!(records(&directory.join(format!("{side}.jsonl"))), 6, "{side}");
    }
    let page = fs::read_to_string(directory.join("index.html")).expect("a page");
    assert!(page.contains("releases, in order") && !directory.join("programs").exists());
    let ranked = run(&checkout.path, &["rank", &format!("{DIRECTORY}/1.3.0.jsonl")]);
    assert_eq!(ranked.status.code(), Some(0));
    // Builds are kept; the order is that of the user.
    assert_eq!(checkout.builds(), ["1.0.0", "1.2.0", "1.3.0"]);
    let named = checkout.versions(2, &["--versions=1.3.0,1.0.0", "--rounds=6"]);
    assert_eq!(found(&named)["cells"][0]["steps"][0]["from"], "1.3.0");
    assert_eq!(checkout.builds().len(), 3);
    assert_eq!(git(&checkout.path, &["status", "--porcelain"]), "");
}

#[test]
fn an_interruption_costs_nothing() {
    let checkout = Checkout::new();
    let words = ["--versions=1.0.0,1.3.0", "--rounds=30"];
    let mut command = checkout.command(1, &words);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    let directory = checkout.path.join(DIRECTORY);
    while records(&directory.join("1.3.0.jsonl")) < 2 {
        assert_eq!(child.try_wait().expect("it can be asked"), None, "ended before it was cut off");
        thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains(&format!("versions --resume {DIRECTORY}")), "{said}");
    let resume = || run(&checkout.path, &["versions", "--resume", DIRECTORY, "--json"]);
    let resumed = found(&resume());
    assert_eq!(resumed["cells"][0]["steps"][0]["judged"]["ratio"]["rounds"], 30);
    for side in ["1.0.0", "copy", "1.3.0"] {
        assert_eq!(records(&directory.join(format!("{side}.jsonl"))), 30, "{side}");
    }
    // At its end it says the same again.
    assert_eq!(found(&resume()), resumed);
}

/// Returns the only line of stderr, after the program refused.
#[track_caller]
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: ") && !said.contains('\u{1b}'), "{said}");
    last.into()
}

#[test]
fn versions_are_no_paths_and_act_on_no_terminal() {
    let checkout = Checkout::new();
    for bad in ["../../x", "1.0", "1.0.0/../..", "1.0.0-\u{1b}[2J", "-p", "1.0.0 --config=a"] {
        let said = refused(&checkout.versions(1, &[&format!("--versions=1.0.0,{bad}")]));
        assert!(said.contains("full version of a release"), "{said}");
    }
    let twice = refused(&checkout.versions(1, &["--versions=1.0.0,1.0.0"]));
    assert!(twice.contains("one stands there twice"), "{twice}");
    let one = refused(&checkout.versions(1, &["--versions=1.0.0"]));
    assert!(one.contains("one release alone"), "{one}");
    let none = refused(&checkout.versions(1, &["--versions=1.1.0,1.2.0"]));
    assert!(none.contains("fewer than two releases can be measured; 1.1.0: leaf=1.1.0"), "{none}");
    // Nor those of a plan, which become names of files.
    found(&checkout.versions(1, &["--versions=1.0.0,1.3.0", "--rounds=6"]));
    let file = checkout.path.join(DIRECTORY).join("versions.json");
    let text = fs::read_to_string(&file).expect("a plan");
    let hostile = text.replacen("\"version\":\"1.3.0\"", "\"version\":\"../../1.3.0\"", 1);
    assert_ne!(hostile, text);
    fs::write(&file, hostile).expect("a file");
    let said = refused(&run(&checkout.path, &["versions", "--resume", DIRECTORY]));
    assert!(said.contains("is no plan of versions: expected the full version"), "{said}");
    let gate = refused(&run(&checkout.path, &["gate", "--resume", DIRECTORY]));
    assert!(gate.contains("is no gate: there is no gate.json in it"), "{gate}");
}
