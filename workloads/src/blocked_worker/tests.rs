//! Blocks stall the ticker of one worker and leave those of others alone; early timers and
//! changed bytes fail.

use super::*;
use crate::testing::{CORRUPTS, FIRES_EARLY, SLEEPS_NOT, Test, Threaded, demo, run, run_floor};
use tminus_contract::Clock;
use tminus_measure::protocol::Failed;

/// Blocks that are long beside what a busy machine adds to a tick.
const PARAMS: &str = "block_ms=50,blocks=3";

#[test]
fn with_one_worker_no_tick_comes_while_it_is_blocked() {
    let said = run::<BlockedWorker, Test>(PARAMS, Clock::Real);
    assert_eq!(said.metric("stalled_blocks_ratio"), Some(1.0));
    assert_eq!(said.recorded("gap"), said.samples()[0].ops);
    assert!(said.recorded("round_trip") >= 3);
}

#[test]
fn threads_of_their_own_tick_and_answer_meanwhile() {
    let said = run_floor::<BlockedWorker>(PARAMS, "floor");
    assert_eq!(said.metric("stalled_blocks_ratio"), Some(0.0));
    assert_eq!(said.recorded("gap"), said.samples()[0].ops);
    assert!(said.recorded("round_trip") >= 3);
}

#[test]
fn an_early_timer_fails() {
    let said = run::<BlockedWorker, Test<FIRES_EARLY>>("blocks=2", Clock::Real);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    assert!(reason.starts_with("a tick came "), "{reason}");
    let said = run::<BlockedWorker, Test<SLEEPS_NOT>>("blocks=2", Clock::Real);
    assert_eq!(said.failure().0, Failed::WrongAnswer);
}

#[test]
fn a_changed_byte_fails() {
    let said = run::<BlockedWorker, Test<CORRUPTS>>("blocks=2", Clock::Real);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    assert_eq!(reason, "the answer is the question: expected true, got false");
}

#[test]
fn ticks_blocks_and_bytes_that_are_missing_fail() {
    let workload = BlockedWorker { block: TICK, workers: 2, blocks: 1 };
    let mut blocks = workload.blocks(1);
    let mut ticks = workload.ticks(1);
    let began = Instant::now();
    ticks.begin(began);
    ticks.add(began + TICK);
    let bytes = outside::BYTES as u64;
    assert!(workload.verify(&ticks, &blocks, &[9], bytes).is_err(), "no block yet");
    std::thread::sleep(2 * TICK);
    blocks.block();
    assert!(workload.verify(&ticks, &blocks, &[9], bytes).is_err(), "no tick after the block");
    assert_eq!(blocks.without(&ticks), 1);
    ticks.add(Instant::now());
    assert_eq!(workload.verify(&ticks, &blocks, &[9], bytes), Ok(()));
    assert!(workload.verify(&ticks, &blocks, &[9], bytes - 1).is_err());
    blocks.taken.push(blocks.taken[0]);
    assert!(workload.verify(&ticks, &blocks, &[9], bytes).is_err(), "a block too many");
}

#[test]
fn a_block_that_is_too_short_fails() {
    let mut blocks = Blocks::new(TICK, 1);
    let now = Instant::now();
    blocks.taken.push((now, now));
    assert!(blocks.verify().is_err_and(|wrong| wrong.to_string().contains("too short")));
}

#[test]
fn it_needs_the_workers_that_it_is_asked_for() {
    let needs = |text| {
        let params = Params::parse(&BlockedWorker::INFO, text).expect("bounds");
        BlockedWorker::new(&params).expect("possible").needs().workers
    };
    assert_eq!((needs(""), needs("workers=4")), (2, 4));
    let params = Params::parse(&BlockedWorker::INFO, "block_ms=601,blocks=100").expect("bounds");
    assert!(BlockedWorker::new(&params).is_err_and(|reason| !reason.contains('\n')));
}

#[test]
fn the_demo_counts_the_ticks_of_each_block() {
    let shown = demo::<BlockedWorker, Threaded>(Clock::Real);
    assert_eq!(shown.lines().filter(|line| line.ends_with("ticks came meanwhile")).count(), 3);
}
