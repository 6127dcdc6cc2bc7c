//! A service under load: latency and CPU time against the rate at which requests are offered, for
//! workloads that are ranked by a latency and have such a rate.
//!
//! A line ends where its executor does not reach the rate: a latency there would be that of a queue
//! that only grows.

use tminus_contract::Family;
use tminus_judge::rank::{Ranking, Rounds, Row, RowOutcome, Span, quantile_of};

use super::growth::Point;
use crate::words;

/// A workload over its rate, all other parameters fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// The workload's id.
    pub workload: String,
    /// The workload's title with the fixed parameters.
    pub subject: String,
    /// The name of one op.
    pub op: String,
    /// The metric that ranks: a quantile of the latency.
    pub metric: String,
    /// The median of that latency.
    pub middle: String,
    /// A line an executor, floors first, else in the order of their first appearance.
    pub lines: Vec<Line>,
}

/// An executor over the rates that it reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The executor with its workers.
    pub name: String,
    /// How it is drawn.
    pub family: Family,
    /// The metric that ranks, by rate.
    pub latency: Vec<Point>,
    /// The median latency.
    pub middle: Vec<Point>,
    /// The CPU time of an op.
    pub cpu: Vec<Point>,
    /// Whether a higher rate was offered than it reaches.
    pub ends: bool,
}

/// The metric of the second panel.
pub const CPU: &str = "cpu_ns_per_op";

impl Load {
    /// Returns whether a parameter is the load of a workload that `metric` ranks.
    #[must_use]
    pub fn is_of(param: &str, metric: &str) -> bool {
        param == words::RATE && quantile_of(metric).is_some()
    }

    /// Returns every workload of `ranking` that was offered two rates or more.
    #[must_use]
    pub fn all(ranking: &Ranking, rounds: &Rounds<'_>) -> Vec<Self> {
        let spans = Span::all(&ranking.groups);
        let loads = spans.iter().filter(|span| Self::is_of(&span.param, &span.first().metric));
        loads.filter_map(|span| Self::of(span, ranking.rounds, rounds)).collect()
    }

    fn of(span: &Span<'_>, count: u32, rounds: &Rounds<'_>) -> Option<Self> {
        let first = span.first();
        let (name, _) = quantile_of(&first.metric)?;
        let middle = format!("{name}_p50_ns");
        let rows = span.groups.values().flat_map(|group| &group.rows);
        let mut lines: Vec<Line> = Vec::new();
        for row in rows.filter(|row| !row.cell.twin) {
            let name = words::executor(&row.cell);
            if !lines.iter().any(|line| line.name == name) {
                lines.push(line(name, row, span, &middle, (count, rounds)));
            }
        }
        lines.retain(|line| !line.latency.is_empty());
        let is_curve = lines.iter().any(|line| line.latency.len() > 1);
        is_curve.then(|| Self {
            workload: first.workload.clone(),
            subject: words::subject(&first.title, &span.fixed()),
            op: first.op.clone(),
            metric: first.metric.clone(),
            middle,
            lines,
        })
    }

    /// Returns the rates that any line reaches, ascending.
    #[must_use]
    pub fn rates(&self) -> Vec<u64> {
        let points = self.lines.iter().flat_map(|line| &line.latency);
        let mut rates: Vec<u64> = points.map(|point| point.size).collect();
        rates.sort_unstable();
        rates.dedup();
        rates
    }
}

fn line(
    name: String,
    like: &Row,
    span: &Span<'_>,
    middle: &str,
    (count, rounds): (u32, &Rounds<'_>),
) -> Line {
    let column = like.cell.column();
    // A rate of 0 is no load: each client waits for its answer.
    let offered = span.groups.iter().filter(|(rate, _)| **rate > 0);
    let rows: Vec<(u64, &Row)> = offered
        .filter_map(|(rate, group)| {
            let own = group.rows.iter().find(|row| row.cell.column() == column && !row.cell.twin);
            Some((*rate, own?))
        })
        .collect();
    let is_reached = |row: &Row| row.outcome == RowOutcome::Ok && row.has_most(count);
    let reached: Vec<(u64, &Row)> =
        rows.iter().copied().take_while(|it| is_reached(it.1)).collect();
    let points = |metric: &str| -> Vec<Point> {
        let point = |(size, row): &(u64, &Row)| {
            let (median, interval) = rounds.median(&row.cell.id(), metric)?;
            (median > 0.0).then_some(Point { size: *size, median, interval })
        };
        reached.iter().filter_map(point).collect()
    };
    Line {
        name,
        family: like.family,
        latency: points(&span.first().metric),
        middle: points(middle),
        cpu: points(CPU),
        ends: reached.len() < rows.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;
    use crate::testing::swept::swept;

    #[test]
    fn a_line_ends_where_the_rate_is_not_reached() {
        let run = swept();
        let ranking = fixture::rank(&run);
        let loads = Load::all(&ranking, &Rounds::of(&run));
        let [load] = loads.as_slice() else { panic!("{loads:?}") };
        assert_eq!((load.middle.as_str(), load.rates().len()), ("latency_p50_ns", 8));
        let last = |name: &str| {
            let line = load.lines.iter().find(|line| line.name == name).expect("made up");
            let lengths = [&line.latency, &line.middle, &line.cpu].map(Vec::len);
            assert_eq!(lengths, [line.latency.len(); 3]);
            (line.latency.last().map(|point| point.size), line.ends)
        };
        assert_eq!(last("heap"), (Some(32_702), true));
        assert_eq!(last("tokio-multi-thread ×2"), (Some(100_000), false));
        assert_eq!(last("floor"), (Some(57_186), true));
    }

    #[test]
    fn a_rate_that_few_rounds_reach_is_not_reached() {
        let mut run = swept();
        // Of twelve rounds six have a latency.
        for record in run.records.iter_mut().filter(|it| it.round < 6) {
            if record.cell.as_str() == "load/rate=6116/heap" {
                record.metrics.clear();
            }
        }
        let ranking = fixture::rank(&run);
        let loads = Load::all(&ranking, &Rounds::of(&run));
        let heap = loads[0].lines.iter().find(|line| line.name == "heap").expect("made up");
        assert_eq!(heap.latency.iter().map(|it| it.size).collect::<Vec<_>>(), [2_000, 3_497]);
        assert!(heap.ends);
    }

    #[test]
    fn only_a_latency_against_a_rate_is_a_load() {
        assert!(Load::is_of("rate", "latency_p99_ns") && !Load::is_of("rate", "cpu_ns_per_op"));
        assert!(!Load::is_of("connections", "latency_p99_ns"));
        let run = fixture::measured();
        assert_eq!(Load::all(&fixture::rank(&run), &Rounds::of(&run)), []);
    }
}
