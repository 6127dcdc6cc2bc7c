//! What the builds of a gate are of: the revision's own submodules and nothing of another revision;
//! and directories of gates that were cut off, or are not what they seem.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
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

/// Returns a repository `whole` whose revisions point to another `part` each, the last one to none;
/// `part` has a submodule of its own.
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

/// Returns a gate of two programs that ended, which are this one.
fn ended(here: &Path) -> PathBuf {
    let words = ["--out=out", "--seed=1", "--rounds=6", "--looks=1", "--executor=deque"];
    let cells = ["--workload=squares", "--param=tasks=10", "--param=depth=1", "--profile=standard"];
    let programs = ["--baseline", PROGRAM, "--candidate", PROGRAM, "--confirm-file=flagged.json"];
    let (said, code) = gate(here, &[&words[..], &cells, &programs].concat());
    assert_ne!(code, Some(2), "{said}");
    let (said, code) = gate(here, &[&words[..], &cells, &programs].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is a gate with this seed already"), "{said}");
    here.join("out/gate-0000000000000001")
}

#[test]
fn a_gate_that_leads_out_of_its_directory_is_refused() {
    let here = TempDir::new().expect("a directory");
    let directory = ended(here.path());
    let name = directory.to_str().expect("UTF-8");
    let precious = here.path().join("flagged.json");
    fs::write(&precious, "precious").expect("a file");
    let refused = |words: &[&str], what: &str| {
        let (said, code) = gate(here.path(), words);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(what) && said.lines().count() == 1, "{said}");
        assert_eq!(fs::read_to_string(&precious).expect("a file"), "precious");
    };
    // What it names is overwritten only if the user says so.
    refused(&["--resume", name], "say so again");
    let again = ["--resume", name, "--confirm-file=other.json"];
    let (said, code) = gate(here.path(), &again);
    assert_ne!(code, Some(2), "{said}");
    assert_eq!(fs::read_to_string(&precious).expect("a file"), "precious");
    // Programs that are run, and run files that are written to.
    let programs = directory.join("programs");
    for link in [programs.clone(), directory.join("candidate.jsonl")] {
        let aside = here.path().join("aside");
        let is_there = fs::rename(&link, &aside).is_ok();
        symlink(here.path(), &link).expect("a link");
        refused(&again, "it leads out of the gate");
        fs::remove_file(&link).expect("a link");
        if is_there {
            fs::rename(&aside, &link).expect("a file");
        }
    }
    fs::create_dir(&programs).expect("a directory");
    symlink("/bin/false", programs.join("0")).expect("a link");
    refused(&again, "it leads out of the gate");
    refused(&["--resume", here.path().to_str().expect("UTF-8")], "there is no gate.json in it");
}

#[test]
fn a_gate_of_another_user_is_refused() {
    let here = TempDir::new().expect("a directory");
    let directory = ended(here.path());
    let plan = directory.join("gate.json");
    if let Err(why) = std::os::unix::fs::chown(&plan, Some(12_345), None) {
        writeln!(std::io::stderr(), "NOT RUN: gate_trees: files cannot be given away here: {why}")
            .expect("stderr");
        return;
    }
    let words = ["--resume", directory.to_str().expect("UTF-8"), "--confirm-file=flagged.json"];
    let (said, code) = gate(here.path(), &words);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("gate.json: is another user's"), "{said}");
}

/// Killed while it copied its programs: it holds a plan, and copies that are not whole.
#[test]
fn what_a_gate_left_that_was_killed_before_it_began_is_removed() {
    let here = TempDir::new().expect("a directory");
    let plan = ended(here.path()).join("gate.json");
    let directory = here.path().join("out/gate-00000000000000ff");
    let cut_off = || {
        fs::create_dir_all(directory.join("programs.new")).expect("a directory");
        fs::write(directory.join("programs.new/0"), "half a program").expect("a file");
        fs::copy(&plan, directory.join("gate.json")).expect("a plan");
    };
    cut_off();
    let (said, code) = gate(here.path(), &["--resume", directory.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("was cut off before it began") && !directory.exists(), "{said}");
    // Another gate in the same place does so too, unless one is at work there.
    let another = || {
        let words = ["--out=out", "--rounds=6", "--looks=1", "--executor=deque"];
        let cells = ["--workload=squares", "--param=tasks=10", "--param=depth=1"];
        let programs = ["--baseline", PROGRAM, "--candidate", PROGRAM];
        gate(here.path(), &[&words[..], &cells, &programs].concat())
    };
    cut_off();
    let at_work = fs::File::open(directory.join("programs.new")).expect("a directory");
    at_work.try_lock().expect("a lock");
    another();
    assert!(directory.join("programs.new/0").exists());
    drop(at_work);
    let (said, _) = another();
    assert!(!directory.exists(), "{said}");
    assert!(plan.exists(), "{said}");
}
