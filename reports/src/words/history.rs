//! How changes, commits and places of a history are written.

use std::borrow::Borrow;

use tminus_history::{Change, Findings, Place, RunAt, Sequence};
use tminus_judge::rank::Ratio;
use tminus_record::machine::UNKNOWN;

use crate::words;
use crate::words::escape::terminal;
use crate::words::number;
use crate::words::sources::date;

/// Returns the commits that the change lies between; both alone where it is not known which came
/// first.
pub(crate) fn range(change: &Change) -> String {
    let between = if change.is_worse().is_some() { ".." } else { ", then " };
    format!("{}{between}{}", at(&change.last_before), at(&change.first_after))
}

/// Returns the day since which it is so: of the commit, or else of the measuring.
pub(crate) fn since(change: &Change) -> String {
    let run = &change.first_after;
    let committed = run.committed_unix_s.filter(|_| change.sequence == Sequence::Commits);
    date(committed.map_or(run.started_unix_ns, |seconds| seconds.saturating_mul(1_000_000_000)))
}

/// Returns a note on changes of which it is not known which commit came first; `None` if there is
/// none.
pub(crate) fn unordered(changes: &[impl Borrow<Change>]) -> Option<&'static str> {
    let any = changes.iter().any(|change| change.borrow().is_worse().is_none());
    any.then_some(
        "In the order of measuring, which need not be that of the commits (\"A, then B\"): neither the runs \
         nor a repository here say when these commits were made. No change there is called better or worse.",
    )
}

/// Returns the change in per cent; a factor where that is more telling.
pub(crate) fn size(change: &Change) -> String {
    match change.ratio {
        Some(median) => {
            let ratio = Ratio { median, interval: None, rounds: 0 };
            if median < 10.0 { number::change(&ratio) } else { number::factor(&ratio) }
        }
        None => "from or to 0".into(),
    }
}

/// Returns how many changes there are, in how many series.
pub(crate) fn counts(found: &Findings) -> String {
    let short = match found.too_short {
        0 => String::new(),
        count => format!(" ({} with too few runs to show one)", number::whole(count as u64)),
    };
    format!(
        "{} in {} series{short} over {}",
        words::count(found.changes.len() as u64, "change"),
        number::whole(found.series as u64),
        words::count(found.runs as u64, "run"),
    )
}

pub(crate) fn at(run: &RunAt) -> String {
    commit(&run.revision, run.dirty, run.run)
}

/// Returns the beginning of the hash, with `+` for uncommitted changes; the run's number where
/// there is none.
pub(crate) fn commit(revision: &str, dirty: bool, run: i64) -> String {
    match revision {
        "" => format!("run {run}"),
        revision => {
            let short: String = revision.chars().take(9).collect();
            terminal(&short) + if dirty { "+" } else { "" }
        }
    }
}

/// Returns where and how, in one line that no other place has.
pub(crate) fn place(place: &Place) -> String {
    let clock = if place.virtual_clock { ", on a virtual clock" } else { "" };
    let cpu = match place.cpu.as_str() {
        "" | UNKNOWN => "unknown CPU",
        cpu => cpu,
    };
    let known = |before: &str, what: &str| match what {
        "" => String::new(),
        what => format!("{before}{what}"),
    };
    let cores = words::count(place.cores as u64, "core");
    let (target, allocator) =
        (known(" for ", &place.target), known(", allocator ", &place.allocator));
    format!("{cpu}, {cores}, {} build{target}{allocator}{clock}", place.profile)
}
