//! Whether children start at all, before the first of them has work.

use std::fs;
use std::time::Duration;

use tminus_contract::error::{Error, Result};
use tminus_contract::params::Params;
use tminus_record::{Cell, FailureKind, Outcome};

use super::{Cancel, Program, run};
use crate::spec::Spec;

/// A child says `hello` at once; a machine may be busy.
const DEADLINE: Duration = Duration::from_secs(60);

/// So many of the last lines of stderr are shown.
const STDERR_LINES: usize = 4;

/// Starts a child of `program` that is told nothing it could do: it says `hello` and refuses. One
/// that does not tells that no other will, and why.
///
/// # Errors
/// [`Error::Mute`] with what it wrote to stderr and the way out.
pub fn greet(program: &Program, cancel: &Cancel) -> Result<()> {
    let nothing = Cell {
        workload: "none".into(),
        params: Params::default(),
        label: String::new(),
        executor: "none".into(),
        workers: None,
        twin: false,
    };
    let spec = Spec { protocol: 0, ..Spec::new(nothing) };
    // One that was cancelled is not asked again.
    let Some(report) = run(program, &spec, DEADLINE, cancel) else { return Ok(()) };
    match report.outcome {
        Outcome::Failed { kind: FailureKind::Spec, .. } => Ok(()),
        Outcome::Failed { kind, reason, stderr } => Err(mute(program, kind, &reason, &stderr)),
        // What the machine refuses to every child.
        Outcome::Excluded { reason } => Err(mute(program, FailureKind::Start, &reason, "")),
        Outcome::Ok => Err(mute(program, FailureKind::Garbage, "it does what it was not told", "")),
    }
}

fn mute(program: &Program, kind: FailureKind, reason: &str, stderr: &str) -> Error {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines[lines.len().saturating_sub(STDERR_LINES)..].join("; ");
    let said = if said.is_empty() { said } else { format!(" (it wrote: {said})") };
    let path = fs::read_link(&program.path).unwrap_or_else(|_| program.path.clone());
    let way_out = match kind {
        FailureKind::Start => "see that it may be executed, and `ulimit -u` and `ulimit -n`",
        FailureKind::Deadline | FailureKind::Hang => "see what holds it up",
        _ => {
            "start the program by itself: not through a loader, nor under a tool that does not \
             follow its children"
        }
    };
    let path = path.display();
    Error::Mute(format!("no child starts: {reason}{said}; children run `{path} cell`: {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(script: &str) -> String {
        let program = Program::new("/bin/sh").arguments(["-c", script]);
        let cancel = Cancel::new().unwrap();
        greet(&program, &cancel).map_or_else(|error| error.to_string(), |()| "well".into())
    }

    #[test]
    fn a_child_that_refuses_nonsense_is_well() {
        let hello = r#"{"message":"hello","protocol":1,"version":"sh"}"#;
        let failed = r#"{"message":"failed","kind":"spec","reason":"protocol 0"}"#;
        assert_eq!(said(&format!("read spec; echo '{hello}'; echo '{failed}'")), "well");
    }

    #[test]
    fn one_that_says_nothing_tells_why_and_what_to_do() {
        let line = said("echo a >&2; echo cell: cannot open shared object file >&2; exit 127");
        let start = "no child starts: exited with status 127 before `hello` \
                     (it wrote: a; cell: cannot open shared object file); children run `/bin/";
        assert!(line.starts_with(start.trim_end_matches("/bin/")), "{line}");
        assert!(line.contains("not through a loader"), "{line}");
        let missing = greet(&Program::new("/nowhere"), &Cancel::new().unwrap()).unwrap_err();
        assert!(missing.to_string().contains("`ulimit -u`"), "{missing}");
        assert!(said("echo rubbish").contains("no message: `rubbish`"));
    }
}
