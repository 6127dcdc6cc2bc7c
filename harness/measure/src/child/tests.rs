//! Hostile children, as shell scripts: no test depends on how long something takes, only on what
//! the parent says of it.

use tminus_record::{Cell, FailureKind};

use super::*;

use shell::{CELL, DONE, HELLO, SAMPLE};

/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);
/// Reached on purpose; a shell has long started by then.
const SHORT: Duration = Duration::from_secs(3);

fn spec() -> Spec {
    Spec::new(Cell::from_id(&CELL.parse().expect("an id")).expect("a cell"))
}

fn sh(script: &str, deadline: Duration) -> Report {
    let program = Program::new("/bin/sh").arguments(["-c", script]);
    run(&program, &spec(), deadline, &Cancel::new().unwrap()).unwrap()
}

fn failure(script: &str, deadline: Duration) -> (FailureKind, String, String) {
    match sh(script, deadline).outcome {
        Outcome::Failed { kind, reason, stderr } => (kind, reason, stderr),
        other => panic!("{script}: {other:?}"),
    }
}

#[test]
fn a_good_child_gives_its_figures() {
    let script = format!("read spec; {HELLO} {SAMPLE} {DONE}");
    let report = sh(&script, LONG);
    assert_eq!(report.outcome, Outcome::Ok);
    assert_eq!(report.samples.len(), 1);
    assert!(report.started_unix_ns > 0 && report.elapsed_ns > 0);
}

#[test]
fn the_spec_comes_as_one_line_and_the_environment_with_it() {
    let script = format!(
        r#"read spec; {HELLO} {SAMPLE}
        case "$spec" in *'"id":"squares/tasks=1/heap"'*) ;; *) exit 9;; esac
        [ "$EXTRA" = here ] && [ -z "$(cat)" ] && {DONE} "#
    );
    let program = Program::new("/bin/sh").arguments(["-c", &script]).env("EXTRA", "here");
    let report = run(&program, &spec(), LONG, &Cancel::new().unwrap()).unwrap();
    assert_eq!(report.outcome, Outcome::Ok);
}

