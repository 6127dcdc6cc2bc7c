//! Which task ran when: every resumption of every task of a demo as a mark, in the order of their
//! starts.
//!
//! A row a task, a column a resumption: round robin is a flight of stairs, a heap shows which task
//! comes first at each deadline, and a task that another thread steals changes colour and lane.
//! Columns are of one width, since a demo waits for most of its time; rules stand where nothing ran
//! for long.

use tminus_contract::Family;
use tminus_contract::trace::{Resumption, Trace};

use super::prelude::*;
use crate::words::escape::{clean, shorten};

const ROW: f64 = 26.0;
/// The height of the marks in a row.
const MARKS: f64 = 18.0;
/// The widest column.
const COLUMN: f64 = 36.0;
/// Resumptions that are drawn: the first.
const MOST_SHOWN: usize = 160;
/// Tasks that are drawn: the first.
const MOST_TASKS: usize = 40;
/// A pause is so many times as long as the usual one, at least, and so long.
const PAUSE: u64 = 10;
const LEAST_PAUSE_NS: u64 = 1_000_000;

const THREADS: [Paint; 6] = [
    Paint::Family(Family::Hand),
    Paint::Frame,
    Paint::Family(Family::Tokio),
    Paint::Family(Family::Smol),
    Paint::Family(Family::Uring),
    Paint::Ink,
];

/// The parts of a trace that are drawn, and where.
struct Plan<'a> {
    tasks: Vec<String>,
    shown: Vec<&'a Resumption>,
    /// The first resumption and those after a pause, with the time since the first.
    starts: Vec<(usize, u64)>,
    lanes: usize,
    left: f64,
    top: f64,
    column: f64,
}

impl Plan<'_> {
    fn x(&self, index: usize) -> f64 {
        self.left + self.column * index as f64
    }

    fn bottom(&self) -> f64 {
        self.top + ROW * self.tasks.len() as f64
    }
}

/// Draws the chart of `trace`; `sources` is the line below.
#[must_use]
pub fn draw(trace: &Trace, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let tasks = trace.tasks.iter().take(MOST_TASKS).map(|name| shorten(&clean(name), 60));
    let tasks: Vec<String> = tasks.collect();
    let known = trace.resumptions.iter().filter(|one| one.task < tasks.len());
    let shown: Vec<&Resumption> = known.take(MOST_SHOWN).collect();
    let threads = shown.iter().map(|one| one.thread.saturating_add(1)).max().unwrap_or(1);
    let lanes = threads.min(THREADS.len());
    let mut top = sheet.head(&findings::timeline_title(trace), &subtitle(trace, lanes)) + 6.0;
    if lanes > 1 {
        top = legend(&sheet, lanes, threads > lanes, top);
    }
    let left = MARGIN + font::widest(tasks.iter(), FONT_SIZE).min(NAME_ROOM) + 12.0;
    let room = sheet.width - MARGIN - left;
    let column = (room / shown.len().max(1) as f64).min(COLUMN);
    let starts = starts(&shown);
    // Room for their labels.
    top += if starts.len() > 1 { 20.0 } else { 4.0 };
    let plan = Plan { tasks, shown, starts, lanes, left, top, column };
    rows(&sheet, &plan);
    for task in 0..plan.tasks.len() {
        marks(&sheet, &plan, trace, task);
    }
    axis(&sheet, &plan);
    let mut notes = Vec::new();
    let hidden = trace.resumptions.len().saturating_sub(plan.shown.len());
    if hidden > 0 {
        notes.push(format!("{} more", words::count(hidden as u64, "resumption")));
    }
    notes.push(sources.into());
    let name = slug(&format!("timeline-{}-{}-w{}", trace.workload, trace.executor, trace.workers));
    let bottom = plan.bottom() + 34.0;
    sheet.finish(name, findings::timeline_description(trace), notes, bottom)
}

fn subtitle(trace: &Trace, lanes: usize) -> String {
    let lanes = if lanes > 1 { "; colours and lanes: threads" } else { "" };
    let busy = match trace.busy_ns {
        0 => String::new(),
        busy_ns => format!(
            "; each was made to compute for {}",
            number::value(Unit::Nanoseconds, busy_ns as f64, None)
        ),
    };
    format!(
        "a mark a resumption, in the order of their starts; a row a task{lanes}; an untimed pass{busy}"
    )
}

