//! The heat map: slowdown against the fastest of each group, executors down, groups across.
//!
//! Steps of colour are fixed, so that two reports compare; the frame is "about best"; a dash was
//! not measured, with its reason on hover and below.

use tminus_harness::rank::Ranking;

use super::WIDTH;
use super::sheet::{Align, MARGIN, SMALL, Sheet};
use crate::findings;
use crate::font;
use crate::matrix::{Column, Entry, Matrix, MatrixRow};
use crate::number;
use crate::paint::{HEAT_STEPS, Paint};
use crate::picture::Picture;
use crate::svg::FONT_SIZE;
use crate::words;

const ROW: f64 = 28.0;
const NAME_ROOM: f64 = 290.0;
const LINE: f64 = 14.0;
const MIN_COLUMN: f64 = 46.0;
const MAX_COLUMN: f64 = 110.0;
const MEAN: f64 = 64.0;
/// Between the columns of two workloads.
const BREAK: f64 = 8.0;
const MAX_REASONS: usize = 6;

/// The upper ends of the steps of colour; what lies above all takes the last step.
pub(crate) const STEPS: [f64; HEAT_STEPS as usize - 1] =
    [1.05, 1.15, 1.3, 1.6, 2.0, 3.0, 5.0, 10.0, 30.0];

/// The step of a slowdown.
pub(crate) fn step(factor: f64) -> u8 {
    STEPS.iter().position(|end| factor < *end).map_or(HEAT_STEPS - 1, |at| at as u8)
}

/// Where the parts of the map stand, in pixels.
struct Layout {
    names: f64,
    /// Left edges.
    columns: Vec<f64>,
    column: f64,
    mean_right: f64,
    /// Columns that belong to one workload: first, count.
    spans: Vec<(usize, usize)>,
}

/// The map of `ranking`; `sources` is the line below.
#[must_use]
pub fn draw(ranking: &Ranking, sources: &str) -> Picture {
    let matrix = Matrix::of(ranking);
    let layout = layout(&matrix);
    let mut sheet = Sheet::new((layout.mean_right + MARGIN).max(f64::from(WIDTH)));
    let subtitle = format!(
        "slowdown against the fastest executor of each column, 1.00 = fastest; frame = about best (the \
         95 % interval of the ratio includes 1); – = not measured; rows by geometric mean over the {} \
         they have in common",
        words::count(matrix.common as u64, "column")
    );
    let mut y = sheet.head(&findings::matrix_title(&matrix), &subtitle) + 8.0;
    y = heads(&sheet, &matrix, &layout, y);
    for row in &matrix.rows {
        sheet.svg.open("series", &findings::matrix_row(&matrix, row));
        draw_row(&sheet, &matrix, row, &layout, y);
        sheet.svg.close();
        y += ROW;
    }
    frames(&sheet, &matrix, &layout, y - ROW * matrix.rows.len() as f64);
    y = scale(&sheet, y + 16.0);
    let mut notes = reasons(&matrix);
    notes.push(sources.to_owned());
    sheet.finish("matrix".into(), findings::matrix_description(&matrix), notes, y)
}

