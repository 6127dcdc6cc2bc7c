//! A child that answers in lines: what it says next, or that its time is over.

use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::lines::Lines;
use super::patience::Patience;
use super::process::{Exit, Process, Seen};
use super::{Cancel, Program, Watcher};
use crate::spec::Spec;

/// A child that was given its spec.
pub(super) struct Listener {
    process: Process,
    lines: Lines,
    patience: Patience,
    /// The time left when the last tenth of its time began, and how busy it had been until then.
    last_tenth: Option<(Duration, Duration)>,
}

/// The next event of a child.
pub(super) enum Event {
    /// It printed a line.
    Line(Vec<u8>),
    /// It printed what no child prints.
    Garbage(String),
    /// It exited, and all that it printed was given out.
    Ended,
    /// Its time is over, and it was busy or not.
    Late { busy: bool },
    /// The run was cancelled.
    Cancelled,
}

impl Listener {
    /// Starts a child of `program`, has it watched, tells it `spec` and gives it `deadline`.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn start(
        program: &Program,
        spec: &Spec,
        deadline: Duration,
        watcher: Option<Watcher>,
    ) -> io::Result<Self> {
        let mut process = Process::start(program.command().stdin(Stdio::piped()))?;
        if let Some(watcher) = watcher {
            process.watch(watcher)?;
        }
        process.say(&serde_json::to_string(spec)?)?;
        let patience = Patience::new(deadline, Instant::now());
        Ok(Self { process, lines: Lines::default(), patience, last_tenth: None })
    }

    /// Writes a line to the child, which has `deadline` from now on; it was not waited for
    /// meanwhile.
    ///
    /// # Errors
    /// The pipe's error.
    pub(super) fn say(&mut self, line: &str, deadline: Duration) -> io::Result<()> {
        self.restart(deadline);
        self.process.say(line)
    }

    /// Closes the stdin of the child, which has `deadline` from now on.
    pub(super) fn close_stdin(&mut self, deadline: Duration) {
        self.restart(deadline);
        self.process.close_stdin();
    }

    fn restart(&mut self, deadline: Duration) {
        self.patience.restart(deadline, Instant::now());
        self.last_tenth = None;
    }

    /// Waits for nothing but its exit any more, and gives it `grace` for that: a child that has
    /// finished counts, whenever its last word was heard.
    pub(super) fn let_leave(&mut self, grace: Duration) {
        self.process.let_leave();
        self.give(grace);
    }

    /// Returns for how long this process was stopped while the child ran.
    pub(super) fn away(&mut self) -> Duration {
        self.patience.away(Instant::now())
    }

    /// Sleeps until something happens, but not longer than the child may take. What has arrived
    /// counts before the time does.
    pub(super) fn next(&mut self, cancel: &Cancel) -> Event {
        loop {
            match self.lines.next() {
                Ok(Some(line)) => return Event::Line(line),
                Ok(None) => {}
                Err(reason) => return Event::Garbage(reason),
            }
            let wake = self.patience.step(Instant::now(), self.process.longest_wait());
            if self.last_tenth.is_none() {
                self.last_tenth = self.patience.last_tenth().map(|it| (it, self.process.busy()));
            }
            let seen = self.process.wait(wake, Some(cancel), |bytes| self.lines.push(bytes));
            // Now, since an answer may be the last that is waited for before a `restart`.
            self.patience.spend(Instant::now());
            match seen {
                Ok(Seen::Cancelled) => return Event::Cancelled,
                Ok(Seen::Ended) => return Event::Ended,
                Ok(seen) if self.patience.is_over(seen == Seen::Nothing) => {
                    return Event::Late { busy: self.was_busy() };
                }
                Ok(_) => {}
                Err(reason) => return Event::Garbage(reason),
            }
        }
    }

    /// Returns the next line that is there, without a wait. What else it finds, [`Self::next`]
    /// tells.
    pub(super) fn arrived(&mut self) -> Option<Vec<u8>> {
        if let Some(line) = self.lines.next().ok()? {
            return Some(line);
        }
        self.process.wait(Duration::ZERO, None, |bytes| self.lines.push(bytes)).ok()?;
        self.lines.next().ok()?
    }

    /// Ends the child if it has not ended; gives what is left, and whether a line never ended.
    pub(super) fn end(self) -> (Exit, bool) {
        (self.process.end(), self.lines.has_rest())
    }

    fn give(&mut self, time: Duration) {
        self.patience.renew(time, Instant::now());
        self.last_tenth = None;
    }

    /// Returns whether the child ran, or would have, for at least half of the last tenth of its
    /// time: a lost wake-up after much work is a hang nonetheless.
    fn was_busy(&self) -> bool {
        let (tenth, before) = self.last_tenth.unwrap_or_default();
        self.process.busy().saturating_sub(before) * 2 >= tenth
    }
}
