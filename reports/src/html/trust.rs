//! Whether to trust the figures: the A/A pair, disturbed rounds, the machine and the build.

use maud::{Markup, html};
use tminus_harness::plan::Profile;
use tminus_harness::rank::{Ranking, Row, Twin};
use tminus_harness::store::Run;

use crate::escape::clean;
use crate::number::{self, Unit};
use crate::{sources, words};

/// The section: warnings first, then every fact.
pub(super) fn section(run: &Run, ranking: &Ranking) -> Markup {
    let warnings = warnings(run, ranking);
    html! {
        section aria-labelledby="trust" {
            h2 id="trust" { "Can I trust it?" }
            @if warnings.is_empty() { p { "Nothing speaks against it." } } @else {
                ul.warnings { @for warning in &warnings { li { (warning) } } }
            }
            @if let Some(twin) = ranking.twin.as_ref().filter(|twin| !is_biased(twin)) { p { (again(twin)) } }
            div.facts {
                @for facts in [run_facts(run, ranking), machine_facts(run), build_facts(run)] {
                    dl {
                        @for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
                            div { dt { (name) } dd { (clean(value)) } }
                        }
                    }
                }
            }
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
fn warnings(run: &Run, ranking: &Ranking) -> Vec<String> {
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
    if run.header.profile == Profile::Quick {
        out.push("The quick profile: few rounds and few sizes, for a first look only.".into());
    } else if ranking.rounds < 6 {
        out.push("Fewer than six rounds give no 95 % interval and so no rank.".into());
    }
    let (disturbed, rounds) = disturbed(ranking);
    if disturbed * 5 > rounds {
        let (some, all) = (number::whole(disturbed), number::whole(rounds));
        out.push(format!("{some} of {all} rounds were pushed off their core."));
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

/// Disturbed rounds and all rounds of all cells.
fn disturbed(ranking: &Ranking) -> (u64, u64) {
    let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
    let sum = |of: fn(&Row) -> u32| rows().map(|row| u64::from(of(row))).sum();
    (sum(|row| row.disturbed_rounds), sum(|row| row.rounds))
}

fn run_facts(run: &Run, ranking: &Ranking) -> Vec<(&'static str, String)> {
    let (disturbed, rounds) = disturbed(ranking);
    let count = |which: &str| {
        let rows = ranking.groups.iter().flat_map(|group| &group.rows);
        rows.filter(|row| words::reason(row).is_some_and(|(word, _)| word == which)).count() as u64
    };
    vec![
        (
            "rounds",
            format!(
                "{}, {} profile",
                number::whole(run.header.rounds.into()),
                sources::profile(run.header.profile)
            ),
        ),
        ("disturbed rounds", format!("{} of {}", number::whole(disturbed), number::whole(rounds))),
        ("failed", words::count(count("failed"), "cell")),
        ("left out", words::count(count("excluded"), "cell")),
        ("started", format!("{} (UTC)", sources::date(run.header.provenance.started_unix_ns))),
    ]
}

fn machine_facts(run: &Run) -> Vec<(&'static str, String)> {
    let machine = &run.header.provenance.machine;
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
        ("CPU", format!("{}, {}", machine.cpu, words::count(machine.cores as u64, "core"))),
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
