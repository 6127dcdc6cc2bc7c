//! Many releases of a crate as a page that needs neither network nor scripts: what changed at which
//! release, with a chart of each cell whose x axis is the releases.

use tminus_judge::verdict::Verdict;
use tminus_judge::versions::{Step, Tracked, Versions};
use tminus_record::Header;

use crate::draw::trend;
use crate::findings::compare::figures;
use crate::findings::versions::{at, counts, course, how_sure, measured, open, sentence};
use crate::model::trend::Trend;
use crate::page::prelude::*;
use crate::page::shell::{Shell, figure, table};

/// Charts in the page, those of cells that changed first.
const MAX_CHARTS: usize = 60;

/// Returns the page of `found`; `header` is that of a run of one of the releases.
#[must_use]
pub fn page(found: &Versions, header: &Header) -> String {
    let (build, machine) = (&header.provenance.build, &header.provenance.machine);
    let sources = clean(&format!("tminus {} · {}", build.version, sources::cpu(machine)));
    let mut cells: Vec<&Tracked> = found.cells.iter().collect();
    cells.sort_by_key(|cell| !cell.all().any(Step::is_change));
    let charts: Vec<Markup> =
        cells.iter().take(MAX_CHARTS).map(|cell| chart(found, cell, &sources)).collect();
    let main = html! {
        section aria-label="In short" {
            p.verdict { (clean(&sentence(found))) "." }
            @let changed = cells.iter().filter(|cell| cell.all().any(Step::is_change));
            ul { @for cell in changed { li { (clean(&course(found, cell))) "." } } }
            @for cell in &found.biased { p.alarm { "Differs from its own copy: " (clean(cell)) "." } }
        }
        (left_out(found))
        @for chart in &charts { (chart) }
        @if cells.len() > charts.len() {
            p.sub { "and " (cells.len() - charts.len()) " more cells in the table" }
        }
        (steps(found))
        (missing(found))
    };
    let title =
        format!("{} over {}", found.name, words::count(measured(found).count() as u64, "release"));
    let shell = Shell {
        title: &clean(&title),
        subtitle: "all releases ran in turns; each is held against the one before it",
        bar: Vec::new(),
        footer: "A change is one whose paired rounds lie beyond the margin, that counts among all \
                 steps of all cells, and that a second session found again.",
    };
    shell.page(&main)
}

/// Returns the chart of a cell with the changes of its counts.
fn chart(found: &Versions, cell: &Tracked, sources: &str) -> Markup {
    let drawn = Trend::of_releases(cell).map(|of_cell| trend::draw(&of_cell, sources));
    html! {
        @if let Some(picture) = &drawn { (figure(picture, true)) }
        @for line in counts(found, cell) { p.sub { (clean(&line)) "." } }
    }
}

/// Returns the releases that were not measured, and why.
fn left_out(found: &Versions) -> Markup {
    let all = found.releases.iter();
    let all: Vec<_> = all.filter_map(|it| Some((&it.version, it.left_out.as_ref()?))).collect();
    html! {
        @if !all.is_empty() {
            section {
                h2 { "Left out: " (words::count(all.len() as u64, "release")) }
                ul { @for (version, why) in all { li { (clean(version)) ": " (clean(why)) } } }
            }
        }
    }
}

/// Returns every step of every cell.
fn steps(found: &Versions) -> Markup {
    let all = found.cells.iter().flat_map(|cell| cell.all().map(move |step| (cell, step)));
    let rows = html! {
        @for (cell, step) in all {
            @let [before, after, change] =
                figures(&cell.metric, step.medians, None, &step.judged.ratio);
            tr {
                th scope="row" { (clean(cell.cell.id().as_str())) }
                td { (clean(&at(found, step))) }
                td { (words::verdict(step.verdict)) }
                td.number { (before) }
                td.number { (after) }
                td class=(class(step)) { (change) }
                td { (how_sure(step)) }
            }
        }
    };
    let heads = ["cell", "release", "verdict", "#before", "#after", "#change", "how sure"];
    html! { section { h2 { "All steps" } (table("Each release against the one before it", &heads, &rows)) } }
}

fn class(step: &Step) -> &'static str {
    match step.verdict {
        Verdict::Regressed => "number worse",
        Verdict::Improved => "number better",
        Verdict::Inconclusive | Verdict::Equivalent => "number",
    }
}

/// Returns what cannot be told, and why.
fn missing(found: &Versions) -> Markup {
    let failed = |cell: &Tracked| -> Vec<String> {
        let of = cell.failed.iter();
        of.map(|it| format!("{} fails in {}: {}", cell.cell.id(), it.version, it.reason)).collect()
    };
    let without = found.without.iter().map(|it| format!("{}: {}", it.cell, it.reason));
    let open = open(found).into_iter().map(|it| format!("could have changed unseen by up to {it}"));
    let all: Vec<String> = without.chain(found.cells.iter().flat_map(failed)).chain(open).collect();
    html! {
        @if !all.is_empty() {
            section {
                h2 { "What cannot be told" }
                ul { @for line in &all { li { (clean(line)) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fixture, releases};

    #[test]
    fn releases_stand_on_the_axis_and_changes_at_their_release() {
        let page = page(&releases::found(), &fixture::run().header);
        for text in ["1.44.2", "1.45.0", "1.47.0", "▲ +9.0 %, worse", "releases, in order"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.contains("from 1.45.0 to 1.47.0") && page.contains("Left out: 1 release"));
        assert!(!page.contains("E-divisive") && !page.contains("commit"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let page = page(&releases::hostile(), &fixture::run_of(&fixture::hostile()).header);
        for forbidden in ["<script", "\u{1b}", "\u{202e}"] {
            assert!(!page.contains(forbidden), "{forbidden:?}");
        }
    }
}
