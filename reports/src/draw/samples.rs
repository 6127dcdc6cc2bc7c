//! Ridges of samples with a rug: can a median be trusted? One workload, one size.
//!
//! A row an executor: how densely its values lie around its own median, and a tick for each value
//! below. All rows share an axis of factors, so that a wide row is an unsteady executor, and what
//! lies beyond the axis is counted at its ends.

use tminus_contract::Family;

use super::density;
use super::prelude::*;
use super::simplify::simplified;
use crate::model::samples::{Samples, Spread, Value};

const ROW: f64 = 42.0;
/// The outline above the base line, at its highest.
const RIDGE: f64 = 25.0;
const GAP: f64 = 14.0;
/// From so many values on a density is drawn; fewer would make one out of nothing.
const LEAST_VALUES: usize = 20;
/// A row's own share of values on either side that may lie beyond the axis.
const BEYOND: f64 = 0.04;
/// The axis reaches at least this factor to either side.
const LEAST_REACH: f64 = 1.01;

/// The measures that all rows have in common, in pixels.
struct Layout {
    name_right: f64,
    value_right: f64,
    scale: Scale,
}

/// Draws the chart of `samples`; `sources` is the line below.
#[must_use]
pub fn draw(samples: &Samples, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let layout = layout(&sheet, samples);
    let top = sheet.head(&findings::samples_title(samples), &subtitle(samples, layout.scale.ends));
    let top = sheet.legend(samples.spreads.iter().map(|spread| spread.family), top);
    let bottom = top + 16.0 + ROW * samples.spreads.len() as f64;
    axis(&sheet, &layout, samples, (top + 16.0, bottom));
    let mut humps = Vec::new();
    for (index, spread) in samples.spreads.iter().enumerate() {
        let base = top + 16.0 + ROW * index as f64 + RIDGE + 4.0;
        if row(&sheet, &layout, samples, spread, base) > 1 {
            humps.push(spread.name.as_str());
        }
    }
    let mut notes = Vec::new();
    if !humps.is_empty() {
        let names = humps.join(", ");
        notes.push(format!("Several humps, which a median hides: {names}"));
    }
    notes.push(sources.into());
    let name = slug(&format!("samples-{}", samples.subject));
    sheet.finish(name, findings::samples_description(samples), notes, bottom + 40.0)
}

fn subtitle(samples: &Samples, ends: (f64, f64)) -> String {
    let metric = words::metric(&samples.metric, &samples.op);
    let thing = samples.thing();
    let is_beyond = |spread: &Spread| below(spread, ends) + above(spread, ends) > 0;
    let beyond = match samples.spreads.iter().any(is_beyond) {
        true => "; +1: so many more lie beyond the axis",
        false => "",
    };
    format!(
        "{metric} of each {thing} against the median of its executor; log axis; a tick a \
         {thing}, orange where it was pushed off its core; from {LEAST_VALUES} on a density, each to its \
         own height{beyond}",
    )
}

fn layout(sheet: &Sheet, samples: &Samples) -> Layout {
    let spreads = || samples.spreads.iter();
    let unit = Unit::of(&samples.metric);
    let name = font::widest(spreads().map(|spread| &spread.name), FONT_SIZE).min(NAME_ROOM);
    let value = font::widest(spreads().map(|spread| median(spread, unit)), FONT_SIZE).max(44.0);
    let name_right = MARGIN + name.max(font::width("executor", SMALL));
    let value_right = sheet.width - MARGIN;
    let low = spreads().map(|spread| spread.quantile(BEYOND)).fold(1.0, f64::min);
    let high = spreads().map(|spread| spread.quantile(1.0 - BEYOND)).fold(1.0, f64::max);
    let (low, high) = ticks::padded((low, high), 0.04, 1.0);
    let ends = (low.min(LEAST_REACH.recip()), high.max(LEAST_REACH));
    let beyond = |count: fn(&Spread, (f64, f64)) -> usize| {
        let most = spreads().map(|spread| count(spread, ends)).max().unwrap_or(0);
        if most > 0 { font::width(&number::whole(most as u64), SMALL) + GAP } else { 0.0 }
    };
    let places = (name_right + GAP + beyond(below), value_right - value - GAP - beyond(above));
    Layout { name_right, value_right, scale: Scale { ends, places } }
}

fn median(spread: &Spread, unit: Unit) -> String {
    number::value(unit, spread.median, None)
}

fn below(spread: &Spread, (low, _): (f64, f64)) -> usize {
    spread.values.iter().filter(|value| value.ratio < low).count()
}

fn above(spread: &Spread, (_, high): (f64, f64)) -> usize {
    spread.values.iter().filter(|value| value.ratio > high).count()
}

