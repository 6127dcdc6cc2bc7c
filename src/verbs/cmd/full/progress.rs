//! The progress of a run, on stderr: a bar with the cell at work and the time left on a
//! terminal, a line a round elsewhere; failures as they happen on both.
//!
//! It draws only between children, never while one is measured.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tminus_record::text::escape;
use tminus_record::{Cell, CellId, Outcome, Record};

use tminus_measure::run::Watch;

/// Shows a run at work.
pub(super) struct Progress {
    bar: ProgressBar,
    rounds: u32,
    estimate: Estimate,
    /// The end that the time left leads to: `left`.
    leads: &'static str,
    /// Nothing begins after it.
    end: Option<Instant>,
    /// Of the round at work.
    round: Option<u32>,
    ended: HashSet<CellId>,
    failed: usize,
    /// Why cells could not run here, as far as it was said.
    refusals: HashSet<String>,
}

impl Progress {
    /// Starts the progress of a run of `rounds` rounds that has `done` children behind it and
    /// `left` to go.
    pub(super) fn new(rounds: u32, done: usize, left: HashMap<CellId, usize>) -> Self {
        let bar = ProgressBar::new((done + left.values().sum::<usize>()) as u64);
        bar.set_position(done as u64);
        let style =
            ProgressStyle::with_template("{prefix} {bar:24.green/dim} {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        let estimate = Estimate { left, took: HashMap::new() };
        Self {
            bar,
            rounds,
            estimate,
            leads: "left",
            end: None,
            round: None,
            ended: HashSet::new(),
            failed: 0,
            refusals: HashSet::new(),
        }
    }

    /// Sets when the run ends at the latest.
    pub(super) fn ends_at(&mut self, end: Option<Instant>) {
        self.end = end;
    }

    /// Begins the next part, which ends after the round `rounds` and has `left` children to go.
    /// Unless it is the last, it is not known how much comes after it: the time left is that to its
    /// interim look.
    pub(super) fn next_part(&mut self, rounds: u32, left: HashMap<CellId, usize>, is_last: bool) {
        if self.bar.is_hidden() {
            self.say_round();
        }
        self.round = None;
        self.rounds = rounds;
        self.leads = if is_last { "left" } else { "to the next look" };
        self.bar.set_length(self.bar.position() + left.values().sum::<usize>() as u64);
        self.estimate.left = left;
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if self.bar.is_hidden() {
            self.say_round();
        }
    }

    /// Prints a line that stays, above the bar where there is one.
    fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            super::say(format_args!("{line}"))
        } else {
            self.bar.println(escape(line))
        }
    }

    fn say_round(&self) {
        let Some(round) = self.round else { return };
        let (rounds, ended, failed) = (self.rounds, self.ended.len(), self.failed);
        let left = match self.left() {
            Some((left, leads)) if left.as_secs() > 0 => {
                format!(", about {} {leads}", duration(left))
            }
            _ => String::new(),
        };
        self.say(&format!("round {}/{rounds}: {ended} cells, {failed} failed{left}", round + 1));
    }

    /// Returns the time left; `None` before anything is known.
    fn left(&self) -> Option<(Duration, &'static str)> {
        let left = self.estimate.left()?;
        let to_end = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        Some(match to_end {
            Some(to_end) if to_end < left => (to_end, "left"),
            _ => (left, self.leads),
        })
    }
}

impl Watch for Progress {
    fn starts(&mut self, cell: &Cell, round: u32) {
        if self.round != Some(round) {
            if self.bar.is_hidden() {
                self.say_round();
            }
            self.ended.clear();
            (self.round, self.failed) = (Some(round), 0);
            self.bar.set_prefix(format!("round {}/{}", round + 1, self.rounds));
        }
        let words = |(left, leads)| format!("{} {leads}, ", duration(left));
        let left = self.left().map_or_else(String::new, words);
        self.bar.set_message(format!("{left}{}", escape(cell.id().as_str())));
    }

    fn ended(&mut self, _: &Cell, record: &Record) {
        self.estimate.learn(record);
        // A gate runs each three times.
        self.ended.insert(record.cell.clone());
        self.bar.inc(1);
        if let Outcome::Failed { reason, .. } = &record.outcome {
            self.failed += 1;
            self.say(&format!("failed: {}: {reason}", record.cell));
        }
        // What the machine refuses to one cell it refuses to many: the reason is said once.
        if let Outcome::Excluded { reason } = &record.outcome
            && self.refusals.insert(reason.clone())
        {
            self.say(&format!("cannot run here: {} and others like it: {reason}", record.cell));
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

    /// Returns the time left; `None` before anything is known.
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

/// Formats a duration: `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(super) fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_to_the_next_look_and_ends_with_the_budget() {
        let id: CellId = "squares/tasks=10/heap".parse().expect("an id");
        let cell = Cell::from_id(&id).expect("a cell");
        let mut progress = Progress::new(320, 0, HashMap::new());
        assert_eq!(progress.left(), None);
        progress.estimate.took.insert(id.clone(), Duration::from_millis(500));
        progress.next_part(40, HashMap::from([(id.clone(), 120)]), false);
        assert_eq!(progress.left(), Some((Duration::from_secs(60), "to the next look")));
        progress.bar.inc(120);
        progress.next_part(320, HashMap::from([(id.clone(), 240)]), true);
        assert_eq!(progress.left(), Some((Duration::from_secs(120), "left")));
        assert_eq!(progress.bar.length(), Some(360));
        progress.next_part(80, HashMap::from([(id, 240)]), false);
        progress.ends_at(Some(Instant::now()));
        assert_eq!(progress.left(), Some((Duration::ZERO, "left")));
        progress.ends_at(None);
        progress.given_up(&cell, 239);
        assert_eq!(progress.left(), Some((Duration::ZERO, "to the next look")));
    }
}
