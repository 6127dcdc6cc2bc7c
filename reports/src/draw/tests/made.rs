//! Made-up data for every chart, with so many executors, names of so many letters, over such a
//! spread.

use tminus_contract::Family;
use tminus_contract::trace::{Resumption, SCHEMA, Trace};
use tminus_judge::rank::{Effect, Interval, Ratio, Scaled, Scaling, Speedup};

use crate::model::drift::{Course, Drift, Point};
use crate::model::growth;
use crate::model::load::{self, Load};
use crate::model::memory::{Memory, Spot};
use crate::model::samples::{Samples, Spread, Value};
use crate::model::tail::{self, Tail};
use crate::model::trend::{self, Trend};
use crate::testing::fixture;

/// The range of what may come.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) count: usize,
    pub(super) length: usize,
    pub(super) spread: f64,
}

const FAMILIES: [Family; 6] =
    [Family::Hand, Family::Futures, Family::Tokio, Family::Smol, Family::Uring, Family::Other];

/// Formats a name of so many letters, each another; of [`HOSTILE`] length one that breaks out of
/// what forgets to escape.
pub(super) fn name(index: usize, length: usize) -> String {
    if length == HOSTILE {
        return format!("{index:02}{}\u{5e9}\u{5dc}\u{5d5}\u{5dd}", fixture::HOSTILE);
    }
    let letters = "wide-executor-name-mmmmmmmmmmmm".chars().chain(std::iter::repeat('m'));
    format!("{index:02}").chars().chain(letters).take(length).collect()
}

/// No name has no letters.
pub(super) const HOSTILE: usize = 0;

pub(super) fn family(index: usize) -> Family {
    FAMILIES[index % FAMILIES.len()]
}

impl Shape {
    /// From 0 for the first executor to 1 for the last.
    pub(super) fn share(self, index: usize) -> f64 {
        index as f64 / (self.count.max(2) - 1) as f64
    }

    /// What the executor of this index costs.
    pub(super) fn cost(self, index: usize) -> f64 {
        100.0 * self.spread.powf(self.share(index))
    }
}

/// Lines that end at different rates, and a floor that reaches few.
pub(super) fn load(shape: Shape) -> Load {
    let rates = [2_000, 3_497, 6_116, 10_694, 18_701, 32_702, 57_186, 100_000];
    let line = |name: String, family: Family, cost: f64, reached: usize| {
        let points = |scale: f64| {
            let point = |(at, size): (usize, &u64)| {
                let median = cost * scale * 1.4_f64.powi(at as i32);
                let interval = Some(Interval { low: median * 0.9, high: median * 1.2 });
                growth::Point { size: *size, median, interval }
            };
            rates[..reached].iter().enumerate().map(point).collect::<Vec<_>>()
        };
        let ends = reached < rates.len();
        let [latency, middle, cpu] = [1_000.0, 400.0, 100.0].map(points);
        load::Line { name, family, latency, middle, cpu, ends }
    };
    let own = |index: usize| {
        line(name(index, shape.length), family(index), shape.cost(index), 8 - index % 4)
    };
    let floor = line("floor".into(), Family::Floor, 30.0, 2);
    Load {
        workload: "work".into(),
        subject: "Work, connections 64".into(),
        op: "request".into(),
        metric: "latency_p99_ns".into(),
        middle: "latency_p50_ns".into(),
        lines: std::iter::once(floor).chain((0..shape.count).map(own)).collect(),
    }
}

/// Executors that gain and lose by more workers.
pub(super) fn scaling(shape: Shape) -> Scaling {
    let speedup = |index: usize, workers: usize| {
        let median = (workers as f64).powf(0.9 - 1.4 * shape.share(index));
        let interval = Some(Interval { low: median * 0.95, high: median * 1.1 });
        let effect = Effect::CannotTell;
        Speedup { workers, ratio: Ratio { median, interval, rounds: 12 }, effect }
    };
    let executor = |index: usize| Scaled {
        executor: name(index, shape.length),
        family: family(index),
        counts: [1, 2, 4].map(|workers| speedup(index, workers)).into(),
    };
    Scaling {
        workload: "work".into(),
        title: "Work".into(),
        params: "tasks=1000".into(),
        op: "frame".into(),
        cores: 2,
        executors: (0..shape.count).map(executor).collect(),
    }
}

/// Lines that end at different percentiles, and a floor of few values.
pub(super) fn tail(shape: Shape) -> Tail {
    let line = |name: String, family: Family, cost: f64, end: f64| {
        let grid = [2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4];
        let reached = grid.into_iter().filter(|x| *x < end).chain([end]);
        let points = reached.map(|x| (x, cost * x.powf(0.2)));
        tail::Line { name, family, count: end as u64 * 10, rounds: 12, points: points.collect() }
    };
    let mut lines = vec![line("floor".into(), Family::Floor, 40.0, 12.0)];
    for index in 0..shape.count {
        let end = 10f64.powf(0.5 + 3.5 * shape.share(index));
        lines.push(line(name(index, shape.length), family(index), shape.cost(index), end));
    }
    Tail {
        group: 0,
        workload: "work".into(),
        subject: "Work, tasks 10".into(),
        name: "round_trip".into(),
        about: "from the first byte sent to the last byte back".into(),
        lines,
    }
}

