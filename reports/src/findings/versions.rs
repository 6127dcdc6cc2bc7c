//! Many releases of a crate in a sentence, and their steps in words.

use tminus_judge::rank::Ratio;
use tminus_judge::versions::{Figure, Step, Tracked, Versions};

use super::listed;
use crate::words;
use crate::words::number::{self, Unit, percent_up};

/// A count that changed by less than this part of itself did not: no work is half done.
const SAME_COUNT: f64 = 1e-3;

/// Returns the whole in one sentence.
#[must_use]
pub fn sentence(found: &Versions) -> String {
    let all = words::count(found.cells.len() as u64, "cell");
    if !found.biased.is_empty() {
        return format!(
            "Environment unfit: the first release differs from its own copy in {} of {all}, so \
             nothing can be told",
            found.biased.len()
        );
    }
    let over = over(found);
    let changed = found.cells.iter().filter(|cell| cell.all().any(Step::is_change)).count();
    let worst = worst(found, |cell| cell.steps.iter().collect());
    let worst = worst.or_else(|| self::worst(found, |cell| cell.whole.iter().collect()));
    let open = match open(found).len() {
        0 => String::new(),
        count => format!("; {count} could have changed unseen by more than was to be found"),
    };
    match worst {
        None => format!("No change that can be told in {all} over {over}{open}"),
        Some((cell, step)) => format!(
            "{changed} of {all} changed over {over}, most of all {}: {} {}{open}",
            cell.cell.id(),
            number::change(&step.judged.ratio),
            at(found, step)
        ),
    }
}

/// Returns `6 releases of tokio, 1.44.2 to 1.48.0`.
fn over(found: &Versions) -> String {
    let measured: Vec<&str> = measured(found).collect();
    let (first, last) = (measured.first().unwrap_or(&""), measured.last().unwrap_or(&""));
    let count = words::count(measured.len() as u64, "release");
    format!("{count} of {}, {first} to {last}", found.name)
}

/// Returns the versions of the releases that were measured.
pub(crate) fn measured(found: &Versions) -> impl Iterator<Item = &str> {
    let measured = found.releases.iter().filter(|release| release.left_out.is_none());
    measured.map(|release| release.version.as_str())
}

/// Returns the change that is farthest from none, of some `steps` of each cell.
fn worst<'a>(
    found: &'a Versions,
    steps: impl Fn(&'a Tracked) -> Vec<&'a Step>,
) -> Option<(&'a Tracked, &'a Step)> {
    let all = found.cells.iter().flat_map(|cell| steps(cell).into_iter().map(move |it| (cell, it)));
    all.filter(|(_, step)| step.is_change()).max_by(|a, b| size(a.1).total_cmp(&size(b.1)))
}

/// Returns `1.45.0`; `1.44.2 to 1.48.0` where there are releases between.
#[must_use]
pub fn place(found: &Versions, step: &Step) -> String {
    if is_next(found, step) { step.to.clone() } else { format!("{} to {}", step.from, step.to) }
}

/// Returns `at 1.45.0`, or `from 1.44.2 to 1.48.0`.
#[must_use]
pub fn at(found: &Versions, step: &Step) -> String {
    let word = if is_next(found, step) { "at" } else { "from" };
    format!("{word} {}", place(found, step))
}

fn is_next(found: &Versions, step: &Step) -> bool {
    let index = |version: &str| found.releases.iter().position(|it| it.version == version);
    index(&step.from).zip(index(&step.to)).is_some_and(|(from, to)| from + 1 == to)
}

/// Returns how far the cost moved, whichever way.
fn size(step: &Step) -> f64 {
    step.judged.ratio.median.ln().abs()
}

/// Returns `+0.4 % (-0.2 to +1.0 %)`.
#[must_use]
pub fn change(step: &Step) -> String {
    number::change(&step.judged.ratio)
}

/// Returns how sure a step is: the chance of so much without a change, and the second session.
#[must_use]
pub fn how_sure(step: &Step) -> String {
    let alone = |ratio: Ratio| number::change(&Ratio { interval: None, ..ratio });
    let again = step.confirmed.map(|again| format!(", again {}", alone(again.ratio)));
    let not = if step.confirmed.is_some() && !step.is_change() { ", not confirmed" } else { "" };
    format!("p {}{}{not}", chance(step), again.unwrap_or_default())
}

/// Returns the chance of so much without a change.
#[must_use]
pub fn chance(step: &Step) -> String {
    match step.p_changed {
        p if p < 0.001 => "<0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// Returns the changes of counts of a cell, a line each: `at 1.45.0: allocations 2 to 3`.
#[must_use]
pub fn counts(found: &Versions, cell: &Tracked) -> Vec<String> {
    let mut lines = Vec::new();
    for (pair, step) in cell.figures.windows(2).zip(&cell.steps) {
        let changed: Vec<String> = changed_counts(&pair[0], &pair[1]).collect();
        if !changed.is_empty() {
            lines.push(format!("{}: {}", at(found, step), changed.join(", ")));
        }
    }
    lines
}

fn changed_counts<'a>(from: &'a Figure, to: &'a Figure) -> impl Iterator<Item = String> + 'a {
    from.counts.iter().filter_map(|(name, before)| {
        let after = *to.counts.get(name)?;
        let is_same = (after - before).abs() <= SAME_COUNT * before.abs().max(after.abs());
        let value = |value: f64| number::value(Unit::of(name), value, None);
        let text =
            || format!("{} {} to {}", words::metric(name, "op"), value(*before), value(after));
        (!is_same).then(text)
    })
}

/// Returns the cells of which some step could hide more than was to be found, and how much.
#[must_use]
pub fn open(found: &Versions) -> Vec<String> {
    let of = |cell: &Tracked| {
        let hidden = cell.all().map(Step::could_hide).fold(1.0, f64::max);
        let text = match hidden.is_finite() {
            true => format!("{} {}", cell.cell.id(), percent_up(hidden)),
            false => format!("{} too few rounds", cell.cell.id()),
        };
        (hidden > found.options.detect_of(&cell.cell)).then_some(text)
    };
    found.cells.iter().filter_map(of).collect()
}

/// Returns a cell in one sentence: when it changed and by how much.
#[must_use]
pub fn course(found: &Versions, cell: &Tracked) -> String {
    let told = |step: &Step| format!("{} {}", change(step), at(found, step));
    let changes: Vec<String> = cell.steps.iter().filter(|it| it.is_change()).map(told).collect();
    let whole = cell.whole.as_ref().filter(|whole| whole.is_change());
    let ratio = cell.whole.as_ref().or(cell.steps.first()).map(|it| it.judged.ratio);
    let id = cell.cell.id();
    match (changes.as_slice(), whole) {
        ([], Some(whole)) => format!("{id}: {}, at no single release for sure", told(whole)),
        ([], None) => {
            let none = Ratio { median: 1.0, interval: None, rounds: 0 };
            format!("{id}: no change told, {} in all", number::change(&ratio.unwrap_or(none)))
        }
        (changes, Some(whole)) => format!("{id}: {}; {} in all", listed(changes), change(whole)),
        (changes, None) => format!("{id}: {}", listed(changes)),
    }
}
