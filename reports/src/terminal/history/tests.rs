//! Snapshots of made-up findings, and what hostile names may not do.

use std::collections::BTreeSet;

use tminus_history::{Commits, Point};
use tminus_judge::rank::Interval;
use tminus_record::Cell;
use unicode_width::UnicodeWidthStr as _;

use tminus_history::{Place, RunAt, Sequence};
use tminus_record::machine::UNKNOWN;

use super::*;

const DAY_NS: u64 = 86_400_000_000_000;

fn facts(day: u64, revision: &str) -> Facts {
    Facts {
        started_unix_ns: 1_790_000_000_000_000_000 + day * DAY_NS,
        revision: revision.into(),
        dirty: day == 2,
        place: Place {
            cpu: "Example CPU".into(),
            cores: 2,
            target: "x86_64-unknown-linux-gnu".into(),
            profile: "release".into(),
            allocator: "system, counted".into(),
            virtual_clock: false,
        },
        rustc: "rustc 1.95.0".into(),
        version: "0.1.0".into(),
        crates: BTreeMap::new(),
        rounds: 12,
        cells: 100,
        committed_unix_s: Some(1_790_000_000 + day),
        machine: None,
        build: None,
    }
}

fn log() -> Log {
    let revisions = ["7d1e0c2b5a", "", "0123456789abcdef"];
    let runs = (1_i64..).zip(revisions).map(|(run, it)| (run, facts(run.unsigned_abs(), it)));
    let cell = Cell::from_id(&"squares/tasks=10/heap".parse().expect("an id")).expect("a cell");
    let point = |run: i64, median: f64| {
        let interval = Some(Interval { low: median - 0.4, high: median + 0.3 });
        Point { run, median, interval, rounds: 12 }
    };
    let series = Series {
        cell,
        workload_version: 2,
        metric: "wall_ns_per_op".into(),
        place: facts(1, "").place,
        points: vec![point(1, 20.0), point(2, 20.1), point(3, 22.2)],
    };
    Log::new(runs.collect(), vec![series], &Commits::default())
}

fn change(cell: &str, before: f64, after: f64, metric: &str) -> Change {
    let run_at = |run: i64, revision: &str| RunAt {
        run,
        started_unix_ns: facts(run.unsigned_abs(), "").started_unix_ns,
        revision: revision.into(),
        dirty: run == 2,
        committed_unix_s: Some(1_790_000_000 + run.unsigned_abs() * 86_400),
    };
    Change {
        cell: cell.into(),
        metric: metric.into(),
        place: facts(1, "").place,
        before,
        after,
        ratio: Some(after / before).filter(|ratio| ratio.is_finite()),
        worse: after > before,
        sequence: Sequence::Commits,
        p: 1e-6,
        last_before: run_at(2, ""),
        first_after: run_at(3, "0123456789abcdef"),
        differences: vec!["tokio: 1.53.0 to 1.54.1".into()],
    }
}

fn findings() -> Findings {
    let wall = "wall_ns_per_op";
    Findings {
        schema: 1,
        runs: 1000,
        series: 100,
        too_short: 3,
        changes: vec![
            change("squares/tasks=10/heap", 20.05, 22.2, wall),
            change("squares/tasks=10/tokio-current-thread", 200.0, 150.0, wall),
            change("countdown/timers=1000/smol/w2", 0.0, 100.0, "lateness_p50_ns"),
        ],
    }
}

#[test]
fn changes_stand_with_their_commits_and_what_else_changed() {
    insta::assert_snapshot!(check(&findings(), &Style::default()));
    let none = Findings { changes: Vec::new(), too_short: 0, ..findings() };
    insta::assert_snapshot!(check(&none, &Style::default()));
}

/// Which commit came first decides what is better: where that is not known, nothing is.
#[test]
fn no_change_is_for_the_worse_in_the_order_of_measuring() {
    let mut found = findings();
    for change in &mut found.changes {
        change.sequence = Sequence::Measuring;
        change.last_before.revision = "7d1e0c2b5a".into();
    }
    let text = check(&found, &Style { color: true, ..Style::default() });
    assert!(!text.contains(GREEN) && text.contains("No change there is called better"), "{text}");
    assert!(text.contains("7d1e0c2b5+, then 012345678") && !text.contains(".."), "{text}");
    // Of runs without a commit the order of measuring is all that there is.
    found.changes.iter_mut().for_each(|it| it.last_before.revision = String::new());
    assert!(check(&found, &Style { color: true, ..Style::default() }).contains(GREEN));
}

#[test]
fn series_show_their_newest_runs() {
    insta::assert_snapshot!(show(&log(), &findings(), 2, &Style::default()));
}

#[test]
fn runs_are_listed() {
    insta::assert_snapshot!(list(&log().runs, &Style::default()));
}

#[test]
fn no_two_places_read_alike() {
    let at = facts(1, "").place;
    let others = [
        Place { cpu: "Other CPU".into(), ..at.clone() },
        Place { cpu: UNKNOWN.into(), ..at.clone() },
        Place { cpu: UNKNOWN.into(), cores: 4, ..at.clone() },
        Place { target: "aarch64-unknown-linux-gnu".into(), ..at.clone() },
        Place { target: String::new(), ..at.clone() },
        Place { profile: "dev".into(), ..at.clone() },
        Place { allocator: "not counted".into(), ..at.clone() },
        Place { virtual_clock: true, ..at.clone() },
    ];
    let lines: BTreeSet<String> = others.iter().chain([&at]).map(place).collect();
    assert_eq!(lines.len(), others.len() + 1, "{lines:?}");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_none_commands_it() {
    let hostile = "\u{1b}[31mred\r\n\u{202e}".repeat(20);
    let (mut log, mut found) = (log(), findings());
    for facts in log.runs.values_mut() {
        (facts.revision, facts.place.cpu) = (hostile.clone(), hostile.clone());
    }
    for change in &mut found.changes {
        change.place.cpu = hostile.clone();
        change.first_after.revision = hostile.clone();
        change.differences = vec![hostile.clone()];
    }
    log.series[0].place.cpu = hostile.clone();
    for width in [80, 100, 200] {
        let style = Style { width, color: false };
        for text in [list(&log.runs, &style), check(&found, &style), show(&log, &found, 9, &style)]
        {
            assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text}");
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
        }
    }
}
