//! The workload on the reference executor, and what its verification catches.

use super::*;
use crate::testing::{CORRUPTS, KEEPS_OPEN, LOSES_TASKS, Test, demo, run, run_floor};
use tminus_contract::Clock;
use tminus_measure::protocol::Failed;

#[test]
fn every_request_is_counted_and_timed() {
    let _alone = descriptors::alone();
    // Pages below, at and above what one read takes, with and without their heads.
    for more in ["", "bytes=1", "bytes=4096", "bytes=65536", "keep_alive=1", "requests=3"] {
        let params = format!("clients=5,{more}");
        let each = match more {
            "keep_alive=1" => 10,
            "requests=3" => 3,
            _ => 1,
        };
        let said = run::<Wget, Test>(&params, Clock::Real);
        let counts = (said.samples()[0].ops, said.recorded("latency"));
        assert_eq!(counts, (5 * each, 5 * each), "{more}");
        let said = run_floor::<Wget>(&params, "floor");
        let counts = (said.samples()[0].ops, said.recorded("latency"));
        assert_eq!(counts, (5 * each, 5 * each), "{more}");
    }
}

#[test]
fn a_changed_byte_fails() {
    // The first read is that of a request.
    let said = run::<Wget, Test<CORRUPTS>>("clients=1,bytes=10", Clock::Real);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    assert_eq!(reason, "the head of a request has no end");
}

#[test]
fn a_socket_that_stays_open_fails() {
    let _alone = descriptors::alone();
    let said = run::<Wget, Test<KEEPS_OPEN>>("clients=20", Clock::Real);
    let (kind, reason) = said.failure();
    assert_eq!(kind, Failed::WrongAnswer);
    assert!(reason.starts_with("descriptors open at the end: expected "), "{reason}");
}

#[test]
fn a_lost_task_fails() {
    // The third task: after the root and the server. It has a connection, which is closed with it.
    let said = run::<Wget, Test<LOSES_TASKS>>("clients=1", Clock::Real);
    assert_eq!(said.failure().0, Failed::WrongAnswer);
}

#[test]
fn a_page_too_few_fails() {
    let wget = Wget { clients: 1, bytes: 1, keep_alive: false, requests: 2 };
    let now = (Instant::now(), Instant::now());
    assert_eq!(wget.verify(1, &[vec![now; 2]]), Ok(()));
    assert!(wget.verify(1, &[vec![now; 1]]).is_err());
    assert!(wget.verify(1, &[]).is_err());
}

#[test]
fn needs_count_both_ends_and_what_excludes_each_other_is_refused() {
    let new = |text| Wget::new(&Params::parse(&Wget::INFO, text).expect("bounds"));
    let needs = new("clients=50").expect("possible").needs();
    assert_eq!((needs.tasks, needs.descriptors, needs.connections), (152, 151, 50));
    for text in ["clients=10000,requests=10000", "clients=1,keep_alive=1,requests=1"] {
        assert!(new(text).is_err_and(|reason| !reason.contains('\n')), "{text}");
    }
}

#[test]
fn the_demo_downloads_a_page() {
    let shown = demo::<Wget, Test>(Clock::Real);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("listening on 127.0.0.1:"), "{shown}");
    assert_eq!(lines[1..3], ["GET /7 HTTP/1.1", "HTTP/1.1 200 OK"]);
    assert!(lines.iter().filter(|line| line.starts_with("data: ")).count() >= 3, "{shown}");
    assert_eq!(lines.last(), Some(&"end: 10000 bytes, each of them right"));
}
