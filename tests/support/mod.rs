//! What the tests of the program share: how it is started, in a directory of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Returns the program, in `directory`, without a terminal and with nothing of the caller's
/// environment that changes what is printed.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tminus"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    let changes = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CARGO_TARGET_DIR"];
    for name in changes {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
#[allow(dead_code, reason = "a test may need the command alone")]
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().expect("the program starts")
}
