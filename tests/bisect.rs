//! `tminus bisect` as it is used, with a `cargo` that only claims to build: what a commit of the
//! crate says decides whether its program fails the cell. No test depends on a figure.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use repository::{commit, free, git, repository};
use support::command;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");

/// Takes the crate from the repository and revision that cargo is configured with. Its file `text`
/// says what the build makes: nothing, a program that fails its cells, or one that does not.
const CARGO: &str = r#"#!/bin/sh
entry() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" ../.cargo/config.toml; }
case "$1" in
metadata)
    printf '{"packages":[{"name":"leaf","version":"1.0.0","source":"git+%s?rev=%s"}]}' \
        "$(entry git)" "$(entry rev)" ;;
build)
    url=$(entry git)
    said=$(git --git-dir="${url#file://}" show "$(entry rev):text") || exit 102
    echo "$said" >>"$0.log"
    case "$said" in *broken*) exit 101 ;; esac
    mkdir -p target/release
    {
        echo '#!/bin/sh'
        case "$said" in *bad*) echo 'test "$1" != cell || exit 1' ;; esac
        echo "exec '$TMINUS_TEST_PROGRAM' \"\$@\""
    } >target/release/tminus
    chmod +x target/release/tminus ;;
esac
"#;

/// A checkout of a tminus whose builds need no compiler, beside one of a crate with a commit a
/// text.
struct Checkouts {
    here: TempDir,
}

impl Checkouts {
    fn new(texts: &[&str]) -> Self {
        let here = TempDir::new().expect("a directory");
        let this = Self { here };
        let (tminus, programs) = (this.path("repo"), this.path("programs"));
        fs::create_dir(&tminus).expect("a directory");
        fs::create_dir(&programs).expect("a directory");
        let cargo = programs.join("cargo");
        fs::write(&cargo, CARGO).expect("a file");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a mode");
        git(&tminus, &["init", "--quiet"]);
        let manifest = "[package]\nname = \"tminus\"\nversion = \"0.1.0\"\n";
        fs::write(tminus.join("Cargo.toml"), manifest).expect("a file");
        let lock = "version = 4\n[[package]]\nname = \"leaf\"\nversion = \"1.0.0\"\n";
        fs::write(tminus.join("Cargo.lock"), lock).expect("a file");
        fs::write(tminus.join(".gitignore"), "out\n").expect("a file");
        commit(&tminus, "one");
        repository(&this.path("leaf"), texts);
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.here.path().join(name)
    }

    fn bisect(&self, words: &[&str]) -> Output {
        let first = ["bisect", "--crate=leaf", "--path=../leaf", "--out=out", "--rounds=6"];
        let mut command = command(&self.path("repo"), &first);
        command.args(words).arg("squares/tasks=1000/deque");
        let known = std::env::var_os("PATH").expect("a path");
        let all = std::iter::once(self.path("programs")).chain(std::env::split_paths(&known));
        command.env("PATH", std::env::join_paths(all).expect("a path"));
        command.env("TMINUS_TEST_PROGRAM", PROGRAM);
        free(&mut command).output().expect("it starts")
    }

    /// Returns what was built, in order.
    fn builds(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("programs/cargo.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// Returns every file below a directory with what is in it.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_commit_is_found_and_the_checkout_is_not_touched() {
    let texts = ["good 0", "good 1", "good 2", "broken 3", "bad 4", "bad 5", "bad 6"];
    let checkouts = Checkouts::new(&texts);
    let leaf = checkouts.path("leaf");
    // A bisect of the user's own, something in the index, and a change that is not.
    git(&leaf, &["bisect", "start", "HEAD", "HEAD~4"]);
    fs::write(leaf.join("new"), "indexed").expect("a file");
    git(&leaf, &["add", "new"]);
    fs::write(leaf.join("text"), "not committed").expect("a file");
    let before = files(&leaf);
    let ended = checkouts.bisect(&["--good=main~6", "--bad=main"]);
    let (out, said) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(files(&leaf), before, "{said}");
    // `broken 3` cannot be told from it.
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(out.starts_with("it is one of these"), "{out}");
    assert!(out.contains("broken 3") && out.contains("bad 4") && !out.contains("good 2"), "{out}");
    assert!(said.contains("broken 3: skipped: ") && said.contains("bad 4: bad: the cell fails"));
    let mut builds = checkouts.builds();
    let count = builds.len();
    builds.sort();
    builds.dedup();
    assert_eq!(builds.len(), count, "each is built once: {builds:?}");
    // A good revision that does not build.
    let ended = checkouts.bisect(&["--good=main~3", "--bad=main"]);
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("error: there is no gate between the good and the bad"), "{said}");
}

#[test]
fn the_command_to_see_it_again_is_told() {
    let checkouts = Checkouts::new(&["good 0", "good 1", "good 2", "bad 3\u{1b}[1m", "bad 4"]);
    let ended = checkouts.bisect(&["--good=main~4", "--bad=main"]);
    let (out, said) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("first bad commit: ") && lines[0].contains("bad 3"), "{out}");
    assert!(!out.contains('\u{1b}') && !said.contains('\u{1b}'));
    assert_eq!(
        lines[1],
        "against the one before it: Broken: 1 cell fails in the candidate alone, and again in a \
         second session"
    );
    let before = git(&checkouts.path("leaf"), &["rev-parse", "main~2"]);
    assert!(lines[2].contains(" gate --patch-baseline=leaf=file:///"), "{out}");
    assert!(lines[2].contains(&before) && lines[2].ends_with("squares/tasks=1000/deque"), "{out}");
    // Builds are kept, so a second search measures alone.
    let builds = checkouts.builds();
    let again = checkouts.bisect(&["--good=main~4", "--bad=main"]);
    assert_eq!((text(&again.stdout), checkouts.builds()), (out, builds));
}

#[test]
fn what_is_no_fault_and_what_is_no_revision_is_told() {
    let checkouts = Checkouts::new(&["good 0", "good 1"]);
    let ended = checkouts.bisect(&["--good=main~1", "--bad=nothing"]);
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("nothing: no revision of ../leaf"), "{said}");
    let flag = checkouts.bisect(&["--good=--upload-pack=x", "--bad=main"]);
    assert_eq!(flag.status.code(), Some(2), "{}", text(&flag.stderr));
    assert!(checkouts.builds().is_empty());
}
