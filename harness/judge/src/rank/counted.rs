//! Ranking by a count of the profile pass, which no round gives. An exact count needs no interval:
//! it is its own, so different counts are different and equal ones equal. No I/O.

use tminus_record::{Counts, Quality, Run};

use super::{Group, Interval, Ratio, Row, RowOutcome, Standing, group};

/// Returns whether any cell of `run` has the count `name`.
pub(super) fn has(run: &Run, name: &str) -> bool {
    run.counts.values().any(|counts| counts.values.contains_key(name))
}

/// Adds the counts of `run` to the rows of `group`.
pub(super) fn add(group: &mut Group, run: &Run) {
    for row in &mut group.rows {
        row.counts = run.counts.get(&row.cell.id()).cloned().unwrap_or_default();
    }
}

/// Ranks `group`, whose rows have their counts and no value of its metric, by that count.
pub(super) fn rank(group: &mut Group) {
    let name = group.metric.clone();
    let is_compared = |row: &Row| row.outcome == RowOutcome::Ok && !row.cell.is_floor();
    let known = group.rows.iter().filter(|row| is_compared(row));
    let best = known.filter_map(|row| of(&row.counts, &name)).min_by(|a, b| a.0.total_cmp(&b.0));
    for row in &mut group.rows {
        let Some((value, ends)) = of(&row.counts, &name) else { continue };
        (row.median, row.interval) = (Some(value), ends);
        let Some((least, least_ends)) = best else { continue };
        row.ratio = (least > 0.0).then(|| Ratio {
            median: value / least,
            interval: ends.zip(least_ends).map(|(ours, theirs)| Interval {
                low: ours.low / theirs.high,
                high: ours.high / theirs.low,
            }),
            rounds: 0,
        });
        row.standing = is_compared(row).then(|| match ends.zip(least_ends) {
            Some((ours, theirs)) if ours.low > theirs.high => Standing::Slower,
            Some(_) => Standing::Best,
            None => Standing::CannotTell,
        });
    }
    group::set_ranks(&mut group.rows, 1.0);
    group.rows.sort_by(|a, b| group::by_place(a, b, 1.0));
}

/// Returns the count `name` with the ends between which each pass finds it; `None` in their place
/// where passes may differ by any amount.
fn of(counts: &Counts, name: &str) -> Option<(f64, Option<Interval>)> {
    let value = *counts.values.get(name)?;
    let slack = match counts.quality.get(name)? {
        Quality::Exact => 0.0,
        Quality::Repeatable => 1e-4,
        Quality::Indicative => return Some((value, None)),
    };
    Some((value, Some(Interval { low: value * (1.0 - slack), high: value * (1.0 + slack) })))
}

#[cfg(test)]
mod tests {
    use tminus_record::testing::{cell, run};
    use tminus_record::{Filter, Run};

    use super::*;
    use crate::rank;

    /// Returns a run whose cells have these polls an op.
    fn counted(polls: &[(&str, f64, Quality)]) -> Run {
        let cells = polls.iter().map(|(executor, ..)| (cell(executor), vec![1; 6]));
        let mut run = run(&cells.collect::<Vec<_>>());
        for (executor, value, quality) in polls {
            let mut counts = Counts::default();
            counts.add("polls_per_op", *value, *quality);
            counts.lack("atomics_per_op", "valgrind is not installed");
            run.counts.insert(cell(executor).id(), counts);
        }
        run
    }

    fn ranked(run: &Run) -> Vec<Row> {
        let by = rank::rank(run, &Filter::default(), Some("polls_per_op"));
        by.expect("a metric of the run").groups.remove(0).rows
    }

    #[test]
    fn different_counts_are_different_and_equal_ones_are_equal() {
        let rows = ranked(&counted(&[
            ("heap", 1.000_001, Quality::Exact),
            ("deque", 1.0, Quality::Exact),
            ("smol", 1.0, Quality::Exact),
        ]));
        let of = |row: &Row| (row.cell.executor.clone(), row.rank, row.standing);
        assert_eq!(of(&rows[0]), ("deque".into(), Some((1, 2)), Some(Standing::Best)));
        assert_eq!(of(&rows[1]), ("smol".into(), Some((1, 2)), Some(Standing::Best)));
        assert_eq!(of(&rows[2]), ("heap".into(), Some((3, 3)), Some(Standing::Slower)));
        assert_eq!(rows[1].ratio.map(|ratio| ratio.median), Some(1.0));
    }

    #[test]
    fn an_indicative_count_has_no_rank() {
        let rows =
            ranked(&counted(&[("heap", 1.0, Quality::Exact), ("deque", 9.0, Quality::Indicative)]));
        assert_eq!((rows[1].median, rows[1].rank), (Some(9.0), None));
        assert_eq!(rows[1].standing, Some(Standing::CannotTell));
    }

    #[test]
    fn nothing_has_no_ratio_and_an_unknown_count_is_refused() {
        let run = counted(&[("heap", 0.0, Quality::Exact), ("deque", 1.0, Quality::Exact)]);
        assert!(ranked(&run).iter().all(|row| row.ratio.is_none()));
        let refused = rank::rank(&run, &Filter::default(), Some("poll_per_op"));
        assert!(refused.expect_err("no such metric").to_string().contains("polls_per_op"));
    }
}
