//! Ranked dots with intervals: which executor, and how sure is it? One workload, one size.
//!
//! A row an executor, the best first; the band is the best's interval, so that a look tells which
//! is about as good. Rows that could not be measured stand below with their reasons.

use plotters::prelude::{ChartBuilder, Color as _, IntoLogRange as _, Rectangle};
use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, Standing};

use super::prelude::*;
use super::svg::SCALE;
use super::ticks::Tick;

const ROW: f64 = 25.0;
const GAP: f64 = 16.0;
/// Rows without a figure that are listed one by one.
const MAX_REASONS: usize = 12;

/// The left or right edges of the columns, in pixels.
struct Columns {
    name_right: f64,
    plot: (f64, f64),
    value_right: f64,
    factor_right: f64,
}

/// Draws the chart of `group`; `sources` is the line below.
#[must_use]
pub fn draw(group: &Group, sources: &str) -> Picture {
    let rows: Vec<&Row> = group.rows.iter().filter(|row| row.median.is_some()).collect();
    let mut sheet = Sheet::new(WIDTH);
    let mut y = sheet.head(&findings::ranked_title(group), &subtitle(group));
    if !rows.is_empty() {
        y = sheet.legend(rows.iter().map(|row| row.family), y);
        y = plot(&sheet, group, &rows, y + 22.0);
    }
    let mut notes = reasons(group);
    notes.push(sources.to_owned());
    let name = slug(&format!("ranked-{}-{}", group.workload, group.params));
    sheet.finish(name, findings::ranked_description(group), notes, y)
}

fn subtitle(group: &Group) -> String {
    let metric = words::metric(&group.metric, &group.op);
    let rounds = group.rows.iter().map(|row| row.rounds).max().unwrap_or(0);
    format!(
        "{metric}: median of {} with its 95 % interval; log axis, {} is better; the band is the best's \
         interval; ? = {}",
        words::count(rounds.into(), "round"),
        words::better(&group.metric),
        words::standing(Standing::CannotTell)
    )
}

fn plot(sheet: &Sheet, group: &Group, rows: &[&Row], top: f64) -> f64 {
    let unit = Unit::of(&group.metric);
    let columns = columns(sheet, rows, unit);
    let bottom = top + ROW * rows.len() as f64;
    let (low, high) = range(rows);
    let part = sheet.part([columns.plot.0, top, columns.plot.1, bottom]);
    let chart = ChartBuilder::on(&part)
        .build_cartesian_2d((low..high).log_scale(), rows.len() as f64..0.0)
        .expect("the part has an area");
    let area = chart.plotting_area();
    heads(sheet, &columns, group, top - 10.0);
    let best = rows.iter().find(|row| !row.cell.is_floor()).and_then(|row| row.interval);
    if let Some(best) = best.filter(|ends| ends.low > 0.0) {
        let corners = [(best.low, 0.0), (best.high, rows.len() as f64)];
        area.draw(&Rectangle::new(corners, Paint::Band.color().filled())).expect("drawn");
    }
    let x = |value: f64| f64::from(area.map_coordinate(&(value, 0.0)).0) / SCALE;
    let scale = Scale { ends: (low, high), places: columns.plot };
    axis(sheet, scale.ticks(unit), (top, bottom), &x);
    for (index, row) in rows.iter().enumerate() {
        let middle = top + ROW * (index as f64 + 0.5);
        let rule = [(columns.plot.0, middle), (columns.plot.1, middle)];
        sheet.line(&rule, Paint::Grid, 0.5);
        sheet.open("series", &findings::row(group, row));
        texts(sheet, &columns, row, unit, middle);
        dot(sheet, row, middle, &x);
        sheet.close();
    }
    bottom + 26.0
}

fn columns(sheet: &Sheet, rows: &[&Row], unit: Unit) -> Columns {
    let widest =
        |text: &dyn Fn(&Row) -> String| font::widest(rows.iter().map(|row| text(row)), FONT_SIZE);
    let rank = widest(&words::rank).max(28.0);
    let name = widest(&|row| words::executor(&row.cell));
    let name = name.clamp(font::width("executor", SMALL), NAME_ROOM);
    let value = widest(&|row| value_text(row, unit)).max(46.0);
    let factor = widest(&factor_text).max(46.0);
    let name_right = MARGIN + rank + GAP + name;
    let factor_right = sheet.width - MARGIN;
    let value_right = factor_right - factor - GAP;
    let plot = (name_right + GAP, value_right - value - GAP);
    Columns { name_right, plot, value_right, factor_right }
}

