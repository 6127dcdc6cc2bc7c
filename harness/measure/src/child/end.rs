//! How a child ended: what it said, what the system says, and which of the two counts.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::Signal;
use tminus_contract::resources::Demand;
use tminus_record::{FailureKind, Outcome};

use super::EXIT_GRACE;
use super::dialogue::{Dialogue, SelfReport};
use super::oom::OomWatch;
use super::process::Exit;
use crate::protocol::Failed;

/// Why listening ended.
pub(super) enum Stop {
    /// The child had exited.
    Ended,
    /// It was killed: it printed this.
    Garbage(String),
    /// It was killed: its time was over.
    Late { busy: bool, deadline: Duration },
}

/// Threads of a child besides its workers: its first, one for events and one to spare.
const OTHER_THREADS: usize = 3;

/// Turns a death or a silence into a refusal of the machine, if the machine gives not even this
/// process, in which no executor runs, as many threads as the child may have.
pub(super) fn blamed(outcome: Outcome, workers: Option<usize>) -> Outcome {
    use FailureKind::{EarlyExit, Hang, Signal, Start};
    let Outcome::Failed { kind: EarlyExit | Hang | Signal | Start, .. } = &outcome else {
        return outcome;
    };
    // What a child says of its own workers is bounded; what a spec says is not.
    let threads = workers.unwrap_or(1).min(1_024) + OTHER_THREADS;
    match (Demand { threads, connections: 0 }).refused() {
        Some(reason) => Outcome::Excluded { reason },
        None => outcome,
    }
}

/// Returns the outcome for the record. Garbage and lateness count before the exit status, since the
/// parent itself killed the child; a failure that the child reports counts before an exit that
/// follows from it. `is_torn` is whether its last line has no end.
pub(super) fn outcome(
    stop: Stop,
    dialogue: &Dialogue,
    left: Exit,
    is_torn: bool,
    oom: &OomWatch,
) -> Outcome {
    let found = match stop {
        Stop::Garbage(reason) => Err((FailureKind::Garbage, reason)),
        Stop::Late { busy, deadline } => late(busy, deadline, dialogue),
        Stop::Ended => exited(dialogue, &left, is_torn, oom),
    };
    match found {
        Ok(SelfReport::Done) => Outcome::Ok,
        Ok(SelfReport::Unsupported(reason)) => Outcome::Excluded { reason },
        Ok(SelfReport::Failed(kind, reason)) => failed(kind.into(), reason, left),
        Err((kind, reason)) => failed(kind, reason, left),
    }
}

type Ending = Result<SelfReport, (FailureKind, String)>;

fn failed(kind: FailureKind, reason: String, left: Exit) -> Outcome {
    Outcome::Failed { kind, reason, stderr: left.stderr }
}

fn late(busy: bool, deadline: Duration, dialogue: &Dialogue) -> Ending {
    match dialogue.end() {
        Some(SelfReport::Done) => {
            let reason = format!("said `done` but did not exit within {EXIT_GRACE:?}");
            Err((FailureKind::Hang, reason))
        }
        Some(report) => Ok(report.clone()),
        None if busy => {
            Err((FailureKind::Deadline, format!("still busy at the deadline of {deadline:?}")))
        }
        None => {
            let reason = format!("idle at the deadline of {deadline:?}: a lost wake-up?");
            Err((FailureKind::Hang, reason))
        }
    }
}

fn exited(dialogue: &Dialogue, left: &Exit, is_torn: bool, oom: &OomWatch) -> Ending {
    let report = dialogue.end();
    if let Some(SelfReport::Failed(..) | SelfReport::Unsupported(_)) = report {
        return Ok(report.cloned().unwrap_or(SelfReport::Done));
    }
    let when = match report {
        Some(_) => "after `done`",
        None if dialogue.said_hello() => "before `done`",
        None => "before `hello`",
    };
    let status = left.status;
    if let Some(number) = status.and_then(|status| status.signal()) {
        return Err(signalled(number, when, left, oom));
    }
    match (status.and_then(|status| status.code()), report) {
        (Some(0), Some(report)) => Ok(report.clone()),
        (Some(0), None) if is_torn => {
            Err((FailureKind::Garbage, "the last line has no end".into()))
        }
        (Some(101), None) if left.stderr.contains("panicked at") => {
            Err((FailureKind::Panic, panic_of(&left.stderr)))
        }
        (Some(code), _) => {
            Err((FailureKind::EarlyExit, format!("exited with status {code} {when}")))
        }
        (None, _) => Err((FailureKind::EarlyExit, format!("ended {when}, its status is unknown"))),
    }
}

fn signalled(number: i32, when: &str, left: &Exit, oom: &OomWatch) -> (FailureKind, String) {
    let name = Signal::try_from(number).map_or("a real-time signal", Signal::as_str);
    let allocation = left.stderr.lines().rev().find(|line| is_failed_allocation(line));
    if let Some(line) = allocation.filter(|_| number == Signal::SIGABRT as i32) {
        return (FailureKind::OutOfMemory, line.into());
    }
    let ended = format!("ended by {name} ({number}) {when}");
    if number != Signal::SIGKILL as i32 {
        return (FailureKind::Signal, ended);
    }
    match oom.rose() {
        Some(true) => (FailureKind::OutOfMemory, format!("{ended}: the kernel ran out of memory")),
        Some(false) => (FailureKind::Signal, ended),
        None => (FailureKind::Signal, format!("{ended}: by hand, or for want of memory")),
    }
}

/// Returns whether the text is what the standard library prints before it aborts.
fn is_failed_allocation(line: &str) -> bool {
    line.starts_with("memory allocation of ") && line.contains(" bytes failed")
}

/// Returns the message of the first panic that is left: it stands on the line after `panicked at`.
fn panic_of(stderr: &str) -> String {
    let mut lines = stderr.lines().skip_while(|line| !line.contains("panicked at"));
    let place = lines.next().unwrap_or_default();
    let message = lines.next().unwrap_or_default();
    format!("{place} {message}").trim().into()
}

impl From<Failed> for FailureKind {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::WrongAnswer => Self::WrongAnswer,
            Failed::Order => Self::Order,
            Failed::Contract => Self::Contract,
            Failed::Panic => Self::Panic,
            Failed::Spec => Self::Spec,
        }
    }
}
