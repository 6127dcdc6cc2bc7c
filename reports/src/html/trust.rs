//! Whether to trust the figures: the A/A pair, disturbed rounds, the machine and the build.

use maud::{Markup, html};
use tminus_harness::machine::UNKNOWN;
use tminus_harness::plan::Profile;
use tminus_harness::rank::{Ranking, Row, Twin};
use tminus_harness::stats;
use tminus_harness::store::Run;

use super::book::Book;
use crate::escape::clean;
use crate::gallery::Kind;
use crate::number::{self, Unit};
use crate::{sources, words};

/// The section: warnings first, then every fact.
pub(super) fn section(book: &Book<'_>) -> Markup {
    let Book { run, ranking, .. } = book;
    let warnings = warnings(book);
    html! {
        section aria-labelledby="trust" {
            h2 id="trust" { "Can I trust it?" }
            @if warnings.is_empty() { p { "Nothing speaks against it." } } @else {
                ul.warnings { @for warning in &warnings { li { (warning) } } }
            }
            @if let Some(twin) = ranking.twin.as_ref().filter(|twin| !is_biased(twin)) { p { (again(twin)) } }
            @if let Some(text) = left_out(ranking) {
                p { (text) " " a href="#failures" { "Which, and why" } "." }
            }
            div.facts {
                @for facts in [run_facts(book), machine_facts(run), build_facts(run)] {
                    dl {
                        @for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
                            div { dt { (name) } dd { (clean(value)) } }
                        }
                    }
                }
            }
            (book.figures.of_kind(Kind::Order))
            p { "Made by " code { (clean(&run.header.provenance.command.join(" "))) } }
        }
    }
}

/// What the A/A pair says.
fn again(twin: &Twin) -> String {
    let verdict = match twin.ratio.interval {
        None => "too few rounds to say more",
        Some(_) => "noise makes no difference that can be told from none",
    };
    let id = clean(twin.cell.id().as_str());
    format!(
        "The A/A pair, {id} run twice under two names, differs by {}: {verdict}.",
        number::change(&twin.ratio)
    )
}

/// The twin's ratio lies off 1 for sure: noise alone makes a difference.
fn is_biased(twin: &Twin) -> bool {
    twin.ratio.interval.is_some_and(|ends| ends.low > 1.0 || ends.high < 1.0)
}

/// What a critic would say.
fn warnings(book: &Book<'_>) -> Vec<String> {
    let Book { run, ranking, .. } = book;
    let provenance = &run.header.provenance;
    let (machine, build) = (&provenance.machine, &provenance.build);
    let mut out = Vec::new();
    if !build.profile.is_empty() && build.profile == "debug" {
        out.push("Built without optimisation: these figures say nothing about speed.".into());
    }
    match &ranking.twin {
        Some(twin) if is_biased(twin) => out.push(format!(
            "The A/A pair differs from itself by {}: trust no difference of that size.",
            number::change(&twin.ratio)
        )),
        Some(_) => {}
        None => out.push("The run has no A/A pair, so its noise is unknown.".into()),
    }
    if run.header.profile == Profile::Imported {
        out.push(
            "Imported from another harness: no result was verified, the cells of a round may have \
             shared one process, and how it was all built is not known."
                .into(),
        );
    }
    if run.header.profile == Profile::Quick {
        out.push("The quick profile: few rounds and few sizes, for a first look only.".into());
    } else if ranking.rounds < 6 {
        out.push("Fewer than six rounds give no 95 % interval and so no rank.".into());
    }
    if let Some(drift) = drift(book).filter(|drift| (drift.ln()).abs() > DRIFT.ln()) {
        out.push(format!(
            "The machine drifted by {} from the first half of the rounds to the second; ratios are \
             paired inside rounds, so they hold, but medians mix both.",
            percent(drift)
        ));
    }
    let (disturbed, rounds) = disturbed(ranking);
    if disturbed * 5 > rounds {
        let (some, all) = (number::whole(disturbed), number::whole(rounds));
        out.push(format!(
            "{some} of {all} rounds were pushed off their core at least once: other work was running."
        ));
    }
    if let Some(load) = machine.load_1min.filter(|load| *load > 0.5 * machine.cores.max(1) as f64) {
        out.push(format!("The machine was busy when the run began: load {}.", number::plain(load)));
    }
    if let Some(governor) = machine.governor.as_ref().filter(|name| *name != "performance") {
        out.push(format!("The frequency governor is `{}`: clock rates vary.", clean(governor)));
    }
    if let Some(hypervisor) = &machine.hypervisor {
        out.push(format!(
            "A virtual machine ({}): other guests may take time unseen.",
            clean(hypervisor)
        ));
    }
    if let Some(limit) = machine.cpu_limit_cores.filter(|limit| *limit < machine.cores as f64) {
        out.push(format!("A limit of {} cores throttles longer work.", number::plain(limit)));
    }
    out
}

/// What was failed or left out, in one sentence; nothing where there is nothing.
fn left_out(ranking: &Ranking) -> Option<String> {
    let (failed, excluded) = (count(ranking, "failed"), count(ranking, "excluded"));
    let failed = (failed > 0).then(|| format!("{} failed", words::count(failed, "cell")));
    let excluded = (excluded > 0).then(|| format!("{} left out", words::count(excluded, "cell")));
    let both: Vec<String> = failed.into_iter().chain(excluded).collect();
    (!both.is_empty()).then(|| format!("{}, each with its reason.", both.join(" and ")))
}

