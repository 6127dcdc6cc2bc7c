//! Gates that hooks of git start. Git tells a hook by variables which repository it belongs to; a
//! gate that passed them on would check out its revisions over the work of the user.

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

/// Writes down what a user would miss, runs the gate, and writes it down again.
const HOOK: &str = r#"#!/bin/sh
here=$(git rev-parse --git-dir)
snap() {
    mkdir "$NOTES/$1"
    cp text other "$NOTES/$1"
    cp "$here/HEAD" "$NOTES/$1/head"
    cp "$here/index" "$NOTES/$1/main-index"
    cp "${GIT_INDEX_FILE:-$here/index}" "$NOTES/$1/index"
    git rev-parse HEAD >"$NOTES/$1/commit"
    git diff >"$NOTES/$1/unstaged"
    git diff --cached >"$NOTES/$1/staged"
}
snap before
git rev-parse --local-env-vars | while read -r name; do
    eval "test -z \"\${$name+x}\"" || echo "$name"
done >"$NOTES/exported"
"$PROGRAM" gate --out=out --baseline=HEAD~1 --candidate=HEAD --program=built --build='
    { cat text; echo; git rev-parse HEAD; env | grep -c "^GIT_DIR=\|^GIT_INDEX_FILE="; } >>"$NOTES/builds"
    git config --get core.hooksPath >>"$NOTES/builds"
    cp text built' >"$NOTES/said" 2>&1
echo $? >"$NOTES/code"
snap after
"#;

/// A checkout in which one edit is staged, one is not, and a hook runs a gate before a commit.
struct Checkout {
    path: PathBuf,
    notes: PathBuf,
}

impl Checkout {
    fn new(path: PathBuf, notes: &Path) -> Self {
        fs::create_dir(notes).expect("a directory");
        let hooks = path.join(git(&path, &["rev-parse", "--git-path", "hooks"]));
        fs::create_dir_all(&hooks).expect("a directory");
        let hook = |name: &str, script: &str| {
            let file = hooks.join(name);
            fs::write(&file, script).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
        };
        hook("pre-commit", HOOK);
        fs::write(path.join("text"), "staged").expect("a file");
        git(&path, &["add", "text"]);
        fs::write(path.join("other"), "not staged").expect("a file");
        hook("post-checkout", "#!/bin/sh\ntouch \"$NOTES/post-checkout\"\n");
        Self { path, notes: notes.to_owned() }
    }

    fn note(&self, name: &str) -> String {
        fs::read_to_string(self.notes.join(name)).unwrap_or_default()
    }

