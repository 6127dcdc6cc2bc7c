//! From the records of a group's cells to its rows in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use tminus_contract::{Family, Order, Workers};
use tminus_record::{Cell, CellId, Counts, Exclusion, Header, Outcome, Record, WorkloadFacts};

use super::measured::Measured;
use super::standing::field;
use super::{Group, Interval, Ratio, Row, RowOutcome, higher_is_better, suspect};
use crate::ratio::Limits;
use crate::stats::{CONFIDENCE, median, median_interval, paired_ratio};

/// The criterion by which rows are ranked.
#[derive(Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) metric: &'a str,
    pub(super) limits: Limits,
    pub(super) measured: &'a Measured<'a>,
}

/// Returns the table of `cells`, which share workload and parameters; `excluded` are the cells of
/// the group that were not run.
pub(super) fn group(
    header: &Header,
    facts: Option<&WorkloadFacts>,
    cells: &[&Cell],
    excluded: &[(Cell, &Exclusion)],
    by: By<'_>,
) -> Option<Group> {
    let By { metric, measured, .. } = by;
    let first = cells.first().copied().or_else(|| excluded.first().map(|(cell, _)| cell))?;
    let mut rows: Vec<Row> =
        cells.iter().map(|cell| row(header, facts, cell, metric, measured)).collect();
    let sign = if higher_is_better(metric) { -1.0 } else { 1.0 };
    compare(&mut rows, by);
    set_ranks(&mut rows, sign);
    note_cold(&mut rows, metric, measured);
    suspect::mark(&mut rows, header, facts, (metric, measured));
    rows.sort_by(|a, b| by_place(a, b, sign));
    rows.extend(excluded.iter().map(|(cell, exclusion)| Row {
        outcome: RowOutcome::Excluded(exclusion.reason.clone()),
        ..empty(header, cell)
    }));
    Some(Group {
        workload: first.workload.clone(),
        title: facts.map_or_else(|| first.workload.clone(), |facts| facts.title.clone()),
        category: facts.map_or_else(String::new, |facts| facts.category.clone()),
        params: first.label.clone(),
        size: first.params.iter().next().map_or(0, |(_, value)| value),
        op: facts.map_or_else(|| "op".into(), |facts| facts.op.clone()),
        metric: metric.into(),
        rows,
    })
}

/// Returns the ratio of `cell` to `other`, paired by round; `None` without a common round or with
/// values that have no ratio.
pub(super) fn ratio(
    cell: &CellId,
    other: &CellId,
    metric: &str,
    measured: &Measured<'_>,
) -> Option<Ratio> {
    let theirs: BTreeMap<u32, f64> = values(other, metric, measured).collect();
    let pairs: Vec<(f64, f64)> = values(cell, metric, measured)
        .filter_map(|(round, ours)| Some((ours, *theirs.get(&round)?)))
        .collect();
    let estimate = paired_ratio(&pairs, CONFIDENCE)?;
    Some(Ratio {
        median: estimate.value,
        interval: estimate.interval.map(Interval::from),
        rounds: u32::try_from(pairs.len()).unwrap_or(u32::MAX),
    })
}

/// Returns round and value of each good record.
pub(super) fn values(
    cell: &CellId,
    metric: &str,
    measured: &Measured<'_>,
) -> impl Iterator<Item = (u32, f64)> {
    measured.values(cell, metric).to_vec().into_iter()
}

fn empty(header: &Header, cell: &Cell) -> Row {
    let facts = header.executors.iter().find(|facts| facts.id == cell.executor);
    let other = if cell.is_floor() { Family::Floor } else { Family::Other };
    Row {
        cell: cell.clone(),
        family: facts.map_or(other, |facts| facts.family),
        median: None,
        interval: None,
        rounds: 0,
        ratio: None,
        standing: None,
        yardstick: cell.is_floor() || facts.is_some_and(|it| it.workers == Workers::PerTask),
        rank: None,
        outcome: RowOutcome::Ok,
        others: Vec::new(),
        disturbed_rounds: 0,
        notes: facts
            .map(|facts| facts.note.clone())
            .filter(|note| !note.is_empty())
            .into_iter()
            .collect(),
        suspicions: Vec::new(),
        counts: Counts::default(),
        verified: None,
    }
}