/// Draws the legend. With `rest` the last lane is that of all threads that have none of their own.
fn legend(sheet: &Sheet, lanes: usize, rest: bool, top: f64) -> f64 {
    let y = top + 8.0;
    for (lane, paint) in THREADS.iter().enumerate().take(lanes) {
        let x = MARGIN + 90.0 * lane as f64;
        sheet.block([x, y - 5.0, x + 10.0, y + 5.0], *paint);
        let is_rest = rest && lane + 1 == lanes;
        let name = if is_rest { "others".into() } else { format!("thread {}", lane + 1) };
        sheet.text(&name, (x + 16.0, y), Align::Left, Paint::Ink);
    }
    y + 12.0
}

fn rows(sheet: &Sheet, plan: &Plan<'_>) {
    let right = plan.x(plan.shown.len()).max(plan.left + COLUMN);
    let mut rules = Vec::new();
    for (index, name) in plan.tasks.iter().enumerate() {
        let y = plan.top + ROW * (index as f64 + 0.5);
        let name = font::fit(name, FONT_SIZE, NAME_ROOM);
        sheet.text(&name, (plan.left - 10.0, y), Align::Right, Paint::Ink);
        rules.push(vec![(plan.left, y), (right, y)]);
    }
    sheet.lines(&rules, Paint::Grid, 1.0);
}

fn marks(sheet: &Sheet, plan: &Plan<'_>, trace: &Trace, task: usize) {
    sheet.open("series", &findings::timeline_task(trace, task));
    let height = MARKS / plan.lanes as f64;
    let first = plan.top + ROW * task as f64 + (ROW - MARKS) / 2.0;
    for (index, one) in plan.shown.iter().enumerate().filter(|(_, one)| one.task == task) {
        let lane = one.thread.min(plan.lanes - 1);
        let (x, top) = (plan.x(index), first + height * lane as f64);
        let gap = (plan.column * 0.12).min(1.5);
        sheet.block([x + gap, top + 0.5, x + plan.column - gap, top + height - 0.5], THREADS[lane]);
    }
    sheet.close();
}

/// Draws the numbers of resumptions below, pauses and the times after them above.
fn axis(sheet: &Sheet, plan: &Plan<'_>) {
    let bottom = plan.bottom();
    let step = [1, 2, 5, 10, 20, 50].into_iter().find(|step| *step as f64 * plan.column >= 26.0);
    for number in (1..=plan.shown.len()).filter(|number| number.is_multiple_of(step.unwrap_or(50)))
    {
        let at = (plan.x(number) - plan.column / 2.0, bottom + 10.0);
        sheet.small(&number.to_string(), at, Align::Center);
    }
    let paused = plan.starts.len() > 1;
    let above = if paused { "; above: time since the first, after each pause" } else { "" };
    let title = format!("resumption{above}");
    sheet.small(&title, (plan.left, bottom + 27.0), Align::Left);
    let mut free = f64::NEG_INFINITY;
    for (index, since_ns) in plan.starts.iter().filter(|_| paused) {
        let x = plan.x(*index);
        sheet.line(&[(x, plan.top - 4.0), (x, bottom)], Paint::Axis, 1.0);
        let label = match since_ns {
            0 => "0".into(),
            since_ns => number::value(Unit::Nanoseconds, *since_ns as f64, None),
        };
        let width = font::width(&label, SMALL);
        if x > free && x + width < sheet.width - 2.0 {
            sheet.small(&label, (x, plan.top - 11.0), Align::Left);
            free = x + width + 6.0;
        }
    }
}

/// Returns the first resumption and those after a pause, with the time since the first.
fn starts(shown: &[&Resumption]) -> Vec<(usize, u64)> {
    let Some(first) = shown.first() else { return Vec::new() };
    let gap = |pair: &[&Resumption]| pair[1].start_ns.saturating_sub(pair[0].start_ns);
    let mut gaps: Vec<u64> = shown.windows(2).map(gap).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
    let least = usual.saturating_mul(PAUSE).max(LEAST_PAUSE_NS);
    let pauses = shown.windows(2).enumerate().filter(|(_, pair)| gap(pair) >= least);
    let since = |at: usize| (at, shown[at].start_ns.saturating_sub(first.start_ns));
    std::iter::once((0, 0)).chain(pauses.map(|(index, _)| since(index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_far_longer_than_the_usual_gap() {
        let at = |start_ns: u64| Resumption { task: 0, thread: 0, start_ns, end_ns: start_ns };
        let all = [5, 6, 7, 2_000_007, 2_000_008, 9_000_000].map(at);
        let shown: Vec<&Resumption> = all.iter().collect();
        assert_eq!(starts(&shown), [(0, 0), (3, 2_000_002), (5, 8_999_995)]);
        assert_eq!(starts(&[]), []);
    }
}
