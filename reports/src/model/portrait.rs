//! The particulars of an executor, from the figures of the run: where it is strong, where it
//! costs, and what a reader must know of it.
//!
//! Executors that people ship are held against each other, the loops of this project against all:
//! else every executor's one weakness would be that it does more than a bare loop.

use std::collections::BTreeSet;

use tminus_contract::Family;
use tminus_judge::rank::{Group, Placed, Ranking, Ratio, Rounds, Row, RowOutcome, Standing};
use tminus_judge::verdict::Limits;
use tminus_record::{CellId, ExecutorFacts, Run};

use crate::model::matrix::{Matrix, slowdown};
use crate::words;
use crate::words::escape::clean;
use crate::words::number::{self, Unit};

/// An executor as the run shows it.
#[derive(Clone, Debug)]
pub struct Portrait<'a> {
    /// The facts that it declares.
    pub facts: &'a ExecutorFacts,
    /// Its names in tables, one for each number of workers, with the geometric mean of its
    /// slowdowns.
    pub means: Vec<(String, Option<f64>)>,
    /// Groups in which it is best or equivalent, and in how many it takes part.
    pub best: (Vec<&'a Group>, usize),
    /// In how many of them it cannot be told whether it is.
    pub untold: usize,
    /// The places where it is surely behind, the furthest first.
    pub costs: Vec<Cost<'a>>,
    /// In some group there were too few rounds to tell whether it is behind.
    pub is_untold: bool,
    /// Notes for a reader.
    pub flags: Vec<String>,
    /// The median over its cells of the time until it runs.
    pub start_ns: Option<f64>,
    /// Rounds that were verified, and all.
    pub verified: (u64, u64),
}

/// A group in which an executor is behind.
#[derive(Clone, Copy, Debug)]
pub struct Cost<'a> {
    /// The group.
    pub group: &'a Group,
    /// Its figure.
    pub value: f64,
    /// How many times worse than the best of its field.
    pub ratio: Ratio,
    /// The best.
    pub best: &'a Row,
    /// How it stands to its field.
    standing: Standing,
}

impl Cost<'_> {
    /// Returns whether it is surely behind, and by so much that it is worth a line.
    fn is_cost(&self) -> bool {
        self.standing == Standing::Slower && self.ratio.median >= COST
    }
}

/// The executors of a group that are held against each other.
struct Field<'a> {
    group: &'a Group,
    /// In the order of the group: the best first.
    rows: Vec<(&'a Row, Placed)>,
}

impl<'a> Field<'a> {
    /// Makes the measured rows of `group`, without the loops of this project if only shipped ones
    /// count.
    fn of(group: &'a Group, rounds: &Rounds<'_>, limits: Limits, shipped: bool) -> Self {
        let is_in = |row: &&Row| {
            row.outcome == RowOutcome::Ok
                && row.median.is_some()
                && !row.cell.is_floor()
                && !(shipped && row.family == Family::Hand)
        };
        let rows: Vec<&Row> = group.rows.iter().filter(is_in).collect();
        let cells: Vec<CellId> = rows.iter().map(|row| row.cell.id()).collect();
        let placed = rounds.field(&cells, &group.metric, limits);
        let rows = rows.into_iter().zip(placed).filter_map(|(row, it)| Some((row, it?)));
        Self { group, rows: rows.collect() }
    }

    /// Returns the best row of an executor against the best of the field.
    fn standing(&self, executor: &str) -> Option<Cost<'a>> {
        let (best, _) = self.rows.first()?;
        let (own, placed) = self.rows.iter().find(|(row, _)| row.cell.executor == executor)?;
        Some(Cost {
            group: self.group,
            value: own.median?,
            ratio: slowdown(placed.ratio?, &self.group.metric),
            best,
            standing: placed.standing,
        })
    }
}

/// From this factor on, a group is a cost.
const COST: f64 = 1.5;
const MAX_COSTS: usize = 4;

/// Timers that come this late in the middle wherever they are looked at, and this much later than
/// the best, are rounded up to a millisecond.
const LATE_NS: std::ops::Range<f64> = 400_000.0..2_500_000.0;
const LATER: f64 = 4.0;

/// Returns all executors of `run`, in the order of its header.
#[must_use]
pub fn portraits<'a>(
    run: &'a Run,
    ranking: &'a Ranking,
    rounds: &Rounds<'_>,
    matrix: &Matrix,
) -> Vec<Portrait<'a>> {
    let fields = [true, false].map(|shipped| -> Vec<Field<'a>> {
        let groups = ranking.groups.iter();
        groups.map(|group| Field::of(group, rounds, ranking.limits, shipped)).collect()
    });
    let of = |facts: &'a ExecutorFacts| {
        let field = &fields[usize::from(facts.family == Family::Hand)];
        portrait(run, ranking, rounds, matrix, (facts, field))
    };
    run.header.executors.iter().map(of).collect()
}

