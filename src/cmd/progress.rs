//! What a run says while it runs, on stderr: a bar with the cell at work and the time left on a
//! terminal, a line a round elsewhere; failures as they happen on both.
//!
//! It draws only between children, never while one is measured.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tminus_harness::plan::{Cell, CellId};
use tminus_harness::record::{Outcome, Record};
use tminus_harness::text::escape;

use crate::runner::Watch;

/// Shows a run at work.
pub(super) struct Progress {
    bar: ProgressBar,
    rounds: u32,
    estimate: Estimate,
    /// Of the round at work.
    round: Option<u32>,
    ended: usize,
    failed: usize,
}

impl Progress {
    /// For a run of `rounds` rounds that has `done` children behind it and `left` to go.
    pub(super) fn new(rounds: u32, done: usize, left: HashMap<CellId, usize>) -> Self {
        let bar = ProgressBar::new((done + left.values().sum::<usize>()) as u64);
        bar.set_position(done as u64);
        let style =
            ProgressStyle::with_template("{prefix} {bar:24.green/dim} {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        let estimate = Estimate { left, took: HashMap::new() };
        Self { bar, rounds, estimate, round: None, ended: 0, failed: 0 }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if self.bar.is_hidden() {
            self.say_round();
        }
    }

    /// The cell needs no further round.
    pub(super) fn rests(&mut self, cell: &str) {
        let known = self.estimate.left.keys().find(|id| id.as_str() == cell).cloned();
        let left = known.and_then(|id| self.estimate.left.remove(&id));
        self.bar.dec_length(left.unwrap_or(0) as u64);
    }

    /// A line that stays, above the bar where there is one.
    fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            super::say(format_args!("{line}"))
        } else {
            self.bar.println(escape(line))
        }
    }

    fn say_round(&self) {
        let Some(round) = self.round else { return };
        let (rounds, ended, failed) = (self.rounds, self.ended, self.failed);
        let left = match self.estimate.left() {
            Some(left) if left.as_secs() > 0 => format!(", about {} left", duration(left)),
            _ => String::new(),
        };
        self.say(&format!("round {}/{rounds}: {ended} cells, {failed} failed{left}", round + 1));
    }
}

impl Watch for Progress {
    fn starts(&mut self, cell: &Cell, round: u32) {
        if self.round != Some(round) {
            if self.bar.is_hidden() {
                self.say_round();
            }
            (self.round, self.ended, self.failed) = (Some(round), 0, 0);
            self.bar.set_prefix(format!("round {}/{}", round + 1, self.rounds));
        }
        let left = self.estimate.left().map_or_else(String::new, |left| duration(left) + " left, ");
        self.bar.set_message(format!("{left}{}", escape(cell.id().as_str())));
    }

    fn ended(&mut self, _: &Cell, record: &Record) {
        self.estimate.learn(record);
        self.ended += 1;
        self.bar.inc(1);
        if let Outcome::Failed { reason, .. } = &record.outcome {
            self.failed += 1;
            self.say(&format!("failed: {}: {reason}", record.cell));
        }
    }

    fn given_up(&mut self, cell: &Cell, children: usize) {
        let skipped = self.estimate.left.remove(&cell.id()).unwrap_or(0).min(children);
        self.bar.dec_length(skipped as u64);
        if skipped > 0 {
            self.say(&format!("  {} is left out of the rounds to come", cell.id()));
        }
    }
}

/// How long what is left will take: each cell as long as before, others as long as the average.
struct Estimate {
    left: HashMap<CellId, usize>,
    took: HashMap<CellId, Duration>,
}

impl Estimate {
    fn learn(&mut self, record: &Record) {
        let id = &record.cell;
        if let Some(left) = self.left.get_mut(id) {
            *left = left.saturating_sub(1);
        }
        self.took.insert(id.clone(), Duration::from_nanos(record.elapsed_ns));
    }

    /// `None` before anything is known.
    fn left(&self) -> Option<Duration> {
        let known = u32::try_from(self.took.len()).ok().filter(|known| *known > 0)?;
        let average = self.took.values().sum::<Duration>() / known;
        let each = self.left.iter().map(|(id, left)| {
            let took = self.took.get(id).copied().unwrap_or(average);
            took * u32::try_from(*left).unwrap_or(u32::MAX)
        });
        Some(each.sum())
    }
}

/// `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(super) fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
