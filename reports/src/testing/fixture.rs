//! Made-up runs for the tests: the shape of real data, with failures, exclusions, ties and floors,
//! and hostile names. The figures are invented; nothing here is measured.

use std::collections::BTreeMap;

use tminus_contract::params::Params;
use tminus_contract::sample::Sample;
use tminus_contract::workload::Purpose;
use tminus_contract::{Clock, Family, Order, Workers};
use tminus_judge::rank::{
    Group, Interval, MARGIN, Ranking, Ratio, Row, RowOutcome, SCHEMA, Standing, Twin,
};
use tminus_judge::verdict::Limits;
use tminus_record::machine::{Build, Git, Machine, Provenance};
use tminus_record::{
    Cell, Exclusion, ExecutorFacts, FailureKind, Header, Outcome, Profile, Record, Run,
    WorkloadFacts,
};

pub(crate) const ROUNDS: u32 = 12;

/// Executor, workers, family, and what it costs against the best in each workload.
const EXECUTORS: &[(&str, Option<usize>, Family, [f64; 4])] = &[
    ("heap", None, Family::Hand, [1.004, 3.2, 1.1, 1.01]),
    ("heap-ready", None, Family::Hand, [1.0, 1.9, 1.0, 1.02]),
    ("deque", None, Family::Hand, [1.41, 1.0, 1.05, 1.005]),
    ("deque-nbio", None, Family::Hand, [1.43, 1.02, 1.04, 1.0]),
    ("tokio-current-thread", None, Family::Tokio, [1.98, 14.1, 1.6, 1.18]),
    ("tokio-multi-thread", Some(1), Family::Tokio, [2.4, 18.3, 2.2, 1.44]),
    ("tokio-multi-thread", Some(2), Family::Tokio, [2.9, 22.7, 3.1, 1.71]),
    ("async-std", Some(1), Family::Smol, [2.7, 33.0, 2.8, 1.63]),
    ("smol", Some(1), Family::Smol, [2.3, 30.2, 2.4, 1.52]),
    ("smol", Some(2), Family::Smol, [2.6, 41.9, 2.9, 1.69]),
    ("smol-local", None, Family::Smol, [2.2, 27.1, 1.9, 1.55]),
    ("futures-lite", None, Family::Smol, [2.5, 36.4, 2.0, 1.58]),
    ("futures-local-pool", None, Family::Futures, [2.8, 28.8, 2.1, 3.4]),
    ("futures-thread-pool", Some(2), Family::Futures, [3.9, 88.0, 4.2, 4.1]),
    ("monoio", None, Family::Uring, [1.9, 12.9, 1.7, 0.96]),
    ("compio", None, Family::Uring, [2.1, 31.0, 2.5, 1.21]),
    ("threads", None, Family::Other, [8.6, 960.0, 6.0, 2.7]),
];

struct Load {
    id: &'static str,
    title: &'static str,
    op: &'static str,
    param: &'static str,
    metric: &'static str,
    sizes: &'static [u64],
    best_ns: f64,
    floor: f64,
}

const LOADS: &[Load] = &[
    Load {
        id: "countdown",
        title: "Countdown",
        op: "timer fired",
        param: "timers",
        metric: "cpu_ns_per_op",
        sizes: &[100, 1_000, 10_000, 100_000],
        best_ns: 640.0,
        floor: 0.31,
    },
    Load {
        id: "squares",
        title: "Squares",
        op: "resumption",
        param: "tasks",
        metric: "wall_ns_per_op",
        sizes: &[10, 1_000, 100_000],
        best_ns: 3.9,
        floor: 0.4,
    },
    Load {
        id: "spinner",
        title: "Spinner",
        op: "frame",
        param: "frames",
        metric: "cancel_p50_ns",
        sizes: &[10],
        best_ns: 2_150.0,
        floor: 0.8,
    },
    Load {
        id: "echo",
        title: "Echo",
        op: "round trip",
        param: "connections",
        metric: "cpu_ns_per_op",
        sizes: &[1, 50, 1_000],
        best_ns: 3_240.0,
        floor: 0.92,
    },
];

