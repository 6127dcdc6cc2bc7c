//! What exact counts say of a change, in words.

use tminus_judge::gate::{CountChange, Counted};

use crate::words;

/// Returns the count in words: `` `write` calls ``, `allocations`.
#[must_use]
pub fn count_name(name: &str) -> String {
    let kind = name.strip_suffix("_per_op").unwrap_or(name);
    match kind.strip_prefix("syscalls_") {
        Some(call) => format!("`{call}` calls"),
        None if kind == "syscalls" => "system calls".into(),
        None => kind.replace('_', " "),
    }
}

/// Returns the growth of a count: `+1.00 allocations an op`.
#[must_use]
pub fn count_change(change: &CountChange) -> String {
    let by = change.after - change.before;
    format!(
        "{}{} {} an op",
        if by < 0.0 { '\u{2212}' } else { '+' },
        amount(by),
        count_name(&change.name)
    )
}

/// Returns a count an op to three figures, and never 0 for what is not.
#[must_use]
pub fn amount(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        value if value < 0.01 => format!("{value:.1e}"),
        value if value < 10.0 => format!("{value:.2}"),
        value => format!("{value:.0}"),
    }
}

/// Returns what exact counts say in one sentence; nothing where none were asked for.
#[must_use]
pub fn counted(counts: &Counted) -> Option<String> {
    let grew = counts.changes.iter().filter(|change| change.grew()).count();
    let fell = counts.changes.len() - grew;
    let of = words::count(counts.compared as u64, "exact count");
    let without = counts.without.iter();
    let without: Vec<String> = without
        .map(|(reason, cells)| {
            format!("{} not counted, {reason}", words::count(*cells as u64, "cell"))
        })
        .collect();
    let told = match (counts.compared, grew, fell) {
        (0, ..) if without.is_empty() => return None,
        (0, ..) => "No exact count could be compared".into(),
        (_, 0, 0) => format!("{of} the same"),
        (_, grew, fell) => format!("{grew} of {of} grew, {fell} fell"),
    };
    Some([vec![told], without].concat().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, before: f64, after: f64) -> CountChange {
        CountChange { cell: "timers/timers=10/heap".into(), name: name.into(), before, after }
    }

    #[test]
    fn changes_in_words() {
        let of = |name, before, after| count_change(&change(name, before, after));
        assert_eq!(of("syscalls_write_per_op", 0.0, 1.0), "+1.00 `write` calls an op");
        assert_eq!(of("syscalls_per_op", 1.0, 0.5), "\u{2212}0.50 system calls an op");
        assert_eq!(of("allocations_per_op", 1.0, 1.001), "+1.0e-3 allocations an op");
        assert_eq!(of("waker_clones_per_op", 0.0, 12.0), "+12 waker clones an op");
    }

    #[test]
    fn the_whole_in_a_sentence() {
        let none = Counted::default();
        assert_eq!(counted(&none), None);
        let same = Counted { compared: 7, ..none.clone() };
        assert_eq!(counted(&same).expect("compared"), "7 exact counts the same");
        let grew = Counted { changes: vec![change("polls_per_op", 1.0, 2.0)], ..same };
        assert_eq!(counted(&grew).expect("compared"), "1 of 7 exact counts grew, 0 fell");
        let without = [("baseline: it knows no such mode".to_owned(), 2)].into();
        let said = counted(&Counted { without, ..none }).expect("a reason");
        let all = "No exact count could be compared; 2 cells not counted, baseline: it knows no such mode";
        assert_eq!(said, all);
    }
}
