//! The ranking for a terminal: a table for each workload and size with each interval drawn, then
//! what failed and what was left out. Gives text and prints nothing.

use tminus_judge::rank::{Group, Ranking, Row};
use unicode_width::UnicodeWidthStr as _;

use crate::findings;
use crate::model::sizes;
use crate::terminal::dots::{self, Scale};
use crate::terminal::table::{
    self, BOLD, Columns, DIM, GREEN, Line, RED, push_painted, push_table, push_wrapped,
    push_wrapped_painted,
};
use crate::terminal::{Style, crossings, scaling};
use crate::words;
use crate::words::escape::terminal;
use crate::words::number::{self, Unit};

/// How the intervals of a table are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervals {
    /// As dots on a common scale, where there is room for one.
    Drawn,
    /// In figures.
    Written,
}

/// Returns `ranking` as tables, ending in a line end.
#[must_use]
pub fn ranking(ranking: &Ranking, intervals: Intervals, style: &Style) -> String {
    let mut out = String::new();
    let has_several = ranking.groups.windows(2).any(|pair| pair[0].category != pair[1].category);
    let mut before = None;
    for group in &ranking.groups {
        if has_several && before.replace(&group.category) != Some(&group.category) {
            push_painted(&mut out, &terminal(&format!("== {}", group.category)), BOLD, style);
            out.push('\n');
        }
        table(&mut out, group, intervals, style);
    }
    unmeasured(&mut out, ranking, "failed", RED, style);
    unmeasured(&mut out, ranking, "excluded", DIM, style);
    crossings::push(&mut out, ranking, style);
    scaling::push(&mut out, ranking, style);
    in_short(&mut out, ranking, style);
    out
}

/// Writes a sentence for each workload and one for the noise: the last lines are those that are
/// read.
fn in_short(out: &mut String, ranking: &Ranking, style: &Style) {
    if ranking.groups.is_empty() {
        return;
    }
    push_painted(out, "in short", BOLD, style);
    for group in sizes::largest(ranking) {
        let finding = findings::in_short(group);
        let text = format!("  {}: {finding}", words::group(group));
        push_wrapped(out, &terminal(&text), style);
    }
    for text in words::suspicions(ranking) {
        push_wrapped(out, &terminal(&format!("  suspect: {text}")), style);
    }
    if let Some(text) = words::unverified(ranking) {
        push_wrapped(out, &terminal(&format!("  {text}")), style);
    }
    if let Some(twin) = &ranking.twin {
        let id = terminal(twin.cell.id().as_str());
        let change = number::change(&twin.ratio);
        let text = format!("  A/A, {id} run twice: {change}");
        push_wrapped(out, &text, style);
    }
    let note = format!("  {}", findings::standing_note(&ranking.limits));
    push_wrapped(out, &note, style);
}

const COLUMNS: Columns = Columns {
    head: ["rank", "executor", "median", "95 % interval", "factor", ""],
    right: [true, false, true, true, true, false],
    name: 1,
    spare: 3,
};

/// As [`COLUMNS`], with intervals drawn instead of written.
const DRAWN: Columns = Columns { right: [true, false, true, false, true, false], ..COLUMNS };

fn table(out: &mut String, group: &Group, intervals: Intervals, style: &Style) {
    let metric = words::metric(&group.metric, &group.op);
    let title = format!("{}: {metric}", words::group(group));
    push_wrapped_painted(out, &terminal(&title), BOLD, style);
    let unit = Unit::of(&group.metric);
    let rows: Vec<&Row> = group.rows.iter().filter(|row| row.median.is_some()).collect();
    let mut lines: Vec<Line> = rows.iter().map(|row| line(row, unit)).collect();
    let scale = match intervals {
        Intervals::Drawn => scale(&lines, &rows, style),
        Intervals::Written => None,
    };
    match scale {
        Some(scale) => {
            draw(&mut lines, &rows, &scale, unit);
            push_table(out, &DRAWN, lines, style);
        }
        None => push_table(out, &COLUMNS, lines, style),
    }
    out.push('\n');
}

/// Returns the scale that fills what the other columns leave; `None` where that is too little to
/// draw in.
fn scale(lines: &[Line], rows: &[&Row], style: &Style) -> Option<Scale> {
    let width = |column: usize| {
        let head = COLUMNS.head[column].width();
        lines.iter().map(|line| line.cells[column].width()).max().unwrap_or(0).max(head)
    };
    let others = (0..table::COLUMNS).filter(|column| *column != COLUMNS.spare);
    let taken: usize = others.map(|column| width(column) + table::GAP).sum();
    let room = style.width.saturating_sub(taken);
    (room >= dots::MIN_WIDTH).then(|| Scale::of(rows, room.min(dots::MAX_WIDTH))).flatten()
}

/// Puts dots in the place of the written intervals, and their axis below.
fn draw(lines: &mut Vec<Line>, rows: &[&Row], scale: &Scale, unit: Unit) {
    for (line, row) in lines.iter_mut().zip(rows) {
        line.cells[COLUMNS.spare] = scale.dot(row);
    }
    let mut axis = Line { cells: Default::default(), paint: DIM };
    axis.cells[COLUMNS.spare] = scale.axis(unit);
    lines.push(axis);
}

