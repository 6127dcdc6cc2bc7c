//! Two runs side by side as a page that needs neither network nor scripts, with its picture and
//! files.

use tminus_judge::compare::{Compared, Comparison};
use tminus_judge::verdict::Verdict;
use tminus_record::Run;
use tminus_record::machine::UNKNOWN;

use crate::data::schema;
use crate::draw::changes;
use crate::draw::picture::Picture;
use crate::error::Error;
use crate::findings::compare::{controls, notes, sentence, sorted};
use crate::page::prelude::*;
use crate::page::shell::{Shell, figure, table};
use crate::terminal::compare::{line, markdown};
use crate::{Output, words};

/// Rows of one verdict in the page; `comparison.json` has them all.
const MAX_ROWS: usize = 500;

/// Returns every file of the report of `comparison`, which is of these runs: baseline and
/// candidate; with `png` the chart as PNG too.
///
/// # Errors
/// [`Error::Picture`] if the chart cannot be made into a PNG.
pub fn report(runs: [&Run; 2], comparison: &Comparison, png: bool) -> Result<Vec<Output>, Error> {
    let [baseline, candidate] = runs.map(sources::line);
    let picture = changes::draw(comparison, &format!("{baseline} → {candidate}"));
    let file = |path: &str, text: String| Output { path: path.into(), bytes: text.into_bytes() };
    let json = serde_json::to_string_pretty(comparison).expect("plain data is JSON");
    let mut files = vec![
        file("index.html", page(runs, comparison, &picture, png)),
        file("comparison.md", markdown(comparison)),
        file("comparison.json", json + "\n"),
        file("comparison.schema.json", schema::COMPARISON.into()),
    ];
    files.extend(picture.files(png)?);
    Ok(files)
}

fn page(runs: [&Run; 2], comparison: &Comparison, picture: &Picture, png: bool) -> String {
    let verdicts =
        [Verdict::Regressed, Verdict::Improved, Verdict::Inconclusive, Verdict::Equivalent];
    let main = html! {
        section aria-label="In short" {
            p.verdict { (sentence(comparison)) "." }
            @for difference in &comparison.differences {
                p.alarm { "Not comparable, forced: " (clean(difference)) "." }
            }
            @if let Some(notes) = notes(comparison) { p.alarm { (clean(&words::capital(&notes))) "." } }
            ul.tiles {
                @for verdict in verdicts {
                    li { b { (number::whole(comparison.count(verdict) as u64)) } (words::verdict(verdict)) }
                }
            }
            p.sub { (clean(&controls(comparison))) "." }
        }
        (figure(picture, false))
        @for verdict in verdicts { (section(comparison, verdict)) }
        (without(comparison))
        (sides(runs))
        (downloads(png))
    };
    let shell = Shell {
        title: "Two runs side by side",
        subtitle: "baseline and candidate, cell by cell",
        bar: Vec::new(),
        footer: "Runs of two moments differ in more than the code: this tells and decides nothing; a gate \
                 runs both sides in turns.",
    };
    shell.page(&main)
}

/// Returns the cells that came out so, the largest change first; what did not change is folded.
fn section(comparison: &Comparison, verdict: Verdict) -> Markup {
    let all: Vec<&Compared> =
        sorted(comparison).filter(|cell| cell.judged.verdict == verdict).collect();
    let title = format!(
        "{}: {}",
        words::capital(words::verdict(verdict)),
        words::count(all.len() as u64, "cell")
    );
    let is_change = matches!(verdict, Verdict::Regressed | Verdict::Improved);
    html! {
        @if !all.is_empty() {
            section {
                h2 { (title) }
                @if is_change { (rows(&all, verdict)) } @else {
                    details { summary { "Show them" } (rows(&all, verdict)) }
                }
            }
        }
    }
}

fn rows(all: &[&Compared], verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Regressed => "number worse",
        Verdict::Improved => "number better",
        Verdict::Inconclusive | Verdict::Equivalent => "number",
    };
    let mut heads = vec!["cell", "metric", "#baseline", "#candidate", "#change"];
    if verdict == Verdict::Inconclusive {
        heads.push("#could have seen");
    }
    let rows = html! {
        @for cell in all.iter().take(MAX_ROWS) {
            @let [_, _, before, after, change, seen] = line(cell).cells;
            tr {
                th scope="row" { (clean(cell.cell.id().as_str())) }
                td { (words::metric(&cell.metric, "op")) }
                td.number { (before) }
                td.number { (after) }
                td class=(class) { (change) }
                @if verdict == Verdict::Inconclusive { td.number { (seen) } }
            }
        }
    };
    html! {
        (table(&format!("Cells that are {}, the largest change first", words::verdict(verdict)), &heads, &rows))
        @if all.len() > MAX_ROWS { p.sub { "and " (all.len() - MAX_ROWS) " more in comparison.json" } }
    }
}

fn without(comparison: &Comparison) -> Markup {
    let all = &comparison.without;
    html! {
        @if !all.is_empty() {
            section {
                h2 { "Without a comparison: " (words::count(all.len() as u64, "cell")) }
                details {
                    summary { "Show them" }
                    ul {
                        @for without in all.iter().take(MAX_ROWS) {
                            li { (clean(&without.cell)) ": " (clean(&without.reason)) }
                        }
                    }
                    @if all.len() > MAX_ROWS {
                        p.sub { "and " (all.len() - MAX_ROWS) " more in comparison.json" }
                    }
                }
            }
        }
    }
}

