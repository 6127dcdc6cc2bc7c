//! The chart of what changed between two runs, by how much, how sure. A row a cell, with the
//! interval of its ratio on a logarithmic axis around no change.
//!
//! The band is the margin: what lies inside it does not matter. Verdicts stand as words above their
//! rows; colour only repeats them. The largest changes come first, and what does not fit is
//! counted.

use tminus_contract::Family;
use tminus_judge::compare::{Compared, Comparison};
use tminus_judge::verdict::Verdict;

use super::prelude::*;
use crate::findings::compare::{sentence, sorted};
use crate::words::escape::clean;

const ROW: f64 = 23.0;
const HEAD: f64 = 30.0;
const ID_ROOM: f64 = 360.0;
const GAP: f64 = 14.0;
/// Rows of one verdict.
const MAX_ROWS: usize = 20;
/// No interval reaches further on the axis.
const FAR: f64 = 1e6;

/// Rows under one heading.
struct Block<'a> {
    verdict: Verdict,
    rows: Vec<&'a Compared>,
    hidden: usize,
}

/// Draws the chart of `comparison`; `sources` is the line below.
#[must_use]
pub fn draw(comparison: &Comparison, sources: &str) -> Picture {
    let blocks = blocks(comparison);
    let mut sheet = Sheet::new(WIDTH);
    let subtitle = "cost of the candidate against the baseline with its 95 % interval; log axis, left is \
                    better; the band is the margin";
    let mut y = sheet.head(&sentence(comparison), subtitle);
    if !blocks.is_empty() {
        y = plot(&sheet, &blocks, y + 18.0);
    }
    let describe = |cell: &&Compared| row(cell);
    let rows = blocks.iter().flat_map(|block| &block.rows);
    let description = rows.map(describe).collect::<Vec<_>>().join("; ");
    sheet.finish("changes".into(), description, vec![sources.to_owned()], y)
}

/// Rows that are filled up with what cannot be told, where less has changed.
const USUAL_ROWS: usize = 12;

/// Returns the cells that changed, then those whose changes cannot be told, the largest first,
/// where there is room.
fn blocks(comparison: &Comparison) -> Vec<Block<'_>> {
    let mut room = USUAL_ROWS;
    let mut blocks = Vec::new();
    for verdict in
        [Verdict::Regressed, Verdict::Improved, Verdict::Inconclusive, Verdict::Equivalent]
    {
        let all = sorted(comparison).filter(|cell| cell.judged.verdict == verdict);
        let all: Vec<&Compared> = all.collect();
        let is_change = matches!(verdict, Verdict::Regressed | Verdict::Improved);
        let most = all.len().min(if is_change { MAX_ROWS } else { room });
        if most > 0 {
            let rows = all[..most].to_vec();
            blocks.push(Block { verdict, rows, hidden: all.len() - most });
            room = room.saturating_sub(most);
        }
    }
    blocks
}

fn row(cell: &Compared) -> String {
    let id = clean(cell.cell.id().as_str());
    format!("{id}: {} {}", words::verdict(cell.judged.verdict), number::change(&cell.judged.ratio))
}

/// The ends of the columns, in pixels.
struct Columns {
    name_right: f64,
    plot: (f64, f64),
    right: f64,
}

