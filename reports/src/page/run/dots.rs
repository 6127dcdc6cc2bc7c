//! A group as a table that is its own chart: ranks, dots with intervals on a common log axis,
//! figures, the other metrics, remarks.

use maud::PreEscaped;
use tminus_judge::rank::{Group, Interval, Row};

use super::book::Book;
use super::{cells, marks};
use crate::draw::ticks::{self, Scale};
use crate::draw::{font, ranked};
use crate::page::prelude::*;
use crate::words::escape::xml;

/// The width of the column with the dots, and the room at its ends, in pixels.
const WIDTH: f64 = 260.0;
const PAD: f64 = 8.0;
const HEIGHT: u32 = 24;
const MAX_TICKS: usize = 5;
/// The size of their labels, and the room between two, in pixels.
const TICK_SIZE: f64 = 11.0;
const TICK_GAP: f64 = 6.0;

/// Returns the axis of a group, in pixels.
fn axis_of(group: &Group) -> Scale {
    let rows: Vec<&Row> = group.rows.iter().filter(|row| row.median.is_some()).collect();
    Scale { ends: ranked::range(&rows), places: (PAD, WIDTH - PAD) }
}

/// Returns where a value stands, in tenths of a pixel.
fn at(axis: &Scale, value: f64) -> f64 {
    (axis.at(value).clamp(PAD, WIDTH - PAD) * 10.0).round() / 10.0
}

/// Returns the table of a group; `index` is its place in the ranking, for scripts.
pub(super) fn table(book: &Book<'_>, index: usize) -> Markup {
    let group = &book.ranking.groups[index];
    let metric = words::metric(&group.metric, &group.op);
    let others = other_metrics(group);
    let axis = axis_of(group);
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Table: " (findings::ranked_title(group)) } {
            table.sortable data-group=(index) {
                thead {
                    tr {
                        th.number scope="col" { "rank" }
                        th scope="col" { "executor" }
                        th.plot scope="col" { (head(group, &axis, &metric)) }
                        th.number scope="col" { (metric) }
                        th.number scope="col" { "95 % interval" }
                        th.number.factor scope="col" { "factor to the best" }
                        @for other in &others {
                            th.number scope="col" { (words::metric(other, &group.op)) }
                        }
                        th.number scope="col" { "rounds" }
                        th.number scope="col" { "disturbed" }
                        th scope="col" { "remarks" }
                    }
                }
                tbody {
                    @for row in &group.rows {
                        @let name = words::executor(&row.cell);
                        @let at = book.lineup.iter().position(|(known, _)| *known == name);
                        (table_row(book, (index, row), &others, &axis, at))
                    }
                }
            }
        }
    }
}

/// Returns the axis over the dots.
fn head(group: &Group, axis: &Scale, metric: &str) -> Markup {
    let unit = Unit::of(&group.metric);
    let mut out = String::new();
    let mut taken = f64::NEG_INFINITY;
    for tick in ticks::log(axis.ends.0, axis.ends.1, MAX_TICKS, unit) {
        let x = at(axis, tick.value);
        let width = font::width(&tick.label, TICK_SIZE);
        let is_last = x > WIDTH - 30.0;
        let left = if is_last { x - width } else { x - width / 2.0 };
        if left < taken + TICK_GAP {
            continue;
        }
        taken = left + width;
        let anchor = if is_last { "end" } else { "middle" };
        out += &format!(
            "<path d=\"M{x} 18V24\" class=\"s-axis\"/><text x=\"{x}\" y=\"13\" text-anchor=\"{anchor}\" \
             class=\"f-muted\">{}</text>",
            xml(&tick.label)
        );
    }
    html! {
        span.unseen { (metric) ", drawn on a log axis" }
        svg aria-hidden="true" width=(WIDTH) height=(HEIGHT) font-size=(TICK_SIZE) { (PreEscaped(out)) }
    }
}

/// Returns the median as a dot, its interval as a line, the best's interval as a band.
fn plot(group: &Group, row: &Row, axis: &Scale) -> Markup {
    let Some(median) = row.median.filter(|median| *median > 0.0) else { return html! {} };
    let best = group.rows.iter().find(|row| !row.cell.is_floor() && row.median.is_some());
    let mut out = String::new();
    // As in the picture of the same data: what is not above zero has no place on the axis.
    let drawn = |ends: &Interval| ends.low > 0.0;
    if let Some(ends) = best.and_then(|best| best.interval).filter(drawn) {
        let (left, right) = (at(axis, ends.low), at(axis, ends.high));
        let width = ((right - left) * 10.0).round() / 10.0;
        out += &format!("<rect x=\"{left}\" width=\"{width}\" height=\"100%\" class=\"f-band\"/>");
    }
    let family = marks::key(row.family);
    if let Some(ends) = row.interval.filter(drawn) {
        let (left, right) = (at(axis, ends.low), at(axis, ends.high));
        out += &format!(
            "<path d=\"M{left} 12H{right}M{left} 8v8M{right} 8v8\" class=\"s-{family}\"/>"
        );
    }
    out += &format!("<use href=\"#m-{family}\" x=\"{}\" y=\"12\"/>", at(axis, median));
    html! { svg aria-hidden="true" width=(WIDTH) height=(HEIGHT) { (PreEscaped(out)) } }
}

/// Returns the other metrics of a group in the order of their first appearance.
fn other_metrics(group: &Group) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in group.rows.iter().flat_map(|row| &row.others) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn table_row(
    book: &Book<'_>,
    (at, row): (usize, &Row),
    others: &[&str],
    axis: &Scale,
    index: Option<usize>,
) -> Markup {
    let group = &book.ranking.groups[at];
    let unit = Unit::of(&group.metric);
    let link = cells::link(book, at, row);
    let median = row.median.map(|median| (median, row.interval));
    let value = median.map(|(median, ends)| number::value(unit, median, ends));
    let interval = median.and_then(|(median, ends)| Some(number::interval(unit, median, ends?)));
    let other = |name: &str| {
        let value = row.others.iter().find(|(known, _)| known == name)?.1;
        Some(number::value(Unit::of(name), value, None))
    };
    html! {
        tr.best[row.is_best()].floor[row.cell.is_floor()] data-e=[index] {
            td { (words::rank(row)) }
            th scope="row" {
                @match link {
                    Some(link) => a href=(link) { (words::executor(&row.cell)) },
                    None => (words::executor(&row.cell)),
                }
            }
            td.plot { (plot(group, row, axis)) }
            td { (value.unwrap_or_else(|| "–".into())) }
            td { (interval.unwrap_or_default()) }
            td { (row.ratio.as_ref().map(number::factor).unwrap_or_default()) }
            @for name in others { td { (other(name).unwrap_or_default()) } }
            td { (row.rounds) }
            td { (row.disturbed_rounds) }
            td { (remarks(book, row)) }
        }
    }
}

/// Returns remarks on the cell; those of an executor's author stand in its own section.
fn remarks(book: &Book<'_>, row: &Row) -> String {
    let mut remarks: Vec<String> = Vec::new();
    remarks.extend(row.standing.map(|it| words::standing(it).into()));
    if let Some((word, reason)) = words::reason(row) {
        remarks.push(format!("{word}: {reason}"));
    }
    remarks.extend(words::doubts(row));
    let known = |note: &&String| book.run.header.executors.iter().any(|facts| facts.note == **note);
    remarks.extend(row.notes.iter().filter(|note| !known(note)).map(|note| clean(note)));
    remarks.join("; ")
}
