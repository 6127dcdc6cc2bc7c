//! What the contract adds against native loops, in paired fresh processes; and in bytes a task.
//!
//! `cargo bench --bench overhead` runs each loop natively and against the contract in turns, a
//! fresh process each, and prints the ratio with its interval. With valgrind installed it counts
//! instructions too (single-threaded loops: callgrind repeats to 0.004 %).

#![expect(clippy::print_stdout, reason = "a program that prints its figures")]

#[path = "pairs/bytes.rs"]
mod bytes;
mod pairs;

use std::process::{Command, ExitCode};

use pairs::Pair;
use tminus_judge::stats;

/// Rounds of the comparison: an even number, for turns in both orders.
const PROCESSES: usize = 40;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--bench"));
    match (words.next(), words.next(), words.next()) {
        (Some(side), Some(name), Some(rounds)) => child(&side, &name, &rounds),
        _ => parent(),
    }
}

/// Runs one side and prints its fastest round.
fn child(side: &str, name: &str, rounds: &str) -> ExitCode {
    let pairs = pairs::all();
    let (Some(pair), Ok(rounds)) = (pairs.iter().find(|pair| pair.name == name), rounds.parse())
    else {
        return ExitCode::from(2);
    };
    let run = if side == "native" { pair.native } else { pair.contract };
    println!("{}", run(pair.shape(rounds)).iter().min().unwrap());
    ExitCode::SUCCESS
}

fn parent() -> ExitCode {
    println!("what the contract adds: contract / native, {PROCESSES} paired processes a side");
    for pair in pairs::all() {
        let ratios: Vec<f64> = (0..PROCESSES).map(|turn| ratio(&pair, turn)).collect();
        let estimate = stats::median_interval(&ratios, stats::CONFIDENCE).unwrap();
        let (low, high) = estimate.interval.expect("enough processes for an interval");
        let counted = match (instructions(&pair, "contract"), instructions(&pair, "native")) {
            (Some(contract), Some(native)) => format!("instructions {:.4}", contract / native),
            _ => "instructions not counted: valgrind is not installed".into(),
        };
        println!("{:<22} time {:.4} [{low:.4}, {high:.4}]  {counted}", pair.name, estimate.value);
    }
    println!("a sleeping task, before an allocator rounds it up: contract / native");
    for bytes::Sleeper { name, contract, native } in bytes::sleepers() {
        println!("{name:<22} {contract} B / {native} B");
    }
    ExitCode::SUCCESS
}

/// One turn: both sides, the first one changing.
fn ratio(pair: &Pair, turn: usize) -> f64 {
    let native_first = turn.is_multiple_of(2);
    let first = fastest_ns(pair, if native_first { "native" } else { "contract" });
    let second = fastest_ns(pair, if native_first { "contract" } else { "native" });
    if native_first { second / first } else { first / second }
}

fn fastest_ns(pair: &Pair, side: &str) -> f64 {
    let output = itself().args([side, pair.name, "20"]).output().expect("a child of this program");
    assert!(output.status.success(), "{side} {} failed", pair.name);
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("nanoseconds")
}

/// Instructions of a round: the difference of 6 and 1 rounds, so that starting does not count.
fn instructions(pair: &Pair, side: &str) -> Option<f64> {
    let total = |rounds: &str| -> Option<f64> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(std::env::current_exe().ok()?).args([side, pair.name, rounds]);
        let output = command.output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find(|line| line.contains("Collected :"))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    Some(total("6")? - total("1")?)
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("the path of this program"))
}
