//! The workload on the reference executor, and what its verification catches.

use super::*;
use crate::testing::{
    CORRUPTS, FIRES_EARLY, KEEPS_OPEN, LOSES_TASKS, SLEEPS_NOT, Test, Threaded, Transcript,
    YIELDS_NOT, demo, run, run_floor,
};
use tminus_contract::Clock;
use tminus_measure::protocol::Failed;

/// Recipes of all kinds, and lengths below, at and above what one read takes.
const RECIPES: [&str; 10] = [
    "",
    "even=1",
    "bytes=8,answer_bytes=8",
    "bytes=4096,answer_bytes=4097",
    "bytes=65536,answer_bytes=65536",
    "spawn=1",
    "hops=3",
    "cpu_us=20,slice_us=3",
    "wait_us=300",
    "wait_us=300,timeout_us=5000000,spawn=1,hops=2,slice_us=5",
];

/// Checks that 60 requests were answered; their latencies are there, unless the machine was too
/// loud for their rate.
fn check(said: &Transcript, params: &str, is_closed: bool) {
    assert_eq!(said.samples()[0].ops, 60, "{params}");
    let latencies = said.recorded("latency");
    match is_closed {
        true => assert_eq!(latencies, 60, "{params}"),
        false => {
            assert!(latencies == 60 || latencies == 0 && said.withheld().is_some(), "{params}")
        }
    }
    assert_eq!(said.recorded("send_lateness"), if is_closed { 0 } else { 60 }, "{params}");
    assert!(said.metric("answered_ratio").is_some(), "{params}");
}

#[test]
fn every_request_is_answered() {
    let _alone = descriptors::alone();
    for recipe in RECIPES {
        for rate in [0, 3_000] {
            if rate == 0 && recipe == "even=1" {
                continue;
            }
            let params = format!("rate={rate},connections=5,requests=60,{recipe}");
            check(&run::<Server, Test>(&params, Clock::Real), &params, rate == 0);
            check(&run_floor::<Server>(&params, "floor"), &params, rate == 0);
        }
    }
    let params = "rate=3000,connections=5,requests=60,spawn=1,hops=1";
    check(&run::<Server, Threaded>(params, Clock::Real), params, false);
}

/// A machine that is loud takes longer, too: the rate is not reached then either.
#[test]
fn a_rate_that_is_not_reached_is_said_and_no_latency_given() {
    let _alone = descriptors::alone();
    let params = "rate=20000,connections=25,requests=200,cpu_us=1000";
    for said in [run::<Server, Test>(params, Clock::Real), run_floor::<Server>(params, "floor")] {
        assert_eq!((said.samples()[0].ops, said.recorded("latency")), (200, 0));
        let reason = said.withheld().expect("a twentieth is answered");
        assert!(reason.starts_with("rate not reached: answered 0.0"), "{reason}");
        assert!(said.metric("answered_ratio").is_some_and(|ratio| ratio < 0.1));
    }
}

/// Twenty requests of 3 ms come at once, over one connection each with the server's one thread.
#[test]
fn requests_whose_time_is_over_are_not_answered_in_time() {
    let _alone = descriptors::alone();
    let params = "rate=20000,connections=70,requests=60,cpu_us=3000,slice_us=100,timeout_us=3100";
    let said = run::<Server, Test>(params, Clock::Real);
    assert_eq!((said.samples()[0].ops, said.recorded("latency")), (60, 0));
    assert!(said.withheld().is_some());
}

fn failure<const MUTANT: usize>(params: &str) -> String {
    let _alone = descriptors::alone();
    let said = run::<Server, Test<MUTANT>>(params, Clock::Real);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    reason.to_owned()
}

#[test]
fn what_an_executor_gets_wrong_fails() {
    let of_read = failure::<CORRUPTS>("connections=1,requests=5");
    assert!(of_read.starts_with("request 0, byte 63: expected "), "{of_read}");
    let early = failure::<FIRES_EARLY>("connections=1,requests=5,wait_us=2000,rate=100");
    assert!(early.starts_with("a wait was over "), "{early}");
    let ready = failure::<SLEEPS_NOT>("connections=1,requests=5,wait_us=2000,rate=100");
    assert!(ready.starts_with("a wait was over "), "{ready}");
    let timeout = failure::<SLEEPS_NOT>("connections=1,requests=5,timeout_us=2000000");
    assert!(timeout.starts_with("a timeout was over "), "{timeout}");
    let unyielding = failure::<YIELDS_NOT>("connections=1,requests=5,slice_us=1");
    assert_eq!(unyielding, "yield_now suspended: expected true, got false");
    let left = failure::<KEEPS_OPEN>("connections=20,requests=20");
    assert!(left.starts_with("descriptors open at the end: expected "), "{left}");
    // The third task: after the root and the first connection.
    let lost = failure::<LOSES_TASKS>("connections=5,requests=5");
    assert_eq!(lost, "the server closed a connection early");
}

fn refusal(text: &str) -> Option<String> {
    Server::new(&Params::parse(&Server::INFO, text).expect("bounds")).err()
}

#[test]
fn what_is_impossible_or_excludes_each_other_is_refused_in_a_line() {
    for text in [
        "slice_us=6",
        "cpu_us=0,slice_us=1",
        "rate=0,even=1",
        "timeout_us=5",
        "wait_us=100,timeout_us=105",
        "rate=10000,wait_us=10000",
        "rate=1000000,cpu_us=60",
        "rate=10,requests=1000",
        "rate=0,requests=1000000,cpu_us=100",
    ] {
        let reason = refusal(text).unwrap_or_else(|| panic!("{text} is possible"));
        assert!(!reason.contains('\n') && reason.len() < 100, "{reason}");
    }
    let sizes = Server::INFO.sizes;
    for text in [sizes.quick, sizes.standard, sizes.thorough, sizes.verify].concat() {
        assert_eq!(refusal(text), None, "{text}");
    }
}

#[test]
fn needs_count_both_ends_and_what_a_request_uses() {
    let needs = |text| {
        let params = Params::parse(&Server::INFO, text).expect("bounds");
        Server::new(&params).expect("possible").needs()
    };
    let plain = needs("connections=50");
    assert_eq!((plain.tasks, plain.descriptors, plain.connections), (52, 104, 51));
    assert!(plain.io && !plain.timers && !plain.timeouts);
    let spawning = needs("connections=50,spawn=1,timeout_us=100");
    assert_eq!((spawning.tasks, spawning.timers, spawning.timeouts), (102, true, true));
}

/// Those that are due while the server stalls have to wait, whatever else the machine does.
#[test]
fn the_demo_tells_both_loops_apart() {
    let shown = demo::<Server, Test>(Clock::Real);
    assert_eq!(shown.lines().filter(|line| line.contains("request ")).count(), 22, "{shown}");
    assert_eq!(shown.matches("the server stalls").count(), 2);
    let last = shown.lines().last().expect("it has lines");
    let open: usize = last.split(' ').nth(4).and_then(|word| word.parse().ok()).expect("a number");
    assert!(open >= 5, "{shown}");
}