pub(crate) fn cell(workload: &str, param: &str, size: u64, who: &str, w: Option<usize>) -> Cell {
    let params: Params = serde_json::from_value(serde_json::json!({ param: size })).expect("map");
    Cell {
        workload: workload.into(),
        params,
        label: format!("{param}={size}"),
        executor: who.into(),
        workers: w,
        twin: false,
    }
}

/// Returns a number from 0 to 1 that looks random and is always the same.
pub(crate) fn jitter(seed: u64) -> f64 {
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64 / (1u64 << 24) as f64
}

/// Returns a row whose interval is `spread` wide to either side.
pub(crate) fn row(cell: Cell, family: Family, median: f64, spread: f64) -> Row {
    Row {
        cell,
        family,
        median: Some(median),
        interval: Some(Interval { low: median * (1.0 - spread), high: median * (1.0 + spread) }),
        rounds: ROUNDS,
        ratio: None,
        standing: None,
        yardstick: false,
        counts: tminus_record::Counts::default(),
        rank: None,
        outcome: RowOutcome::Ok,
        others: Vec::new(),
        disturbed_rounds: 0,
        notes: Vec::new(),
        suspicions: Vec::new(),
        verified: Some(true),
    }
}

/// Returns a row that never ran or never ended well.
pub(crate) fn unmeasured(cell: Cell, family: Family, outcome: RowOutcome) -> Row {
    Row { median: None, interval: None, rounds: 0, outcome, ..row(cell, family, 1.0, 0.0) }
}

/// The limits by which the made-up executors are told apart.
pub(crate) const LIMITS: Limits = Limits { margin: MARGIN, floor: 1.0042 };

/// Sorts, and fills in ratios, standings and ranks as the real ranking would.
pub(crate) fn group(
    workload: &str,
    title: &str,
    op: &str,
    metric: &str,
    mut rows: Vec<Row>,
) -> Group {
    rows.sort_by(|a, b| {
        let key = |row: &Row| row.median.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b))
    });
    let best = rows.iter().find(|row| !row.cell.is_floor()).and_then(|row| row.median);
    let ends: Vec<Interval> =
        rows.iter().filter(|row| !row.cell.is_floor()).filter_map(|row| row.interval).collect();
    for row in &mut rows {
        let (Some(best), Some(median), Some(own)) = (best, row.median, row.interval) else {
            continue;
        };
        // In no round is the best anything but itself.
        let is_best = median == best && !row.cell.is_floor();
        let by = if is_best { Interval { low: best, high: best } } else { own };
        let interval = Interval { low: by.low / best, high: by.high / best };
        row.ratio = Some(Ratio { median: median / best, interval: Some(interval), rounds: ROUNDS });
        row.standing = (!row.cell.is_floor()).then_some(match interval {
            Interval { low, .. } if low > LIMITS.margin => Standing::Slower,
            Interval { high, .. } if high <= LIMITS.margin => Standing::Best,
            _ => Standing::CannotTell,
        });
        let below = ends.iter().filter(|other| other.high < own.low).count() as u32;
        let above = ends.iter().filter(|other| other.low > own.high).count();
        row.rank = (!row.cell.is_floor()).then(|| (below + 1, (ends.len() - above) as u32));
    }
    let first = rows[0].cell.clone();
    let size = first.params.iter().next().map_or(0, |(_, value)| value);
    Group {
        workload: workload.into(),
        title: title.into(),
        category: category(workload).into(),
        params: first.label,
        size,
        op: op.into(),
        metric: metric.into(),
        rows,
    }
}

fn category(workload: &str) -> &'static str {
    if workload == "echo" { "net" } else { "classic" }
}