#[test]
fn what_the_child_says_of_itself_is_kept() {
    let kinds = [
        ("wrong-answer", FailureKind::WrongAnswer),
        ("order", FailureKind::Order),
        ("panic", FailureKind::Panic),
        ("spec", FailureKind::Spec),
    ];
    for (name, kind) in kinds {
        // The status that follows from a failure does not hide it.
        let script = format!(
            r#"{HELLO} echo '{{"message":"failed","kind":"{name}","reason":"why"}}'; exit 7"#
        );
        assert_eq!(failure(&script, LONG), (kind, "why".into(), String::new()));
    }
    let script = format!(r#"{HELLO} echo '{{"message":"unsupported","reason":"no ring"}}'"#);
    assert_eq!(sh(&script, LONG).outcome, Outcome::Excluded { reason: "no ring".into() });
}

#[test]
fn ends_are_told_apart() {
    let cases = [
        ("", LONG, FailureKind::EarlyExit, "exited with status 0 before `hello`"),
        ("exit 3", LONG, FailureKind::EarlyExit, "exited with status 3 before `hello`"),
        ("HELLO exit 3", LONG, FailureKind::EarlyExit, "exited with status 3 before `done`"),
        ("HELLO SAMPLE DONE exit 3", LONG, FailureKind::EarlyExit, "status 3 after `done`"),
        ("HELLO SAMPLE DONE kill -SEGV $$", LONG, FailureKind::Signal, "SIGSEGV (11) after `done`"),
        ("HELLO kill -KILL $$", LONG, FailureKind::Signal, "ended by SIGKILL (9) before `done`"),
        ("kill -TERM $$", LONG, FailureKind::Signal, "ended by SIGTERM (15) before `hello`"),
        ("HELLO exec 1>&- 2>&-; sleep 1000", SHORT, FailureKind::Hang, "idle at the deadline"),
        ("HELLO exec 1>&- 2>&-; exit 4", LONG, FailureKind::EarlyExit, "status 4 before `done`"),
        ("HELLO sleep 1000", SHORT, FailureKind::Hang, "idle at the deadline of 3s"),
        ("HELLO while :; do :; done", SHORT, FailureKind::Deadline, "still busy at the deadline"),
        ("HELLO echo rubbish", LONG, FailureKind::Garbage, "no message: `rubbish`"),
        ("HELLO printf '\\377\\n'", LONG, FailureKind::Garbage, "not UTF-8"),
        ("HELLO SAMPLE printf '{\"message'", LONG, FailureKind::Garbage, "has no end"),
        ("yes x | tr -d '\\n'", LONG, FailureKind::Garbage, "a line of more than 1024 KiB"),
        ("HELLO while :; do SAMPLE done", LONG, FailureKind::Garbage, "more than 100000 messages"),
        ("yes >&2", LONG, FailureKind::Garbage, "more than 64 MiB of output"),
        ("DONE sleep 1000", LONG, FailureKind::Garbage, "before `hello`"),
    ];
    // All at once, so that the deadlines pass together.
    std::thread::scope(|scope| {
        for (script, deadline, kind, expected) in cases {
            scope.spawn(move || {
                let script = script.replace("HELLO", HELLO).replace("DONE", DONE);
                let script = script.replace("SAMPLE", SAMPLE);
                let (found, reason, _) = failure(&script, deadline);
                assert_eq!(found, kind, "{script}: {reason}");
                assert!(reason.contains(expected), "{script}: {reason}");
            });
        }
    });
}

#[test]
fn panics_and_failed_allocations_are_read_from_stderr() {
    let panic = "printf \"thread 'main' panicked at src/x.rs:1:2:\\nout of luck\\n\" >&2; exit 101";
    let (kind, reason, stderr) = failure(panic, LONG);
    assert_eq!(kind, FailureKind::Panic);
    assert_eq!(reason, "thread 'main' panicked at src/x.rs:1:2: out of luck");
    assert!(stderr.ends_with("out of luck"));
    let memory = "echo 'memory allocation of 8589934592 bytes failed' >&2; kill -ABRT $$";
    let (kind, reason, _) = failure(memory, LONG);
    assert_eq!(kind, FailureKind::OutOfMemory);
    assert_eq!(reason, "memory allocation of 8589934592 bytes failed");
    assert_eq!(failure("kill -ABRT $$", LONG).0, FailureKind::Signal);
}

#[test]
fn grandchildren_do_not_hold_the_parent() {
    // In the child's group: killed with it.
    let script = format!("sleep 1000 & {HELLO} {SAMPLE} {DONE}");
    assert_eq!(sh(&script, LONG).outcome, Outcome::Ok);
    // In a session of its own, with the pipes open: left behind, not waited for.
    let script = format!("setsid sleep 3 & {HELLO} {SAMPLE} {DONE}");
    let report = sh(&script, LONG);
    assert_eq!(report.outcome, Outcome::Ok);
}

#[test]
fn only_the_end_of_stderr_is_kept() {
    let (_, _, stderr) = failure("seq 1 5000 >&2; exit 1", LONG);
    assert!(stderr.ends_with("4999\n5000") && stderr.len() <= 4096, "{}", stderr.len());
}

#[test]
fn a_program_that_is_not_there_is_a_failure_with_its_path() {
    let program = Program::new("/nowhere/at all");
    let report = run(&program, &spec(), LONG, &Cancel::new().unwrap()).unwrap();
    let Outcome::Failed { kind, reason, .. } = report.outcome else { panic!() };
    assert_eq!(kind, FailureKind::Start);
    assert!(reason.contains("/nowhere/at all"), "{reason}");
}

#[test]
fn cancelling_kills_the_child_at_work() {
    let cancel = Cancel::new().unwrap();
    let (cancelled, other) = (cancel.clone(), cancel.clone());
    let program = Program::new("/bin/sh").arguments(["-c", "sleep 1000"]);
    let thread = std::thread::spawn(move || run(&program, &spec(), LONG, &other));
    cancelled.cancel();
    assert_eq!(thread.join().unwrap(), None);
    assert!(cancel.is_cancelled());
    // And none is run after it.
    let program = Program::new("/bin/sh").arguments(["-c", "sleep 1000"]);
    assert_eq!(run(&program, &spec(), LONG, &cancel), None);
}

#[test]
fn a_server_answers_until_it_dies() {
    let script = format!(
        r#"read spec; {HELLO} read ask; echo '{{"message":"elapsed","wall_ns":70,"ops":7}}'
        read ask; case "$ask" in *:3}}) exit 4;; esac"#
    );
    let program = Program::new("/bin/sh").arguments(["-c", &script]);
    let mut server = Server::start(&program, &spec(), LONG).unwrap();
    assert_eq!(server.run(2).unwrap(), Elapsed { wall_ns: 70, ops: 7 });
    let error = server.run(3).unwrap_err().to_string();
    assert_eq!(error, "squares/tasks=1/heap: exited with status 4 before `done`");
    assert!(server.run(3).is_err());
}

#[test]
fn a_server_that_is_dropped_is_gone() {
    let program = Program::new("/bin/sh").arguments(["-c", "sleep 1000"]);
    // Would wait for the sleep if the drop did not kill it.
    drop(Server::start(&program, &spec(), LONG).unwrap());
}

#[test]
fn a_child_that_reads_nothing_does_not_hold_its_parent() {
    let mut command = Command::new("sleep");
    let command = command.arg("1000").stdin(std::process::Stdio::piped());
    let mut process = process::Process::start(command).expect("it starts");
    let error = process.say(&"x".repeat(1 << 20)).expect_err("more than its pipe has room for");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}
