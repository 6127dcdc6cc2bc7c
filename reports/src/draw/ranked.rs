//! Ranked dots with intervals: which executor, and how sure is it? One workload, one size.
//!
//! A row an executor, the best first; the band is the best's interval, so that a look tells who is
//! about as good. Rows that could not be measured stand below with their reasons.

use plotters::prelude::*;
use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, Standing};

use super::WIDTH;
use super::sheet::{Align, MARGIN, SMALL, Sheet, families};
use super::ticks;
use crate::draw::font;
use crate::draw::paint::Paint;
use crate::draw::picture::{Picture, slug};
use crate::draw::svg::{FONT_SIZE, SCALE};
use crate::findings;
use crate::words::number::{self, Unit};
use crate::words::{self};

const ROW: f64 = 25.0;
const NAME_ROOM: f64 = 290.0;
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

/// The chart of `group`; `sources` is the line below.
#[must_use]
pub fn draw(group: &Group, sources: &str) -> Picture {
    let rows: Vec<&Row> = group.rows.iter().filter(|row| row.median.is_some()).collect();
    let mut sheet = Sheet::new(f64::from(WIDTH));
    let mut y = sheet.head(&findings::ranked_title(group), &subtitle(group));
    if !rows.is_empty() {
        y = sheet.legend(&families(rows.iter().map(|row| row.family)), y);
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
    heads(sheet, &columns, group, top - 10.0);
    let part = sheet.part(columns.plot.0, top, columns.plot.1, bottom);
    let chart = ChartBuilder::on(&part)
        .build_cartesian_2d((low..high).log_scale(), rows.len() as f64..0.0)
        .expect("the part has an area");
    let area = chart.plotting_area();
    let best = rows.iter().find(|row| !row.cell.is_floor()).and_then(|row| row.interval);
    if let Some(best) = best.filter(|ends| ends.low > 0.0) {
        let corners = [(best.low, 0.0), (best.high, rows.len() as f64)];
        area.draw(&Rectangle::new(corners, Paint::Band.color().filled())).expect("drawn");
    }
    let x = |value: f64| f64::from(area.map_coordinate(&(value, 0.0)).0) / SCALE;
    axis(sheet, (low, high), unit, (top, bottom), &x);
    for (index, row) in rows.iter().enumerate() {
        let middle = top + ROW * (index as f64 + 0.5);
        let rule = [(columns.plot.0, middle), (columns.plot.1, middle)];
        sheet.line(&rule, Paint::Grid, 0.5);
        sheet.svg.open("series", &findings::row(group, row));
        texts(sheet, &columns, row, unit, middle);
        dot(sheet, row, middle, &x);
        sheet.svg.close();
    }
    bottom + 26.0
}

fn columns(sheet: &Sheet, rows: &[&Row], unit: Unit) -> Columns {
    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| font::width(&text, FONT_SIZE)).fold(0.0, f64::max)
    };
    let rank = widest(&mut rows.iter().map(|row| words::rank(row))).max(28.0);
    let name = widest(&mut rows.iter().map(|row| words::executor(&row.cell)));
    let name = name.clamp(font::width("executor", SMALL), NAME_ROOM);
    let value = widest(&mut rows.iter().map(|row| value_text(row, unit))).max(46.0);
    let factor = widest(&mut rows.iter().map(|row| factor_text(row))).max(46.0);
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

/// The ends of the axis for `rows`: all values and intervals with a little room, at least 1 %.
pub(crate) fn range(rows: &[&Row]) -> (f64, f64) {
    let ends = rows.iter().flat_map(|row| {
        let interval = row.interval.map(|ends| [ends.low, ends.high]).into_iter().flatten();
        row.median.into_iter().chain(interval)
    });
    let usable = ends.filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) = usable
        .fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high <= 0.0 {
        return (1.0, 10.0);
    }
    ticks::padded((low, high), 0.04, 1.01)
}

fn heads(sheet: &Sheet, columns: &Columns, group: &Group, y: f64) {
    let small = |text: &str, x: f64, align: Align| {
        sheet.text_sized(text, (x, y), align, SMALL, Paint::Muted);
    };
    small("rank", MARGIN, Align::Left);
    small("executor", columns.name_right, Align::Right);
    small("median", columns.value_right, Align::Right);
    small("factor", columns.factor_right, Align::Right);
    let middle = f64::midpoint(columns.plot.0, columns.plot.1);
    let metric = words::metric(&group.metric, &group.op);
    let metric = font::fit(&metric, SMALL, columns.plot.1 - columns.plot.0 - 2.0 * GAP);
    small(&metric, middle, Align::Center);
}

fn axis(
    sheet: &Sheet,
    (low, high): (f64, f64),
    unit: Unit,
    (top, bottom): (f64, f64),
    x: &dyn Fn(f64) -> f64,
) {
    let room = x(high) - x(low);
    let most = ((room / 62.0) as usize).clamp(2, 9);
    let mut free = f64::NEG_INFINITY;
    for tick in ticks::log(low, high, most, unit) {
        let at = x(tick.value);
        sheet.line(&[(at, top), (at, bottom + 4.0)], Paint::Grid, 1.0);
        let half = font::width(&tick.label, SMALL) / 2.0;
        if at - half > free {
            sheet.text_sized(&tick.label, (at, bottom + 13.0), Align::Center, SMALL, Paint::Muted);
            free = at + half + 6.0;
        }
    }
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
    let paint = Paint::Family(row.family);
    if let Some(ends) = row.interval.filter(|ends| ends.low > 0.0) {
        let (low, high) = (x(ends.low), x(ends.high));
        sheet.line(&[(low, y), (high, y)], paint, 1.75);
        // Caps of an interval that its mark hides would only give the mark horns.
        for end in [low, high].into_iter().filter(|_| high - low > 9.0) {
            sheet.line(&[(end, y - 5.0), (end, y + 5.0)], paint, 1.5);
        }
    }
    let size = if row.family == Family::Floor { 0.95 } else { 1.0 };
    sheet.mark(row.family, (x(median), y), size);
}

/// Why rows have no place in the ranking.
fn reasons(group: &Group) -> Vec<String> {
    let all: Vec<String> = group
        .rows
        .iter()
        .filter_map(|row| {
            let (word, reason) = words::reason(row)?;
            Some(format!("–  {} {word}: {reason}", words::executor(&row.cell)))
        })
        .collect();
    let hidden = all.len().saturating_sub(MAX_REASONS);
    let mut shown: Vec<String> = all.into_iter().take(MAX_REASONS).collect();
    if hidden > 0 {
        shown.push(format!("–  and {} more", words::count(hidden as u64, "executor")));
    }
    shown
}
