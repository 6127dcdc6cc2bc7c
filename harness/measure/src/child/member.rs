//! A child from its start to its report, alone or as a member of a set that takes turns.

use std::time::{Duration, Instant};

use tminus_record::{FailureKind, Outcome};

use super::dialogue::{Dialogue, Ready};
use super::end::{self, Stop};
use super::listener::{Event, Listener};
use super::{Cancel, EXIT_GRACE, Program, Report, Watcher, unix_ns};
use crate::protocol::Request;
use crate::spec::Spec;

/// A child, and what it said.
pub(super) struct Member<'a> {
    program: &'a Program,
    workers: Option<usize>,
    dialogue: Dialogue,
    /// `None` once it has ended.
    child: Option<Listener>,
    started_unix_ns: u64,
    /// Time spent on it, its starting and its waits.
    spent: Duration,
    /// For how long this process was stopped meanwhile.
    away: Duration,
    /// It may say `done`.
    may_end: bool,
    outcome: Option<Outcome>,
}

impl<'a> Member<'a> {
    /// Starts a child of `program` that has `deadline` for its first words.
    pub(super) fn start(
        program: &'a Program,
        spec: &Spec,
        deadline: Duration,
        watcher: Option<Watcher>,
    ) -> Self {
        let (started, started_unix_ns) = (Instant::now(), unix_ns());
        let dialogue = Dialogue::new(spec, program.prologue);
        let (child, outcome) = match Listener::start(program, spec, deadline, watcher) {
            Ok(child) => (Some(child), None),
            Err(error) => {
                let reason = format!("cannot start {}: {error}", program.path.display());
                let (kind, stderr) = (FailureKind::Start, String::new());
                let failed = Outcome::Failed { kind, reason, stderr };
                (None, Some(end::blamed(failed, spec.cell.workers)))
            }
        };
        let (spent, away, may_end) = (started.elapsed(), Duration::ZERO, false);
        let workers = spec.cell.workers;
        Self { program, workers, dialogue, child, started_unix_ns, spent, away, may_end, outcome }
    }

    /// Waits until the child is ready to take turns, and returns for what; `Some(None)` if it ended
    /// before. `None` if `cancel` was called.
    pub(super) fn ready(&mut self, deadline: Duration, cancel: &Cancel) -> Option<Option<Ready>> {
        self.listen(|dialogue| dialogue.ready.is_some(), deadline, cancel)?;
        Some(self.dialogue.ready.filter(|_| self.child.is_some()))
    }

    /// Has the child run one batch of `request`, unless it has answered before it was asked. `None`
    /// if `cancel` was called.
    pub(super) fn batch(
        &mut self,
        request: Request,
        deadline: Duration,
        cancel: &Cancel,
    ) -> Option<()> {
        self.hear_unasked();
        let Some(child) = &mut self.child else { return Some(()) };
        let wanted = self.dialogue.ask();
        let said = serde_json::to_string(&request)
            .map_err(std::io::Error::from)
            .and_then(|line| child.say(&line, deadline));
        if let Err(error) = said {
            self.end(Stop::Garbage(format!("cannot be asked: {error}")));
            return Some(());
        }
        self.listen(|dialogue| dialogue.heard.samples.len() == wanted, deadline, cancel)
    }

    /// Hears what has arrived since the last answer: a sample among it was measured at no turn.
    fn hear_unasked(&mut self) {
        while let Some(line) = self.child.as_mut().and_then(Listener::arrived) {
            if let Err(reason) = self.dialogue.hear(&line) {
                self.end(Stop::Garbage(reason));
            }
        }
    }

    /// Has the child say the rest and waits for its end. `None` if `cancel` was called.
    pub(super) fn finish(&mut self, deadline: Duration, cancel: &Cancel) -> Option<()> {
        self.may_end = true;
        if let Some(child) = &mut self.child {
            child.close_stdin(deadline);
        }
        self.listen(|_| false, deadline, cancel)
    }

    /// Returns the wall time of its samples from the one at `index` on.
    pub(super) fn wall_since(&self, index: usize) -> Duration {
        let samples = self.dialogue.heard.samples.iter().skip(index);
        Duration::from_nanos(samples.map(|sample| sample.wall_ns).sum())
    }

    /// Drops its samples from the one at `index` on.
    pub(super) fn drop_samples(&mut self, index: usize) {
        self.dialogue.drop_samples(index);
    }

    /// Notes the time that a hypervisor gave to others during the sweep `index`.
    pub(super) fn note_steal(&mut self, index: usize, steal_ns: Option<u64>) {
        if let Some(sample) = self.dialogue.heard.samples.get_mut(index) {
            sample.steal_ns = steal_ns;
        }
    }

    /// Makes the report of a child that has ended, of the set that was started then.
    pub(super) fn into_report(self, set_unix_ns: Option<u64>) -> Report {
        let heard = self.dialogue.heard;
        let outcome = self.outcome.unwrap_or_else(|| Outcome::Failed {
            kind: FailureKind::EarlyExit,
            reason: "it was not waited for".into(),
            stderr: String::new(),
        });
        let spent = self.spent.saturating_sub(self.away);
        Report {
            started_unix_ns: self.started_unix_ns,
            set_unix_ns,
            elapsed_ns: u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX),
            away: self.away,
            outcome,
            samples: heard.samples,
            distributions: heard.distributions,
            metrics: heard.metrics,
            order: heard.order,
            withheld: heard.withheld,
        }
    }

    /// Listens until `is_there`, or until the child ends or must be ended. `None` if `cancel` was
    /// called.
    fn listen(
        &mut self,
        is_there: impl Fn(&Dialogue) -> bool,
        deadline: Duration,
        cancel: &Cancel,
    ) -> Option<()> {
        let since = Instant::now();
        let Some(child) = &mut self.child else { return Some(()) };
        let stop = loop {
            match child.next(cancel) {
                Event::Line(line) => {
                    if let Err(reason) = self.dialogue.hear(&line) {
                        break Some(Stop::Garbage(reason));
                    }
                    if self.dialogue.is_over() {
                        child.let_leave(EXIT_GRACE);
                    } else if is_there(&self.dialogue) {
                        break None;
                    }
                }
                Event::Garbage(reason) => break Some(Stop::Garbage(reason)),
                Event::Late { busy } => break Some(Stop::Late { busy, deadline }),
                Event::Ended => break Some(Stop::Ended),
                Event::Cancelled => return None,
            }
        };
        if let Some(stop) = stop {
            self.end(stop);
        }
        self.spent += since.elapsed();
        Some(())
    }

    fn end(&mut self, stop: Stop) {
        let Some(mut child) = self.child.take() else { return };
        self.away = child.away();
        let (left, is_torn) = child.end();
        let outcome = end::outcome(stop, &self.dialogue, left, is_torn, &self.program.oom);
        let outcome = match outcome {
            Outcome::Ok if !self.may_end => Outcome::Failed {
                kind: FailureKind::EarlyExit,
                reason: "it ended before it was told to".into(),
                stderr: String::new(),
            },
            outcome => outcome,
        };
        // Now: at the end of its set the machine has what the others take again.
        self.outcome = Some(end::blamed(outcome, self.workers));
    }
}
