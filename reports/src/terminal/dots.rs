//! Dots with their intervals, in text: `├──●─┤`. One scale for all rows of a table and its ticks
//! below.
//!
//! The scale is logarithmic, as in the picture of the same data: equal distances are equal factors,
//! so that a spread of 1.01 and one of 10,000 both fill the room. Letters are one column wide each.

use tminus_judge::rank::Row;
use unicode_width::UnicodeWidthStr as _;

use crate::draw::ticks;
use crate::words::number::Unit;

/// The narrowest plot that still tells values apart.
pub(crate) const MIN_WIDTH: usize = 16;
/// A wider one tells no more.
pub(crate) const MAX_WIDTH: usize = 60;

/// From the smallest to the largest value of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// From the first column to the last.
    axis: ticks::Scale,
    width: usize,
}

impl Scale {
    /// Returns the scale on which `rows` fill `width` columns; `None` where nothing is above zero.
    pub(crate) fn of(rows: &[&Row], width: usize) -> Option<Self> {
        let ends = rows.iter().flat_map(|row| {
            let interval = row.interval.map(|ends| [ends.low, ends.high]).into_iter().flatten();
            row.median.into_iter().chain(interval)
        });
        let (low, high) = ticks::bounds(ends)?;
        // Where all are alike the dots stand in the middle.
        let pad = if high < low * 1.001 { 1.01 } else { 1.0 };
        let axis =
            ticks::Scale { ends: (low / pad, high * pad), places: (0.0, (width - 1) as f64) };
        Some(Self { axis, width })
    }

    /// Returns the column of `value`; what is not above zero stands at the left edge.
    fn column(&self, value: f64) -> usize {
        let (first, last) = self.axis.places;
        if value > 0.0 { self.axis.at(value).clamp(first, last).round() as usize } else { 0 }
    }

    /// Returns the median of `row` as a dot on its interval; a hollow one where there is no
    /// interval.
    pub(crate) fn dot(&self, row: &Row) -> String {
        let mut letters = vec![' '; self.width];
        let Some(median) = row.median.filter(|median| median.is_finite()) else {
            return String::new();
        };
        let ends = row.interval.filter(|ends| ends.low.is_finite() && ends.high.is_finite());
        if let Some(ends) = ends {
            let (low, high) = (self.column(ends.low), self.column(ends.high));
            letters[low..=high].fill('─');
            (letters[low], letters[high]) = ('├', '┤');
        }
        letters[self.column(median)] = if ends.is_some() { '●' } else { '○' };
        let text: String = letters.into_iter().collect();
        text.trim_end().into()
    }

    /// Returns the ticks: each label begins under its tick, or ends there at the right edge.
    pub(crate) fn axis(&self, unit: Unit) -> String {
        let mut text = String::new();
        let (low, high) = self.axis.ends;
        for tick in ticks::log(low, high, (self.width / 5).max(4), unit) {
            let column = self.column(tick.value);
            let room = tick.label.width() + 1;
            let (start, label) = match column + room <= self.width {
                true => (column, format!("╵{}", tick.label)),
                false => ((column + 1).saturating_sub(room), format!("{}╵", tick.label)),
            };
            let gap = usize::from(!text.is_empty());
            if start >= text.width() + gap && start + room <= self.width {
                text += &" ".repeat(start - text.width());
                text += &label;
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;

    use super::*;
    use crate::testing::fixture;

    fn row(median: f64, spread: f64) -> Row {
        let cell = fixture::cell("squares", "tasks", 10, "heap", None);
        fixture::row(cell, Family::Hand, median, spread)
    }

    #[test]
    fn ends_and_dot_stand_where_they_belong() {
        let rows = [row(100.0, 0.0), row(1_000.0, 0.5), row(10_000.0, 0.0)];
        let rows: Vec<&Row> = rows.iter().collect();
        let scale = Scale::of(&rows, 21).expect("a scale");
        let dots: Vec<String> = rows.iter().map(|row| scale.dot(row)).collect();
        assert_eq!(dots, ["●", "       ├──●─┤", "                    ●"]);
        assert_eq!(scale.axis(Unit::Nanoseconds), "╵100 ns   ╵1 µs");
    }

    #[test]
    fn no_figure_breaks_it() {
        for median in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300, 1e300] {
            let rows = [row(median, 0.1), row(1.0, 0.1)];
            let rows: Vec<&Row> = rows.iter().collect();
            let scale = Scale::of(&rows, MIN_WIDTH).expect("one is above zero");
            for row in &rows {
                assert!(scale.dot(row).width() <= MIN_WIDTH);
            }
            assert!(scale.axis(Unit::Count).width() <= MIN_WIDTH);
        }
        assert_eq!(Scale::of(&[&row(0.0, 0.0)], MIN_WIDTH), None);
        assert_eq!(Scale::of(&[], MIN_WIDTH), None);
    }
}
