//! Whether to trust the figures: the A/A pair, disturbed rounds, the machine and the build. What
//! speaks against them is found in `warnings.rs`.

mod warnings;

use tminus_judge::rank::{Ranking, Row};
use tminus_judge::stats;
use tminus_judge::verdict::Limits;
use tminus_record::Run;
use tminus_record::machine::{Git, UNKNOWN};

use super::book::Book;
use crate::draw::gallery::Kind;
use crate::page::prelude::*;
use crate::words::escape::clean_within;

/// Commands name many cells, and to repeat the run takes all of them.
const MAX_COMMAND_CHARS: usize = 4_000;

/// Returns the section: warnings first, then every fact.
pub(super) fn section(book: &Book<'_>) -> Markup {
    let Book { run, ranking, .. } = book;
    let warnings = warnings::all(book);
    let command = run.header.provenance.command.join(" ");
    html! {
        section aria-labelledby="trust" {
            h2 id="trust" { "Can I trust it?" }
            @if warnings.is_empty() { p { "Nothing speaks against it." } } @else {
                ul.warnings { @for warning in &warnings { li { (warning) } } }
            }
            @if let Some(text) = warnings::fine_pair(ranking) { p { (text) } }
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
            (book.figures.of_kind(Kind::Drift))
            p { "Made by " code { (clean_within(&command, MAX_COMMAND_CHARS)) } }
        }
    }
}

/// Returns what failed or was left out, in one sentence; nothing where there is nothing.
fn left_out(ranking: &Ranking) -> Option<String> {
    let (failed, excluded) = (count(ranking, "failed"), count(ranking, "excluded"));
    let failed = (failed > 0).then(|| format!("{} failed", words::count(failed, "cell")));
    let excluded = (excluded > 0).then(|| format!("{} left out", words::count(excluded, "cell")));
    let both: Vec<String> = failed.into_iter().chain(excluded).collect();
    (!both.is_empty()).then(|| format!("{}, each with its reason.", both.join(" and ")))
}

fn count(ranking: &Ranking, which: &'static str) -> u64 {
    words::unmeasured(ranking, which).count() as u64
}

/// Returns the cost of the second half of the rounds relative to the first, in the middle cell.
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

/// Returns how far the intervals of ratios reach to either side, in the middle cell.
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
    number::percent(ratio - 1.0, true)
}

/// Returns the rounds of all cells in which the process was pushed off its core, and all of their
/// rounds.
fn disturbed(ranking: &Ranking) -> (u64, u64) {
    let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
    let sum = |of: fn(&Row) -> u32| rows().map(|row| u64::from(of(row))).sum();
    (sum(|row| row.disturbed_rounds), sum(|row| row.rounds))
}

fn run_facts(book: &Book<'_>) -> Vec<(&'static str, String)> {
    let Book { run, ranking, .. } = book;
    let (disturbed, rounds) = disturbed(ranking);
    let twin = ranking.twin.as_ref().map(|twin| number::change(&twin.ratio));
    let no_twin =
        if run.header.cells.iter().any(|cell| cell.twin) { "without a figure" } else { "none" };
    let reach = reach(ranking).map(|reach| percent(reach).replacen('+', "±", 1));
    vec![
        (
            "rounds",
            format!("{}, {} profile", sources::rounds(run), sources::profile(run.header.profile)),
        ),
        ("A/A pair", twin.unwrap_or_else(|| no_twin.into())),
        ("told apart", told_apart(&ranking.limits)),
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

/// Returns the difference from which on executors are told apart.
fn told_apart(limits: &Limits) -> String {
    match () {
        () if limits.lifted_too_far() => {
            format!(
                "from {} on, and none is best: the A/A pair is too loud",
                words::percent(limits.floor)
            )
        }
        () => format!("from {} on", words::percent(limits.effective())),
    }
}

fn machine_facts(run: &Run) -> Vec<(&'static str, String)> {
    let machine = &run.header.provenance.machine;
    if machine.cpu == UNKNOWN && machine.cores == 0 {
        return vec![("machine", "not stored by the tool that measured".into())];
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".into());
    let number = |value: Option<f64>| value.map_or_else(|| "not told".into(), number::plain);
    let turbo = match machine.turbo {
        Some(true) => "on",
        Some(false) => "off",
        None => "not told",
    };
    // Counted by the kernel, and stored before the first child: none of it is the run's.
    let steal = machine.steal_ns.map(|ns| {
        format!("{} from boot to the start", number::value(Unit::Nanoseconds, ns as f64, None))
    });
    let place = [&machine.hypervisor, &machine.container];
    let place = place.into_iter().flatten().map(|it| match it.as_str() {
        UNKNOWN => "not told",
        known => known,
    });
    let place: Vec<&str> = place.collect();
    let throttled = machine.throttled_count.map(|count| words::count(count, "time"));
    vec![
        ("CPU", sources::cpu(machine)),
        ("governor", text(&machine.governor)),
        ("turbo", turbo.into()),
        ("load at the start", number(machine.load_1min)),
        ("steal", steal.unwrap_or_else(|| "not told".into())),
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
    let aligned = match build.aligned {
        Some(true) => "each begins a cache line",
        Some(false) => "begin anywhere: layout alone may do 4 %",
        None => "",
    };
    let revision = |git: &Option<Git>| {
        let git = git.as_ref()?;
        let dirty = if git.dirty { ", with changes" } else { "" };
        Some(format!("{}{dirty}", git.revision.chars().take(12).collect::<String>()))
    };
    let built_from = revision(&build.git).unwrap_or_else(|| "not told".into());
    let directory = revision(&provenance.git).unwrap_or_else(|| clean(&provenance.git_refusal));
    vec![
        ("tminus", build.version.clone()),
        ("built from", built_from),
        ("run in", directory),
        ("compiler", build.rustc.clone()),
        ("profile", build.profile.clone()),
        ("target", build.target.clone()),
        ("allocator", build.allocator.clone()),
        ("functions", aligned.into()),
        ("Cargo.lock", build.lock_sha256.chars().take(12).collect()),
    ]
}
