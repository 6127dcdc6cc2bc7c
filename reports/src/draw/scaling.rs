//! Speed-up and efficiency against the number of workers, both axes logarithmic: what do more
//! workers gain? A row of two panels a family, with what the cores allow.

use tminus_contract::Family;
use tminus_judge::rank::{Ratio, Scaled, Scaling, Speedup};

use super::growth::axis_of;
use super::panels::{self, Line, Panels};
use super::prelude::*;

/// The name of the line of what the cores allow.
const IDEAL: &str = "what the cores allow";

/// Draws the chart of `scaling`; `sources` is the line below.
#[must_use]
pub fn draw(scaling: &Scaling, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let subtitle = "wall time an op with one worker over that with more, and that over the number of \
                    workers: medians with their 95 % intervals; both axes logarithmic, higher is better";
    let top = sheet.head(&findings::scaling_title(scaling), subtitle) + 8.0;
    let ideal = |workers: usize| match scaling.cores {
        0 => workers as f64,
        cores => workers.min(cores) as f64,
    };
    let speedup = panels(scaling, "speed-up", |it| it.ratio, ideal);
    let efficiency = panels(scaling, "efficiency", Speedup::efficiency, |workers| {
        ideal(workers) / workers as f64
    });
    let bottom = panels::draw_beside(&sheet, [&speedup, &efficiency], top);
    let name = slug(&format!("scaling-{}-{}", scaling.workload, scaling.params));
    let note = words::capital(&findings::scaling_note(scaling)) + ".";
    sheet.finish(name, findings::scaling_description(scaling), vec![note, sources.into()], bottom)
}

/// Returns the panels of one figure, and what it would be if each worker had a core.
fn panels(
    scaling: &Scaling,
    what: &str,
    of: impl Fn(&Speedup) -> Ratio,
    ideal: impl Fn(usize) -> f64,
) -> Panels {
    let of = &of;
    let line = |scaled: &Scaled| {
        let x = |it: &Speedup| it.workers as f64;
        let points: Vec<(f64, f64)> =
            scaled.counts.iter().map(|it| (x(it), of(it).median)).collect();
        let bar = |it: &Speedup| of(it).interval.map(|ends| (x(it), ends.low, ends.high));
        Line {
            name: words::executor_with(&scaled.executor, None),
            family: scaled.family,
            marks: points.clone(),
            points,
            thin: Vec::new(),
            stops: false,
            bars: scaled.counts.iter().filter_map(bar).collect(),
            hover: findings::scaling_line(scaled),
        }
    };
    let counts = scaling.executors.iter().flat_map(|it| &it.counts).map(|it| it.workers as u64);
    let mut counts: Vec<u64> = counts.collect();
    counts.sort_unstable();
    counts.dedup();
    let best = counts.iter().map(|count| (*count as f64, ideal(*count as usize))).collect();
    let lines: Vec<Line> =
        std::iter::once(allowed(best)).chain(scaling.executors.iter().map(line)).collect();
    let points = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let bars = lines.iter().flat_map(|line| &line.bars).flat_map(|(_, low, high)| [*low, *high]);
    Panels {
        x: axis_of("workers", &counts),
        y: Axis::of(points.chain(bars), Unit::Ratio),
        x_title: "workers".into(),
        what: what.into(),
        lines,
    }
}

/// Returns the line of what the cores allow.
fn allowed(points: Vec<(f64, f64)>) -> Line {
    Line {
        name: IDEAL.into(),
        family: Family::Floor,
        hover: format!("{IDEAL}: a core for each worker, as far as there are cores"),
        points,
        marks: Vec::new(),
        thin: Vec::new(),
        stops: false,
        bars: Vec::new(),
    }
}
