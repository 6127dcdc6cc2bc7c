//! The names of things in tables, charts and sentences, and how figures are written.
//!
//! [`number`] rounds, [`escape`] makes text from data harmless, [`sources`] says of which run a
//! figure is.

pub mod number;
pub mod escape;
pub mod sources;
pub(crate) mod history;

use std::collections::BTreeSet;

use tminus_contract::Family;
use tminus_judge::rank::{
    Group, Interval, Ranking, Row, RowOutcome, Standing, Suspicion, higher_is_better,
};
use tminus_judge::verdict::Verdict;
use tminus_record::Cell;

use escape::{clean, shorten};
use number::{Unit, whole};

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

/// Formats a workload with the parameters, in the form of ids, that are fixed: `Echo, bytes 64`.
#[must_use]
pub fn subject(title: &str, fixed: &str) -> String {
    match params(fixed).as_str() {
        "" => clean(title),
        fixed => format!("{}, {fixed}", clean(title)),
    }
}

/// Formats the parameters of an id: `tasks 1,000, slice 100 µs`, `timers 1,000, cancelled`.
#[must_use]
pub fn params(label: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        // What is switched on is no number.
        Some(("outside", "1")) => "from outside".into(),
        Some(("cancel", "1")) => "cancelled".into(),
        Some((name, value)) => match value.parse() {
            Ok(value) => format!("{} {}", param(name), param_value(name, value)),
            Err(_) => format!("{name} {value}"),
        },
        None => part.to_owned(),
    };
    clean(&label.split(',').map(part).collect::<Vec<_>>().join(", "))
}

/// Formats a parameter's name without its unit: `slice` of `slice_us`.
#[must_use]
pub fn param(name: &str) -> String {
    let name = unit_of(name).map_or(name, |(stem, _, _)| stem);
    clean(&name.replace('_', " "))
}

/// Formats a parameter's value with its unit, where its name has one: `100 µs`, `1,000`.
#[must_use]
pub fn param_value(name: &str, value: u64) -> String {
    match unit_of(name) {
        Some((_, unit, scale)) => number::axis(unit, value as f64 * scale),
        None => format!("{}{}", whole(value), per_second(name)),
    }
}

/// Does as [`param_value`], but short: `100 µs`, `1 k`.
#[must_use]
pub fn param_short(name: &str, value: u64) -> String {
    match unit_of(name) {
        Some(_) => param_value(name, value),
        None => format!("{}{}", number::axis(Unit::Count, value as f64), per_second(name)),
    }
}

/// Formats a value between those of a parameter, with its interval: `31 k/s (27 – 36 k/s)`, `62
/// tasks (20 – 300)`, `slice 300 µs (200 – 500 µs)`.
#[must_use]
pub fn param_between(name: &str, at: f64, ends: Interval) -> String {
    let (unit, scale) = param_unit(name);
    let scaled = Interval { low: ends.low * scale, high: ends.high * scale };
    let per = per_second(name);
    let value = number::value(unit, at * scale, Some(scaled)) + per;
    let interval = number::interval(unit, at * scale, scaled) + per;
    match (is_counted(name), per) {
        (true, _) => format!("{value} {} ({interval})", param(name)),
        (false, "") => format!("{} {value} ({interval})", param(name)),
        (false, _) => format!("{value} ({interval})"),
    }
}

/// The name of a parameter that is a load: so many ops are offered a second. By its name, since a
/// run file must be readable by a tminus that does not know its workloads.
pub const RATE: &str = "rate";

fn per_second(name: &str) -> &'static str {
    if name == RATE { "/s" } else { "" }
}

/// Returns whether a parameter is a number of things: `tasks`.
#[must_use]
pub fn is_counted(name: &str) -> bool {
    unit_of(name).is_none() && name.ends_with('s') && !name.contains('_')
}

/// Returns the unit of a parameter, and how many of it one of its values is.
#[must_use]
pub fn param_unit(name: &str) -> (Unit, f64) {
    unit_of(name).map_or((Unit::Count, 1.0), |(_, unit, scale)| (unit, scale))
}

fn unit_of(name: &str) -> Option<(&str, Unit, f64)> {
    let units = [
        ("_ns", Unit::Nanoseconds, 1.0),
        ("_us", Unit::Nanoseconds, 1e3),
        ("_ms", Unit::Nanoseconds, 1e6),
        ("_bytes", Unit::Bytes, 1.0),
    ];
    units.into_iter().find_map(|(end, unit, scale)| Some((name.strip_suffix(end)?, unit, scale)))
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
    fn factors_near_one_are_percents() {
        let all = [1.0, 1.04, 1.0301, 2.5, 1e9].map(percent);
        assert_eq!(all, ["0 %", "4 %", "3.1 %", "150 %", "1,000,000,000×"]);
    }

    #[test]
    fn parameters_are_spelled_out() {
        assert_eq!(params("tasks=100000,slice_us=10"), "tasks 100,000, slice 10 µs");
        assert_eq!(params("period_us=1000,size_bytes=64"), "period 1 ms, size 64 B");
        assert_eq!(params("tasks=10,outside=1"), "tasks 10, from outside");
        assert_eq!(param_short("tasks", 100_000), "100 k");
        assert_eq!(params("rate=2000"), "rate 2,000/s");
        assert_eq!(param_short("rate", 31_000), "31 k/s");
        assert_eq!(params(""), "");
        assert_eq!(count(1, "round"), "1 round");
        assert_eq!(count(1200, "round"), "1,200 rounds");
    }
}
