//! Git, and commands that may start it, freed from what a caller's git has exported.
//!
//! Git tells its hooks by variables which repository, index and configuration they belong to, and
//! every git below a hook obeys them, whatever directory it is started in: a checkout elsewhere
//! then overwrites the work of the user. All that starts git, or a build that may, goes through
//! here. Nothing here writes; what callers ask git for may.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tminus_record::text;

use crate::child;

/// How long a question may take. A repository on a slow disk answers within it.
pub const QUERY: Duration = Duration::from_secs(20);

/// The variables that git lists as belonging to one repository, for a git that does not answer.
const LOCAL: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Variables that git does not list, and that change its answers all the same: other paths, other
/// attributes, a repository that is about to take a push.
const MORE: [&str; 8] = [
    "GIT_ATTR_SOURCE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_VERSION",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_QUARANTINE_PATH",
];

/// Configuration for git and all that it starts: no program of the user's runs on the way.
const CONFIGURATION: [(&str, &str); 2] =
    [("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null")];

/// Returns a git command in `directory` that finds its repository by that directory alone, asks
/// nothing and starts neither hooks nor monitors.
#[must_use]
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-pager").current_dir(directory).stdin(Stdio::null());
    free(&mut command);
    command
}

/// Removes from `command` what ties it to another repository, and keeps each git that it starts
/// from hooks, monitors and prompts.
pub fn free(command: &mut Command) {
    for name in &local().names {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_COUNT", CONFIGURATION.len().to_string());
    for (index, (key, value)) in CONFIGURATION.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    command.env("GIT_TERMINAL_PROMPT", "0");
}

/// Returns what git prints for `words` in `directory`.
///
/// # Errors
/// In one line, safe to show: all that git said against it; that there is no git; that it gave no
/// answer within [`QUERY`].
pub fn ask(directory: &Path, words: &[&str]) -> Result<String, String> {
    let mut command = command(directory);
    // One that hangs or is not there does so each time.
    if let Some(why) = &local().silent {
        return Err(why.clone());
    }
    // All that it started ends with it.
    command.args(words).process_group(0);
    printed(&child::output(command, QUERY)?)
}

/// Returns the standard output of a command that succeeded; else all that it said, in one line.
///
/// # Errors
/// Its message, or how it ended without one.
pub fn printed(output: &Output) -> Result<String, String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.collect::<Vec<_>>().join("; ");
    Err(if said.is_empty() { output.status.to_string() } else { text::escape(&said) })
}

/// The variables to remove, and why git did not say which.
struct Local {
    names: Vec<OsString>,
    silent: Option<String>,
}

/// Returns the variables that this git knows of, and those that any might.
fn local() -> &'static Local {
    static LOCAL_NAMES: OnceLock<Local> = OnceLock::new();
    LOCAL_NAMES.get_or_init(|| {
        let mut git = Command::new("git");
        git.args(["rev-parse", "--local-env-vars"]).process_group(0);
        let told = child::output(git, QUERY);
        let silent = told.as_ref().err().cloned();
        let told = told.and_then(|output| printed(&output)).unwrap_or_default();
        let is_name = |name: &&str| name.starts_with("GIT_");
        let told = told.lines().filter(is_name).map(OsString::from);
        // A configuration of the caller's has any number of them.
        let numbered = env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_")
        });
        let fixed = LOCAL.into_iter().chain(MORE).map(OsString::from);
        Local { names: told.chain(fixed).chain(numbered).collect(), silent }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsStr;
    use std::io::Write as _;

    use super::*;

    fn of(command: &Command) -> BTreeMap<&OsStr, Option<&OsStr>> {
        command.get_envs().collect()
    }

    #[test]
    fn whatever_git_calls_local_is_removed() {
        let command = command(Path::new("/"));
        let variables = of(&command);
        let listed = Command::new("git").args(["rev-parse", "--local-env-vars"]).output();
        let Ok(listed) = listed else {
            writeln!(std::io::stderr(), "NOT RUN: git: there is no git").expect("stderr");
            return;
        };
        let listed = String::from_utf8(listed.stdout).expect("names");
        for name in listed.lines().chain(LOCAL).chain(MORE) {
            let is_ours = name == "GIT_CONFIG_COUNT";
            let value = variables.get(OsStr::new(name)).expect(name);
            assert_eq!(value.is_some(), is_ours, "{name}");
        }
    }

    #[test]
    fn neither_hooks_nor_monitors_nor_prompts() {
        let told = ["core.fsmonitor", "core.hooksPath"]
            .map(|key| ask(Path::new("/"), &["config", "--get", key]));
        if told[0].as_ref().is_err_and(|why| why.contains("cannot be started")) {
            writeln!(std::io::stderr(), "NOT RUN: git: there is no git").expect("stderr");
            return;
        }
        assert_eq!(told, [Ok("false\n".into()), Ok("/dev/null\n".into())]);
        let command = command(Path::new("/"));
        let prompts = of(&command)[OsStr::new("GIT_TERMINAL_PROMPT")];
        assert_eq!(prompts, Some(OsStr::new("0")));
    }

    #[test]
    fn all_that_a_command_said_is_the_reason() {
        let sh = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            child::output(command, QUERY).and_then(|output| printed(&output))
        };
        assert_eq!(sh("echo a >&2; echo; echo '  b' >&2; exit 1"), Err("a; b".into()));
        assert_eq!(sh("exit 3"), Err("exit status: 3".into()));
        assert_eq!(sh("echo a; echo b >&2"), Ok("a\n".into()));
    }
}
