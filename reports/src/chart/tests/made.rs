//! Made-up data for every chart, with so many executors, names of so many letters, over such a
//! spread.

use tminus_harness::contract::Family;

use crate::tail::{self, Tail};

/// The range of what may come.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) count: usize,
    pub(super) length: usize,
    pub(super) spread: f64,
}

const FAMILIES: [Family; 6] =
    [Family::Hand, Family::Futures, Family::Tokio, Family::Smol, Family::Uring, Family::Other];

/// A name of so many letters, each another.
pub(super) fn name(index: usize, length: usize) -> String {
    format!("{index:02}{}", "wide-executor-name-mmmmmmmmmmmm").chars().take(length).collect()
}

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