fn load_group(which: usize, load: &Load, size: u64) -> Group {
    let grown = load.best_ns * (1.0 + 0.12 * ((size as f64).log10() - 2.0).powi(2));
    let floor = cell(load.id, load.param, size, "floor", None);
    let mut rows =
        vec![Row { yardstick: true, ..row(floor, Family::Floor, grown * load.floor, 0.004) }];
    for (index, (id, workers, family, costs)) in EXECUTORS.iter().enumerate() {
        let seed = (which * 100 + index) as u64 + size;
        let own = cell(load.id, load.param, size, id, *workers);
        let lean = 1.0 + 0.25 * jitter(index as u64) * (size as f64).log10() / 5.0;
        let median = grown * costs[which] * lean * (0.98 + 0.04 * jitter(seed));
        let spread = 0.004 + 0.03 * jitter(seed + 7) * workers.map_or(0.5, |count| count as f64);
        rows.push(match (*id, load.id, size) {
            ("threads", _, 10_000..) => {
                let reason = "at most 1000 tasks: a thread for each".to_owned();
                let outcome = RowOutcome::Excluded(reason);
                Row { yardstick: true, ..unmeasured(own, *family, outcome) }
            }
            ("futures-lite", "echo", 1_000) => {
                let reason = "hang: no message for 10 s while idle, round 3".to_owned();
                unmeasured(own, *family, RowOutcome::Failed(reason))
            }
            _ => {
                let mut row = row(own, *family, median, spread);
                row.others = vec![
                    ("wall_ns_per_op".into(), median * 1.1),
                    ("rss_peak_bytes".into(), 3e6 + size as f64 * 120.0),
                    ("lateness_p99_ns".into(), 62_000.0 * (1.0 + jitter(seed))),
                ];
                row.disturbed_rounds = seed.is_multiple_of(11).into();
                row.yardstick = *id == "threads";
                if *id == "async-std" {
                    row.notes.push("discontinued in 2025".into());
                }
                row
            }
        });
    }
    group(load.id, load.title, load.op, load.metric, rows)
}

/// Returns a ranking of groups without an A/A pair.
pub(crate) fn ranking_of(groups: Vec<Group>) -> Ranking {
    Ranking {
        schema: SCHEMA,
        groups,
        twin: None,
        rounds: ROUNDS,
        limits: LIMITS,
        crossings: Vec::new(),
        scalings: Vec::new(),
    }
}

/// Returns a ranking as a standard run gives it.
pub(crate) fn ranking() -> Ranking {
    let groups = LOADS.iter().enumerate().flat_map(|(which, load)| {
        load.sizes.iter().map(move |size| load_group(which, load, *size))
    });
    let twin = Twin {
        cell: cell("squares", "tasks", 1_000, "tokio-current-thread", None),
        ratio: Ratio {
            median: 1.0011,
            interval: Some(Interval { low: 0.9969, high: 1.0042 }),
            rounds: ROUNDS,
        },
    };
    let groups = groups.collect();
    Ranking { twin: Some(twin), ..ranking_of(groups) }
}

/// Returns the run that [`ranking`] ranks.
pub(crate) fn run() -> Run {
    run_of(&ranking())
}

/// Returns a run that `ranking` could have come from.
pub(crate) fn run_of(ranking: &Ranking) -> Run {
    let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
    let excluded = |row: &Row| match &row.outcome {
        RowOutcome::Excluded(reason) => {
            Some(Exclusion { cell: row.cell.id(), reason: reason.clone() })
        }
        RowOutcome::Ok | RowOutcome::Failed(_) => None,
    };
    let mut executors: Vec<ExecutorFacts> = Vec::new();
    for row in rows().filter(|row| !row.cell.is_floor()) {
        if !executors.iter().any(|known| known.id == row.cell.executor) {
            executors.push(executor_facts(row));
        }
    }
    let header = Header {
        schema: tminus_record::SCHEMA,
        seed: 42,
        seeds: tminus_measure::seed::VERSION,
        profile: Profile::Standard,
        rounds: ranking.rounds,
        clock: Clock::Real,
        turns: false,
        cells: rows().filter(|row| excluded(row).is_none()).map(|row| row.cell.clone()).collect(),
        exclusions: rows().filter_map(excluded).collect(),
        workloads: LOADS.iter().map(workload_facts).collect(),
        executors,
        verified: Vec::new(),
        provenance: provenance(),
    };
    let measured = rows().filter(|row| !matches!(row.outcome, RowOutcome::Excluded(_)));
    // Of the rounds the first and the last: others read as many as there are.
    let rounds = (0..ranking.rounds).filter(|round| [0, ranking.rounds - 1].contains(round));
    let records = rounds.flat_map(|round| {
        measured.clone().enumerate().map(move |(position, row)| record(row, round, position as u32))
    });
    Run { records: records.collect(), ..Run::new(header) }
}

