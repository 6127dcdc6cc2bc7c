//! Memory against time: what an executor costs in both, and which have no better in both.

use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, RowOutcome, higher_is_better};

use crate::words;

/// The figure on the other axis: the highest resident memory of the child's whole process.
pub const MEMORY: &str = "rss_peak_bytes";

/// The executors of a group by two costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// The workload with its parameters.
    pub subject: String,
    /// The metric that ranks; less is better.
    pub metric: String,
    /// The name of one op.
    pub op: String,
    /// The executors that have both costs, in the order of the group.
    pub spots: Vec<Spot>,
}

/// An executor by two costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// The median of the metric that ranks; above zero.
    pub cost: f64,
    /// The median of the memory; above zero.
    pub bytes: f64,
    /// Whether none is as good in both and better in one: on the Pareto front. Floors are not.
    pub on_front: bool,
}

impl Memory {
    /// Compares memory with time; returns `None` where no executor has both costs, where the
    /// ranking is of memory itself, or where more is better. `bytes` gives the memory of a row.
    pub(crate) fn of(group: &Group, bytes: impl Fn(&Row) -> Option<f64>) -> Option<Self> {
        if group.metric.contains("bytes") || higher_is_better(&group.metric) {
            return None;
        }
        let positive = |value: &f64| *value > 0.0 && value.is_finite();
        let good = group.rows.iter().filter(|row| row.outcome == RowOutcome::Ok);
        let spot = |row: &Row| {
            Some(Spot {
                name: words::executor(&row.cell),
                family: row.family,
                cost: row.median.filter(positive)?,
                bytes: bytes(row).filter(positive)?,
                on_front: false,
            })
        };
        let mut spots: Vec<Spot> = good.filter_map(spot).collect();
        mark_front(&mut spots);
        let (subject, metric) = (words::group(group), group.metric.clone());
        let any = spots.iter().any(|spot| spot.on_front);
        any.then(|| Self { subject, metric, op: group.op.clone(), spots })
    }

    /// Returns the Pareto front, the cheapest in time first.
    #[must_use]
    pub fn front(&self) -> Vec<&Spot> {
        let mut front: Vec<&Spot> = self.spots.iter().filter(|spot| spot.on_front).collect();
        front.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        front
    }
}

/// Marks the front by medians alone: what lies a hair behind the front may well be on it.
fn mark_front(spots: &mut [Spot]) {
    let real = |spot: &Spot| spot.family != Family::Floor;
    let costs: Vec<(f64, f64)> =
        spots.iter().filter(|spot| real(spot)).map(|spot| (spot.cost, spot.bytes)).collect();
    for spot in spots.iter_mut().filter(|spot| real(spot)) {
        let beats = |(cost, bytes): &(f64, f64)| {
            *cost <= spot.cost && *bytes <= spot.bytes && (*cost < spot.cost || *bytes < spot.bytes)
        };
        spot.on_front = !costs.iter().any(beats);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn group() -> Group {
        let row = |who: &str, family: Family, median: f64| {
            fixture::row(fixture::cell("work", "tasks", 10, who, None), family, median, 0.01)
        };
        let rows = vec![
            row("floor", Family::Floor, 1.0),
            row("fast", Family::Tokio, 10.0),
            row("middle", Family::Smol, 20.0),
            row("beaten", Family::Smol, 25.0),
            row("small", Family::Smol, 90.0),
        ];
        fixture::group("work", "Work", "frame", "wall_ns_per_op", rows)
    }

    fn bytes(row: &Row) -> Option<f64> {
        let all = [("floor", 1.0), ("fast", 9e6), ("middle", 4e6), ("beaten", 4e6), ("small", 2e6)];
        all.into_iter().find(|known| known.0 == row.cell.executor).map(|known| known.1)
    }

    #[test]
    fn the_front_are_those_that_none_beats_in_both() {
        let memory = Memory::of(&group(), bytes).expect("has both");
        let front: Vec<&str> = memory.front().iter().map(|spot| spot.name.as_str()).collect();
        assert_eq!(front, ["fast", "middle", "small"]);
        assert_eq!(memory.spots.len(), 5);
    }

    #[test]
    fn equals_are_on_the_front_together() {
        let memory = Memory::of(&group(), |_| Some(5e6)).expect("has both");
        assert_eq!(memory.front().len(), 1);
        let mut even = group();
        for row in &mut even.rows {
            row.median = Some(7.0);
        }
        assert_eq!(Memory::of(&even, |_| Some(5e6)).expect("has both").front().len(), 4);
    }

    #[test]
    fn without_both_costs_there_is_nothing() {
        assert_eq!(Memory::of(&group(), |_| None), None);
        let bytes_only = Group { metric: "rss_peak_bytes".into(), ..group() };
        assert_eq!(Memory::of(&bytes_only, bytes), None);
    }
}