fn line(row: &Row, unit: Unit) -> Line {
    let median = row.median.unwrap_or(f64::NAN);
    let factor = row.ratio.as_ref().map_or_else(String::new, number::factor);
    let interval = row.interval.map(|ends| number::interval(unit, median, ends));
    let mut remarks: Vec<String> = Vec::new();
    let standing = row.standing.filter(|_| row.interval.is_some());
    remarks.extend(standing.map(|it| words::standing(it).into()));
    if row.cell.is_floor() {
        remarks.push("no executor".into());
    } else if row.interval.is_none() {
        remarks.push(format!("{}: not ranked", words::count(row.rounds.into(), "round")));
    }
    if let Some((word, _)) = words::reason(row) {
        remarks.push(format!("some rounds {word}"));
    }
    remarks.extend(words::doubts(row).iter().map(|it| terminal(it)));
    Line {
        cells: [
            if row.cell.is_floor() { "–".into() } else { words::rank(row) },
            terminal(&row.cell.column()),
            number::value(unit, median, row.interval),
            interval.unwrap_or_default(),
            factor,
            remarks.join(", "),
        ],
        paint: match () {
            () if row.is_best() => GREEN,
            () if row.cell.is_floor() => DIM,
            () => "",
        },
    }
}

fn unmeasured(
    out: &mut String,
    ranking: &Ranking,
    which: &'static str,
    paint: &str,
    style: &Style,
) {
    let all = words::unmeasured(ranking, which);
    let all: Vec<(String, String)> =
        all.map(|(row, reason)| (terminal(&reason), terminal(row.cell.id().as_str()))).collect();
    if all.is_empty() {
        return;
    }
    let count = words::count(all.len() as u64, "cell");
    push_painted(out, &format!("{which}: {count}"), paint, style);
    // What keeps one cell from running keeps many: said once.
    for (reason, cells) in words::grouped(all.into_iter()) {
        push_wrapped(out, &format!("  {}: {reason}", cells.join(", ")), style);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;

    use super::Intervals::{Drawn, Written};
    use super::*;
    use crate::testing::fixture;

    fn first_groups(count: usize) -> Ranking {
        let mut ranking = fixture::ranking();
        ranking.groups.truncate(count);
        ranking
    }

    #[test]
    fn a_table_as_a_pipe_gets_it() {
        let mut ranking = fixture::ranking();
        ranking.groups = vec![ranking.groups[2].clone(), ranking.groups[10].clone()];
        let style = Style { width: 80, ..Style::default() };
        insta::assert_snapshot!(super::ranking(&ranking, Drawn, &style));
        insta::assert_snapshot!(super::ranking(&ranking, Written, &style));
    }

    /// Returns a ranking of one table of `count` executors from 100 ns to `spread` times that.
    fn spread_over(count: usize, letters: usize, spread: f64) -> Ranking {
        let row = |index: usize| {
            let name = format!("{index:02}{}", "n".repeat(letters - 2));
            let share = index as f64 / (count.max(2) - 1) as f64;
            let own = fixture::cell("squares", "tasks", 10, &name, None);
            let noise = (spread.powf(0.1) - 1.0).min(0.05);
            fixture::row(own, Family::Hand, 100.0 * spread.powf(share), noise)
        };
        let rows = (0..count).map(row).collect();
        let group = fixture::group("squares", "Squares", "resumption", "wall_ns_per_op", rows);
        Ranking { groups: vec![group], twin: None, ..fixture::ranking() }
    }

    #[test]
    fn few_and_many_executors_with_short_and_long_names_near_and_far_apart() {
        let style = Style { width: 80, color: false };
        let mut all = String::new();
        for (count, letters, spread) in [(1, 3, 1.0), (4, 30, 1.01), (25, 3, 10_000.0)] {
            all += &super::ranking(&spread_over(count, letters, spread), Drawn, &style);
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn dots_stand_in_the_order_of_their_values() {
        for (count, letters, spread) in [(25, 30, 1.01), (25, 30, 10_000.0), (25, 3, 3.0)] {
            let ranking = spread_over(count, letters, spread);
            let text = super::ranking(&ranking, Drawn, &Style { width: 100, color: false });
            let dots: Vec<usize> = text.lines().filter_map(|line| line.find('●')).collect();
            assert_eq!(dots.len(), count, "{text}");
            assert!(text.lines().all(|line| line.width() <= 100), "{text}");
        }
    }

    #[test]
    fn a_table_in_colour() {
        let style = Style { color: true, ..Style::default() };
        let text = super::ranking(&first_groups(1), Drawn, &style);
        assert!(text.contains("\x1b[32m"), "{text}");
        assert!(!super::ranking(&first_groups(1), Drawn, &Style::default()).contains('\x1b'));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 60, 80, 100, 200] {
            let style = Style { width, color: false };
            for ranking in [fixture::ranking(), fixture::hostile()] {
                let both = [Drawn, Written].map(|it| super::ranking(&ranking, it, &style));
                for line in both.iter().flat_map(|text| text.lines()) {
                    assert!(line.width() <= width.max(60), "{width}: {} {line}", line.width());
                }
            }
        }
    }

    #[test]
    fn hostile_names_stay_in_their_line() {
        let text = super::ranking(&fixture::hostile(), Drawn, &Style::default());
        assert!(!text.contains(['\x1b', '\r', '\u{202e}']), "{text}");
        assert!(text.contains(r"\u{1b}[31m"), "{text}");
    }
}