/// Returns all of a row that no other row has a part in.
fn row(
    header: &Header,
    facts: Option<&WorkloadFacts>,
    cell: &Cell,
    metric: &str,
    measured: &Measured<'_>,
) -> Row {
    let id = cell.id();
    let records = measured.records(&id);
    let of = |metric: &str| -> Vec<f64> { values(&id, metric, measured).map(|(_, v)| v).collect() };
    let own = of(metric);
    let estimate = median_interval(&own, CONFIDENCE);
    let others = facts.iter().flat_map(|facts| &facts.metrics).filter(|other| *other != metric);
    let disturbed =
        |record: &&&Record| record.samples.iter().any(|sample| sample.involuntary_switches > 0);
    let mut row = empty(header, cell);
    row.notes.extend(order_note(header, cell, records));
    if records.is_empty() {
        row.notes.push("no finished round".into());
    }
    let (outcome, note) = withheld(outcome(records), records, own.is_empty());
    row.notes.extend(note);
    Row {
        median: estimate.map(|estimate| estimate.value),
        interval: estimate.and_then(|estimate| estimate.interval).map(Interval::from),
        rounds: count(own.len()),
        outcome,
        others: others.filter_map(|other| Some((other.clone(), median(&of(other))?))).collect(),
        disturbed_rounds: count(records.iter().filter(disturbed).count()),
        ..row
    }
}

/// Returns the outcome of a row: the first failure counts, then the first exclusion that a child
/// reported.
fn outcome(records: &[&Record]) -> RowOutcome {
    let outcomes = || records.iter().map(|record| &record.outcome);
    let failed = outcomes().find_map(|outcome| match outcome {
        Outcome::Failed { reason, .. } => Some(RowOutcome::Failed(reason.clone())),
        Outcome::Ok | Outcome::Excluded { .. } => None,
    });
    let excluded = || {
        outcomes().find_map(|outcome| match outcome {
            Outcome::Excluded { reason } => Some(RowOutcome::Excluded(reason.clone())),
            Outcome::Ok | Outcome::Failed { .. } => None,
        })
    };
    failed.or_else(excluded).unwrap_or(RowOutcome::Ok)
}

/// Notes in how many rounds a distribution was left out, and why; a row that is `without` any value
/// for that takes no part.
fn withheld(
    outcome: RowOutcome,
    records: &[&Record],
    without: bool,
) -> (RowOutcome, Option<String>) {
    let reasons: Vec<&str> = records.iter().filter_map(|it| it.withheld.as_deref()).collect();
    match reasons.first() {
        Some(first) if without && outcome == RowOutcome::Ok => {
            (RowOutcome::Excluded((*first).into()), None)
        }
        Some(first) => {
            let note = format!("{} of {} rounds: {first}", reasons.len(), records.len());
            (outcome, Some(note))
        }
        None => (outcome, None),
    }
}

/// Notes an observed order that is stronger in every round than the declared one: a weak order must
/// not be declared only to pass.
fn order_note(header: &Header, cell: &Cell, records: &[&Record]) -> Option<String> {
    let facts = header.executors.iter().find(|facts| facts.id == cell.executor)?;
    let one_worker = facts.workers == Workers::One || cell.workers == Some(1);
    let observed: Vec<Order> = records
        .iter()
        .filter(|record| record.outcome == Outcome::Ok)
        .filter_map(|record| record.order)
        .collect();
    let weakest = *observed.iter().min()?;
    (one_worker && weakest > facts.order)
        .then(|| format!("order: declares {}, always kept {}", name(facts.order), name(weakest)))
}

fn name(order: Order) -> &'static str {
    match order {
        Order::Task => "order within a task",
        Order::Fair => "one resumption a round",
        Order::Fifo => "first in, first out",
    }
}

