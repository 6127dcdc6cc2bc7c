//! Sets of shell scripts: the order of their batches, and what becomes of the others where one
//! fails.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tminus_record::{Cell, FailureKind, Outcome};

use super::*;

use super::super::shell::{CELL, DONE, HELLO, SAMPLE};

/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);
const READY: &str = r#"echo '{"message":"ready","iterations":1,"batches":4}';"#;

/// Returns a child that writes its name and each request into `log`.
fn good(name: &str, log: &Path) -> String {
    let log = log.display();
    format!(
        "read spec; echo {name} starts >> {log}; {HELLO} {READY}
        while read ask; do echo {name} $ask >> {log}; {SAMPLE} done; {DONE}"
    )
}

fn spec() -> Spec {
    Spec::new(Cell::from_id(&CELL.parse().expect("an id")).expect("a cell"))
}

fn set(scripts: &[String], turns: &Turns, deadline: Duration) -> Vec<Report> {
    let programs: Vec<Program> =
        scripts.iter().map(|it| Program::new("/bin/sh").arguments(["-c", it])).collect();
    let seats =
        programs.iter().map(|program| Seat { program, spec: spec(), cpu: None, like: None });
    let cancel = Cancel::new().expect("a pipe");
    take_turns(seats.collect(), turns, deadline, &cancel).expect("not cancelled")
}

fn reason(report: &Report) -> &str {
    match &report.outcome {
        Outcome::Failed { reason, .. } | Outcome::Excluded { reason } => reason,
        Outcome::Ok => "",
    }
}

