//! A child that stays: it runs as many iterations as it is asked for, again and again. For
//! criterion, whose figures are isolated so too.

use std::time::Duration;

use tminus_contract::error::{Error, Result};
use tminus_record::Outcome;

use super::dialogue::Dialogue;
use super::end::{self, Stop};
use super::listener::{Event, Listener};
use super::{Cancel, Program};
use crate::protocol::Request;
use crate::spec::{Mode, Spec};

/// A child in [`Mode::Serve`]. Dropping it kills and reaps it.
pub struct Server<'a> {
    program: &'a Program,
    spec: Spec,
    /// `None` once the child has failed.
    child: Option<Listener>,
    dialogue: Dialogue,
    deadline: Duration,
    cancel: Cancel,
}

/// The time that a request took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// Wall time of the timed region.
    pub wall_ns: u64,
    /// Units of work done in it.
    pub ops: u64,
}

impl<'a> Server<'a> {
    /// Starts the child of `spec`'s cell; every request must be answered within `deadline`.
    ///
    /// # Errors
    /// [`Error::Child`] if the child could not be started.
    pub fn start(program: &'a Program, spec: &Spec, deadline: Duration) -> Result<Self> {
        let spec = Spec { mode: Mode::Serve, ..spec.clone() };
        let dialogue = Dialogue::new(&spec, program.prologue);
        let child = Listener::start(program, &spec, deadline, None).map_err(Error::Child)?;
        let cancel = Cancel::new().map_err(Error::Child)?;
        Ok(Self { program, spec, child: Some(child), dialogue, deadline, cancel })
    }

    /// Runs `iterations` iterations in one timed region.
    ///
    /// # Errors
    /// [`Error::Cell`] if the child failed or cannot run the cell; it is gone then, and so every
    /// later call fails too.
    pub fn run(&mut self, iterations: u64) -> Result<Elapsed> {
        let stop = match self.ask(iterations)? {
            Ok(elapsed) => return Ok(elapsed),
            Err(stop) => stop,
        };
        let Some(child) = self.child.take() else { return Err(self.failed("it is gone")) };
        let (left, is_torn) = child.end();
        let outcome = end::outcome(stop, &self.dialogue, left, is_torn, &self.program.oom);
        Err(match outcome {
            Outcome::Ok => self.failed("it ended before it was told to"),
            Outcome::Excluded { reason } => self.failed(&reason),
            Outcome::Failed { reason, stderr, .. } => {
                let last = stderr.lines().last().unwrap_or_default();
                self.failed(format!("{reason}\n{last}").trim_end())
            }
        })
    }

    fn ask(&mut self, iterations: u64) -> Result<std::result::Result<Elapsed, Stop>> {
        let request = serde_json::to_string(&Request { iterations, warm: 0 })
            .map_err(|error| self.failed(&error.to_string()))?;
        let Some(child) = &mut self.child else {
            return Err(self.failed("the child is gone"));
        };
        child.say(&request, self.deadline).map_err(Error::Child)?;
        Ok(loop {
            match child.next(&self.cancel) {
                Event::Line(line) => {
                    if let Err(reason) = self.dialogue.hear(&line) {
                        break Err(Stop::Garbage(reason));
                    }
                    if let Some((wall_ns, ops)) = self.dialogue.elapsed.take() {
                        break Ok(Elapsed { wall_ns, ops });
                    }
                }
                Event::Garbage(reason) => break Err(Stop::Garbage(reason)),
                Event::Late { busy } => {
                    break Err(Stop::Late { busy, deadline: self.deadline });
                }
                Event::Ended | Event::Cancelled => break Err(Stop::Ended),
            }
        })
    }

    fn failed(&self, reason: &str) -> Error {
        Error::Cell { cell: self.spec.id.to_string(), reason: reason.into() }
    }
}
