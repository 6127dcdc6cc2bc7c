//! The heat map: slowdown against the fastest of each group, executors down, groups across.
//!
//! Steps of colour are fixed, so that two reports compare; the frame is "best or equivalent", a
//! question mark "cannot tell"; a dash was not measured, with its reason on hover and below.

use tminus_judge::rank::{Ranking, Standing};

use super::paint::HEAT_STEPS;
use super::prelude::*;
use crate::model::matrix::{Entry, Matrix, MatrixRow};

const ROW: f64 = 28.0;
const LINE: f64 = 14.0;
const MIN_COLUMN: f64 = 40.0;
const MAX_COLUMN: f64 = 110.0;
const MEAN: f64 = 64.0;
/// The places over all, right of the means.
const PLACE: f64 = 46.0;
/// Between the columns of two workloads.
const BREAK: f64 = 8.0;
const MAX_REASONS: usize = 6;

/// The upper ends of the steps of colour; what lies above all takes the last step.
pub(crate) const STEPS: [f64; HEAT_STEPS as usize - 1] =
    [1.05, 1.15, 1.3, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0];

/// Returns the step of a slowdown.
pub(crate) fn step(factor: f64) -> u8 {
    STEPS.iter().position(|end| factor < *end).map_or(HEAT_STEPS - 1, |at| at as u8)
}

/// The places of the parts of the map, in pixels.
struct Layout {
    names: f64,
    mean_right: f64,
    place_right: f64,
    spans: Vec<Span>,
}

/// Columns that belong to one workload.
struct Span {
    first: usize,
    count: usize,
    /// The left end of the first.
    left: f64,
    /// How wide each is.
    column: f64,
}

impl Layout {
    /// Returns the left edge and the width of each column.
    fn columns(&self) -> impl Iterator<Item = (f64, f64)> {
        let of = |span: &Span| {
            let (left, width) = (span.left, span.column);
            (0..span.count).map(move |index| (left + width * index as f64, width))
        };
        self.spans.iter().flat_map(of)
    }
}

/// Draws the map of `ranking`; `sources` is the line below.
#[must_use]
pub fn draw(ranking: &Ranking, sources: &str) -> Picture {
    let matrix = Matrix::of(ranking);
    let layout = layout(&matrix);
    let mut sheet = Sheet::new((layout.place_right + MARGIN).max(WIDTH));
    let (title, note) = (findings::matrix_title(&matrix), findings::matrix_note(&matrix));
    let mut y = sheet.head(&title, &note) + 8.0;
    y = heads(&sheet, &matrix, &layout, y);
    for row in &matrix.rows {
        sheet.open("series", &findings::matrix_row(&matrix, row));
        draw_row(&sheet, &matrix, row, &layout, y);
        sheet.close();
        y += ROW;
    }
    frames(&sheet, &matrix, &layout, y - ROW * matrix.rows.len() as f64);
    y = scale(&sheet, y + 16.0);
    y = sheet.legend(matrix.rows.iter().map(|row| row.family), y - 2.0);
    let mut notes = reasons(&matrix);
    notes.push(format!("{}.", findings::standing_note(&matrix.limits)));
    notes.extend(findings::flips(&matrix));
    notes.extend(findings::below_one(&matrix).map(String::from));
    notes.push(sources.to_owned());
    sheet.finish("matrix".into(), findings::matrix_description(&matrix), notes, y)
}

fn layout(matrix: &Matrix) -> Layout {
    let widest = font::widest(matrix.rows.iter().map(MatrixRow::label), FONT_SIZE).max(60.0);
    let names = MARGIN + 16.0 + widest.min(NAME_ROOM) + 12.0;
    let spans = matrix.spans().into_iter();
    let mut spans: Vec<Span> = spans
        .map(|span| Span { first: span.start, count: span.len(), left: 0.0, column: 0.0 })
        .collect();
    let breaks = BREAK * spans.len().saturating_sub(1) as f64;
    let room = WIDTH - MARGIN - names - breaks - MEAN - PLACE;
    let share = (room / matrix.columns.len().max(1) as f64).min(MAX_COLUMN);
    let mut left = names;
    for span in &mut spans {
        (span.left, span.column) = (left, needed(matrix, span).max(share));
        left += span.column * span.count as f64 + BREAK;
    }
    let mean_right = left - BREAK + MEAN;
    Layout { names, mean_right, place_right: mean_right + PLACE, spans }
}