/// Batches that spread more and more, the last with two humps and far outliers; a third of the
/// executors has too few for a density.
pub(super) fn samples(shape: Shape) -> Samples {
    let spread = |name: String, family: Family, index: usize| {
        let wide = shape.spread.powf(0.02 + 0.3 * shape.share(index));
        let count = if index % 3 == 2 { 12 } else { 60 };
        let value = |step: u32| {
            let place = f64::from(step * 37 % 60) / 60.0 * 2.0 - 1.0;
            let hump = if index % 4 == 3 { place.signum() } else { 0.0 };
            let far = if step == 5 { 3.0 } else { 1.0 };
            let ratio = wide.powf((place.powi(3) + hump) * far);
            Value { ratio, disturbed: step.is_multiple_of(7) }
        };
        let mut values: Vec<Value> = (0..count).map(value).collect();
        values.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        Spread { name, family, median: shape.cost(index), values, batches: true }
    };
    let mut spreads = vec![spread("floor".into(), Family::Floor, 0)];
    spreads.extend(
        (0..shape.count).map(|index| spread(name(index, shape.length), family(index), index)),
    );
    Samples {
        subject: "Work, tasks 10".into(),
        workload: "work".into(),
        metric: "wall_ns_per_op".into(),
        op: "resumption".into(),
        batches: true,
        spreads,
    }
}

/// Twelve rounds, some disturbed, and an A/A pair.
pub(super) fn drift(shape: Shape) -> Drift {
    let course = |name: String, family: Option<Family>, index: usize| {
        let wide = shape.spread.powf(0.02 + 0.2 * shape.share(index));
        let point = |round: u32| {
            let place = f64::from((round * 7 + index as u32) % 12) / 6.0 - 1.0;
            let ratio = wide.powf(place);
            let middle = Interval { low: ratio / wide.sqrt(), high: ratio * wide.sqrt() };
            Point {
                round,
                ratio,
                middle: index.is_multiple_of(2).then_some(middle),
                disturbed: (round + index as u32).is_multiple_of(5),
            }
        };
        Course { name, family, cells: 9, points: (1..=12).map(point).collect() }
    };
    let executors =
        (0..shape.count).map(|index| course(name(index, shape.length), Some(family(index)), index));
    let pair = |index: usize| course(name(0, shape.length), Some(family(0)), index);
    let ratio = Ratio { median: 1.0011, interval: None, rounds: 12 };
    Drift {
        all: course("all cells".into(), None, 0),
        twin: Some((pair(0), pair(1), ratio)),
        executors: executors.collect(),
        elapsed_ns: 250_000_000_000,
    }
}

/// Costs that rise while memory falls, of which each third lies behind the front, and some at one
/// place.
pub(super) fn memory(shape: Shape) -> Memory {
    let spot = |name: String, family: Family, index: usize| Spot {
        name,
        family,
        cost: shape.cost(index / 2 * 2),
        bytes: 3e7 / shape.spread.powf(0.5 * shape.share(index / 2 * 2)),
        on_front: family != Family::Floor && !index.is_multiple_of(3),
    };
    let mut spots = vec![spot("floor".into(), Family::Floor, 0)];
    spots.extend(
        (0..shape.count).map(|index| spot(name(index, shape.length), family(index), index)),
    );
    Memory {
        subject: "Work, tasks 10".into(),
        metric: "wall_ns_per_op".into(),
        op: "resumption".into(),
        spots,
    }
}

/// Thirty runs an executor, with a change after each thirty but the last.
pub(super) fn trend(shape: Shape) -> Trend {
    let runs = shape.count * 30;
    let level =
        |index: usize| if (index / 30).is_multiple_of(2) { 100.0 } else { 100.0 * shape.spread };
    let point = |index: usize| {
        let median = level(index) * (1.0 + (index * 7 % 11) as f64 / 500.0);
        let ends = Interval { low: median * 0.99, high: median * 1.02 };
        trend::Point {
            label: format!("{:09x}+", index * 0x9e37),
            day: "2026-09-21".into(),
            median,
            interval: (index % 17 != 3).then_some(ends),
        }
    };
    let change = |at: usize| {
        let (before, after) = (level(at - 1), level(at));
        trend::Change { at, before, after, worse: Some(after > before) }
    };
    Trend {
        cell: format!("work/tasks=10/{}", name(0, shape.length)),
        name: name(0, shape.length),
        family: family(shape.count),
        metric: "wall_ns_per_op".into(),
        points: (0..runs).map(point).collect(),
        changes: (1..shape.count).map(|index| change(index * 30)).collect(),
        hidden_changes: 0,
        over: trend::Over::Runs,
    }
}

/// Tasks that take turns, on three threads; every few turns nothing happens for long.
pub(super) fn trace(shape: Shape) -> Trace {
    let one = |index: usize| {
        let pauses = (index / (2 * shape.count)) as u64;
        let start_ns = index as u64 * 1_000 + pauses * 1_000_000_000;
        let (task, thread) = (index % shape.count, index / 3 % 3);
        Resumption { task, thread, start_ns, end_ns: start_ns + 400 }
    };
    Trace {
        schema: SCHEMA,
        workload: "squares".into(),
        executor: name(0, shape.length),
        workers: 3,
        busy_ns: 200_000,
        always_ready: true,
        tasks: (0..shape.count).map(|index| name(index, shape.length)).collect(),
        resumptions: (0..shape.count * 8).map(one).collect(),
    }
}