fn value_text(row: &Row, unit: Unit) -> String {
    number::value(unit, row.median.unwrap_or(f64::NAN), row.interval)
}

fn factor_text(row: &Row) -> String {
    let factor = row.ratio.as_ref().map(number::factor).unwrap_or_default();
    match row.standing {
        Some(Standing::Best) => words::standing(Standing::Best).into(),
        Some(Standing::CannotTell) if row.interval.is_some() => format!("{factor}?"),
        _ => factor,
    }
}

/// Returns the ends of the axis for `rows`: all values and intervals with a little room, at least 1
/// %.
pub(crate) fn range(rows: &[&Row]) -> (f64, f64) {
    let ends = rows.iter().flat_map(|row| {
        let interval = row.interval.map(|ends| [ends.low, ends.high]).into_iter().flatten();
        row.median.into_iter().chain(interval)
    });
    ticks::bounds(ends).map_or((1.0, 10.0), |ends| ticks::padded(ends, 0.04, 1.01))
}

fn heads(sheet: &Sheet, columns: &Columns, group: &Group, y: f64) {
    let (left, right) = columns.plot;
    let metric = words::metric(&group.metric, &group.op);
    let metric = font::fit(&metric, SMALL, right - left - 2.0 * GAP);
    sheet.small("rank", (MARGIN, y), Align::Left);
    sheet.small("executor", (columns.name_right, y), Align::Right);
    sheet.small("median", (columns.value_right, y), Align::Right);
    sheet.small("factor", (columns.factor_right, y), Align::Right);
    sheet.small(&metric, (f64::midpoint(left, right), y), Align::Center);
}

fn axis(sheet: &Sheet, ticks: Vec<Tick>, (top, bottom): (f64, f64), x: &dyn Fn(f64) -> f64) {
    let rule = |x| vec![(x, top), (x, bottom + 4.0)];
    let rules: Vec<_> = ticks.iter().map(|tick| rule(x(tick.value))).collect();
    sheet.lines(&rules, Paint::Grid, 1.0);
    let labels = ticks.into_iter().map(|tick| (x(tick.value), tick.label));
    sheet.labels(labels, bottom + 13.0);
}

fn texts(sheet: &Sheet, columns: &Columns, row: &Row, unit: Unit, y: f64) {
    let name = font::fit(&words::executor(&row.cell), FONT_SIZE, NAME_ROOM);
    let floor = row.cell.is_floor();
    let ink = if floor { Paint::Muted } else { Paint::Ink };
    sheet.text(&words::rank(row), (MARGIN, y), Align::Left, Paint::Muted);
    sheet.text(&name, (columns.name_right, y), Align::Right, ink);
    sheet.text(&value_text(row, unit), (columns.value_right, y), Align::Right, ink);
    sheet.text(&factor_text(row), (columns.factor_right, y), Align::Right, ink);
}

fn dot(sheet: &Sheet, row: &Row, y: f64, x: &dyn Fn(f64) -> f64) {
    let Some(median) = row.median.filter(|median| *median > 0.0) else { return };
    if let Some(ends) = row.interval.filter(|ends| ends.low > 0.0) {
        sheet.interval((x(ends.low), x(ends.high)), y, Paint::Family(row.family));
    }
    let size = if row.family == Family::Floor { 0.95 } else { 1.0 };
    sheet.mark(row.family, (x(median), y), size);
}

/// Returns why rows have no place in the ranking.
fn reasons(group: &Group) -> Vec<String> {
    let reason = |row: &Row| {
        let (word, reason) = words::reason(row)?;
        Some(format!("–  {} {word}: {reason}", words::executor(&row.cell)))
    };
    words::capped(group.rows.iter().filter_map(reason).collect(), MAX_REASONS, "executor")
}
