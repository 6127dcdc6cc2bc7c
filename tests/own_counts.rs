//! The watch of tminus over itself: counts of its own loops and of the empty harness, held against
//! a snapshot in this repository. `scripts/own-counts` builds the program and runs it.
//!
//! Ops, allocations and system calls are exact. Instructions and atomics may move by 0.5 %, and
//! hold for one compiler; what moves further is accepted in the same commit, with its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::profile::{callgrind, calls};
use tminus_measure::spec::{Mode, Spec};
use tminus_record::Cell;

/// Two of tminus's own loops in six workloads without timers, and the harness around nothing.
const CELLS: [&str; 13] = [
    "squares/tasks=1000/heap",
    "squares/tasks=1000/deque",
    "yield_many/tasks=10/heap",
    "yield_many/tasks=10/deque",
    "spawn_many/tasks=1000/heap",
    "spawn_many/tasks=1000/deque",
    "ping_pong/pairs=1/heap",
    "ping_pong/pairs=1/deque",
    "request_reply/clients=1/heap",
    "request_reply/clients=1/deque",
    "echo/connections=1/heap",
    "echo/connections=1/deque",
    "squares/tasks=1/floor",
];

/// Iterations of the counted sample.
const ITERATIONS: u64 = 10;

/// How far a count that depends on the compiler may move.
const MARGIN: f64 = 0.005;

/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);

/// What stands for a count that this machine cannot take.
const MISSING: &str = "-";

/// The counts of a cell by name.
type Counts = BTreeMap<&'static str, String>;

const NAMES: [&str; 5] = ["ops", "allocations", "system_calls", "instructions", "atomics"];

/// Counts `cell` in `program`; says what cannot be counted.
fn counted(program: &Program, cell: &str, lacks: &mut Vec<String>) -> Counts {
    let cell = Cell::from_id(&cell.parse().expect("an id")).expect("a cell");
    let spec = Spec { iterations: Some(ITERATIONS), mode: Mode::Count, ..Spec::new(cell) };
    let cancel = Cancel::new().expect("a pipe");
    let report = child::run(program, &spec, LONG, &cancel);
    let sample = *report.expect("not cancelled").samples.first().expect("a sample");
    let mut or_missing = |result: Result<String, String>| {
        result.unwrap_or_else(|reason| {
            lacks.push(reason);
            MISSING.into()
        })
    };
    let of_calls = |calls: calls::Calls| {
        let named = calls.by_name.iter().map(|(name, count)| format!("{name}={count}"));
        let all = named.collect::<Vec<_>>().join(",");
        if all.is_empty() { "none".into() } else { all }
    };
    let calls = calls::count(program, &spec, LONG, &cancel);
    let executed = callgrind::count(program, &spec, LONG, &cancel);
    let allocations = sample.allocations.ok_or_else(|| "no allocator counts".to_owned());
    Counts::from([
        ("ops", sample.ops.to_string()),
        ("allocations", or_missing(allocations.map(|count| count.to_string()))),
        ("system_calls", or_missing(calls.map(of_calls))),
        ("instructions", or_missing(executed.clone().map(|it| it.instructions.to_string()))),
        ("atomics", or_missing(executed.map(|it| it.atomics.to_string()))),
    ])
}

/// Writes counts as the snapshot has them, under the compiler that they hold for.
fn text(compiler: &str, cells: &BTreeMap<String, Counts>) -> String {
    let mut text = format!("compiler\t{compiler}\ncell\t{}\n", NAMES.join("\t"));
    for (cell, counts) in cells {
        let counts = NAMES.map(|name| counts[name].as_str()).join("\t");
        let _ = writeln!(text, "{cell}\t{counts}");
    }
    text
}

/// Reads what [`text`] wrote; lines of reasons are passed over.
fn parse(text: &str) -> (String, BTreeMap<String, Counts>) {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let compiler = lines.next().and_then(|line| line.strip_prefix("compiler\t"));
    let cells = lines.skip(1).map(|line| {
        let mut columns = line.split('\t').map(str::to_owned);
        let cell = columns.next().expect("a cell");
        (cell, NAMES.into_iter().zip(columns).collect())
    });
    (compiler.expect("a compiler").into(), cells.collect())
}

