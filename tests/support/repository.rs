//! Repositories of git for tests, made without the user's configuration and whatever hook the tests
//! themselves run in.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Frees `command` from the repository and the configuration of the user.
pub(crate) fn free(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    for file in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        command.env(file, "/dev/null");
    }
    for name in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{name}_NAME"), "a").env(format!("GIT_{name}_EMAIL"), "a@b");
    }
    command
}

/// Returns what git prints for `words` in `directory`.
pub(crate) fn git(directory: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "protocol.file.allow=always"]).args(words).current_dir(directory);
    let ended = free(&mut git).output().expect("git starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{words:?} in {}: {said}", directory.display());
    String::from_utf8(ended.stdout).expect("UTF-8").trim_end().to_owned()
}

/// Makes a repository in `directory` with a revision for each of `texts`, which its file `text`
/// holds.
pub(crate) fn repository(directory: &Path, texts: &[&str]) {
    fs::create_dir_all(directory).expect("a directory");
    git(directory, &["init", "--quiet", "--initial-branch=main"]);
    for text in texts {
        fs::write(directory.join("text"), text).expect("a file");
        commit(directory, text);
    }
}

/// Commits all that is in `directory`.
pub(crate) fn commit(directory: &Path, message: &str) {
    git(directory, &["add", "--all"]);
    git(directory, &["commit", "--quiet", "--no-verify", "-m", message]);
}
