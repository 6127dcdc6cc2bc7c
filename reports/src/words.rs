//! The names of things in tables, charts and sentences, and how figures are written.
//!
//! [`number`] rounds, [`escape`] makes text from data harmless, [`sources`] says of which run a
//! figure is, [`counts`] writes counts of an op.

pub mod number;
pub mod escape;
pub mod sources;
pub mod counts;
mod parameters;
pub(crate) mod history;

pub use parameters::{
    RATE, is_counted, param, param_between, param_short, param_unit, param_value, params, subject,
};

use std::collections::BTreeSet;

use tminus_contract::Family;
use tminus_judge::rank::{Group, Ranking, Row, RowOutcome, Standing, Suspicion, higher_is_better};
use tminus_judge::verdict::Verdict;
use tminus_record::Cell;

use escape::{clean, shorten};
use number::whole;

/// Longer names of executors lose their middle.
const MAX_NAME_CHARS: usize = 60;

/// Formats an executor with its workers: `smol ×2`.
#[must_use]
pub fn executor(cell: &Cell) -> String {
    let twin = if cell.twin { " (again)" } else { "" };
    format!("{}{twin}", executor_with(&cell.executor, cell.workers))
}

/// Formats an executor of so many workers: `smol ×2`.
#[must_use]
pub fn executor_with(executor: &str, workers: Option<usize>) -> String {
    let workers = workers.map(|count| format!(" ×{count}")).unwrap_or_default();
    format!("{}{workers}", shorten(&clean(executor), MAX_NAME_CHARS))
}

/// Formats a group: `Squares, tasks 1,000, depth 10`.
#[must_use]
pub fn group(group: &Group) -> String {
    format!("{}, {}", clean(&group.title), params(&group.params))
}

/// Formats a metric: `CPU time per timer fired`, `lateness p99`.
#[must_use]
pub fn metric(name: &str, op: &str) -> String {
    let words = name.split('_').filter(|part| !matches!(*part, "ns" | "bytes" | "ratio"));
    let words: Vec<&str> = words
        .map(|part| match part {
            "cpu" => "CPU time",
            "wall" => "wall time",
            "op" => op,
            "rss" => "memory",
            other => other,
        })
        .collect();
    clean(&words.join(" "))
}

/// Returns which values of a metric are better: `lower`, but `higher` of an index of fairness.
#[must_use]
pub fn better(metric: &str) -> &'static str {
    if higher_is_better(metric) { "higher" } else { "lower" }
}

/// Returns a family in legends.
#[must_use]
pub fn family(family: Family) -> &'static str {
    match family {
        Family::Hand => "hand-written",
        Family::Futures => "futures",
        Family::Tokio => "tokio",
        Family::Smol => "smol family",
        Family::Uring => "io_uring",
        Family::Other => "other",
        Family::Floor => "floor (no executor)",
    }
}

/// Returns the ranks that the intervals allow: `1`, `2–4`; nothing for rows that are not ranked.
#[must_use]
pub fn rank(row: &Row) -> String {
    place(row.rank)
}

/// Returns the places over all that are allowed for: `1`, `2–4`; nothing for rows that are not
/// compared.
#[must_use]
pub fn place(place: Option<(u32, u32)>) -> String {
    match place {
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}–{last}"),
        None => String::new(),
    }
}

/// Returns how an executor stands to the best.
#[must_use]
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Best => "best or equivalent",
        Standing::CannotTell => "cannot tell",
        Standing::Slower => "slower",
    }
}

/// Returns a verdict in a word.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regressed => "regressed",
        Verdict::Improved => "improved",
        Verdict::Equivalent => "equivalent",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Returns how far a factor lies above 1, rounded up: `4 %`, `3.1 %`.
#[must_use]
pub fn percent(factor: f64) -> String {
    // 1.04 is 4 and not 4.1 for its last bit.
    let tenths = ((factor - 1.0) * 1000.0 - 1e-6).ceil().max(0.0) / 10.0 + 0.0;
    if tenths.is_finite() && tenths < 1_000.0 {
        format!("{tenths} %")
    } else {
        format!("{}×", number::plain(factor))
    }
}

/// Returns why a row has no place in the ranking: a word and the reason.
#[must_use]
pub fn reason(row: &Row) -> Option<(&'static str, String)> {
    match &row.outcome {
        RowOutcome::Ok => None,
        RowOutcome::Failed(reason) => Some(("failed", clean(reason))),
        RowOutcome::Excluded(reason) => Some(("excluded", clean(reason))),
    }
}

