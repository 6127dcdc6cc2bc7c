//! Why the second is not the first: what an op of it does more, by the counts of a run.

use tminus_judge::gate::CountChange;
use tminus_judge::rank::{Group, Row};
use tminus_record::{Counts, Quality};

use super::count_change;
use crate::words;

/// The kinds of counts that cost time; the others are parts of them or hold only at times.
const TELLING: [&str; 6] =
    ["polls", "wakes", "allocations", "syscalls_", "waker_clones", "atomics"];

/// A count that differs by less an op tells nothing.
const LEAST: f64 = 0.005;

/// So many are named.
const NAMED: usize = 4;

/// Returns what the second of `group` does more than the first, in a sentence; nothing where they
/// were not both counted.
#[must_use]
pub fn why(group: &Group) -> Option<String> {
    let mut ranked = group.rows.iter().filter(|row| !row.cell.is_floor() && row.rank.is_some());
    let first = ranked.next()?;
    // Those that may be as good are no second.
    let second = ranked.find(|row| row.rank.is_some_and(|(best, _)| best > 1))?;
    let is_counted = |row: &Row| !row.counts.values.is_empty();
    if !is_counted(first) || !is_counted(second) {
        return None;
    }
    let more = more(&first.counts, &second.counts);
    let (one, other) = (words::executor(&second.cell), words::executor(&first.cell));
    let explain = format!("`tminus explain {} {}`", second.cell.id(), first.cell.id());
    Some(match more.is_empty() {
        true => format!(
            "No count tells why {one} comes after {other}: {explain} counts instructions, too."
        ),
        false => {
            let more: Vec<String> = more.iter().take(NAMED).map(count_change).collect();
            format!(
                "{one} comes after {other} and does more: {}. {explain} prices that.",
                more.join(", ")
            )
        }
    })
}

/// Returns the counts of which `second` has more, what counts the most first.
fn more(first: &Counts, second: &Counts) -> Vec<CountChange> {
    let is_telling = |name: &str| TELLING.iter().any(|kind| name.starts_with(kind));
    let holds = |counts: &Counts, name: &str| {
        counts.quality.get(name).is_none_or(|quality| *quality != Quality::Indicative)
    };
    let change = |(name, after): (&String, &f64)| {
        let (before, _) = first.of(name)?;
        let is_more = after - before > LEAST && holds(first, name) && holds(second, name);
        let (cell, name) = (String::new(), name.clone());
        is_more.then_some(CountChange { cell, name, before, after: *after })
    };
    let named =
        second.values.iter().filter(|(name, _)| is_telling(name) && *name != "syscalls_per_op");
    let mut all: Vec<CountChange> = named.filter_map(change).collect();
    all.sort_by(|a, b| (b.after - b.before).total_cmp(&(a.after - a.before)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn counts(values: &[(&str, f64)]) -> Counts {
        let mut counts = Counts::default();
        values.iter().for_each(|(name, value)| counts.add(name, *value, Quality::Exact));
        counts
    }

    #[test]
    fn what_the_second_does_more_is_named() {
        let ranking = fixture::ranking();
        let mut group = ranking.groups[0].clone();
        assert_eq!(why(&group), None, "nothing was counted");
        let place = |row: &Row| row.rank.filter(|_| !row.cell.is_floor()).map(|(best, _)| best);
        let one = group.rows.iter().position(|row| place(row).is_some()).expect("a first");
        let other = group.rows.iter().position(|row| place(row) > Some(1)).expect("a second");
        group.rows[one].counts = counts(&[("allocations_per_op", 1.0), ("syscalls_per_op", 0.0)]);
        group.rows[other].counts = counts(&[
            ("allocations_per_op", 3.0),
            ("syscalls_per_op", 1.0),
            ("syscalls_write_per_op", 1.0),
        ]);
        let said = why(&group).expect("both were counted");
        assert!(
            said.contains("+2.00 allocations an op, +1.00 `write` calls an op. `tminus explain "),
            "{said}"
        );
        group.rows[other].counts = group.rows[one].counts.clone();
        assert!(why(&group).expect("both were counted").starts_with("No count tells why"));
    }
}