fn executor_facts(row: &Row) -> ExecutorFacts {
    let name = row.cell.executor.clone();
    let workers = match row.cell.workers {
        _ if name == "threads" => Workers::PerTask,
        None => Workers::One,
        Some(_) => Workers::Many,
    };
    ExecutorFacts {
        id: name.clone(),
        name: name.replace('-', " "),
        family: row.family,
        workers,
        order: Order::Fair,
        borrows: BTreeMap::new(),
        missing: BTreeMap::new(),
        crates: [(name, "1.2.3 [rt, time]".to_owned())].into(),
        note: row.notes.first().cloned().unwrap_or_default(),
        module: format!("made_executors::{}", row.cell.executor.replace('-', "_")),
    }
}

fn purposes(workload: &str) -> Vec<Purpose> {
    let purpose = Purpose::new;
    match workload {
        "countdown" => vec![purpose("timers", "Many timers", "cpu_ns_per_op", "lateness_p50_ns")],
        "squares" => {
            vec![purpose("yields", "CPU-bound tasks that yield", "wall_ns_per_op", "cpu_ns_per_op")]
        }
        "echo" => vec![
            purpose("connections", "Many connections", "cpu_ns_per_op", "round_trip_p99_ns"),
            purpose(
                "latency-sockets",
                "Latency first, over sockets",
                "round_trip_p99_ns",
                "cpu_ns_per_op",
            ),
        ],
        _ => Vec::new(),
    }
}

fn workload_facts(load: &Load) -> WorkloadFacts {
    WorkloadFacts {
        id: load.id.into(),
        title: load.title.into(),
        about: format!("{} of one size, each counted by {}.", load.title, load.op),
        category: category(load.id).into(),
        op: load.op.into(),
        version: 1,
        metrics: vec![load.metric.into(), "wall_ns_per_op".into(), "rss_peak_bytes".into()],
        distributions: vec![("lateness".into(), "deadline to resumption".into())],
        floors: vec![("floor".into(), "the same work in straight-line code".into())],
        purposes: purposes(load.id),
        module: format!("made_workloads::{}", load.id),
    }
}

fn record(row: &Row, round: u32, position: u32) -> Record {
    let ops = 4_000;
    let outcome = match &row.outcome {
        RowOutcome::Failed(reason) => Outcome::Failed {
            kind: FailureKind::Hang,
            reason: reason.clone(),
            stderr: "thread 'main' waits\n  <nothing> comes & goes\n".into(),
        },
        RowOutcome::Ok | RowOutcome::Excluded(_) => Outcome::Ok,
    };
    let sample = |median: f64| Sample {
        ops,
        iterations: 10,
        wall_ns: (median * ops as f64) as u64,
        cpu_ns: (median * ops as f64 * 0.99) as u64,
        ..Sample::default()
    };
    Record {
        cell: row.cell.id(),
        round,
        position,
        started_unix_ns: 1_790_000_000_000_000_000 + u64::from(position) * 10_000_000,
        set_unix_ns: None,
        elapsed_ns: 9_000_000,
        outcome,
        samples: row.median.map(sample).into_iter().collect(),
        distributions: Vec::new(),
        metrics: [("start_ns".to_owned(), 81_000.0)].into(),
        order: None,
        withheld: None,
    }
}

