//! Which changes of a trend have a label, and where it stands: in a few rows above the plot, each
//! beside its line.

use super::Plot;
use crate::draw::font;
use crate::draw::sheet::{MARGIN, SMALL};
use crate::findings;
use crate::model::trend::{Change, Trend};

/// Rows of labels: what has no room in them is a tick.
const MAX_ROWS: usize = 5;
/// From the line of a change to its label, and from a label to what stands beside it.
const BESIDE: f64 = 5.0;
const APART: f64 = 8.0;

/// A change: its line and its label, which stands in a row above the plot, beside the line.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The line.
    pub(super) x: f64,
    /// The ends of the label.
    pub(super) at: f64,
    end: f64,
    pub(super) text: String,
    /// From the top.
    pub(super) row: usize,
    pub(super) worse: Option<bool>,
}

impl Mark {
    /// Makes a mark with its label to the right of the line.
    fn of(change: &Change, plot: &Plot) -> Self {
        let x = plot.x(change.at as f64 - 0.5);
        let arrow = if change.after > change.before { '▲' } else { '▼' };
        let text = format!("{arrow} {}", findings::change(change));
        let (at, row) = (x + BESIDE, 0);
        Self { x, at, end: at + font::width(&text, SMALL), text, row, worse: change.worse }
    }

    fn is_left(&self) -> bool {
        self.at < self.x
    }

    fn move_left(&mut self) {
        let width = self.end - self.at;
        self.end = self.x - BESIDE;
        self.at = self.end - width;
    }

    /// Returns whether in one row there is no room for both labels.
    fn meets(&self, other: &Self) -> bool {
        self.at < other.end + APART && other.at < self.end + APART
    }
}

/// Returns the changes that get a label: the last, of which the title tells, then the largest, each
/// unless it would take more than [`MAX_ROWS`].
pub(super) fn labelled(trend: &Trend, plot: &Plot) -> Vec<Mark> {
    let all = &trend.changes;
    let size = |index: usize| (all[index].after / all[index].before).ln().abs();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| size(*b).total_cmp(&size(*a)));
    order.sort_by_key(|index| index + 1 != all.len());
    let (mut chosen, mut marks) = (Vec::new(), Vec::new());
    for index in order {
        let mut more = chosen.clone();
        more.insert(more.partition_point(|known| *known < index), index);
        let wanted = more.iter().map(|index| Mark::of(&all[*index], plot)).collect();
        if let Some(placed) = placed(wanted, plot) {
            (chosen, marks) = (more, placed);
        }
    }
    marks
}

