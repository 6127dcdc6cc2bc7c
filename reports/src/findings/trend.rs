//! The finding of a trend: the last change of a cell over many runs.

use tminus_judge::rank::Ratio;

use crate::model::trend::{Change, Over, Trend};
use crate::words;
use crate::words::number::{self, Unit};

/// Returns the finding of a trend: its last change, and how many there are over how many runs.
#[must_use]
pub fn trend_title(trend: &Trend) -> String {
    let metric = words::metric(&trend.metric, "op");
    let runs = words::count(trend.points.len() as u64, trend.over.name());
    let Some(last) = trend.changes.last() else {
        let found = match trend.hidden_changes {
            0 => format!("no change of {metric}"),
            count => format!("{} of {metric} from or to 0", words::count(count as u64, "change")),
        };
        return format!("{}: {found} over {runs}", trend.cell);
    };
    let point = &trend.points[last.at];
    let others = match trend.changes.len() {
        1 => format!("the only change over {runs}"),
        count => format!("{} over {runs}", words::count(count as u64, "change")),
    };
    let at = match trend.over {
        Over::Runs => format!("since {} of {}", point.label, point.day),
        Over::Releases => format!("since {}", point.label),
    };
    format!("{}: {metric} {} {at}; {others}", trend.cell, change(last))
}

/// Formats a change in words: `+7.8 %, worse`.
#[must_use]
pub fn change(change: &Change) -> String {
    let ratio = change.after / change.before;
    let size = if ratio < 10.0 {
        number::percent(ratio - 1.0, true)
    } else {
        number::factor(&Ratio { median: ratio, interval: None, rounds: 0 })
    };
    match change.worse {
        Some(true) => format!("{size}, worse"),
        Some(false) => format!("{size}, better"),
        None => format!("{size} in the order of measuring"),
    }
}

/// Describes a trend for readers who do not see it.
#[must_use]
pub fn trend_description(trend: &Trend) -> String {
    let unit = Unit::of(&trend.metric);
    let stretch = |(start, end, level): (usize, usize, f64)| {
        format!(
            "{} from {} to {}, mean {}",
            words::count((end - start) as u64, trend.over.name()),
            trend.points[start].label,
            trend.points[end - 1].label,
            number::value(unit, level, None)
        )
    };
    let stretches: Vec<String> = trend.stretches().into_iter().map(stretch).collect();
    format!("{}: {}.", trend.name, stretches.join("; "))
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;

    use super::*;
    use crate::model::trend::{Over, Point};

    fn trend(changes: Vec<Change>) -> Trend {
        let point = |index: usize| Point {
            label: format!("c{index}"),
            day: "2026-09-21".into(),
            median: 100.0,
            interval: None,
        };
        Trend {
            cell: "squares/tasks=10/heap".into(),
            name: "heap".into(),
            family: Family::Hand,
            metric: "wall_ns_per_op".into(),
            points: (0..9).map(point).collect(),
            changes,
            hidden_changes: 0,
            over: Over::Runs,
        }
    }

    #[test]
    fn changes_that_have_no_place_are_counted() {
        let titles =
            [0, 2].map(|count| trend_title(&Trend { hidden_changes: count, ..trend(Vec::new()) }));
        assert_eq!(
            titles,
            [
                "squares/tasks=10/heap: no change of wall time per op over 9 runs",
                "squares/tasks=10/heap: 2 changes of wall time per op from or to 0 over 9 runs"
            ]
        );
    }

    #[test]
    fn the_last_change_is_told() {
        let worse = Change { at: 3, before: 100.0, after: 107.8, worse: Some(true) };
        let better = Change { at: 6, before: 107.8, after: 91.6, worse: Some(false) };
        assert_eq!(
            trend_title(&trend(vec![worse])),
            "squares/tasks=10/heap: wall time per op +7.8 %, worse since c3 of 2026-09-21; the only \
             change over 9 runs"
        );
        assert_eq!(
            trend_title(&trend(vec![worse, better])),
            "squares/tasks=10/heap: wall time per op -15.0 %, better since c6 of 2026-09-21; 2 changes \
             over 9 runs"
        );
        assert_eq!(
            trend_title(&trend(Vec::new())),
            "squares/tasks=10/heap: no change of wall time per op over 9 runs"
        );
    }

    #[test]
    fn stretches_are_told() {
        let worse = Change { at: 3, before: 100.0, after: 1_078.0, worse: Some(true) };
        let trend = trend(vec![worse]);
        assert_eq!(
            trend_description(&trend),
            "heap: 3 runs from c0 to c2, mean 100 ns; 6 runs from c3 to c8, mean 100 ns."
        );
        assert_eq!(change(&worse), "10.8×, worse");
    }
}