fn provenance() -> Provenance {
    Provenance {
        command: ["tminus", "run", "--profile", "standard"].map(String::from).into(),
        started_unix_ns: 1_790_000_000_000_000_000,
        git: Some(Git {
            revision: "0123456789abcdef0123456789abcdef01234567".into(),
            dirty: true,
            committed_unix_s: Some(1_789_990_000),
        }),
        git_refusal: String::new(),
        build: Build {
            version: "0.1.0".into(),
            rustc: "rustc 1.95.0 (0123456 2026-04-14)".into(),
            rustflags: None,
            profile: "release".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            lock_sha256: "00ff".repeat(16),
            crates: [("tokio".into(), "1.54.0 [net, rt, time]".into())].into(),
            allocator: "system".into(),
            git: Some(Git {
                revision: "fedcba9876543210".repeat(2) + "fedcba98",
                ..Git::default()
            }),
            aligned: Some(false),
            repository: "https://github.com/example/tminus".into(),
            local: Some(
                ["executors", "workloads"]
                    .map(|name| (format!("made-{name}"), Some(name.to_owned())))
                    .into(),
            ),
        },
        machine: Machine {
            cpu: "Example CPU @ 2.10 GHz".into(),
            cores: 2,
            kernel: "Linux 6.18.0".into(),
            hypervisor: Some("KVM".into()),
            load_1min: Some(0.31),
            steal_ns: Some(0),
            clock_source: Some("tsc".into()),
            memory_bytes: 8 << 30,
            descriptors: 1 << 20,
            ..Machine::default()
        },
    }
}

/// Text that breaks out of everything that forgets to escape.
pub(crate) const HOSTILE: &str =
    "</td><script>alert(1)</script>\u{1b}[31m\"'`|=cmd\r\n\u{202e}]]>&amp;--><!--";

/// Makes one group whose every text is hostile or far too long.
pub(crate) fn hostile() -> Ranking {
    let long = "x".repeat(10_000);
    let names = [HOSTILE, &long, "=1+1", "ab"];
    let mut rows: Vec<Row> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let own = cell(HOSTILE, HOSTILE, 10, name, None);
            row(own, Family::Other, 100.0 * (index + 1) as f64, 0.01)
        })
        .collect();
    rows[1].notes.push(HOSTILE.into());
    rows[2].others.push((HOSTILE.into(), 1.0));
    for outcome in [RowOutcome::Failed(HOSTILE.into()), RowOutcome::Excluded(long.clone())] {
        rows.push(unmeasured(cell(HOSTILE, HOSTILE, 10, "+bad", None), Family::Uring, outcome));
    }
    let group = group(HOSTILE, HOSTILE, HOSTILE, HOSTILE, rows);
    ranking_of(vec![group])
}

/// Returns a run whose records give the ranking: twelve rounds a cell that differ a little, with a
/// tail and a peak of memory.
pub(crate) fn measured() -> Run {
    let made_up = ranking();
    let mut run = run_of(&made_up);
    for facts in &mut run.header.workloads {
        facts.metrics.retain(|metric| metric.ends_with("_per_op"));
        facts.metrics.extend(tail(&facts.id).map(|(name, _)| name.to_owned()));
        if facts.id == "spinner" {
            facts.metrics.insert(0, "cancel_p50_ns".into());
        }
    }
    let rows = made_up.groups.iter().flat_map(|group| &group.rows);
    let rows: Vec<&Row> =
        rows.filter(|row| !matches!(row.outcome, RowOutcome::Excluded(_))).collect();
    let records = (0..ROUNDS).flat_map(|round| {
        rows.iter().enumerate().map(move |(position, row)| noisy(row, round, position as u32))
    });
    run.records = records.collect();
    run
}

