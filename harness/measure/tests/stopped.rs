//! A parent that is stopped and goes on. The children are shell scripts that stop it: so this test
//! has a process of its own, and no test beside it.

#![cfg(unix)]

mod shell;

use std::time::Duration;

use tminus_measure::child::{self, Cancel, Program, Report, Seat, Server, Turns};
use tminus_measure::spec::Spec;
use tminus_record::{Cell, FailureKind, Outcome};

use shell::{CELL, DONE, HELLO, SAMPLE};

/// A shell has long started by then; the parent is stopped for longer.
const DEADLINE: Duration = Duration::from_secs(2);
/// Stops the parent for longer than its deadline. A stop begins when a thread of the parent runs,
/// and until then its others go on: on a busy machine that takes a while.
const STOP: &str = "(sleep 3; kill -CONT $PPID) & kill -STOP $PPID; sleep 1;";
/// Stops it for longer than it gives a child to exit.
const STOP_LONGER: &str = "(sleep 6; kill -CONT $PPID) & kill -STOP $PPID;";

fn spec() -> Spec {
    Spec::new(Cell::from_id(&CELL.parse().expect("an id")).expect("a cell"))
}

fn run(script: &str) -> Report {
    let program = Program::new("/bin/sh").arguments(["-c", script]);
    child::run(&program, &spec(), DEADLINE, &Cancel::new().expect("a pipe")).expect("not cancelled")
}

/// Lets this process go on where what should have done so was killed with a child, so that the
/// test fails and does not hang. Ends with the test.
struct Watchdog(std::process::Child);

impl Watchdog {
    fn start() -> Self {
        let script = format!("while sleep 90; do kill -CONT {}; done", std::process::id());
        let watchdog = std::process::Command::new("/bin/sh").args(["-c", &script]).spawn();
        Self(watchdog.expect("a shell"))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn what_arrived_while_the_parent_was_stopped_counts() {
    let _watchdog = Watchdog::start();
    // It finished before its deadline, while the parent was stopped.
    let report = run(&format!("read spec; {HELLO} {STOP} {SAMPLE} {DONE}"));
    assert_eq!(report.outcome, Outcome::Ok);
    assert!(report.away >= Duration::from_secs(2), "{:?}", report.away);
    // It said that it is done, and its exit takes until the parent is back.
    let report = run(&format!("read spec; {HELLO} {SAMPLE} {DONE} {STOP_LONGER} sleep 7; exit 0"));
    assert_eq!(report.outcome, Outcome::Ok);
    // It goes on working after the parent is back.
    let report = run(&format!("read spec; {HELLO} {STOP} sleep 3; {SAMPLE} {DONE}"));
    assert_eq!(report.outcome, Outcome::Ok);
    // One that hangs is told apart all the same.
    let report = run(&format!("read spec; {HELLO} {STOP} sleep 1000"));
    let Outcome::Failed { kind: FailureKind::Hang, reason, .. } = report.outcome else {
        panic!("{:?}", report.outcome)
    };
    assert!(reason.contains("idle at the deadline of 2s"), "{reason}");
    // So are the answers of a child that stays, and of a program that is asked.
    let elapsed = r#"echo '{"message":"elapsed","wall_ns":70,"ops":7}';"#;
    let script = format!("read spec; {HELLO} read ask; {STOP} {elapsed} read ask");
    let program = Program::new("/bin/sh").arguments(["-c", &script]);
    let mut server = Server::start(&program, &spec(), DEADLINE).expect("a shell");
    assert_eq!(server.run(2).expect("an answer").ops, 7);
    let script = format!("{STOP} echo answer");
    let program = Program::new("/bin/sh").arguments(["-c", &script]);
    assert_eq!(child::ask(&program, DEADLINE).as_deref(), Ok(b"answer\n".as_slice()));
    its_absence_is_no_time_of_a_child_that_takes_turns();
}

/// Called by the one test: two would stop each other.
fn its_absence_is_no_time_of_a_child_that_takes_turns() {
    const READY: &str = r#"echo '{"message":"ready","iterations":1,"batches":2}';"#;
    let answers = format!("while read ask; do {SAMPLE} done; {DONE}");
    let stops = format!("read spec; {HELLO} {READY} read ask; {STOP} {SAMPLE} {answers}");
    let other = format!("read spec; {HELLO} {READY} {answers}");
    let programs = [stops, other].map(|it| Program::new("/bin/sh").arguments(["-c", &it]));
    let seats =
        programs.iter().map(|program| Seat { program, spec: spec(), cpu: None, like: None });
    let cancel = Cancel::new().expect("a pipe");
    let reports = child::take_turns(seats.collect(), &Turns::new(1), DEADLINE, &cancel);
    let reports = reports.expect("not cancelled");
    for report in &reports {
        assert_eq!((&report.outcome, report.samples.len()), (&Outcome::Ok, 2));
        assert!(Duration::from_nanos(report.elapsed_ns) < Duration::from_secs(2), "{report:?}");
    }
    assert!(reports[0].away >= Duration::from_secs(2), "{:?}", reports[0].away);
    assert!(reports[1].away < Duration::from_secs(1), "{:?}", reports[1].away);
}