/// Returns how wide the columns of a workload must be for their figures and the longest words of
/// their heads, so that nothing is cut.
fn needed(matrix: &Matrix, span: &Span) -> f64 {
    let word = |text: &str, size: f64| font::widest(font::words(text).iter(), size);
    let columns = span.first..span.first + span.count;
    let figure = |row: &MatrixRow| {
        let figures = row.entries[columns.clone()].iter().filter_map(Entry::marked);
        font::widest(figures, FONT_SIZE) + 8.0
    };
    let figures = matrix.rows.iter().map(figure).fold(MIN_COLUMN, f64::max);
    let values = matrix.columns[columns.clone()].iter().flat_map(|column| &column.values);
    let values = values.map(|line| word(line, SMALL) + 4.0).fold(figures, f64::max);
    let first = &matrix.columns[span.first];
    let head = word(&first.metric, SMALL).max(word(&first.param, SMALL));
    let head = word(&first.workload, FONT_SIZE).max(head) + 6.0;
    values.max(head / span.count as f64).min(MAX_COLUMN * 1.5)
}

/// Lines of text with their size and paint.
type Lines = Vec<(String, f64, Paint)>;

/// Breaks `text` into lines no wider than `room`.
fn lines(text: &str, room: f64, size: f64, paint: Paint) -> Lines {
    font::wrap(text, size, room, 4).into_iter().map(|line| (line, size, paint)).collect()
}

/// Returns the heads over the columns of a workload.
fn upper(matrix: &Matrix, span: &Span) -> Lines {
    let column = &matrix.columns[span.first];
    let room = span.column * span.count as f64 - 4.0;
    let mut all = lines(&column.workload, room, FONT_SIZE, Paint::Ink);
    all.extend(lines(&column.metric, room, SMALL, Paint::Muted));
    if !column.param.is_empty() {
        all.extend(lines(&format!("by {}", column.param), room, SMALL, Paint::Muted));
    }
    all
}

/// Draws lines below `top`, around the middle `x`.
fn head(sheet: &Sheet, lines: &Lines, x: f64, top: f64) {
    for (at, (line, size, paint)) in lines.iter().enumerate() {
        sheet.text_sized(line, (x, top + LINE * (at as f64 + 0.5)), Align::Center, *size, *paint);
    }
}

/// Draws the name of each category over its columns, where there is more than one; returns where
/// the heads below begin.
fn categories(sheet: &Sheet, matrix: &Matrix, layout: &Layout, top: f64) -> f64 {
    let columns: Vec<(f64, f64)> = layout.columns().collect();
    let spans = matrix.categories();
    for span in &spans {
        let (left, (last, width)) = (columns[span.start].0, columns[span.end - 1]);
        let (right, y) = (last + width, top + LINE / 2.0);
        let name = font::fit(&matrix.columns[span.start].category, FONT_SIZE, right - left - 4.0);
        sheet.text(&name, ((left + right) / 2.0, y), Align::Center, Paint::Muted);
        let rule = top + LINE + 3.0;
        sheet.line(&[(left + 2.0, rule), (right - 2.0, rule)], Paint::Axis, 2.0);
    }
    if spans.is_empty() { top } else { top + LINE + 8.0 }
}

fn heads(sheet: &Sheet, matrix: &Matrix, layout: &Layout, top: f64) -> f64 {
    let upper: Vec<Lines> = layout.spans.iter().map(|span| upper(matrix, span)).collect();
    let values = |values: &[String], width: f64| -> Lines {
        values.iter().flat_map(|it| lines(it, width - 2.0, SMALL, Paint::Muted)).collect()
    };
    let columns = matrix.columns.iter().zip(layout.columns());
    let lower: Vec<Lines> =
        columns.map(|(column, (_, width))| values(&column.values, width)).collect();
    let most = |all: &[Lines]| all.iter().map(Vec::len).max().unwrap_or(0);
    let top = categories(sheet, matrix, layout, top);
    let middle = top + LINE * most(&upper) as f64 + 4.0;
    for (span, lines) in layout.spans.iter().zip(&upper) {
        let (left, width) = (span.left, span.column * span.count as f64);
        head(sheet, lines, left + width / 2.0, top);
        sheet.line(&[(left + 2.0, middle), (left + width - 2.0, middle)], Paint::Axis, 1.0);
    }
    for ((left, width), lines) in layout.columns().zip(&lower) {
        head(sheet, lines, left + width / 2.0, middle + 4.0);
    }
    let bottom = middle + 4.0 + LINE * most(&lower).max(2) as f64 + 4.0;
    let line = |up: f64| bottom - 4.0 - LINE * up;
    sheet.small("geo-", (layout.mean_right, line(1.5)), Align::Right);
    sheet.small("mean", (layout.mean_right, line(0.5)), Align::Right);
    sheet.small("place", (layout.place_right, line(0.5)), Align::Right);
    bottom
}

