//! Which executors change places as a parameter grows, and where. No I/O.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tminus_record::Cell;

use super::measured::Measured;
use super::span::Span;
use super::standing::ln_ratios;
use super::{Group, Interval, Row, RowOutcome, group, higher_is_better};
use crate::crossing::{Change, Point, changes};
use crate::ratio::Limits;

/// The crossings of a workload over one parameter, all others fixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossings {
    /// The workload's id.
    pub workload: String,
    /// Its title.
    pub title: String,
    /// The parameter that changes.
    pub param: String,
    /// The others as ids show them; those at their default are left out.
    pub fixed: String,
    /// The name of one op.
    pub op: String,
    /// The metric that ranks.
    pub metric: String,
    /// Those that are sure, first those between two of the best, then those that matter most.
    pub told: Vec<Crossing>,
    /// Pairs of the best of which it cannot be told: one is better for sure at some size and seems
    /// worse at another.
    pub open_pairs: u32,
}

/// Two executors that change places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The one that is better below.
    pub below: Contender,
    /// The one that is better above.
    pub above: Contender,
    /// The size at which they change places.
    pub at: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// How many times worse the other one is, at most: below, and above.
    pub factors: [f64; 2],
    /// Whether each of them is the best, or equivalent to it, at some size.
    pub is_of_best: bool,
}

/// An executor with its workers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contender {
    /// Its id.
    pub executor: String,
    /// Its workers, where ids name them.
    pub workers: Option<usize>,
}

impl Contender {
    pub(super) fn of(cell: &Cell) -> Self {
        Self { executor: cell.executor.clone(), workers: cell.workers }
    }
}

/// Returns the crossings of each workload and parameter of `groups` that has some, told or open.
pub(super) fn crossings(
    groups: &[Group],
    rounds: u32,
    limits: Limits,
    measured: &Measured<'_>,
) -> Vec<Crossings> {
    let spans = Span::all(groups);
    let of = |span: &Span<'_>| of_span(span, rounds, limits, measured);
    spans.iter().map(of).filter(|it| !it.told.is_empty() || it.open_pairs > 0).collect()
}

fn of_span(span: &Span<'_>, rounds: u32, limits: Limits, measured: &Measured<'_>) -> Crossings {
    let first = span.first();
    let mut all = Crossings {
        workload: first.workload.clone(),
        title: first.title.clone(),
        param: span.param.clone(),
        fixed: span.fixed(),
        op: first.op.clone(),
        metric: first.metric.clone(),
        told: Vec::new(),
        open_pairs: 0,
    };
    let sign = if higher_is_better(&all.metric) { -1.0 } else { 1.0 };
    let curves = curves(span, rounds, &all.metric, measured);
    for (place, ours) in curves.iter().enumerate() {
        for theirs in &curves[place + 1..] {
            let found = changes(&points(ours, theirs, sign), limits);
            all.open_pairs += u32::from(found.is_open && ours.is_best && theirs.is_best);
            all.told.extend(found.told.into_iter().map(|it| crossing(ours, theirs, it)));
        }
    }
    // By what the worse choice costs, on the side where that is less.
    let cost = |it: &Crossing| it.factors[0].min(it.factors[1]);
    let order = |a: &Crossing, b: &Crossing| cost(b).total_cmp(&cost(a));
    all.told.sort_by(|a, b| b.is_of_best.cmp(&a.is_of_best).then_with(|| order(a, b)));
    all
}

fn crossing(ours: &Curve, theirs: &Curve, change: Change) -> Crossing {
    let Change { at, interval, is_first_below, factors } = change;
    let (below, above) = if is_first_below { (ours, theirs) } else { (theirs, ours) };
    Crossing {
        below: below.contender.clone(),
        above: above.contender.clone(),
        at,
        interval,
        factors,
        is_of_best: below.is_best && above.is_best,
    }
}

/// An executor over the sizes.
struct Curve {
    contender: Contender,
    /// By size the value of each round.
    sizes: BTreeMap<u64, BTreeMap<u32, f64>>,
    is_best: bool,
}