fn axis(sheet: &Sheet, layout: &Layout, samples: &Samples, (top, bottom): (f64, f64)) {
    sheet.small("executor", (layout.name_right, top - 8.0), Align::Right);
    sheet.small("median", (layout.value_right, top - 8.0), Align::Right);
    let x = |value: f64| layout.scale.at(value);
    let rule = |x| vec![(x, top), (x, bottom + 4.0)];
    let ticks = layout.scale.ticks(Unit::Ratio);
    let labels = ticks.iter().map(|tick| (x(tick.value), format!("{}×", tick.label)));
    sheet.labels(labels, bottom + 13.0);
    let rules: Vec<_> = ticks.iter().map(|tick| rule(x(tick.value))).collect();
    sheet.lines(&rules, Paint::Grid, 1.0);
    sheet.line(&rule(x(1.0)), Paint::Axis, 1.0);
    let title = format!("{} against the executor's median", samples.thing());
    let (left, right) = layout.scale.places;
    sheet.small(&title, (f64::midpoint(left, right), bottom + 29.0), Align::Center);
}

/// Draws one row; gives how many humps it has.
fn row(sheet: &Sheet, layout: &Layout, samples: &Samples, spread: &Spread, base: f64) -> usize {
    let floor = spread.family == Family::Floor;
    let ink = if floor { Paint::Muted } else { Paint::Ink };
    let name = font::fit(&spread.name, FONT_SIZE, NAME_ROOM);
    let middle = base - 5.0;
    sheet.open("series", &findings::spread(samples, spread));
    sheet.text(&name, (layout.name_right, middle), Align::Right, ink);
    let value = median(spread, Unit::of(&samples.metric));
    sheet.text(&value, (layout.value_right, middle), Align::Right, ink);
    let humps =
        if spread.values.len() >= LEAST_VALUES { ridge(sheet, layout, spread, base) } else { 0 };
    rug(sheet, layout, spread, base);
    let outside = [
        (below(spread, layout.scale.ends), layout.scale.places.0 - 6.0, Align::Right),
        (above(spread, layout.scale.ends), layout.scale.places.1 + 6.0, Align::Left),
    ];
    for (count, x, align) in outside.into_iter().filter(|end| end.0 > 0) {
        let text = format!("+{}", number::whole(count as u64));
        sheet.small(&text, (x, base), align);
    }
    sheet.close();
    humps
}

fn ridge(sheet: &Sheet, layout: &Layout, spread: &Spread, base: f64) -> usize {
    let at: Vec<f64> = spread.values.iter().map(|value| layout.scale.at(value.ratio)).collect();
    let outline = density::outline(&at, layout.scale.places);
    // What can be seen of it, between its first and last point above the base line.
    let is_seen = |point: &&(f64, f64)| point.1 * RIDGE > 0.25;
    let pixels = outline.iter().filter(is_seen).map(|(x, height)| (*x, base - height * RIDGE));
    for part in parts(&pixels.collect::<Vec<_>>()) {
        let line = simplified(part);
        let ends = (line[0].0, line[line.len() - 1].0);
        let mut area = vec![(ends.0, base)];
        area.extend(&line);
        area.push((ends.1, base));
        sheet.veil(&area, Paint::Family(spread.family), 0.3);
        sheet.line(&line, Paint::Family(spread.family), 1.25);
    }
    density::humps(&outline)
}

/// Returns the points in parts without gaps.
fn parts(points: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    points.chunk_by(|a, b| b.0 - a.0 < 3.0).filter(|part| part.len() > 1)
}

/// Draws a tick for each value, the disturbed ones lower; those on one pixel are one.
fn rug(sheet: &Sheet, layout: &Layout, spread: &Spread, base: f64) {
    let few = spread.values.len() < LEAST_VALUES;
    let (height, width) = if few { (9.0, 1.5) } else { (4.0, 1.0) };
    let family = Paint::Family(spread.family);
    for (disturbed, top, paint) in [(false, 1.5, family), (true, height + 2.5, Paint::Frame)] {
        let top = if few { base - 10.0 + top } else { base + top };
        let inside = |value: &&Value| {
            value.disturbed == disturbed
                && (layout.scale.ends.0..=layout.scale.ends.1).contains(&value.ratio)
        };
        let half_pixels = |value: &Value| (layout.scale.at(value.ratio) * 2.0).round() as i64;
        let mut places: Vec<i64> = spread.values.iter().filter(inside).map(half_pixels).collect();
        places.dedup();
        let tick = |place: i64| {
            let x = place as f64 / 2.0;
            vec![(x, top), (x, top + height)]
        };
        let ticks: Vec<Vec<(f64, f64)>> = places.into_iter().map(tick).collect();
        sheet.lines(&ticks, paint, width);
    }
}