fn layout(matrix: &Matrix) -> Layout {
    let widest =
        matrix.rows.iter().map(|row| font::width(&row.name, FONT_SIZE)).fold(60.0, f64::max);
    let names = MARGIN + 16.0 + widest.min(NAME_ROOM) + 12.0;
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (index, column) in matrix.columns.iter().enumerate() {
        match spans.last_mut() {
            Some((first, count)) if matrix.columns[*first].workload == column.workload => {
                *count += 1
            }
            _ => spans.push((index, 1)),
        }
    }
    let breaks = BREAK * spans.len().saturating_sub(1) as f64;
    let room = f64::from(WIDTH) - MARGIN - names - breaks - MEAN;
    let count = matrix.columns.len().max(1) as f64;
    // As wide as the longest word of a head, so that no word is cut.
    let word = |text: &str, size: f64| {
        text.split_whitespace().map(|word| font::width(word, size)).fold(0.0, f64::max)
    };
    let size =
        |column: &Column| column.values.iter().map(|line| word(line, SMALL)).fold(0.0, f64::max);
    let needed = matrix.columns.iter().map(size).fold(MIN_COLUMN, f64::max) + 4.0;
    let over = spans.iter().map(|(first, count)| {
        let column = &matrix.columns[*first];
        let words = word(&column.metric, SMALL).max(word(&column.param, SMALL));
        (word(&column.workload, FONT_SIZE).max(words) + 5.0) / *count as f64
    });
    let needed = over.fold(needed, f64::max).min(MAX_COLUMN * 1.5);
    let column = (room / count).min(MAX_COLUMN).max(needed);
    let mut left = names;
    let mut columns = Vec::new();
    for (first, count) in &spans {
        columns.extend((*first..first + count).map(|index| left + column * (index - first) as f64));
        left += column * *count as f64 + BREAK;
    }
    let mean_right = left - BREAK + MEAN;
    Layout { names, columns, column, mean_right, spans }
}

fn heads(sheet: &Sheet, matrix: &Matrix, layout: &Layout, top: f64) -> f64 {
    let wrap = |text: &str, size: f64, room: f64| font::wrap(text, size, room, 4);
    let span_room = |count: usize| layout.column * count as f64 - 4.0;
    let upper = layout.spans.iter().map(|(first, count)| {
        let column = &matrix.columns[*first];
        let mut lines: Vec<(String, Paint)> = Vec::new();
        for line in wrap(&column.workload, FONT_SIZE, span_room(*count)) {
            lines.push((line, Paint::Ink));
        }
        for line in wrap(&column.metric, SMALL, span_room(*count)) {
            lines.push((line, Paint::Muted));
        }
        for line in wrap(&format!("by {}", column.param), SMALL, span_room(*count)) {
            lines.push((line, Paint::Muted));
        }
        lines
    });
    let upper: Vec<_> = upper.collect();
    let lower: Vec<Vec<String>> = matrix
        .columns
        .iter()
        .map(|column| {
            column.values.iter().flat_map(|line| wrap(line, SMALL, layout.column - 2.0)).collect()
        })
        .collect();
    let upper_lines = upper.iter().map(Vec::len).max().unwrap_or(0);
    let lower_lines = lower.iter().map(Vec::len).max().unwrap_or(0).max(2);
    let middle = top + LINE * upper_lines as f64 + 4.0;
    for ((first, count), lines) in layout.spans.iter().zip(&upper) {
        let (left, width) = (layout.columns[*first], layout.column * *count as f64);
        for (at, (line, paint)) in lines.iter().enumerate() {
            let size = if *paint == Paint::Ink { FONT_SIZE } else { SMALL };
            let y = top + LINE * (at as f64 + 0.5);
            sheet.text_sized(line, (left + width / 2.0, y), Align::Center, size, *paint);
        }
        sheet.line(&[(left + 2.0, middle), (left + width - 2.0, middle)], Paint::Axis, 1.0);
    }
    for (left, lines) in layout.columns.iter().zip(&lower) {
        for (at, line) in lines.iter().enumerate() {
            let y = middle + 4.0 + LINE * (at as f64 + 0.5);
            let x = left + layout.column / 2.0;
            sheet.text_sized(line, (x, y), Align::Center, SMALL, Paint::Muted);
        }
    }
    let bottom = middle + 4.0 + LINE * lower_lines as f64 + 4.0;
    for (at, line) in ["geo-", "mean"].iter().enumerate() {
        let y = bottom - 4.0 - LINE * (1.5 - at as f64);
        sheet.text_sized(line, (layout.mean_right, y), Align::Right, SMALL, Paint::Muted);
    }
    bottom
}

