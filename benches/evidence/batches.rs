//! How children of one program differ when they take turns batch by batch, and when they run one
//! after the other: the experiment behind docs/turns.md.
//!
//! `cargo bench --bench batches -- PROGRAM [--beside] [ROUNDS [CELL ...]]`; PROGRAM is a release
//! build of tminus. Two children of one program never differ, so what a setting shows is its noise
//! (robust standard deviation of a round) and its bias. The settings take turns round by round.

#![expect(clippy::print_stdout, reason = "its tables are what it is for")]

use std::time::{Duration, Instant};

use tminus_contract::sample::Sample;
use tminus_judge::stats::{median, median_interval, spread};
use tminus_measure::child::{self, Cancel, Program, Report, Seat, Turns};
use tminus_measure::process::cpu;
use tminus_measure::spec::Spec;
use tminus_record::{Cell, CellId};

const ROUNDS: u32 = 60;
const DEADLINE: Duration = Duration::from_secs(60);
/// Of these the first child's iterations of half a millisecond are a unit.
const CELLS: [&str; 6] = [
    "yield_many/tasks=1000/tokio-current-thread",
    "yield_many/tasks=1000/deque",
    "spawn_many/tasks=1000/tokio-current-thread",
    "squares/tasks=1000/heap",
    "ping_pong/pairs=100/futures-local-pool",
    "chained_spawn/depth=1000/smol-local",
];

/// With `--beside` these take turns with the pair, on the same work: they cool its caches.
const OTHERS: [&str; 8] = [
    "heap",
    "deque",
    "tokio-current-thread",
    "tokio-multi-thread/w1",
    "smol/w1",
    "async-std/w1",
    "futures-local-pool",
    "futures-lite",
];

/// How a round is run: parts of half a millisecond in a batch, batches, the part before each that
/// does not count.
#[derive(Clone, Copy)]
enum Setting {
    Alone,
    Turns { length: f64, batches: u32, warm: f64 },
}

const SETTINGS: [Setting; 10] = [
    Setting::Alone,
    Setting::Turns { length: 1.0, batches: 10, warm: 0.0 },
    Setting::Turns { length: 1.0, batches: 10, warm: 0.125 },
    Setting::Turns { length: 1.0, batches: 10, warm: 0.25 },
    Setting::Turns { length: 1.0, batches: 10, warm: 0.5 },
    Setting::Turns { length: 1.0, batches: 10, warm: 1.0 },
    Setting::Turns { length: 0.5, batches: 20, warm: 0.25 },
    Setting::Turns { length: 0.25, batches: 20, warm: 0.25 },
    Setting::Turns { length: 0.125, batches: 40, warm: 0.25 },
    Setting::Turns { length: 2.0, batches: 5, warm: 0.25 },
];

/// The figures of one setting.
#[derive(Default)]
struct Seen {
    /// Of each round the log-ratio of the second child to the first: of the fastest batches, of the
    /// medians, and the median of those of neighbours.
    ln_ratios: [Vec<f64>; 3],
    ns_per_op: Vec<f64>,
    took: Duration,
}

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let Some(path) = words.next() else { return };
    let mut words = words.peekable();
    let is_beside = words.next_if_eq("--beside").is_some();
    let rounds = words.next().and_then(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let chosen: Vec<String> = words.collect();
    let cells =
        CELLS.iter().filter(|cell| chosen.is_empty() || chosen.iter().any(|it| it == *cell));
    let (program, cancel) = (Program::new(path), Cancel::new().expect("a pipe"));
    for cell in cells {
        let id: CellId = cell.parse().expect("an id");
        let spec = Spec::new(Cell::from_id(&id).expect("a cell"));
        let Some(unit) = unit(&program, &spec, &cancel) else { continue };
        let mut seen: Vec<Seen> = SETTINGS.iter().map(|_| Seen::default()).collect();
        for round in 0..rounds {
            for (setting, seen) in SETTINGS.iter().zip(&mut seen) {
                let started = Instant::now();
                let others = if is_beside { &OTHERS[..] } else { &[] };
                let reports = run((*setting, others), unit, round, &program, &spec, &cancel);
                seen.took += started.elapsed();
                seen.learn(&reports);
            }
        }
        show(cell, unit, rounds, &seen);
    }
}