fn plot(sheet: &Sheet, blocks: &[Block<'_>], top: f64) -> f64 {
    let columns = columns(sheet, blocks);
    let rows = || blocks.iter().flat_map(|block| &block.rows);
    let count = rows().count() + blocks.iter().filter(|block| block.hidden > 0).count();
    let bottom = top + HEAD * blocks.len() as f64 + ROW * count as f64;
    let scale = Scale { ends: range(rows().copied()), places: columns.plot };
    if let Some(first) = rows().next() {
        let margin = first.judged.limits.effective().clamp(1.0, scale.ends.1);
        let band = [scale.at(margin.recip()), top, scale.at(margin), bottom];
        sheet.block(band, Paint::Band);
    }
    axis(sheet, &scale, (top, bottom));
    let mut y = top;
    for block in blocks {
        let title = words::verdict(block.verdict);
        sheet.text(title, (MARGIN, y + HEAD * 0.6), Align::Left, Paint::Muted);
        y += HEAD;
        for cell in &block.rows {
            sheet.open("series", &row(cell));
            line(sheet, &columns, cell, y + ROW / 2.0, &scale);
            sheet.close();
            y += ROW;
        }
        if block.hidden > 0 {
            let more = format!("and {} more", words::count(block.hidden as u64, "cell"));
            let at = (columns.name_right, y + ROW / 2.0);
            sheet.text(&more, at, Align::Right, Paint::Muted);
            y += ROW;
        }
    }
    bottom + 26.0
}

fn columns(sheet: &Sheet, blocks: &[Block<'_>]) -> Columns {
    let rows = || blocks.iter().flat_map(|block| &block.rows);
    let names = font::widest(rows().map(|cell| shown(cell)), FONT_SIZE).max(90.0);
    let changes = rows().map(|cell| number::change(&cell.judged.ratio));
    let changes = font::widest(changes, FONT_SIZE);
    let name_right = MARGIN + names;
    let right = sheet.width - MARGIN;
    Columns { name_right, plot: (name_right + GAP, right - changes - GAP), right }
}

/// Returns the id, fitted.
fn shown(cell: &Compared) -> String {
    font::fit(&clean(cell.cell.id().as_str()), FONT_SIZE, ID_ROOM)
}

/// Returns a range that reaches as far to either side of no change as the farthest end.
fn range<'a>(rows: impl Iterator<Item = &'a Compared>) -> (f64, f64) {
    let ends = rows.flat_map(|cell| {
        let ratio = cell.judged.ratio;
        let interval = ratio.interval.map(|ends| [ends.low, ends.high]);
        interval.into_iter().flatten().chain([ratio.median, cell.judged.limits.effective()])
    });
    let far = ends.filter(|ratio| *ratio > 0.0 && ratio.is_finite());
    let far = far.map(|ratio| ratio.max(ratio.recip())).fold(1.01, f64::max);
    let far = far.min(FAR).powf(1.08);
    (far.recip(), far)
}

fn line(sheet: &Sheet, columns: &Columns, cell: &Compared, y: f64, scale: &Scale) {
    let x = |ratio: f64| scale.at(ratio.clamp(scale.ends.0, scale.ends.1));
    let ratio = &cell.judged.ratio;
    let paint = match cell.judged.verdict {
        Verdict::Regressed => Paint::Alarm,
        Verdict::Improved => Paint::Family(Family::Hand),
        Verdict::Inconclusive | Verdict::Equivalent => Paint::Muted,
    };
    sheet.line(&[(columns.plot.0, y), (columns.plot.1, y)], Paint::Grid, 0.5);
    sheet.text(&shown(cell), (columns.name_right, y), Align::Right, Paint::Ink);
    sheet.text(&number::change(ratio), (columns.right, y), Align::Right, Paint::Ink);
    if let Some(ends) = ratio.interval.filter(|ends| ends.low > 0.0) {
        sheet.interval((x(ends.low), x(ends.high)), y, paint);
    }
    if ratio.median > 0.0 {
        match ratio.interval {
            Some(_) => sheet.dot((x(ratio.median), y), 4.5, paint),
            None => sheet.ring((x(ratio.median), y), 4.0, paint, 2.0),
        }
    }
}

/// Round changes: what is near no change in per cent, what is far as a factor.
const STEPS: [f64; 14] =
    [1.001, 1.002, 1.005, 1.01, 1.02, 1.05, 1.1, 1.25, 1.5, 2.0, 4.0, 10.0, 100.0, 10_000.0];

fn axis(sheet: &Sheet, scale: &Scale, (top, bottom): (f64, f64)) {
    let (low, high) = scale.ends;
    let mut taken: Vec<(f64, f64)> = Vec::new();
    // No change first; then from the ends inwards, since the inner ones are the crowded ones.
    let outer = STEPS.iter().rev().flat_map(|step| [*step, step.recip()]);
    for ratio in std::iter::once(1.0).chain(outer).filter(|ratio| (low..=high).contains(ratio)) {
        let label = label(ratio);
        let half = font::width(&label, SMALL) / 2.0;
        let at = scale.at(ratio);
        let span = (at - half - 5.0, at + half + 5.0);
        if taken.iter().all(|(left, right)| span.1 < *left || span.0 > *right) {
            sheet.line(&[(at, top), (at, bottom + 4.0)], Paint::Grid, 1.0);
            sheet.small(&label, (at, bottom + 13.0), Align::Center);
            taken.push(span);
        }
    }
    let same = scale.at(1.0);
    sheet.line(&[(same, top), (same, bottom + 4.0)], Paint::Axis, 1.25);
}

fn label(ratio: f64) -> String {
    match () {
        () if ratio == 1.0 => "same".into(),
        () if !(0.55..1.6).contains(&ratio) => format!("{}×", number::axis(Unit::Ratio, ratio)),
        () => {
            let text = format!("{:+.1}", (ratio - 1.0) * 100.0);
            format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::draw::svg::TextBox;
    use crate::terminal::compare::tests::made;

    use super::*;

    #[test]
    fn nothing_overlaps_and_nothing_is_cut() {
        for (changed, letters, factor) in
            [(0, 3, 1.1), (1, 3, 1.04), (3, 90, 1.2), (60, 30, 1.3), (25, 14, 40.0)]
        {
            let picture = draw(&made(changed, letters, factor), "sources");
            super::super::tests::assert_geometry(
                &picture,
                &format!("{changed} {letters} {factor}"),
            );
            let is_change = |text: &&TextBox| text.text.ends_with("%)") && text.left > 400.0;
            let shown = picture.boxes.iter().filter(is_change).count();
            let expected = 2 * changed.min(MAX_ROWS);
            let expected = if expected < USUAL_ROWS { expected + 2 } else { expected };
            assert_eq!(shown, expected, "{}", picture.description);
        }
    }

    #[test]
    fn a_picture_of_changes() {
        let picture = draw(&made(2, 8, 1.2), "sources");
        insta::assert_snapshot!(picture.file(crate::draw::picture::Theme::Light));
    }

    #[test]
    fn axes_name_changes_as_people_do() {
        let all = [0.0001, 0.5, 0.8, 1.0, 1.005, 1.1, 2.0, 10_000.0].map(label);
        let expected = ["0.0001×", "0.5×", "-20 %", "same", "+0.5 %", "+10 %", "2×", "10000×"];
        assert_eq!(all, expected);
    }
}