/// Makes a run as [`measured`], with a second floor in one of its groups.
pub(crate) fn measured_with_floors() -> Run {
    let mut run = measured();
    let is_floor = |cell: &&Cell| cell.id().as_str() == "squares/tasks=1000/floor";
    let floor = run.header.cells.iter().find(is_floor).expect("made up").clone();
    let boxed = Cell { executor: "floor-boxed".into(), ..floor.clone() };
    let own = run.records.iter().filter(|record| record.cell == floor.id());
    let own: Vec<Record> = own.map(|it| Record { cell: boxed.id(), ..it.clone() }).collect();
    run.header.cells.push(boxed);
    run.records.extend(own);
    run
}

/// Returns the ranking of `run`, computed from its records.
pub(crate) fn rank(run: &Run) -> Ranking {
    let all = tminus_record::Filter::default();
    tminus_judge::rank::rank(run, &all, None).expect("the metrics of its workloads")
}

/// Leaves out every executor of `group`, as for want of descriptors; the floor stays.
pub(crate) fn exclude_all(group: &mut Group) {
    for row in group.rows.iter_mut().filter(|row| !row.cell.is_floor()) {
        let outcome = RowOutcome::Excluded("needs 2100 file descriptors".into());
        *row = unmeasured(row.cell.clone(), row.family, outcome);
    }
}

/// In the first group of [`fair`] a round of this executor gives a 0.
pub(crate) const UNFAIR_ONCE: &str = "compio";

/// Adds to [`measured`] an index of fairness, of which more is better, and ranks by it: the later
/// an executor stands in [`EXECUTORS`], the less fair it is, the last 2.6 times less than the
/// first.
pub(crate) fn fair() -> (Run, Ranking) {
    let mut run = measured();
    let cells: BTreeMap<_, Cell> =
        run.header.cells.iter().map(|cell| (cell.id(), cell.clone())).collect();
    for record in &mut run.records {
        let cell = &cells[&record.cell];
        let same = |(id, workers, ..): &(&str, Option<usize>, Family, [f64; 4])| {
            *id == cell.executor && *workers == cell.workers
        };
        let place = EXECUTORS.iter().position(same).unwrap_or(0);
        let noise = 0.995 + 0.01 * jitter(u64::from(record.round * 1_000 + record.position));
        let is_first = cell.workload == LOADS[0].id && cell.label == "timers=100";
        let is_zero = is_first && cell.executor == UNFAIR_ONCE && record.round == 3;
        let index = if is_zero { 0.0 } else { noise / (1.0 + 0.1 * place as f64) };
        record.metrics.insert("jain_index_ratio".into(), index);
    }
    let all = tminus_record::Filter::default();
    let ranking = tminus_judge::rank::rank(&run, &all, Some("jain_index_ratio"));
    (run, ranking.expect("every record has it"))
}

/// Returns metrics beside the costs, and their figures on the best executor.
fn tail(workload: &str) -> impl Iterator<Item = (&'static str, f64)> {
    let all: &[(&str, f64)] = match workload {
        "countdown" => &[("lateness_p50_ns", 31_000.0), ("lateness_p99_ns", 64_000.0)],
        "echo" => &[("round_trip_p99_ns", 410_000.0)],
        _ => &[],
    };
    all.iter().copied()
}

pub(crate) fn noisy(row: &Row, round: u32, position: u32) -> Record {
    let seed = u64::from(round) * 7_919 + u64::from(position);
    let factor = 0.97 + 0.06 * jitter(seed);
    let mut record = record(row, round, position);
    for sample in &mut record.samples {
        sample.wall_ns = (sample.wall_ns as f64 * factor) as u64;
        sample.cpu_ns = (sample.cpu_ns as f64 * (0.97 + 0.06 * jitter(seed + 1))) as u64;
    }
    if let Some(median) = row.median {
        record.metrics.insert("cancel_p50_ns".into(), median * factor);
        record.metrics.insert("rss_peak_bytes".into(), 3e6 + 1e5 * jitter(seed) + median);
    }
    let rounds_up = row.family == Family::Tokio;
    for (name, best) in tail(&row.cell.workload) {
        let late = if rounds_up && name.starts_with("lateness") { 1_050_000.0 } else { best };
        record.metrics.insert(name.into(), late * factor);
    }
    record
}
