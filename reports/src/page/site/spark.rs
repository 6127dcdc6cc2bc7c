//! A series as a small line in a table: its course at a glance, figures stand beside it.

use maud::{Markup, PreEscaped, html};
use tminus_history::{Change, Point, Series};

/// More points than pixels say nothing.
const MAX_POINTS: usize = 60;
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

/// Returns the line of `series`, with a dot at each of `changes`.
pub(super) fn line(series: &Series, changes: &[&Change]) -> Markup {
    let values = thinned(&series.points);
    let (low, high) = values
        .iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    // Noise of a few per mille stays a flat line.
    let least = 0.05 * high.abs();
    // Half of it, so that no difference is infinite.
    let span = (high / 2.0 - low / 2.0).max(least / 2.0).max(f64::MIN_POSITIVE) * 2.0;
    let (middle, span) = (f64::midpoint(low, high), span.min(f64::MAX));
    let count = values.len();
    let x = |share: f64| 3.0 + share * (WIDTH - 6.0);
    let y = |value: f64| HEIGHT / 2.0 - (value - middle) / span * (HEIGHT - 8.0);
    let mut path = String::new();
    for (index, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let share = index as f64 / (count.max(2) - 1) as f64;
        let letter = if path.is_empty() { 'M' } else { 'L' };
        path += &format!("{letter}{:.1} {:.1}", x(share), y(*value));
    }
    let mut dots = String::new();
    for change in changes {
        let at = series.points.iter().position(|point| point.run == change.first_after.run);
        let Some(at) = at else { continue };
        let share = at as f64 / (series.points.len().max(2) - 1) as f64;
        let height = y(change.after).clamp(2.0, HEIGHT - 2.0);
        if height.is_nan() {
            continue;
        }
        dots += &format!("<circle cx=\"{:.1}\" cy=\"{height:.1}\" r=\"3\"/>", x(share));
    }
    html! {
        svg.spark aria-hidden="true" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" {
            path d=(path) {}
            (PreEscaped(dots))
        }
    }
}

/// Returns the medians; of many, the median of as many in a row as make few.
fn thinned(points: &[Point]) -> Vec<f64> {
    let size = points.len().div_ceil(MAX_POINTS).max(1);
    let middle = |chunk: &[Point]| {
        let mut values: Vec<f64> = chunk.iter().map(|point| point.median).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    points.chunks(size).map(middle).collect()
}