/// Places `marks`, from left to right, in rows in which no label is in another's way and no line
/// comes through one from a row above; returns `None` if they take more than [`MAX_ROWS`].
fn placed(mut marks: Vec<Mark>, plot: &Plot) -> Option<Vec<Mark>> {
    // Left of its line stands a label that has no room to the right, and one that would cover the
    // line of such a one or whose line would come through that.
    let (mut wall, mut taken) = (plot.right, f64::INFINITY);
    for mark in marks.iter_mut().rev() {
        if mark.end > wall || mark.x + BESIDE > taken {
            mark.move_left();
            (wall, taken) = (mark.x - BESIDE, taken.min(mark.at));
        }
    }
    for index in (0..marks.len()).rev().filter(|index| marks[*index].is_left()).collect::<Vec<_>>()
    {
        let (own, later) = (&marks[index], &marks[index + 1..]);
        let rows = later.iter().filter(|it| it.is_left() && it.at < own.x + BESIDE);
        marks[index].row = rows.map(|it| it.row + 1).max().unwrap_or(0);
    }
    for index in 0..marks.len() {
        let own = &marks[index];
        if own.is_left() {
            continue;
        }
        let earlier = marks[..index].iter().filter(|it| !it.is_left() && it.end + APART > own.x);
        let mut row = earlier.map(|it| it.row + 1).max().unwrap_or(0);
        while marks.iter().any(|it| it.is_left() && it.row == row && it.meets(own)) {
            row += 1;
        }
        marks[index].row = row;
    }
    let fits = |mark: &Mark| mark.row < MAX_ROWS && mark.at >= MARGIN;
    marks.iter().all(fits).then_some(marks)
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;

    use super::super::{Axis, draw};
    use super::*;
    use crate::draw::tests::assert_geometry;
    use crate::model::trend::{Over, Point};
    use crate::words::number::Unit;

    /// So many changes, `apart` runs from each other, the first of them the largest; the last ends
    /// `before_end` runs before the end.
    fn trend(changes: usize, apart: usize, before_end: usize) -> Trend {
        let runs = changes * apart + before_end;
        let step = |index: usize| if index == 1 { 2.0 } else { 1.05 + 0.01 * (index % 7) as f64 };
        let level = |index: usize| if index % 2 == 1 { 100.0 * step(index) } else { 100.0 };
        let point = |run: usize| Point {
            label: format!("{run:09x}"),
            day: "2026-09-21".into(),
            median: level((run / apart).min(changes)),
            interval: None,
        };
        let change = |index: usize| {
            let (before, after) = (level(index - 1), level(index));
            Change { at: index * apart, before, after, worse: Some(after > before) }
        };
        Trend {
            cell: "squares/tasks=10/heap".into(),
            name: "heap".into(),
            family: Family::Hand,
            metric: "wall_ns_per_op".into(),
            points: (0..runs.max(changes * apart + 1)).map(point).collect(),
            changes: (1..=changes).map(change).collect(),
            hidden_changes: 0,
            over: Over::Runs,
        }
    }

    fn plot(runs: usize) -> Plot {
        let y = Axis::of([90.0, 210.0].into_iter(), Unit::Nanoseconds);
        Plot { left: 60.0, right: 884.0, top: 0.0, bottom: 0.0, y, runs }
    }

    #[test]
    fn labels_of_many_changes_stand_apart_and_no_line_comes_through_one() {
        for changes in [1, 2, 3, 5, 8, 20, 40, 150] {
            for (apart, before_end) in [(3, 1), (3, 3), (8, 200), (30, 30), (300, 4)] {
                let trend = trend(changes, apart, before_end);
                let marks = labelled(&trend, &plot(trend.points.len()));
                let what = format!("{changes} changes, {apart} apart, {before_end} before the end");
                assert!(!marks.is_empty(), "{what}");
                let touches = |a: &Mark, b: &Mark| {
                    let is_through = a.row < b.row && b.at < a.x + 2.0 && a.x < b.end + 2.0;
                    a.row == b.row && a.meets(b) || is_through
                };
                for (index, a) in marks.iter().enumerate() {
                    assert!(a.at >= MARGIN && a.end <= 884.0 && a.row < MAX_ROWS, "{what}: {a:?}");
                    for b in &marks[index + 1..] {
                        assert!(!touches(a, b) && !touches(b, a), "{what}: {a:?} {b:?}");
                    }
                }
                assert_geometry(&draw(&trend, "sources"), &what);
            }
        }
    }

    #[test]
    fn the_last_change_and_the_largest_have_labels_and_the_rest_is_counted() {
        let trend = trend(60, 10, 10);
        let picture = draw(&trend, "sources");
        let labels: Vec<&str> = picture
            .boxes
            .iter()
            .map(|it| it.text.as_str())
            .filter(|text| text.starts_with(['▲', '▼']))
            .collect();
        let last = findings::change(trend.changes.last().expect("60"));
        assert!(labels.iter().any(|label| label.ends_with(&last)), "{labels:?}");
        assert!(labels.contains(&"▲ +100.0 %, worse"), "{labels:?}");
        let counted =
            format!("{} of 60 changes; ticks above: the other {}", labels.len(), 60 - labels.len());
        assert!(labels.len() > 10 && labels.len() < 60, "{labels:?}");
        assert!(picture.subtitle.contains(&counted), "{}", picture.subtitle);
        let few = draw(&self::trend(3, 10, 10), "sources");
        assert!(!few.subtitle.contains("ticks"), "{}", few.subtitle);
    }
}
