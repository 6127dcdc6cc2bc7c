//! Many releases of a crate for a terminal. Gives text and prints nothing.

use tminus_judge::verdict::Verdict;
use tminus_judge::versions::{Step, Tracked, Versions};

use crate::findings::compare::figures;
use crate::findings::versions::{chance, counts, open, place, sentence};
use crate::terminal::Style;
use crate::terminal::compare::paint;
use crate::terminal::table::{
    BOLD, Columns, DIM, Line, RED, push_table, push_wrapped, push_wrapped_painted,
};
use crate::words;
use crate::words::escape::terminal;
use crate::words::number::percent_up;

const COLUMNS: Columns<8> = Columns {
    head: ["verdict", "cell", "release", "before", "after", "change", "margin", "p"],
    right: [false, false, false, true, true, false, true, true],
    name: 1,
    spare: 6,
};

/// Returns the text for a terminal: the steps that changed or, with `all`, every step; then counts,
/// what is missing and why, and the sentence. Ends in a line end.
#[must_use]
pub fn text(found: &Versions, all: bool, style: &Style) -> String {
    let mut out = String::new();
    let rows = found.cells.iter().flat_map(|cell| cell.all().map(move |step| (cell, step)));
    let rows: Vec<_> = rows.filter(|(_, step)| all || matters(step)).collect();
    if !rows.is_empty() {
        let lines = rows.into_iter().map(|(cell, step)| line(found, cell, step));
        push_table(&mut out, &COLUMNS, lines.collect(), style);
        out.push('\n');
    }
    let mut note = |text: &str, colour: &str| {
        push_wrapped_painted(&mut out, &format!("  {}", terminal(text)), colour, style);
    };
    counted(found).iter().for_each(|line| note(line, ""));
    for (cell, failed) in found.cells.iter().flat_map(|it| it.failed.iter().map(move |f| (it, f))) {
        let (id, version) = (cell.cell.id(), &failed.version);
        note(&format!("{id} fails in {version}: {}", failed.reason), RED);
    }
    for release in &found.releases {
        if let Some(reason) = &release.left_out {
            note(&format!("{} {} was left out: {reason}", found.name, release.version), "");
        }
    }
    found.without.iter().for_each(|it| note(&format!("{}: {}", it.cell, it.reason), DIM));
    found.biased.iter().for_each(|cell| note(&format!("differs from its own copy: {cell}"), RED));
    let open = open(found);
    if !open.is_empty() {
        note(&format!("could have changed unseen by up to: {}", open.join(", ")), DIM);
    }
    if found.biased.is_empty() {
        push_wrapped_painted(&mut out, &terminal(&sentence(found)), BOLD, style);
    } else {
        push_wrapped(&mut out, &terminal(&sentence(found)), style);
    }
    out
}

/// So many cells whose counts changed alike are named one by one.
const NAMED: usize = 3;

/// Returns the changes of counts, a line each; cells whose counts changed alike in one line where
/// they are many.
fn counted(found: &Versions) -> Vec<String> {
    let of = |cell: &Tracked| {
        let id = cell.cell.id().to_string();
        counts(found, cell).into_iter().map(move |line| (line, id.clone()))
    };
    let mut lines = Vec::new();
    for (line, cells) in words::grouped(found.cells.iter().flat_map(of)) {
        if cells.len() > NAMED {
            lines.push(format!("{} cells {line}", cells.len()));
        } else {
            lines.extend(cells.iter().map(|cell| format!("{cell} {line}")));
        }
    }
    lines
}

/// Returns whether a reader must see the step.
fn matters(step: &Step) -> bool {
    step.is_change() || step.is_suspected() || step.confirmed.is_some()
}

fn line(found: &Versions, cell: &Tracked, step: &Step) -> Line<8> {
    let [before, after, change] = figures(&cell.metric, step.medians, None, &step.judged.ratio);
    let verdict = match step.verdict {
        Verdict::Inconclusive if step.confirmed.is_some() => "not again",
        Verdict::Inconclusive if step.is_suspected() => "suspected",
        verdict => words::verdict(verdict),
    };
    let margin = percent_up(step.judged.limits.effective());
    let (id, at) = (cell.cell.id().to_string(), place(found, step));
    let cells = [verdict.into(), id, at, before, after, change, margin, chance(step)];
    Line { cells: cells.map(|text| terminal(&text)), paint: paint(step.verdict) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::releases;

    #[test]
    fn what_changed_at_which_release() {
        let found = releases::found();
        insta::assert_snapshot!(text(&found, false, &Style::default()));
    }

    #[test]
    fn every_step_and_nothing_that_acts_on_a_terminal() {
        let style = Style { width: 120, color: false };
        let all =
            [text(&releases::found(), true, &style), text(&releases::hostile(), true, &style)];
        assert!(!all.concat().contains('\u{1b}'));
        insta::assert_snapshot!(all.join("----\n"));
    }

    #[test]
    fn an_unfit_environment_tells_nothing() {
        let mut found = releases::found();
        found.biased.push(found.cells[0].cell.id().to_string());
        let said = sentence(&found);
        assert!(said.starts_with("Environment unfit: the first release differs"), "{said}");
    }
}