fn portrait<'a>(
    run: &'a Run,
    ranking: &'a Ranking,
    rounds: &Rounds<'_>,
    matrix: &Matrix,
    (facts, fields): (&'a ExecutorFacts, &[Field<'a>]),
) -> Portrait<'a> {
    let rows = || own_rows(ranking, facts);
    let names: BTreeSet<String> = rows().map(|(_, row)| words::executor(&row.cell)).collect();
    let mean = |name: &String| matrix.rows.iter().find(|row| row.name == *name)?.mean;
    let mut standings: Vec<Cost<'_>> =
        fields.iter().filter_map(|field| field.standing(&facts.id)).collect();
    let those = |standing| standings.iter().filter(move |it| it.standing == standing);
    let best: Vec<&Group> = those(Standing::Best).map(|standing| standing.group).collect();
    let untold = those(Standing::CannotTell).count();
    let (best, is_untold) =
        ((best, standings.len()), standings.iter().any(|it| it.ratio.interval.is_none()));
    standings.retain(Cost::is_cost);
    standings.sort_by(|a, b| b.ratio.median.total_cmp(&a.ratio.median));
    standings.truncate(MAX_COSTS);
    let starts: Vec<f64> =
        rows().filter_map(|(_, row)| Some(rounds.median(&row.cell.id(), "start_ns")?.0)).collect();
    let of_rows = |of: fn(&Row) -> u32| rows().map(|(_, row)| u64::from(of(row))).sum::<u64>();
    let ids: BTreeSet<_> = rows().map(|(_, row)| row.cell.id()).collect();
    let all = run.records.iter().filter(|record| ids.contains(&record.cell)).count();
    Portrait {
        facts,
        means: names.iter().map(|name| (name.clone(), mean(name))).collect(),
        best,
        untold,
        costs: standings,
        is_untold,
        flags: flags(ranking, rounds, facts),
        start_ns: tminus_judge::stats::median(&starts),
        verified: (of_rows(|row| row.rounds), all as u64),
    }
}

/// Returns the rows of an executor with their groups.
fn own_rows<'a>(
    ranking: &'a Ranking,
    facts: &ExecutorFacts,
) -> impl Iterator<Item = (&'a Group, &'a Row)> {
    let all =
        ranking.groups.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    all.filter(move |(_, row)| row.cell.executor == facts.id && !row.cell.twin)
}

fn flags(ranking: &Ranking, rounds: &Rounds<'_>, facts: &ExecutorFacts) -> Vec<String> {
    let mut out = Vec::new();
    if !facts.note.is_empty() {
        out.push(clean(&facts.note));
    }
    out.extend(late(ranking, rounds, facts));
    if !facts.borrows.is_empty() {
        let parts = facts.borrows.iter().map(|(part, means)| format!("{part} from {means}"));
        out.push(clean(&format!("borrows {}", parts.collect::<Vec<_>>().join(", "))));
    }
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (group, row) in own_rows(ranking, facts) {
        if let Some((word, reason)) = words::reason(row) {
            let where_to = if word == "failed" {
                format!("failed in {}: {reason}", words::group(group))
            } else {
                reason
            };
            told.insert(where_to);
        }
        told.extend(words::doubts(row));
        told.extend(row.notes.iter().filter(|note| **note != facts.note).map(|note| clean(note)));
    }
    out.extend(told);
    out.extend(threads_left(ranking, rounds, facts));
    out
}

/// Notes timers that are always about a millisecond late.
fn late(ranking: &Ranking, rounds: &Rounds<'_>, facts: &ExecutorFacts) -> Option<String> {
    let metric = "lateness_p50_ns";
    let median = |row: &Row| Some(rounds.median(&row.cell.id(), metric)?.0);
    let mut seen: Vec<f64> = Vec::new();
    let mut least = f64::INFINITY;
    for group in &ranking.groups {
        let own = group.rows.iter().filter(|row| row.cell.executor == facts.id && !row.cell.twin);
        let own = own.filter_map(median).fold(f64::INFINITY, f64::min);
        let best = group.rows.iter().filter_map(median).fold(f64::INFINITY, f64::min);
        if !own.is_finite() {
            continue;
        }
        if !LATE_NS.contains(&own) || own < LATER * best {
            return None;
        }
        seen.push(own);
        least = least.min(best);
    }
    let text = |value: f64| number::value(Unit::Nanoseconds, value, None);
    let low = seen.iter().copied().fold(f64::INFINITY, f64::min);
    let high = seen.iter().copied().fold(0.0, f64::max);
    (!seen.is_empty()).then(|| {
        format!(
            "rounds timers up to 1 ms: half of them come {} to {} late or more, on the most punctual {}",
            text(low),
            text(high),
            text(least)
        )
    })
}