/// Sets every ratio to the best executor, and how the row stands. Floors are compared but are never
/// the best.
fn compare(rows: &mut [Row], By { metric, limits, measured }: By<'_>) {
    let ranked: Vec<usize> = (0..rows.len()).filter(|at| is_ranked(&rows[*at])).collect();
    let cells: Vec<CellId> = ranked.iter().map(|at| rows[*at].cell.id()).collect();
    let field = field(&cells, metric, limits, measured);
    for (at, placed) in ranked.iter().zip(&field.placed) {
        let Some(placed) = placed else { continue };
        (rows[*at].ratio, rows[*at].standing) = (placed.ratio, Some(placed.standing));
    }
    let Some(best) = field.best else { return };
    for row in rows.iter_mut().filter(|row| row.outcome == RowOutcome::Ok && row.cell.is_floor()) {
        row.ratio = ratio(&row.cell.id(), &cells[best], metric, measured);
    }
}

/// Returns whether the row takes part: a real executor, all rounds good, with a value.
fn is_ranked(row: &Row) -> bool {
    row.outcome == RowOutcome::Ok && !row.cell.is_floor() && row.median.is_some()
}

/// Sets the ranks that the intervals allow. The lowest is 1 + the number of executors whose
/// interval lies wholly on the better side of a row's own; the highest is the number of those whose
/// interval does not lie wholly on the worse side. Rows whose intervals overlap so share ranks.
pub(super) fn set_ranks(rows: &mut [Row], sign: f64) {
    let ends = |row: &Row| {
        let Interval { low, high } = row.interval.filter(|_| is_ranked(row))?;
        Some(if sign < 0.0 { (-high, -low) } else { (low, high) })
    };
    let all: Vec<(f64, f64)> = rows.iter().filter_map(ends).collect();
    for row in rows {
        row.rank = ends(row).map(|(low, high)| {
            let better = all.iter().filter(|other| other.1 < low).count();
            let not_worse = all.iter().filter(|other| other.0 <= high).count();
            (count(better + 1), count(not_worse))
        });
    }
}

/// Notes the rows that would change places, ranks apart, if the part before each batch counted,
/// which finds the caches as other children left them.
fn note_cold(rows: &mut [Row], metric: &str, measured: &Measured<'_>) {
    if !matches!(metric, "wall_ns_per_op" | "cpu_ns_per_op") {
        return;
    }
    let cold = |row: &Row| {
        let of_rounds = measured.values(&row.cell.id(), "cold_cost_ratio");
        let ratios: Vec<f64> = of_rounds.iter().map(|(_, ratio)| *ratio).collect();
        Some((row.median?, row.rank?, median(&ratios)?))
    };
    let all: Vec<_> = rows.iter().map(cold).collect();
    for (row, ours) in rows.iter_mut().zip(&all) {
        let Some((warm, rank, factor)) = ours else { continue };
        let changes = |(other, their_rank, their_factor): &(f64, (u32, u32), f64)| {
            let is_apart = rank.1 < their_rank.0 || their_rank.1 < rank.0;
            is_apart && (warm < other) != (warm * factor < other * their_factor)
        };
        if all.iter().flatten().any(changes) {
            let more = 100.0 * (factor - 1.0);
            row.notes
                .push(format!("its place depends on warm caches: {more:+.1} % with cold ones"));
        }
    }
}

/// Compares rows: good ones by their median, then those without one, then the failed, then the
/// excluded.
pub(super) fn by_place(a: &Row, b: &Row, sign: f64) -> Ordering {
    let class = |row: &Row| match (&row.outcome, row.median) {
        (RowOutcome::Ok, Some(_)) => 0,
        (RowOutcome::Ok, None) => 1,
        (RowOutcome::Failed(_), _) => 2,
        (RowOutcome::Excluded(_), _) => 3,
    };
    let median = |row: &Row| row.median.map_or(f64::INFINITY, |median| median * sign);
    class(a).cmp(&class(b)).then(median(a).total_cmp(&median(b)))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl From<(f64, f64)> for Interval {
    fn from((low, high): (f64, f64)) -> Self {
        Self { low, high }
    }
}