#[test]
fn each_sweep_is_one_batch_of_each_and_every_second_the_reverse() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let scripts = ["a", "b", "c"].map(|name| good(name, &log));
    let reports = set(&scripts, &Turns::new(1), LONG);
    for report in &reports {
        assert_eq!((&report.outcome, report.samples.len()), (&Outcome::Ok, 4));
        assert_eq!(report.set_unix_ns, reports[0].set_unix_ns);
        assert!(report.set_unix_ns.is_some_and(|at| at <= report.started_unix_ns));
    }
    let lines = fs::read_to_string(&log).expect("a log");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[..3], ["a starts", "b starts", "c starts"]);
    assert!(lines[3..].iter().all(|it| it.ends_with(r#"{"iterations":1,"warm":1}"#)), "{lines:?}");
    let sweeps: Vec<Vec<&str>> =
        lines[3..].chunks(3).map(|sweep| sweep.iter().map(|it| &it[..1]).collect()).collect();
    assert_eq!(sweeps.len(), 4);
    for pair in sweeps.chunks(2) {
        let reversed: Vec<&str> = pair[1].iter().rev().copied().collect();
        assert_eq!(pair[0], reversed, "{sweeps:?}");
    }
    let orders = |seed| {
        fs::write(&log, "").expect("a log");
        set(&scripts, &Turns::new(seed), LONG);
        fs::read_to_string(&log).expect("a log")
    };
    assert_eq!(orders(1), orders(1));
    assert!((2..12).any(|seed| orders(seed) != orders(1)), "the seed chooses the order");
}

#[test]
fn a_child_has_as_many_batches_as_the_most_allow() {
    let here = TempDir::new().expect("a directory");
    let script = good("a", &here.path().join("log"));
    for (most, batches) in [(1, 1), (3, 3), (9, 4)] {
        let reports = set(std::slice::from_ref(&script), &Turns { most, ..Turns::new(1) }, LONG);
        assert_eq!((&reports[0].outcome, reports[0].samples.len()), (&Outcome::Ok, batches));
    }
}

/// Whatever one does in the middle of a round, it is the only one that fails, and it says why.
#[test]
fn one_that_fails_leaves_the_others_their_batches() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let begin = format!("read spec; {HELLO} {READY} read ask; {SAMPLE} read ask;");
    let cases = [
        ("exit 3", FailureKind::EarlyExit, "exited with status 3 before `done`"),
        ("kill -SEGV $$", FailureKind::Signal, "ended by SIGSEGV"),
        ("echo rubbish", FailureKind::Garbage, "no message: `rubbish`"),
        ("SAMPLE DONE exit 0", FailureKind::EarlyExit, "it ended before it was told to"),
        (
            r#"echo '{"message":"failed","kind":"wrong-answer","reason":"why"}'"#,
            FailureKind::WrongAnswer,
            "why",
        ),
        (
            r#"echo '{"message":"sample","ops":1,"iterations":9,"wall_ns":7,"cpu_ns":7,"voluntary_switches":0,"involuntary_switches":0}'"#,
            FailureKind::Garbage,
            "a sample of 9 iterations instead of 1",
        ),
    ];
    for (end, kind, expected) in cases {
        let end = end.replace("SAMPLE", SAMPLE).replace("DONE", DONE);
        let scripts = [good("a", &log), format!("{begin} {end}"), good("b", &log)];
        let reports = set(&scripts, &Turns::new(5), LONG);
        let Outcome::Failed { kind: found, .. } = &reports[1].outcome else {
            panic!("{end}: {:?}", reports[1])
        };
        assert_eq!(*found, kind, "{end}");
        assert!(reason(&reports[1]).contains(expected), "{end}: {}", reason(&reports[1]));
        for other in [&reports[0], &reports[2]] {
            assert_eq!((&other.outcome, other.samples.len()), (&Outcome::Ok, 4), "{end}");
        }
    }
}

/// Its batches would stand beside none of the others.
#[test]
fn one_that_answers_before_it_is_asked_fails() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let samples = [SAMPLE; 4].concat();
    let reads = "while read ask; do :; done;";
    // It has said all before the next one is even started, or asked.
    let ready = format!("read spec; {HELLO} {READY} {samples} {reads} {DONE}");
    let first_asked = format!("read spec; {HELLO} {READY} read ask; {samples} {reads} {DONE}");
    for (script, samples) in [(ready, 0), (first_asked, 1)] {
        let reports = set(&[script.clone(), good("a", &log)], &Turns::new(5), LONG);
        assert_eq!(reason(&reports[0]), "a sample that was not asked for", "{script}");
        assert!(reports[0].samples.len() >= samples, "{script}");
        assert_eq!((&reports[1].outcome, reports[1].samples.len()), (&Outcome::Ok, 4));
    }
}

#[test]
fn one_that_hangs_between_two_batches_is_ended_and_the_others_are_not_blamed() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let hangs = format!("read spec; {HELLO} {READY} read ask; {SAMPLE} read ask; sleep 1000");
    let scripts = [good("a", &log), hangs, good("b", &log)];
    let reports = set(&scripts, &Turns::new(5), Duration::from_secs(3));
    let Outcome::Failed { kind: FailureKind::Hang, .. } = reports[1].outcome else {
        panic!("{:?}", reports[1])
    };
    for other in [&reports[0], &reports[2]] {
        assert_eq!((&other.outcome, other.samples.len()), (&Outcome::Ok, 4));
        // The others waited for it, and this process was there all the time.
        assert!(other.away < Duration::from_secs(1), "{:?}", other.away);
        assert!(Duration::from_nanos(other.elapsed_ns) < Duration::from_secs(3));
    }
}

#[test]
fn a_child_of_one_batch_ends_before_the_next_one_starts() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let once = |name| good(name, &log).replace(r#""batches":4"#, r#""batches":1"#);
    let reports = set(&[once("a"), once("b")], &Turns::new(1), LONG);
    assert!(reports.iter().all(|report| report.samples.len() == 1));
    let lines = fs::read_to_string(&log).expect("a log");
    let names: Vec<&str> = lines.lines().map(|line| &line[..1]).collect();
    assert_eq!(names, ["a", "a", "b", "b"]);
}

