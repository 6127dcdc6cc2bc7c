//! What the builds of a gate are of: the revision's own submodules and nothing of another revision.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use repository::{commit, free, git, repository};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");

/// Runs `gate` with `words` in `directory`; what it said on stderr, and its exit code.
fn gate(directory: &Path, words: &[&str]) -> (String, Option<i32>) {
    let mut gate = Command::new(PROGRAM);
    gate.arg("gate").args(words).current_dir(directory);
    let ended = free(&mut gate).output().expect("it starts");
    (String::from_utf8_lossy(&ended.stderr).into_owned(), ended.status.code())
}

/// What `build` writes down of two revisions. Nothing is measured: what is built is a text.
fn built(directory: &Path, [theirs, ours]: [&str; 2], build: &str) -> (String, String) {
    let log = directory.with_extension("log");
    let _ = fs::remove_file(&log);
    let build = format!("{{ {build}; }} >>'{}'; echo >built", log.display());
    let words = ["--out=out", "--program=built", "--build", &build];
    let sides = ["--baseline", theirs, "--candidate", ours];
    let (said, _) = gate(directory, &[&words[..], &sides].concat());
    (fs::read_to_string(log).unwrap_or_default(), said)
}

/// A repository `whole` whose revisions point to another `part` each, the last one to none; `part` has a
/// submodule of its own.
fn nested(here: &Path) -> PathBuf {
    let [inner, part, whole] = ["inner", "part", "whole"].map(|name| here.join(name));
    repository(&inner, &["deep one", "deep two"]);
    repository(&part, &["none"]);
    git(&part, &["submodule", "--quiet", "add", "../inner", "inner"]);
    for (text, deep) in [("one", "HEAD~1"), ("two", "HEAD")] {
        fs::write(part.join("text"), text).expect("a file");
        git(&part.join("inner"), &["checkout", "--quiet", "origin/main"]);
        git(&part.join("inner"), &["checkout", "--quiet", deep]);
        commit(&part, text);
    }
    repository(&whole, &["whole"]);
    fs::write(whole.join(".gitignore"), "out\n").expect("a file");
    git(&whole, &["submodule", "--quiet", "add", "../part", "sub"]);
    git(&whole, &["submodule", "--quiet", "update", "--init", "--recursive"]);
    for pointer in ["HEAD~1", "origin/main"] {
        git(&whole.join("sub"), &["checkout", "--quiet", "origin/main"]);
        git(&whole.join("sub"), &["checkout", "--quiet", pointer]);
        git(&whole.join("sub"), &["submodule", "--quiet", "update"]);
        commit(&whole, pointer);
    }
    git(&whole, &["rm", "--quiet", "-r", "sub"]);
    commit(&whole, "no submodule");
    git(&whole, &["checkout", "--quiet", "HEAD~1"]);
    git(&whole, &["submodule", "--quiet", "update", "--init", "--recursive"]);
    whole
}

#[test]
fn submodules_are_at_the_pointers_of_their_revision() {
    let here = TempDir::new().expect("a directory");
    let whole = nested(here.path());
    let hooks = here.path().join("hooks");
    fs::create_dir(&hooks).expect("a directory");
    let hook = hooks.join("post-checkout");
    fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", here.path().join("hooked").display()))
        .expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a mode");
    git(&whole, &["config", "core.hooksPath", hooks.to_str().expect("UTF-8")]);
    let files = [".git/config", ".git/modules/sub/config", ".git/modules/sub/HEAD", ".git/HEAD"];
    let read = || files.map(|file| fs::read(whole.join(file)).expect(file));
    let (before, status) = (read(), git(&whole, &["status", "--porcelain"]));
    let texts = "cat sub/text sub/inner/text | tr '\\n' ' '; git -C sub status --porcelain; echo";
    let (log, said) = built(&whole, ["HEAD~1", "HEAD"], &format!("{texts}; echo x >sub/text"));
    assert_eq!(log, "onedeep one\ntwodeep two\n", "{said}");
    // Neither what a build does there stays, nor a submodule that another revision has.
    let (log, said) = built(&whole, ["HEAD", "main"], &format!("{texts}; ls"));
    assert_eq!(log, "twodeep two\nsub\ntext\n\ntext\n", "{said}");
    assert_eq!((read(), git(&whole, &["status", "--porcelain"])), (before, status));
    assert!(!here.path().join("hooked").exists(), "a hook of the user ran");
}

#[test]
fn a_submodule_that_is_not_there_is_refused_or_stays_empty() {
    let here = TempDir::new().expect("a directory");
    let whole = nested(here.path());
    let bare = here.path().join("bare");
    git(here.path(), &["clone", "--quiet", "whole", "bare"]);
    let (log, said) = built(&bare, ["HEAD~1", "HEAD"], "ls sub");
    assert!(said.contains("the submodule sub is not in use here: it stays empty"), "{said}");
    assert_eq!(log, "", "{said}");
    let missing = format!("160000,{},sub", "1".repeat(40));
    git(&whole, &["update-index", "--cacheinfo", &missing]);
    git(&whole, &["commit", "--quiet", "-m", "a pointer to nowhere"]);
    let (log, said) = built(&whole, ["HEAD", "HEAD~1"], "ls sub");
    assert!(said.contains("the submodule sub lacks the revision 111111111111"), "{said}");
    assert_eq!(log, "", "{said}");
}

/// A monitor is a program of the user's that any git starts which looks at the files.
#[test]
fn no_monitor_of_files_is_started() {
    let here = TempDir::new().expect("a directory");
    let repo = here.path().join("repo");
    repository(&repo, &["one", "two"]);
    let monitor = here.path().join("monitor");
    fs::write(&monitor, "#!/bin/sh\ntouch \"$0.ran\"\nexit 1\n").expect("a file");
    fs::set_permissions(&monitor, fs::Permissions::from_mode(0o755)).expect("a mode");
    git(&repo, &["config", "core.fsmonitor", monitor.to_str().expect("UTF-8")]);
    let mut header = Command::new(PROGRAM);
    header.args(["header", "--executor=deque"]).current_dir(&repo);
    let said = free(&mut header).output().expect("it starts").stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("\"dirty\":false"), "{said}");
    built(&repo, ["HEAD~1", "HEAD"], "cat text; git status");
    assert!(!here.path().join("monitor.ran").exists(), "the monitor ran");
}
