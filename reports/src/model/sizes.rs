//! The workloads of a ranking, their groups, and which size of a workload speaks for it: the
//! largest at which anything was measured.
//!
//! Sentences, charts and answers all take it from here, so that they speak of the same tables.

use tminus_judge::rank::{Group, Ranking, Row, RowOutcome};

/// Returns the group that speaks for each workload, in the order of the ranking.
#[must_use]
pub fn largest(ranking: &Ranking) -> Vec<&Group> {
    let of = |workload| largest_of(ranking, workload);
    workloads(ranking).into_iter().filter_map(of).map(|(_, group)| group).collect()
}

/// Returns the group that speaks for a workload, with its place in the ranking.
pub(crate) fn largest_of<'a>(ranking: &'a Ranking, workload: &str) -> Option<(usize, &'a Group)> {
    largest_with(ranking, workload, |_| true)
}

/// Returns the group that speaks for a workload, with its place in the ranking: its largest size
/// with a measured row that is `wanted`, and where there is none, its largest. Of equals it is the
/// first, whose other parameters are the plainest.
pub(crate) fn largest_with<'a>(
    ranking: &'a Ranking,
    workload: &str,
    wanted: impl Fn(&Row) -> bool,
) -> Option<(usize, &'a Group)> {
    let weight = |group: &Group| {
        let has_any = group.rows.iter().any(|row| is_measured(row) && wanted(row));
        (has_any, group.size)
    };
    groups(ranking, workload).reduce(
        |known, next| {
            if weight(next.1) > weight(known.1) { next } else { known }
        },
    )
}

/// Returns an executor all of whose rounds went well, with a figure.
fn is_measured(row: &Row) -> bool {
    row.outcome == RowOutcome::Ok && row.median.is_some() && !row.cell.is_floor() && !row.cell.twin
}

/// Returns the workloads of a ranking in its order.
pub(crate) fn workloads(ranking: &Ranking) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for group in &ranking.groups {
        if !found.contains(&group.workload.as_str()) {
            found.push(&group.workload);
        }
    }
    found
}

/// Returns the groups of a workload with their places in the ranking.
pub(crate) fn groups<'a>(
    ranking: &'a Ranking,
    workload: &str,
) -> impl Iterator<Item = (usize, &'a Group)> {
    let own = ranking.groups.iter().enumerate();
    own.filter(move |(_, group)| group.workload == workload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn sizes(ranking: &Ranking) -> Vec<u64> {
        largest(ranking).iter().map(|group| group.size).collect()
    }

    #[test]
    fn the_largest_size_speaks_for_a_workload() {
        assert_eq!(sizes(&fixture::ranking()), [100_000, 100_000, 10, 1_000]);
    }

    #[test]
    fn a_size_at_which_nothing_was_measured_does_not() {
        let mut ranking = fixture::ranking();
        let last = ranking.groups.last_mut().expect("echo");
        fixture::exclude_all(last);
        assert!(last.rows.iter().any(|row| row.median.is_some()), "the floor was measured");
        assert_eq!(sizes(&ranking), [100_000, 100_000, 10, 50]);
        let (at, _) = largest_with(&ranking, "echo", |row| row.cell.executor == "none")
            .expect("the largest, where no size has one");
        assert_eq!(ranking.groups[at].size, 1_000);
        ranking.groups.iter_mut().for_each(fixture::exclude_all);
        assert_eq!(sizes(&ranking), [100_000, 100_000, 10, 1_000]);
    }
}
