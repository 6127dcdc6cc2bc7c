//! What the tests of the program share: start it in a directory of its own and say what it did.
//! Never looks inside it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program, in `directory`, without a terminal and with nothing of the caller's environment
/// that changes what is printed.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tminus"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().expect("the program starts")
}

/// What the program said, as a terminal session shows it.
pub(crate) fn session(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    let mut text = format!("$ tminus {}\n", arguments.join(" "));
    let code = output.status.code().map_or("none: a signal".into(), |code| code.to_string());
    let _ = writeln!(text, "exit {code}");
    for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        if !bytes.is_empty() {
            let _ = write!(text, "--- {name}\n{}", String::from_utf8_lossy(&bytes));
        }
    }
    text.replace(env!("CARGO_BIN_EXE_tminus"), "tminus")
        .replace(&directory.display().to_string(), "DIR")
}