fn count(ranking: &Ranking, which: &str) -> u64 {
    let rows = ranking.groups.iter().flat_map(|group| &group.rows);
    rows.filter(|row| words::reason(row).is_some_and(|(word, _)| word == which)).count() as u64
}

/// Beyond this factor the halves of a run are said to differ.
const DRIFT: f64 = 1.05;

/// What the second half of the rounds cost against the first, in the middle cell.
fn drift(book: &Book<'_>) -> Option<f64> {
    let half = book.ranking.rounds / 2;
    let of_half = |values: &[(u32, f64)], second: bool| {
        let of = values.iter().filter(|(round, _)| (*round >= half) == second);
        stats::median(&of.map(|(_, value)| *value).collect::<Vec<_>>())
    };
    let rows =
        book.ranking.groups.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    let moves = rows.filter_map(|(group, row)| {
        let values = book.rounds.values(&row.cell.id(), &group.metric);
        let ratio = of_half(&values, true)? / of_half(&values, false)?;
        (ratio > 0.0 && ratio.is_finite()).then_some(ratio.ln())
    });
    stats::median(&moves.collect::<Vec<_>>()).map(f64::exp)
}

/// How far the intervals of ratios reach to either side, in the middle cell.
fn reach(ranking: &Ranking) -> Option<f64> {
    let rows = ranking.groups.iter().flat_map(|group| &group.rows);
    let widths = rows.filter_map(|row| {
        let ends = row.ratio?.interval?;
        let width = (ends.high / ends.low).ln() / 2.0;
        (width > 0.0 && width.is_finite()).then_some(width)
    });
    stats::median(&widths.collect::<Vec<_>>()).map(f64::exp)
}

fn percent(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}

/// Disturbed rounds and all rounds of all cells.
fn disturbed(ranking: &Ranking) -> (u64, u64) {
    let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
    let sum = |of: fn(&Row) -> u32| rows().map(|row| u64::from(of(row))).sum();
    (sum(|row| row.disturbed_rounds), sum(|row| row.rounds))
}

fn run_facts(book: &Book<'_>) -> Vec<(&'static str, String)> {
    let Book { run, ranking, .. } = book;
    let (disturbed, rounds) = disturbed(ranking);
    let twin = ranking.twin.as_ref().map(|twin| number::change(&twin.ratio));
    let reach = reach(ranking).map(|reach| format!("±{}", &percent(reach)[1..]));
    vec![
        (
            "rounds",
            format!(
                "{}, {} profile",
                number::whole(run.header.rounds.into()),
                sources::profile(run.header.profile)
            ),
        ),
        ("A/A pair", twin.unwrap_or_else(|| "none".into())),
        (
            "intervals of ratios",
            reach.map(|reach| format!("{reach} in the middle")).unwrap_or_default(),
        ),
        (
            "drift",
            drift(book)
                .map(|drift| format!("{} from first to second half", percent(drift)))
                .unwrap_or_default(),
        ),
        ("disturbed rounds", format!("{} of {}", number::whole(disturbed), number::whole(rounds))),
        ("failed", words::count(count(ranking, "failed"), "cell")),
        ("left out", words::count(count(ranking, "excluded"), "cell")),
        ("started", format!("{} (UTC)", sources::date(run.header.provenance.started_unix_ns))),
    ]
}

fn machine_facts(run: &Run) -> Vec<(&'static str, String)> {
    let machine = &run.header.provenance.machine;
    if machine.cpu == UNKNOWN {
        return vec![("machine", "not stored by who measured".into())];
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".into());
    let number = |value: Option<f64>| value.map_or_else(|| "not told".into(), number::plain);
    let turbo = match machine.turbo {
        Some(true) => "on",
        Some(false) => "off",
        None => "not told",
    };
    let steal = machine.steal_ns.map(|ns| number::value(Unit::Nanoseconds, ns as f64, None));
    let place = [&machine.hypervisor, &machine.container];
    let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
    let throttled = machine.throttled_count.map(|count| words::count(count, "time"));
    vec![
        ("CPU", sources::cpu(machine)),
        ("governor", text(&machine.governor)),
        ("turbo", turbo.into()),
        ("load at the start", number(machine.load_1min)),
        ("steal since boot", steal.unwrap_or_else(|| "not told".into())),
        ("kernel", machine.kernel.clone()),
        ("virtual", if place.is_empty() { "no sign of it".into() } else { place.join(", ") }),
        ("CPU limit", machine.cpu_limit_cores.map_or_else(|| "none".into(), number::plain)),
        ("throttled", throttled.unwrap_or_default()),
        ("clock", text(&machine.clock_source)),
        ("memory", number::value(Unit::Bytes, machine.memory_bytes as f64, None)),
    ]
}

fn build_facts(run: &Run) -> Vec<(&'static str, String)> {
    let provenance = &run.header.provenance;
    let build = &provenance.build;
    let git = provenance.git.as_ref().map(|git| {
        let dirty = if git.dirty { ", with changes" } else { "" };
        format!("{}{dirty}", git.revision.chars().take(12).collect::<String>())
    });
    vec![
        ("tminus", build.version.clone()),
        ("revision", git.unwrap_or_default()),
        ("compiler", build.rustc.clone()),
        ("profile", build.profile.clone()),
        ("target", build.target.clone()),
        ("allocator", build.allocator.clone()),
        ("Cargo.lock", build.lock_sha256.chars().take(12).collect()),
    ]
}