/// Describes both runs by what they were made of, line by line.
fn sides(runs: [&Run; 2]) -> Markup {
    let [before, after] = runs.map(facts);
    let rows = html! {
        @for ((what, before), (_, after)) in before.iter().zip(&after) {
            tr {
                th scope="row" { (what) }
                td.long { (clean(before)) }
                td.long { @if before == after && before != UNKNOWN { "the same" } @else { (clean(after)) } }
            }
        }
        @for (name, before, after) in versions(runs) {
            tr { th scope="row" { (clean(&name)) } td.long { (clean(&before)) } td.long { (clean(&after)) } }
        }
    };
    html! {
        section aria-labelledby="runs" {
            h2 id="runs" { "The two runs" }
            (table("What each was made of, and the crates of executors that differ",
                   &["fact", "baseline", "candidate"], &rows))
        }
    }
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let provenance = &run.header.provenance;
    let (build, machine) = (&provenance.build, &provenance.machine);
    let revision = provenance.git.as_ref().map_or_else(
        || UNKNOWN.into(),
        |git| format!("{}{}", git.revision, if git.dirty { ", with changes" } else { "" }),
    );
    vec![
        ("started (UTC)", sources::date(provenance.started_unix_ns)),
        ("revision", revision),
        ("tminus", build.version.clone()),
        ("compiler", build.rustc.clone()),
        ("build profile", build.profile.clone()),
        ("CPU", format!("{}, {}", machine.cpu, words::count(machine.cores as u64, "core"))),
        ("kernel", machine.kernel.clone()),
        ("rounds", run.rounds().to_string()),
        ("cells", run.header.cells.iter().filter(|cell| !cell.twin).count().to_string()),
    ]
}

/// Returns the crates of executors that both runs have in different versions.
fn versions(runs: [&Run; 2]) -> Vec<(String, String, String)> {
    let of = |run: &Run| -> std::collections::BTreeMap<String, String> {
        run.header.executors.iter().flat_map(|facts| facts.crates.clone()).collect()
    };
    let (before, after) = (of(runs[0]), of(runs[1]));
    let differs = |(name, old): (String, String)| {
        let new = after.get(&name).filter(|new| **new != old)?.clone();
        Some((name, old, new))
    };
    before.into_iter().filter_map(differs).collect()
}

fn downloads(png: bool) -> Markup {
    let files = [
        "comparison.json",
        "comparison.schema.json",
        "comparison.md",
        "charts/changes-light.svg",
        "charts/changes-dark.svg",
    ];
    let pngs: &[&str] =
        if png { &["charts/changes-light.png", "charts/changes-dark.png"] } else { &[] };
    html! {
        section aria-labelledby="downloads" {
            h2 id="downloads" { "Downloads" }
            ul { @for file in files.iter().chain(pngs) { li { a href=(file) { (file) } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::compare::tests::made;
    use crate::testing::fixture;

    fn files(comparison: &Comparison) -> Vec<Output> {
        let run = fixture::run();
        report([&run, &run], comparison, false).expect("a picture")
    }

    fn page_of_runs(runs: [&Run; 2], comparison: &Comparison) -> String {
        let files = report(runs, comparison, false).expect("a picture");
        let file = files.into_iter().find(|file| file.path == "index.html");
        String::from_utf8(file.expect("a page").bytes).expect("text")
    }

    fn page_of(comparison: &Comparison) -> String {
        let run = fixture::run();
        page_of_runs([&run, &run], comparison)
    }

    #[test]
    fn every_cell_stands_in_the_page_and_every_link_leads_somewhere() {
        let comparison = made(3, 8, 1.2);
        let page = page_of(&comparison);
        for cell in &comparison.cells {
            assert!(page.contains(cell.cell.id().as_str()), "{}", cell.cell.id());
        }
        let files = files(&comparison);
        for link in page.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let is_file = files.iter().any(|file| file.path == link);
            assert!(is_file || link == "data:," || link == "#main", "{link}");
        }
    }

    #[test]
    fn what_is_not_known_of_either_is_not_called_the_same() {
        let mut run = fixture::run();
        let page = |run: &Run| page_of_runs([run, run], &made(1, 8, 1.2));
        let known = page(&run).matches("the same").count();
        run.header.provenance.git = None;
        assert_eq!(page(&run).matches("the same").count(), known - 1);
    }

    #[test]
    fn nothing_is_fetched_and_ten_thousand_cells_fit() {
        let page = page_of(&made(5_000, 30, 1.2));
        assert!(page.len() < 1_000_000, "{} bytes", page.len());
        for forbidden in ["<script", "http://", "https://", "url(", "@import", " src="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut comparison = made(2, 8, 1.2);
        comparison.cells[0].metric = fixture::HOSTILE.into();
        // The one that the sentence names.
        comparison.cells[1].cell.executor = fixture::HOSTILE.into();
        let named = sentence(&comparison);
        assert!(named.contains("script") && !named.contains(['\u{1b}', '\u{202e}']), "{named:?}");
        comparison.differences.push(fixture::HOSTILE.into());
        let without = tminus_judge::compare::Without {
            cell: fixture::HOSTILE.into(),
            reason: fixture::HOSTILE.into(),
        };
        comparison.without.push(without);
        let run = fixture::run_of(&fixture::hostile());
        for file in report([&run, &run], &comparison, false).expect("a picture") {
            let Ok(text) = String::from_utf8(file.bytes) else { continue };
            let is_markup = [".html", ".svg", ".md"].iter().any(|end| file.path.ends_with(end));
            for forbidden in ["<script", "\u{1b}", "\u{202e}"] {
                assert!(!is_markup || !text.contains(forbidden), "{} {forbidden:?}", file.path);
            }
        }
    }
}