    /// Commits with `words`; the hook runs the gate.
    fn commit(&self, words: &[&str]) {
        let mut git = Command::new("git");
        git.arg("commit").args(["--quiet", "-m", "mine"]).args(words).current_dir(&self.path);
        git.env("NOTES", &self.notes).env("PROGRAM", PROGRAM);
        let ended = free(&mut git).output().expect("git starts");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// Both revisions were built from their own files, outside of the checkout, and nothing of it
    /// has changed.
    #[track_caller]
    fn check(&self) {
        let said = self.note("said");
        // The programs are texts, which the gate finds out after it has built both.
        assert_eq!(self.note("code"), "2\n", "{said}");
        assert!(said.contains("did not tell what it would run"), "{said}");
        let [two, one] = ["HEAD~1", "HEAD~2"].map(|it| git(&self.path, &["rev-parse", it]));
        let expected = format!("one\n{one}\n0\n/dev/null\ntwo\n{two}\n0\n/dev/null\n");
        assert_eq!(self.note("builds"), expected, "{said}");
        assert!(self.note("exported").contains("GIT_INDEX_FILE"), "no hook of git");
        for name in ["text", "other", "head", "main-index", "index", "commit", "unstaged", "staged"]
        {
            let [before, after] =
                ["before", "after"].map(|when| fs::read(self.notes.join(when).join(name)));
            assert_eq!(before.expect(name), after.expect(name), "{name}");
        }
        assert!(!self.notes.join("post-checkout").exists(), "a hook of the user ran");
    }

    /// The commit holds what was staged, and the rest is there still.
    #[track_caller]
    fn check_commit(&self, staged: &str, left: &str) {
        let git = |words: &[&str]| git(&self.path, words);
        assert_eq!(git(&["diff", "--name-only", "HEAD~1", "HEAD"]), staged);
        assert_eq!(git(&["diff", "--name-only"]), left);
        assert_eq!(git(&["show", "HEAD:text"]), "staged");
        assert_eq!(fs::read_to_string(self.path.join("other")).expect("a file"), "not staged");
        assert_eq!(git(&["rev-parse", "--abbrev-ref", "HEAD"]), "main");
    }
}

fn two_revisions(directory: &Path) {
    fs::create_dir_all(directory).expect("a directory");
    fs::write(directory.join("other"), "committed").expect("a file");
    fs::write(directory.join(".gitignore"), "out\n").expect("a file");
    repository(directory, &["one", "two"]);
}

#[test]
fn a_hook_of_a_main_checkout_leaves_it_as_it_is() {
    let here = TempDir::new().expect("a directory");
    let main = here.path().join("main");
    two_revisions(&main);
    let checkout = Checkout::new(main, &here.path().join("notes"));
    checkout.commit(&[]);
    checkout.check();
    checkout.check_commit("text", "other");
}

/// Git has an index of its own for it, and both are the user's.
#[test]
fn so_does_a_hook_of_a_commit_of_everything() {
    let here = TempDir::new().expect("a directory");
    let main = here.path().join("main");
    two_revisions(&main);
    let checkout = Checkout::new(main, &here.path().join("notes"));
    checkout.commit(&["--all"]);
    checkout.check();
    checkout.check_commit("other\ntext", "");
}

#[test]
fn so_does_a_hook_of_a_linked_worktree() {
    let here = TempDir::new().expect("a directory");
    let (first, linked) = (here.path().join("first"), here.path().join("linked"));
    two_revisions(&first);
    git(&first, &["checkout", "--quiet", "-b", "elsewhere"]);
    git(&first, &["worktree", "add", "--quiet", "../linked", "main"]);
    let status = git(&first, &["status", "--porcelain"]);
    let index = fs::read(first.join(".git/index")).expect("an index");
    let checkout = Checkout::new(linked, &here.path().join("notes"));
    checkout.commit(&[]);
    checkout.check();
    checkout.check_commit("text", "other");
    assert_eq!(fs::read(first.join(".git/index")).expect("an index"), index);
    assert_eq!(git(&first, &["status", "--porcelain"]), status);
    assert_eq!(git(&first, &["rev-parse", "--abbrev-ref", "HEAD"]), "elsewhere");
}

#[test]
fn so_does_a_hook_of_a_submodule() {
    let here = TempDir::new().expect("a directory");
    let (part, whole) = (here.path().join("part"), here.path().join("whole"));
    two_revisions(&part);
    repository(&whole, &["whole"]);
    git(&whole, &["submodule", "--quiet", "add", "../part", "sub"]);
    commit(&whole, "sub");
    let checkout = Checkout::new(whole.join("sub"), &here.path().join("notes"));
    checkout.commit(&[]);
    checkout.check();
    checkout.check_commit("text", "other");
    assert_eq!(git(&whole, &["status", "--porcelain"]), " M sub");
}

/// As a shell has it that works on files beside their repository.
#[test]
fn variables_of_another_repository_choose_neither_its_files_nor_its_revision() {
    let here = TempDir::new().expect("a directory");
    let [mine, other] = ["mine", "other"].map(|name| here.path().join(name));
    two_revisions(&mine);
    two_revisions(&other);
    commit_file(&other);
    fs::write(other.join("text"), "edited").expect("a file");
    let tree = other.join(".git");
    let index = fs::read(tree.join("index")).expect("an index");
    let mut gate = Command::new(PROGRAM);
    gate.args(["gate", "--baseline=HEAD~1", "--program=built", "--build=cp text built"]);
    free(&mut gate).current_dir(&mine).env("GIT_DIR", &tree).env("GIT_WORK_TREE", &other);
    let said = gate.output().expect("it starts").stderr;
    let said = String::from_utf8_lossy(&said);
    let head = git(&mine, &["rev-parse", "HEAD"]);
    assert!(said.contains(&format!("building {}", &head[..12])), "{said}");
    assert_eq!(fs::read_to_string(other.join("text")).expect("a file"), "edited");
    assert_eq!(fs::read(tree.join("index")).expect("an index"), index);
    let mut header = Command::new(PROGRAM);
    header.args(["header", "--executor=deque"]);
    free(&mut header).current_dir(&mine).env("GIT_DIR", &tree);
    let said = header.output().expect("it starts").stdout;
    assert!(String::from_utf8_lossy(&said).contains(&head), "another revision is stored");
}

fn commit_file(directory: &Path) {
    fs::write(directory.join("more"), "more").expect("a file");
    commit(directory, "more");
}