fn draw_row(sheet: &Sheet, matrix: &Matrix, row: &MatrixRow, layout: &Layout, top: f64) {
    let middle = top + ROW / 2.0;
    sheet.mark(row.family, (MARGIN + 6.0, middle), 1.0);
    let name = font::fit(&row.label(), FONT_SIZE, layout.names - MARGIN - 28.0);
    sheet.text(&name, (MARGIN + 18.0, middle), Align::Left, Paint::Ink);
    let places = layout.columns().zip(&matrix.columns);
    for (entry, ((left, width), column)) in row.entries.iter().zip(places) {
        let center = (left + width / 2.0, middle);
        match entry {
            Entry::Ratio { factor, .. } => {
                let step = step(factor.median);
                let edges = [left + 1.0, top + 1.0, left + width - 1.0, top + ROW - 1.0];
                sheet.block(edges, Paint::Heat(step));
                let text = entry.marked().unwrap_or_default();
                sheet.text(&text, center, Align::Center, Paint::HeatInk(step));
            }
            Entry::Reason(reason) => {
                sheet.open("reason", &format!("{}: {reason}", column.title()));
                sheet.text("–", center, Align::Center, Paint::Muted);
                sheet.close();
            }
            Entry::Missing => {}
        }
    }
    let mean = row.mean.map_or_else(|| "–".into(), number::plain);
    sheet.text(&mean, (layout.mean_right, middle), Align::Right, Paint::Ink);
    let place = words::place(row.place);
    sheet.text(&place, (layout.place_right, middle), Align::Right, Paint::Muted);
}

/// Draws the frames over all cells, so that no neighbour covers a part of one.
fn frames(sheet: &Sheet, matrix: &Matrix, layout: &Layout, top: f64) {
    for (index, row) in matrix.rows.iter().enumerate() {
        let top = top + ROW * index as f64;
        for (entry, (left, width)) in row.entries.iter().zip(layout.columns()) {
            if entry.standing() == Some(Standing::Best) {
                let edges = [left + 1.5, top + 1.5, left + width - 1.5, top + ROW - 1.5];
                sheet.frame(edges, Paint::Frame, 2.0);
            }
        }
    }
}

/// Returns the steps of colour with the slowdowns where they begin.
fn scale(sheet: &Sheet, top: f64) -> f64 {
    let (width, height) = (44.0, 12.0);
    let label = "slowdown";
    sheet.small(label, (MARGIN, top + height / 2.0), Align::Left);
    let left = MARGIN + font::width(label, SMALL) + 14.0;
    for step in 0..HEAT_STEPS {
        let x = left + width * f64::from(step);
        sheet.block([x, top, x + width, top + height], Paint::Heat(step));
        if let Some(end) = STEPS.get(usize::from(step)) {
            let text = number::axis(Unit::Ratio, *end);
            sheet.small(&text, (x + width, top + height + 9.0), Align::Center);
        }
    }
    sheet.frame([left, top, left + width * f64::from(HEAT_STEPS), top + height], Paint::Axis, 0.5);
    top + height + 18.0
}

/// Returns why cells were not measured: one line for each executor and reason.
fn reasons(matrix: &Matrix) -> Vec<String> {
    let pairs = matrix.rows.iter().flat_map(|row| {
        let entries = row.entries.iter().zip(&matrix.columns);
        entries.filter_map(move |(entry, column)| match entry {
            Entry::Reason(reason) => Some((format!("–  {} {reason}", row.name), column)),
            Entry::Ratio { .. } | Entry::Missing => None,
        })
    });
    let shown = words::grouped(pairs).into_iter().map(|(text, columns)| match columns[..] {
        [only] => format!("{text} ({})", only.title()),
        _ => format!("{text} ({} columns)", number::whole(columns.len() as u64)),
    });
    words::capped(shown.collect(), MAX_REASONS, "reason")
}