/// Returns what differs between two snapshots by more than it may, a line each.
fn changes(old: &str, new: &str) -> Vec<String> {
    let ((old_compiler, old), (new_compiler, new)) = (parse(old), parse(new));
    let mut changes = Vec::new();
    if !old.keys().eq(new.keys()) {
        changes.push(format!("{} cells instead of {}", new.len(), old.len()));
    }
    let pairs = old.iter().filter_map(|(cell, counts)| Some((cell, counts, new.get(cell)?)));
    for (cell, before, after) in pairs {
        for name in NAMES {
            let (before, after) = (&before[name], &after[name]);
            let of_compiler = ["instructions", "atomics"].contains(&name);
            let passed = [before, after].iter().any(|it| *it == MISSING)
                || (of_compiler && old_compiler != new_compiler);
            let same = before == after || (of_compiler && is_near(before, after));
            if !passed && !same {
                changes.push(format!("{cell}: {name} were {before}, are {after}"));
            }
        }
    }
    changes
}

/// Returns whether two counts are numbers that differ by no more than the margin.
fn is_near(before: &str, after: &str) -> bool {
    let (Ok(before), Ok(after)) = (before.parse::<f64>(), after.parse::<f64>()) else {
        return false;
    };
    (after - before).abs() <= before * MARGIN
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("a compiler");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    format!("{version}, {}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// Says what is left out.
fn not_run(what: &str) {
    writeln!(std::io::stderr(), "NOT RUN: own-counts: {what}").expect("stderr");
}

#[test]
#[ignore = "scripts/own-counts builds the program whose counts the snapshot holds"]
fn counts_of_own_loops_are_those_of_the_snapshot() {
    let program =
        std::env::var_os("TMINUS_PROGRAM").expect("TMINUS_PROGRAM: see scripts/own-counts");
    let program = Program::new(program);
    let mut lacks = Vec::new();
    let cells = CELLS.map(|cell| (cell.to_owned(), counted(&program, cell, &mut lacks))).into();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own_counts/snapshot.tsv");
    let new = text(&compiler(), &cells);
    if let Ok(reason) = std::env::var("TMINUS_ACCEPT") {
        assert!(lacks.is_empty() && !reason.trim().is_empty(), "{lacks:?}: {reason:?}");
        std::fs::write(&path, format!("# {}\n{new}", reason.trim())).expect("a snapshot");
    }
    let old = std::fs::read_to_string(&path).expect("a snapshot");
    if parse(&old).0 != compiler() {
        let (other, own) = (parse(&old).0, compiler());
        not_run(&format!("instructions: they are of {other}, this is {own}"));
    }
    lacks.dedup();
    for reason in lacks {
        not_run(&reason);
    }
    let changes = changes(&old, &new);
    assert!(
        changes.is_empty(),
        "{}\nWhere that is right: `scripts/own-counts --accept REASON`, in the same commit.\n{new}",
        changes.join("\n")
    );
}

#[test]
fn a_change_is_found_where_it_is_beyond_its_margin() {
    let old = "# why\ncompiler\trustc 1\n\
               cell\tops\tallocations\tsystem_calls\tinstructions\tatomics\n\
               a/b/c\t3000\t20\twrite=5\t10000\t400\n";
    let changed = |from: &str, to: &str| changes(old, &old.replacen(from, to, 1));
    assert_eq!(changed("", ""), [""; 0]);
    assert_eq!(changed("\t20\t", "\t21\t"), ["a/b/c: allocations were 20, are 21"]);
    assert_eq!(changed("write=5", "write=6"), ["a/b/c: system_calls were write=5, are write=6"]);
    assert_eq!(changed("10000", "10051"), ["a/b/c: instructions were 10000, are 10051"]);
    assert_eq!(changed("10000", "9949"), ["a/b/c: instructions were 10000, are 9949"]);
    assert_eq!(changed("400\n", "403\n"), ["a/b/c: atomics were 400, are 403"]);
    assert_eq!(changed("a/b/c", "a/b/d"), ["1 cells instead of 1"]);
    for (from, to) in [("10000", "10050"), ("10000", "9950"), ("10000", "-"), ("400\n", "402\n")] {
        assert_eq!(changed(from, to), [""; 0], "{to}");
    }
    // Another compiler makes other instructions, and no other calls.
    let other = old.replace("rustc 1", "rustc 2").replace("10000", "20000").replace("=5", "=6");
    assert_eq!(changes(old, &other), ["a/b/c: system_calls were write=5, are write=6"]);
}