/// Stands beside the name of an executor whose figures are suspect.
pub const SUSPECT: &str = "(!)";

/// Returns the doubts about the figures of a row, in a few words each.
#[must_use]
pub fn doubts(row: &Row) -> Vec<String> {
    let doubt = |it: &Suspicion| match it {
        Suspicion::BelowFloor { .. } => "suspect: below its floor".to_owned(),
        Suspicion::Broken { rule, .. } => format!("suspect: breaks {}", clean(rule)),
    };
    row.suspicions.iter().map(doubt).collect()
}

/// Returns the suspicion against the figures of a cell, in full.
#[must_use]
pub fn suspicion(suspicion: &Suspicion) -> String {
    match suspicion {
        Suspicion::BelowFloor { floor, ratio } => {
            let (floor, ratio) = (clean(floor), number::plain(*ratio));
            format!("takes {ratio}× of {floor}, the same work without an executor")
        }
        Suspicion::Broken { rule, reason } => {
            format!("breaks the rule {}: {}", clean(rule), clean(reason))
        }
    }
}

/// Returns the suspicions of a ranking, a sentence each: of which executor and cell.
#[must_use]
pub fn suspicions(ranking: &Ranking) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for group in &ranking.groups {
        for row in &group.rows {
            for it in &row.suspicions {
                let of = match it {
                    Suspicion::BelowFloor { .. } => clean(row.cell.id().as_str()),
                    Suspicion::Broken { .. } => executor(&row.cell),
                };
                let text = format!("{of} {}", suspicion(it));
                if !out.contains(&text) {
                    out.push(text);
                }
            }
        }
    }
    out
}

/// Says of which executors nothing was verified before the run; `None` if all were.
#[must_use]
pub fn unverified(ranking: &Ranking) -> Option<String> {
    let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
    let measured = |row: &&Row| !row.cell.is_floor() && row.median.is_some();
    let names = |verified: bool| -> BTreeSet<String> {
        let rows = rows().filter(measured).filter(|row| row.verified.is_some() == verified);
        rows.map(|row| executor(&row.cell)).collect()
    };
    let (without, with) = (names(false), names(true));
    let who = match without.len() {
        0 => return None,
        _ if with.is_empty() => "no executor".to_owned(),
        1..=6 => format!("not {}", without.into_iter().collect::<Vec<_>>().join(", ")),
        some => format!("not {}", count(some as u64, "executor")),
    };
    Some(format!("{who} was verified in this run: `tminus verify` tries the rules"))
}

/// Returns the rows of a ranking that `failed` or were `excluded`, with their reasons.
pub(crate) fn unmeasured<'a>(
    ranking: &'a Ranking,
    which: &'static str,
) -> impl Iterator<Item = (&'a Row, String)> {
    let rows = ranking.groups.iter().flat_map(|group| &group.rows);
    rows.filter_map(move |row| Some((row, reason(row).filter(|it| it.0 == which)?.1)))
}

/// Joins what has the same key, in the order of the first of each.
pub(crate) fn grouped<K: PartialEq, V>(all: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in all {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// Cuts a list after `most`; the last line says how many `things` are hidden.
pub(crate) fn capped(all: Vec<String>, most: usize, thing: &str) -> Vec<String> {
    let hidden = all.len().saturating_sub(most) as u64;
    let more = (hidden > 0).then(|| format!("–  and {} more", count(hidden, thing)));
    all.into_iter().take(most).chain(more).collect()
}

/// Returns text that begins with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Returns `1 round`, `12 rounds`.
#[must_use]
pub fn count(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", whole(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_spelled_out() {
        assert_eq!(metric("cpu_ns_per_op", "timer fired"), "CPU time per timer fired");
        assert_eq!(metric("lateness_p99_ns", "timer fired"), "lateness p99");
        assert_eq!(metric("rss_peak_bytes", "x"), "memory peak");
        assert_eq!((better("rss_peak_bytes"), better("jain_index_ratio")), ("lower", "higher"));
    }

    #[test]
    fn one_thing_is_no_plural() {
        assert_eq!(count(1, "round"), "1 round");
        assert_eq!(count(1200, "round"), "1,200 rounds");
    }

    #[test]
    fn factors_near_one_are_percents() {
        let all = [1.0, 1.04, 1.0301, 2.5, 1e9].map(percent);
        assert_eq!(all, ["0 %", "4 %", "3.1 %", "150 %", "1,000,000,000×"]);
    }
}
