//! Shared parts of the demos: lines that appear as they happen, and what is said at the end of
//! the order in which they came.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tminus_contract::show::Show;
use tminus_contract::{Capabilities, Executor, Order, Workers};

/// Lines that changed places and are named, at most.
const MOST_NAMED: usize = 5;

/// Shows `text` as a line.
pub(crate) fn line(show: &Show, text: impl Display) {
    (show.print)(&format!("{text}\n"));
}

/// The texts that a demo showed, each as it is compared: without measured figures.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// Returns `show`, which from here on keeps what it shows.
    pub(crate) fn watch(show: Show) -> (Show, Self) {
        let seen = Self::default();
        let (kept, print) = (seen.clone(), show.print);
        let print = move |text: &str| {
            // The lock is held so that the order kept is the order shown.
            let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(Some(without_figures(text)).filter(|text| !text.is_empty()));
            print(text);
        };
        (Show { print: Arc::new(print), ..show }, seen)
    }

    /// Says how much of what was shown came in the `classic` order, what changed places, and what
    /// the executor promises. In `classic`, `*` stands for a measured figure.
    pub(crate) fn closing<E: Executor>(
        &self,
        executor: E,
        show: &Show,
        classic: &[&str],
        what: &str,
    ) {
        let info = executor.info();
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (order, promise) = (observed(&seen, classic, what), promise(&info.capabilities));
        line(show, format_args!("({order}; {} promises {promise})", info.id));
    }
}

/// Puts into words what an executor promises of the order.
fn promise(capabilities: &Capabilities) -> String {
    let promise = match capabilities.order {
        Order::Fifo => "first in, first out",
        Order::Fair => "that every task is resumed once a round, in any order",
        Order::Task => return "no order between tasks".into(),
    };
    let alone = if capabilities.workers == Workers::Many { ", with one worker" } else { "" };
    format!("{promise}{alone}")
}

/// Puts into words how `seen` compares with `classic`.
fn observed(seen: &[String], classic: &[&str], what: &str) -> String {
    let all = classic.len();
    let moved = moved(seen, classic);
    if moved.is_empty() {
        return format!("the classic order, {all} of {all} {what}");
    }
    let kept = all - moved.len();
    let named: Vec<String> =
        moved.iter().take(MOST_NAMED).map(|line| format!("`{line}`")).collect();
    let more = match moved.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{kept} of {all} {what} in the classic order; changed places: {}{more}",
        named.join(", ")
    )
}

/// Returns the lines of `classic` outside of the longest sequence that `seen` has in the same
/// order.
fn moved<'a>(seen: &[String], classic: &[&'a str]) -> Vec<&'a str> {
    let (rows, columns) = (classic.len(), seen.len());
    // The length of the longest common sequence from (row, column) on.
    let mut longest = vec![vec![0_usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = if classic[row] == seen[column] {
                longest[row + 1][column + 1] + 1
            } else {
                longest[row + 1][column].max(longest[row][column + 1])
            };
        }
    }
    let (mut moved, mut column) = (Vec::new(), 0);
    for row in 0..rows {
        let from = column;
        while column < columns
            && classic[row] != seen[column]
            && longest[row][column] == longest[row][column + 1]
        {
            column += 1;
        }
        if column < columns && classic[row] == seen[column] {
            column += 1;
        } else {
            column = from;
            moved.push(classic[row]);
        }
    }
    moved
}

/// Returns `text` with single blanks, and `*` for each time or address.
fn without_figures(text: &str) -> String {
    let is_figure = |word: &str| {
        word.contains(':')
            && word.chars().all(|letter| letter.is_ascii_digit() || ":.,".contains(letter))
    };
    let word = |word| if is_figure(word) { "*" } else { word };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Returns a duration as `0:00:01.000201`.
pub(crate) fn clock_face(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}.{:06}", seconds % 60, duration.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_face_has_hours_and_microseconds() {
        assert_eq!(clock_face(Duration::from_micros(22)), "0:00:00.000022");
        assert_eq!(clock_face(Duration::new(3_725, 1_227_999)), "1:02:05.001227");
    }

    #[test]
    fn lines_are_compared_without_their_figures() {
        assert_eq!(
            without_figures("B starting after waiting 0:00:02.000161\n"),
            "B starting after waiting *"
        );
        assert_eq!(
            without_figures("0:00:01.5 timer 4 fires, 0:00:00.1 late"),
            "* timer 4 fires, * late"
        );
        assert_eq!(without_figures("\nComputing square of  1\n"), "Computing square of 1");
        assert_eq!(without_figures("listening on 127.0.0.1:7"), "listening on *");
        assert_eq!(without_figures("display: 1, 2"), "display: 1, 2");
    }

    #[test]
    fn lines_that_changed_places_are_named() {
        let said = |seen: &str| {
            let seen: Vec<String> = seen.chars().map(String::from).collect();
            observed(&seen, &["a", "b", "c", "d", "e", "f", "g", "h"], "lines")
        };
        assert_eq!(said("abcdefgh"), "the classic order, 8 of 8 lines");
        assert_eq!(said("acbdefgh"), "7 of 8 lines in the classic order; changed places: `c`");
        assert_eq!(said("habcdefg"), "7 of 8 lines in the classic order; changed places: `h`");
        assert_eq!(
            said("hgfedcba"),
            "1 of 8 lines in the classic order; changed places: `b`, `c`, `d`, `e`, `f` and 2 more"
        );
    }
}