/// Notes threads that are still there when the executor has ended.
fn threads_left(ranking: &Ranking, rounds: &Rounds<'_>, facts: &ExecutorFacts) -> Option<String> {
    let count = |row: &Row, metric: &str| Some(rounds.median(&row.cell.id(), metric)?.0);
    let left = own_rows(ranking, facts).filter_map(|(_, row)| {
        Some(count(row, "threads_after_count")? - count(row, "threads_before_count")?)
    });
    let most = left.fold(0.0, f64::max).round();
    (most >= 1.0).then(|| {
        format!("leaves {} running when it has ended", words::count(most as u64, "thread"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn with<T>(look: impl FnOnce(&[Portrait<'_>]) -> T) -> T {
        let run = fixture::measured();
        with_run(&run, &fixture::rank(&run), look)
    }

    fn with_run<T>(run: &Run, ranking: &Ranking, look: impl FnOnce(&[Portrait<'_>]) -> T) -> T {
        let (rounds, matrix) = (Rounds::of(run), Matrix::of(ranking));
        look(&portraits(run, ranking, &rounds, &matrix))
    }

    fn of<'a, 'b>(all: &'a [Portrait<'b>], id: &str) -> &'a Portrait<'b> {
        all.iter().find(|portrait| portrait.facts.id == id).expect("is there")
    }

    #[test]
    fn who_rounds_timers_is_told_from_who_does_not() {
        with(|all| {
            let rounds =
                |id| of(all, id).flags.iter().any(|flag| flag.starts_with("rounds timers"));
            assert!(rounds("tokio-current-thread") && rounds("tokio-multi-thread"));
            assert!(!rounds("smol") && !rounds("heap"));
        });
    }

    #[test]
    fn shipped_executors_are_held_against_shipped_ones() {
        with(|all| {
            let monoio = of(all, "monoio");
            assert!(monoio.best.0.iter().any(|group| group.workload == "countdown"));
            let costs: Vec<&Cost<'_>> = all
                .iter()
                .filter(|portrait| portrait.facts.family != Family::Hand)
                .flat_map(|portrait| &portrait.costs)
                .collect();
            assert!(!costs.is_empty());
            assert!(costs.iter().all(|cost| cost.best.family != Family::Hand));
            assert!(of(all, "heap").costs.iter().any(|cost| cost.group.workload == "squares"));
        });
    }

    #[test]
    fn what_may_be_the_best_is_no_cost() {
        let mut run = fixture::measured();
        // Twice and more what the best needs in the middle, but less than the best in four rounds.
        for record in &mut run.records {
            if record.cell.as_str() == "spinner/frames=10/compio" {
                let factor = if record.round % 3 == 0 { 0.3 } else { 2.0 };
                *record.metrics.get_mut("cancel_p50_ns").expect("all have it") *= factor;
            }
        }
        with_run(&run, &fixture::rank(&run), |all| {
            let compio = of(all, "compio");
            let is_spinner = |group: &Group| group.workload == "spinner";
            assert!(!compio.best.0.iter().any(|group| is_spinner(group)) && compio.untold > 0);
            assert!(!compio.costs.iter().any(|cost| is_spinner(cost.group)));
        });
    }

    #[test]
    fn without_intervals_nobody_is_best_and_nobody_is_behind() {
        let mut run = fixture::measured();
        run.header.rounds = 3;
        run.records.retain(|record| record.round < 3);
        let ranking = fixture::rank(&run);
        with_run(&run, &ranking, |all| {
            let shipped = || all.iter().filter(|it| it.facts.family != Family::Hand);
            assert!(shipped().all(|portrait| portrait.best.0.is_empty() && portrait.untold > 0));
            assert!(all.iter().all(|portrait| portrait.costs.is_empty()));
            assert!(of(all, "smol").is_untold);
        });
    }

    #[test]
    fn where_more_is_better_having_less_is_a_cost() {
        let (run, ranking) = fixture::fair();
        with_run(&run, &ranking, |all| {
            let threads = of(all, "threads");
            assert!(threads.best.0.is_empty() && threads.costs.len() == MAX_COSTS);
            assert!(threads.costs.iter().all(|cost| cost.ratio.median > COST));
            assert_eq!(of(all, "heap").best.0.len(), ranking.groups.len());
            assert!(of(all, "heap").costs.is_empty());
        });
    }

    #[test]
    fn reasons_and_notes_become_flags() {
        with(|all| {
            let has = |id, text: &str| of(all, id).flags.iter().any(|flag| flag.contains(text));
            assert!(has("async-std", "discontinued"));
            assert!(has("threads", "at most 1000 tasks"));
            assert!(has("futures-lite", "failed in Echo, connections 1,000: hang"));
            let (good, rounds) = of(all, "futures-lite").verified;
            assert!(good > 0 && good < rounds, "{good} of {rounds}");
        });
    }
}
