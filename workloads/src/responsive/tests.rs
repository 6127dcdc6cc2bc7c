//! Ticks are counted; early ones, yields that do not suspend and lost tasks fail.

use super::*;
use crate::testing::{
    FIRES_EARLY, LOSES_TASKS, SLEEPS_NOT, Test, YIELDS_NOT, demo, run, run_floor,
};
use std::time::Instant;
use tminus_contract::Clock;
use tminus_measure::protocol::Failed;

#[test]
fn ticks_are_counted_and_every_gap_is_kept() {
    // No tick comes inside of a slice where there is one worker: the first one comes after it.
    let params = "slice_us=5000,work_us=5000,hogs=2,sleepers=3";
    let said = run::<Responsive, Test>(params, Clock::Real);
    assert_eq!((said.samples()[0].ops, said.recorded("gap")), (1, 1));
    assert_eq!(said.metric("late_ticks_ratio"), Some(1.0));
    let said = run::<Responsive, Test>("slice_us=100,work_us=5000", Clock::Real);
    let ops = said.samples()[0].ops;
    assert!(ops >= 1 && said.recorded("gap") == ops, "{ops}");
    assert!(said.metric("hog_slowdown_ratio").is_some_and(|ratio| ratio >= 1.0));
}

#[test]
fn the_floor_ticks_too() {
    let params = "slice_us=5000,work_us=5000,hogs=1";
    let said = run_floor::<Responsive>(params, "floor");
    assert_eq!((said.samples()[0].ops, said.recorded("gap")), (1, 1));
    let said = run_floor::<Responsive>("slice_us=100,work_us=5000,hogs=2", "floor");
    assert_eq!(said.recorded("gap"), said.samples()[0].ops);
    assert!(said.metric("hog_slowdown_ratio").is_some_and(|ratio| ratio >= 1.0));
}

#[test]
fn an_early_tick_fails_with_the_amount() {
    let said = run::<Responsive, Test<FIRES_EARLY>>("work_us=3000", Clock::Virtual);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    assert!(reason.contains("a tick came 300000 ns early"), "{reason}");
}

#[test]
fn a_yield_that_does_not_suspend_fails() {
    let said = run::<Responsive, Test<YIELDS_NOT>>("work_us=3000", Clock::Real);
    assert_eq!(said.failure().1, "yield_now suspended: expected true, got false");
}

#[test]
fn a_sleep_that_is_over_at_once_fails() {
    for params in ["work_us=3000", "work_us=3000,sleepers=2"] {
        let said = run::<Responsive, Test<SLEEPS_NOT>>(params, Clock::Real);
        assert_eq!(said.failure().0, Failed::WrongAnswer, "{params}");
    }
}

#[test]
fn a_lost_task_fails() {
    let said = run::<Responsive, Test<LOSES_TASKS>>("work_us=3000", Clock::Real);
    // The start line is never full: a child would hang until its deadline.
    assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
}

#[test]
fn a_slice_too_few_or_too_short_fails() {
    let params = Params::parse(&Responsive::INFO, "slice_us=100,work_us=200").expect("bounds");
    let workload = Responsive::new(&params).expect("possible");
    let mut ticks = workload.ticks(2);
    let opened = Instant::now();
    ticks.begin(opened);
    ticks.add(opened + workload.tick);
    let mut shift = workload.shift();
    shift.compute();
    assert!(workload.verify(2, &ticks, &[shift]).is_err());
    shift.compute();
    assert_eq!(workload.verify(2, &ticks, &[shift]), Ok(()));
    assert!(workload.verify(2, &ticks, &[]).is_err());
    ticks.add(opened + workload.tick);
    assert!(workload.verify(2, &ticks, &[shift]).is_err());
}

#[test]
fn slices_beyond_the_work_are_refused() {
    let params = Params::parse(&Responsive::INFO, "slice_us=101,work_us=100").expect("bounds");
    assert!(Responsive::new(&params).is_err_and(|reason| !reason.contains('\n')));
}

#[test]
fn the_demo_shows_what_a_yield_is_for() {
    let shown = demo::<Responsive, Test>(Clock::Virtual);
    let lines: Vec<&str> = shown.lines().map(str::trim_start).collect();
    assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
    assert!(shown.contains("(the classic order, 10 of 10 lines; "), "{shown}");
}