/// Returns the curves of the executors that are compared, without sizes at which a round failed or
/// most gave no value. A size of 0 has no place on a logarithmic scale.
fn curves(span: &Span<'_>, rounds: u32, metric: &str, measured: &Measured<'_>) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let is_compared =
        |row: &&Row| row.outcome == RowOutcome::Ok && !row.yardstick && row.has_most(rounds);
    for (size, group) in span.groups.iter().filter(|(size, _)| **size > 0) {
        // Rows stand in the order of their medians.
        for (place, row) in group.rows.iter().filter(is_compared).enumerate() {
            let contender = Contender::of(&row.cell);
            let at = curves.iter().position(|it| it.contender == contender).unwrap_or_else(|| {
                curves.push(Curve { contender, sizes: BTreeMap::new(), is_best: false });
                curves.len() - 1
            });
            let values = group::values(&row.cell.id(), metric, measured).collect();
            curves[at].sizes.insert(*size, values);
            curves[at].is_best |= row.is_best() || place == 0;
        }
    }
    curves
}

/// Returns the sizes that both have, with their ratios.
fn points(ours: &Curve, theirs: &Curve, sign: f64) -> Vec<Point> {
    let point = |(size, a): (&u64, &BTreeMap<u32, f64>)| {
        let ln_ratios = ln_ratios(a, theirs.sizes.get(size)?, sign).collect();
        #[expect(clippy::cast_precision_loss, reason = "a size stays far below 2^53")]
        Some(Point { size: *size as f64, ln_ratios })
    };
    ours.sizes.iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use tminus_record::testing::{cell, params, run};
    use tminus_record::{Filter, Run};

    use super::*;
    use crate::rank::{Ranking, rank};

    /// Returns a run of four executors at three sizes, in six rounds: `heap` is the best below
    /// and `deque` above, `slow` never is, and `wide` seems to pass both where nothing is sure.
    fn made() -> Run {
        let costs = |who: &str| match who {
            "heap" => [100, 100, 100],
            "deque" => [200, 100, 50],
            "slow" => [300, 300, 300],
            "floor" => [400, 40, 4],
            _ => [900, 900, 45],
        };
        let executors = ["heap", "deque", "slow", "wide", "floor"];
        let sizes = [10_u64, 100, 1_000];
        let cells = sizes.iter().enumerate().flat_map(|(at, size)| {
            executors.map(|who| {
                let params = params(&format!(r#"{{"tasks":{size},"depth":1}}"#));
                let label = format!("tasks={size}");
                let own = Cell { params, label, ..cell(who) };
                // Every third round of the last is far off.
                let is_loud = |round: u64| who == "wide" && at == 2 && round.is_multiple_of(3);
                let time = |round| costs(who)[at] * if is_loud(round) { 9_000 } else { 1_000 };
                (own, (0..6).map(time).collect())
            })
        });
        run(&cells.collect::<Vec<_>>())
    }

    fn ranked(run: &Run) -> Ranking {
        rank(run, &Filter::default(), None).expect("it has times")
    }

    #[test]
    fn executors_that_change_places_are_named_with_the_size() {
        let ranking = ranked(&made());
        let [crossings] = ranking.crossings.as_slice() else { panic!("{:?}", ranking.crossings) };
        assert_eq!((crossings.param.as_str(), crossings.fixed.as_str()), ("tasks", ""));
        let [told] = crossings.told.as_slice() else { panic!("{crossings:?}") };
        assert_eq!([&told.below, &told.above].map(|it| it.executor.as_str()), ["heap", "deque"]);
        assert!((told.at / 100.0).ln().abs() < 0.01, "{told:?}");
        assert!(told.interval.low < 100.0 && 100.0 < told.interval.high, "{told:?}");
        assert!(told.factors.iter().all(|factor| (factor / 2.0).ln().abs() < 0.01), "{told:?}");
        assert!(told.is_of_best);
        assert_eq!(crossings.open_pairs, 2, "wide with heap, and with deque");
    }

    #[test]
    fn one_size_crosses_nothing() {
        let mut run = made();
        run.header.cells.retain(|cell| cell.label == "tasks=10");
        assert_eq!(ranked(&run).crossings, []);
    }
}