#[test]
fn one_that_calibrates_is_followed_by_those_that_are_to_do_the_same() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let tells = format!(
        "read spec; echo \"$spec\" >> {}; {HELLO} {READY} while read ask; do {SAMPLE} done; {DONE}",
        log.display()
    );
    let told = |like: Option<usize>| {
        fs::write(&log, "").expect("a log");
        let program = Program::new("/bin/sh").arguments(["-c", &tells]);
        let seat = |like| Seat { program: &program, spec: spec(), cpu: None, like };
        let cancel = Cancel::new().expect("a pipe");
        let seats = vec![seat(None), seat(like), seat(Some(7))];
        take_turns(seats, &Turns::new(1), LONG, &cancel).expect("not cancelled");
        let specs = fs::read_to_string(&log).expect("a log");
        let of = |line: &str| serde_json::from_str::<Spec>(line).expect("a spec");
        let specs: Vec<Spec> = specs.lines().map(of).collect();
        assert!(specs.iter().all(|spec| spec.mode == Mode::Turns));
        specs.iter().map(|spec| spec.iterations).collect::<Vec<_>>()
    };
    assert_eq!(told(None), [None, None, None]);
    assert_eq!(told(Some(0)), [None, Some(1), None]);
}

#[test]
fn the_part_that_does_not_count_is_a_share_of_the_batch() {
    let turns = Turns { warm: 0.125, ..Turns::new(0) };
    let warm = |iterations| turns.request(iterations, 3).warm;
    assert_eq!([1, 2, 8, 9, 800].map(warm), [1, 1, 1, 2, 100]);
    assert_eq!(turns.request(800, 2).warm, 0, "long enough to be warm for most of it");
    let request = Turns { warm: 0.0, ..turns }.request(800, 3);
    assert_eq!(request, Request { iterations: 800, warm: 0 });
    let in_a_gate = |iterations| Turns::of_one_cell(0).request(iterations, 3).warm;
    assert_eq!([1, 3, 4, 800].map(in_a_gate), [0, 0, 1, 200]);
}

/// What takes so long is the child, each time.
#[test]
fn a_slow_child_is_not_asked_for_every_batch_again() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let slow = good("a", &log).replace("read ask; do", "read ask; do sleep 0.3;");
    let reports = set(&[slow], &Turns::new(1), LONG);
    assert_eq!((&reports[0].outcome, reports[0].samples.len()), (&Outcome::Ok, 4));
    let requests = fs::read_to_string(&log).expect("a log").lines().count() - 1;
    assert_eq!(requests, 4 + MOST_TORN as usize);
}

/// The sweeps of the others are none of its own.
#[test]
fn a_child_of_one_batch_keeps_it_when_the_others_do_a_sweep_again() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let once = good("a", &log).replace(r#""batches":4"#, r#""batches":1"#);
    let slow = good("b", &log).replace("read ask; do", "read ask; do sleep 0.3;");
    let reports = set(&[once, slow], &Turns::new(1), LONG);
    assert_eq!((&reports[0].outcome, reports[0].samples.len()), (&Outcome::Ok, 1));
    assert_eq!(reports[0].samples[0].steal_ns, None, "it was in no sweep");
    assert_eq!(reports[1].samples.len(), 4);
}

/// A round that nothing tore is taken as it is, whatever its batches say.
#[test]
fn no_batch_is_taken_again_for_its_value() {
    let here = TempDir::new().expect("a directory");
    let log = here.path().join("log");
    let slow = good("a", &log).replace(r#""wall_ns":9,"#, r#""wall_ns":9000,"#);
    let reports = set(&[slow, good("b", &log)], &Turns::new(1), LONG);
    let walls = |report: &Report| report.samples.iter().map(|it| it.wall_ns).collect::<Vec<_>>();
    assert_eq!((walls(&reports[0]), walls(&reports[1])), (vec![9000; 4], vec![9; 4]));
    assert_eq!(fs::read_to_string(&log).expect("a log").lines().count(), 2 + 8);
}