/// Returns the iterations that take half a millisecond.
fn unit(program: &Program, spec: &Spec, cancel: &Cancel) -> Option<u64> {
    let report = child::run(program, spec, DEADLINE, cancel)?;
    report.samples.first().map(|sample| sample.iterations)
}

/// Runs one round of two children, each second time the other one first.
fn run(
    (setting, others): (Setting, &[&str]),
    unit: u64,
    round: u32,
    program: &Program,
    spec: &Spec,
    cancel: &Cancel,
) -> Vec<Report> {
    let cpus = cpu::allowed();
    let cpu = cpus.get(round as usize / 8 % cpus.len().max(1)).copied();
    let mut spec = Spec { iterations: Some(unit), ..spec.clone() };
    let Setting::Turns { length, batches, warm } = setting else {
        let _stay = cpu.map(cpu::Stay::on);
        return (0..2).filter_map(|_| child::run(program, &spec, DEADLINE, cancel)).collect();
    };
    spec.iterations = Some(((unit as f64 * length) as u64).max(1));
    let turns = Turns { warm, batches: Some(batches), ..Turns::new(u64::from(round)) };
    let other = |executor: &&str| {
        let id = format!("{}/{executor}", spec.cell.group()).parse().expect("an id");
        Spec::new(Cell::from_id(&id).expect("a cell"))
    };
    let specs = [spec.clone(), spec.clone()].into_iter().chain(others.iter().map(other));
    let seats = specs.map(|spec| Seat { program, spec, cpu, like: None }).collect();
    let mut reports = child::take_turns(seats, &turns, DEADLINE, cancel).unwrap_or_default();
    reports.truncate(2);
    reports
}

impl Seen {
    fn learn(&mut self, reports: &[Report]) {
        let ns = |sample: &Sample| sample.cpu_ns as f64 / sample.ops as f64;
        let of = |report: &Report| -> Vec<f64> { report.samples.iter().map(ns).collect() };
        let [first, second] = reports else { return };
        let (first, second) = (of(first), of(second));
        if first.is_empty() || first.len() != second.len() {
            return;
        }
        let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let middle = |values: &[f64]| median(values).unwrap_or(f64::NAN);
        let pairs: Vec<f64> = first.iter().zip(&second).map(|(a, b)| (b / a).ln()).collect();
        let found = [
            (least(&second) / least(&first)).ln(),
            (middle(&second) / middle(&first)).ln(),
            middle(&pairs),
        ];
        self.ln_ratios.iter_mut().zip(found).for_each(|(all, ln)| all.push(ln));
        self.ns_per_op.push(middle(&first));
    }
}

fn show(cell: &str, unit: u64, rounds: u32, seen: &[Seen]) {
    let usual = median(&seen[0].ns_per_op).unwrap_or(f64::NAN);
    println!("{cell}: {unit} iterations take 0.5 ms, {rounds} rounds");
    println!(
        "  batch x batches, warm | sd of fastest, median, pairs | bias of pairs (95 %) | \
         ns/op (cold) | ms a round"
    );
    for (setting, seen) in SETTINGS.iter().zip(seen) {
        let name = match setting {
            Setting::Alone => "0.5 ms x 10, alone".to_owned(),
            Setting::Turns { length, batches, warm } => {
                format!("{:.3} ms x {batches}, {warm}", length / 2.0)
            }
        };
        let [least, middle, pairs] = seen.ln_ratios.each_ref().map(|ln| 100.0 * robust_sd(ln));
        let bias = median_interval(&seen.ln_ratios[2], 0.95);
        let ends = bias.and_then(|it| it.interval).unwrap_or((f64::NAN, f64::NAN));
        let bias = bias.map_or(f64::NAN, |it| 100.0 * it.value);
        let level = median(&seen.ns_per_op).unwrap_or(f64::NAN);
        println!(
            "  {name:<22} | {least:5.2} {middle:5.2} {pairs:5.2} % | \
             {bias:+5.2} ({:+.2} to {:+.2}) % | {level:8.2} ({:+.1} %) | {:5.1}",
            100.0 * ends.0,
            100.0 * ends.1,
            100.0 * (level / usual - 1.0),
            1e3 * seen.took.as_secs_f64() / f64::from(rounds),
        );
    }
}

/// Returns the standard deviation that the median distance from the median tells.
fn robust_sd(values: &[f64]) -> f64 {
    1.4826 * spread(values).unwrap_or(f64::NAN)
}