fn draw_row(sheet: &Sheet, matrix: &Matrix, row: &MatrixRow, layout: &Layout, top: f64) {
    let middle = top + ROW / 2.0;
    sheet.mark(row.family, (MARGIN + 6.0, middle), 1.0);
    let name = font::fit(&row.name, FONT_SIZE, layout.names - MARGIN - 28.0);
    sheet.text(&name, (MARGIN + 18.0, middle), Align::Left, Paint::Ink);
    for ((entry, left), column) in row.entries.iter().zip(&layout.columns).zip(&matrix.columns) {
        let center = (left + layout.column / 2.0, middle);
        match entry {
            Entry::Ratio { factor, .. } => {
                let step = step(factor.median);
                let edges = [left + 1.0, top + 1.0, left + layout.column - 1.0, top + ROW - 1.0];
                sheet.block(edges, Paint::Heat(step));
                let text = number::factor(factor);
                let text = text.trim_end_matches('×');
                sheet.text(text, center, Align::Center, Paint::HeatInk(step));
            }
            Entry::Reason(reason) => {
                sheet.svg.open("reason", &format!("{}: {reason}", column.title()));
                sheet.text("–", center, Align::Center, Paint::Muted);
                sheet.svg.close();
            }
            Entry::Missing => {}
        }
    }
    let mean = row.mean.map_or_else(|| "–".into(), number::plain);
    sheet.text(&mean, (layout.mean_right, middle), Align::Right, Paint::Ink);
}

/// Over all cells, so that no neighbour covers a part of a frame.
fn frames(sheet: &Sheet, matrix: &Matrix, layout: &Layout, top: f64) {
    for (index, row) in matrix.rows.iter().enumerate() {
        let top = top + ROW * index as f64;
        for (entry, left) in row.entries.iter().zip(&layout.columns) {
            if matches!(entry, Entry::Ratio { about_best: true, .. }) {
                let edges = [left + 1.5, top + 1.5, left + layout.column - 1.5, top + ROW - 1.5];
                sheet.frame(edges, Paint::Frame, 2.0);
            }
        }
    }
}

/// The steps of colour with the slowdowns where they begin.
fn scale(sheet: &Sheet, top: f64) -> f64 {
    let (width, height) = (44.0, 12.0);
    let label = "slowdown";
    sheet.text_sized(label, (MARGIN, top + height / 2.0), Align::Left, SMALL, Paint::Muted);
    let left = MARGIN + font::width(label, SMALL) + 14.0;
    for step in 0..HEAT_STEPS {
        let x = left + width * f64::from(step);
        sheet.block([x, top, x + width, top + height], Paint::Heat(step));
        if let Some(end) = STEPS.get(usize::from(step)) {
            let text = number::axis(crate::number::Unit::Ratio, *end);
            sheet.text_sized(
                &text,
                (x + width, top + height + 9.0),
                Align::Center,
                SMALL,
                Paint::Muted,
            );
        }
    }
    sheet.frame([left, top, left + width * f64::from(HEAT_STEPS), top + height], Paint::Axis, 0.5);
    top + height + 18.0
}

/// Why cells were not measured: one line for each executor and reason.
fn reasons(matrix: &Matrix) -> Vec<String> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for row in &matrix.rows {
        for entry in &row.entries {
            if let Entry::Reason(reason) = entry {
                let text = format!("–  {} {reason}", row.name);
                match found.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, count)) => *count += 1,
                    None => found.push((text, 1)),
                }
            }
        }
    }
    let hidden = found.len().saturating_sub(MAX_REASONS);
    let shown = found.into_iter().take(MAX_REASONS).map(|(text, count)| match count {
        1 => text,
        _ => format!("{text} ({} columns)", number::whole(count as u64)),
    });
    let mut shown: Vec<String> = shown.collect();
    if hidden > 0 {
        shown.push(format!("–  and {} more", words::count(hidden as u64, "reason")));
    }
    shown
}
