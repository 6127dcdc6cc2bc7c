//! Run files: whole, torn, foreign.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use tminus_contract::Order;
use tminus_contract::error::Error;
use tminus_contract::params::Params;
use tminus_contract::sample::Sample;
use tminus_record::machine::Provenance;
use tminus_record::{
    Cell, CellId, Counts, ExecutorFacts, FailureKind, Header, Outcome, Profile, Quality, Record,
    Run, SCHEMA, WorkloadFacts,
};

use super::*;

fn header() -> Header {
    let cell = |executor: &str| Cell {
        workload: "squares".into(),
        params: Params::default(),
        label: "tasks=10".into(),
        executor: executor.into(),
        workers: None,
        twin: false,
    };
    Header {
        schema: SCHEMA,
        seed: 7,
        seeds: 1,
        profile: Profile::Quick,
        rounds: 6,
        clock: tminus_contract::Clock::Real,
        turns: false,
        cells: vec![cell("heap"), cell("deque")],
        exclusions: Vec::new(),
        workloads: vec![WorkloadFacts {
            id: "squares".into(),
            title: "Squares".into(),
            about: "computes squares".into(),
            category: String::new(),
            op: "resumption".into(),
            version: 1,
            metrics: vec!["wall_ns_per_op".into()],
            distributions: Vec::new(),
            floors: Vec::new(),
            purposes: Vec::new(),
            module: String::new(),
        }],
        executors: Vec::new(),
        verified: Vec::new(),
        provenance: Provenance::default(),
    }
}

fn record(cell: &str, round: u32) -> Record {
    Record {
        cell: cell.parse().unwrap(),
        round,
        position: 0,
        started_unix_ns: 1,
        set_unix_ns: None,
        elapsed_ns: 2,
        outcome: Outcome::Ok,
        samples: vec![Sample { ops: 1, wall_ns: 5, ..Sample::default() }],
        distributions: Vec::new(),
        metrics: BTreeMap::from([("start_ns".into(), 0.1)]),
        order: Some(Order::Fifo),
        withheld: None,
    }
}

const HEAP: &str = "squares/tasks=10/heap";
const DEQUE: &str = "squares/tasks=10/deque";

struct Place {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs/one.jsonl");
    Place { _directory: directory, path }
}

fn append_text(path: &PathBuf, text: &str) {
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn what_is_written_is_read() {
    let place = place();
    let mut writer = Writer::create(&place.path, &header()).unwrap();
    let failed = Record {
        outcome: Outcome::Failed {
            kind: FailureKind::Hang,
            reason: "idle".into(),
            stderr: "one\ntwo".into(),
        },
        ..record(DEQUE, 0)
    };
    writer.append(&record(HEAP, 0)).unwrap();
    writer.append(&failed).unwrap();
    let (run, torn) = read(&place.path).unwrap();
    assert_eq!(run, Run { records: vec![record(HEAP, 0), failed], ..Run::new(header()) });
    assert_eq!(torn, None);
    // Nothing else was left in the directory.
    assert_eq!(fs::read_dir(place.path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_run_that_is_written_at_once_is_the_same_and_stands_over_no_other() {
    let place = place();
    let run = Run { records: vec![record(HEAP, 0), record(DEQUE, 0)], ..Run::new(header()) };
    write(&place.path, &run).unwrap();
    assert_eq!(read(&place.path).unwrap(), (run.clone(), None));
    let other = Run { records: Vec::new(), ..run.clone() };
    let refused = write(&place.path, &other).unwrap_err().to_string();
    assert!(refused.ends_with("there is such a file already"), "{refused}");
    assert_eq!(read(&place.path).unwrap().0, run);
    assert_eq!(fs::read_dir(place.path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_torn_line_is_dropped_said_and_cut_off() {
    let place = place();
    Writer::create(&place.path, &header()).unwrap().append(&record(HEAP, 0)).unwrap();
    let whole = fs::metadata(&place.path).unwrap().len();
    // Even a line that would parse is torn without its end.
    let torn_text = serde_json::to_string(&record(DEQUE, 0)).unwrap();
    append_text(&place.path, &torn_text);
    let expected = TornLine { line: 3, bytes: torn_text.len() as u64 };
    let (run, torn) = read(&place.path).unwrap();
    assert_eq!((run.records.len(), torn), (1, Some(expected)));

    let (mut writer, run, torn) = Writer::resume(&place.path, &header()).unwrap();
    assert_eq!((run.records.len(), torn), (1, Some(expected)));
    assert_eq!(fs::metadata(&place.path).unwrap().len(), whole);
    writer.append(&record(DEQUE, 0)).unwrap();
    drop(writer);
    let (run, torn) = read(&place.path).unwrap();
    assert_eq!(run.records, vec![record(HEAP, 0), record(DEQUE, 0)]);
    assert_eq!(torn, None);
}

#[test]
fn every_cut_of_a_file_is_read_or_refused() {
    let place = place();
    let mut writer = Writer::create(&place.path, &header()).unwrap();
    writer.append(&record(HEAP, 0)).unwrap();
    writer.append(&record(DEQUE, 0)).unwrap();
    drop(writer);
    let bytes = fs::read(&place.path).unwrap();
    let header_end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    for cut in 0..bytes.len() {
        match read::from(&mut &bytes[..cut], &place.path) {
            Ok((run, torn)) => {
                let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count() - 1;
                assert_eq!(run.records.len(), whole);
                assert_eq!(torn.is_none(), bytes[cut - 1] == b'\n');
            }
            Err(error) => assert!(cut <= header_end, "{cut}: {error}"),
        }
    }
}

#[test]
fn the_first_of_two_records_stands() {
    let place = place();
    let mut writer = Writer::create(&place.path, &header()).unwrap();
    writer.append(&record(HEAP, 0)).unwrap();
    writer.append(&Record { elapsed_ns: 99, ..record(HEAP, 0) }).unwrap();
    assert_eq!(read(&place.path).unwrap().0.records, vec![record(HEAP, 0)]);
}

#[test]
fn a_foreign_file_names_line_and_expectation() {
    let good = serde_json::to_string(&header()).unwrap();
    let newer = good
        .replace("\"schema\":1", "\"schema\":2")
        .replace("\"version\":\"\"", "\"version\":\"9.1.0\"");
    let record = |text: &str, with: &str| {
        let line = serde_json::to_string(&record(HEAP, 0)).unwrap();
        assert!(line.contains(text), "{line}");
        format!("{good}\n{}\n", line.replace(text, with))
    };
    let bad = r#""distributions":[{"name":"x","count":1,"histogram":"AAAA"}],"metrics""#;
    let cases = [
        (String::new(), 1, "the file is empty"),
        ("hello\n".into(), 1, "expected the header of a tminus run file"),
        ("{}\n".into(), 1, "missing field `schema`"),
        (good.clone(), 1, "was cut off"),
        (format!("{newer}\n"), 1, "schema 2, written by tminus 9.1.0"),
        (format!("{}\n", good.replace("Squares", "Squ\\u001bares")), 1, "control characters"),
        (format!("{}\n", good.replace("\"deque\"", "\"heap\"")), 1, "squares/tasks=10/heap once"),
        (format!("{}\n", good.replace("\"deque\"", "\"de que\"")), 1, "is no cell id"),
        (format!("{good}\n{{}}\n"), 2, "expected a record: missing field `cell`"),
        (format!("{good}\n\n"), 2, "expected a record"),
        (record("heap", "other"), 2, "expected a cell of the header"),
        (record("heap", "../x"), 2, "is no cell id"),
        (record("\"round\":0", "\"round\":6"), 2, "expected a round below 6"),
        (record("\"ops\":1", "\"ops\":0"), 2, "ops = 0"),
        (record("0.1", "1e999"), 2, "number out of range"),
        (record("\"metrics\"", bad), 2, "distribution `x`: no histogram"),
    ];
    for (text, at, wanted) in cases {
        let path = PathBuf::from("a.jsonl");
        match read::from(&mut text.as_bytes(), &path) {
            Err(Error::Foreign { path: named, line, expected }) => {
                assert_eq!((named, line), (path, at), "{expected}");
                assert!(expected.contains(wanted), "{expected}");
            }
            other => panic!("{wanted}: {other:?}"),
        }
    }
}

#[test]
fn text_that_could_act_on_a_terminal_is_escaped() {
    let place = place();
    let outcome = Outcome::Excluded { reason: "\u{1b}[2J".into() };
    let mut writer = Writer::create(&place.path, &header()).unwrap();
    writer.append(&Record { outcome, ..record(HEAP, 0) }).unwrap();
    let (run, _) = read(&place.path).unwrap();
    assert_eq!(run.records[0].outcome, Outcome::Excluded { reason: "\\u{1b}[2J".into() });
}

#[test]
fn another_plan_is_not_gone_on_with() {
    let header = || {
        let mut header = header();
        let machine = &mut header.provenance.machine;
        (machine.kernel, machine.cores) = ("Linux 6.1".into(), 2);
        header
    };
    let place = place();
    drop(Writer::create(&place.path, &header()).unwrap());
    let mut fewer = header();
    fewer.cells.pop();
    let mut changed = header();
    changed.workloads[0].version = 2;
    let mut rebuilt = header();
    rebuilt.provenance.build.rustc = "another".into();
    let mut moved = header();
    moved.provenance.machine.cpu = "another".into();
    let mut updated = header();
    updated.provenance.machine.kernel = "another".into();
    let mut fewer_cores = header();
    fewer_cores.provenance.machine.cores += 1;
    let cases = [
        (moved, "another machine"),
        (updated, "in another state of it (the kernel: "),
        (fewer_cores, "(the number of cores: "),
        (Header { seed: 8, ..header() }, "its seed is 7, not 8"),
        (Header { seeds: 0, ..header() }, "derives other seeds"),
        (Header { rounds: 12, ..header() }, "6 rounds of profile Quick, not 12"),
        (fewer, "its plan has squares/tasks=10/deque"),
        (changed, "the workload `squares` has changed"),
        (rebuilt, "another build"),
    ];
    for (expected, reason) in cases {
        let error = Writer::resume(&place.path, &expected).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let mut later = header();
    later.provenance.started_unix_ns = 1;
    assert!(Writer::resume(&place.path, &later).is_ok());
}

#[test]
fn no_file_is_written_over_and_only_one_writes() {
    let place = place();
    let writer = Writer::create(&place.path, &header()).unwrap();
    let again = Writer::create(&place.path, &header()).unwrap_err().to_string();
    assert!(again.contains("there is such a file already"), "{again}");
    let second = Writer::resume(&place.path, &header()).unwrap_err().to_string();
    assert!(second.contains("another tminus is writing to it"), "{second}");
    drop(writer);
    assert!(Writer::resume(&place.path, &header()).is_ok());
}

#[test]
fn a_place_that_takes_nothing_is_named() {
    let place = place();
    drop(Writer::create(&place.path, &header()).unwrap());
    let below = place.path.join("below.jsonl");
    let error = Writer::create(&below, &header()).unwrap_err();
    assert!(matches!(error, Error::File { path, .. } if path == below));
    let error = read(&place.path.with_file_name("none")).unwrap_err().to_string();
    assert!(error.contains("runs/none: No such file"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_with_the_path() {
    let mut writer = Writer::on_full_disk();
    let error = writer.append(&record(HEAP, 0)).unwrap_err().to_string();
    assert!(error.starts_with("/dev/full: No space left"), "{error}");
}

#[test]
fn ids_are_checked_when_they_are_read() {
    assert!(serde_json::from_str::<CellId>("\"a/b/c\"").is_ok());
    assert!(serde_json::from_str::<CellId>("\"a/b/<script>\"").is_err());
}

/// Old files must stay readable: a change here is a new schema, or a field that may be missing.
#[test]
fn the_form_of_a_record_is_fixed() {
    let line = concat!(
        r#"{"cell":"squares/tasks=10/heap","round":0,"position":0,"started_unix_ns":1,"#,
        r#""elapsed_ns":2,"outcome":{"outcome":"ok"},"samples":[{"ops":1,"iterations":0,"#,
        r#""wall_ns":5,"cpu_ns":0,"voluntary_switches":0,"involuntary_switches":0}],"#,
        r#""metrics":{"start_ns":0.1},"order":"fifo"}"#
    );
    assert_eq!(serde_json::to_string(&record(HEAP, 0)).unwrap(), line);
    let failed = r#"{"outcome":"failed","kind":"out-of-memory","reason":"why","stderr":"end"}"#;
    let outcome: Outcome = serde_json::from_str(failed).unwrap();
    assert!(matches!(outcome, Outcome::Failed { kind: FailureKind::OutOfMemory, .. }));
}

#[test]
fn rounds_are_those_that_there_are() {
    let run = |rounds: u32| Run {
        records: (0..rounds)
            .flat_map(|round| [record(HEAP, round), record(DEQUE, round)])
            .collect(),
        ..Run::new(header())
    };
    assert_eq!([0, 1, 3, 6].map(|rounds| run(rounds).rounds()), [0, 1, 3, 6]);
    assert_eq!(run(6).rounds(), run(6).header.rounds);
    let mut cut = run(3);
    cut.records.pop();
    assert_eq!(cut.rounds(), 3, "the last may lack cells");
}

#[test]
fn what_an_executor_lacks_is_stored_with_its_reason() {
    let registry = crate::testing::registry();
    let facts = |id: &str| {
        let info = registry.executors.iter().find(|info| info.id == id).unwrap();
        ExecutorFacts::of(info, &BTreeMap::new())
    };
    let plain = facts("plain");
    assert_eq!(plain.missing, BTreeMap::from([("io".into(), "it has no sockets".into())]));
    assert!(!plain.borrows.contains_key("io") && plain.borrows.contains_key("timers"));
    assert!(facts("one").missing.is_empty());
    let mut stored = serde_json::to_value(&plain).unwrap();
    assert_eq!(serde_json::from_value::<ExecutorFacts>(stored.clone()).unwrap(), plain);
    // As older run files have it.
    stored.as_object_mut().unwrap().remove("missing").unwrap();
    let old: ExecutorFacts = serde_json::from_value(stored).unwrap();
    assert_eq!(old, ExecutorFacts { missing: BTreeMap::new(), ..plain });
}

#[test]
fn counts_of_cells_stand_apart_from_records() {
    let place = place();
    let (heap, deque): (CellId, CellId) = (HEAP.parse().unwrap(), DEQUE.parse().unwrap());
    let mut counts = Counts::default();
    counts.add("polls_per_op", 1.0 / 3.0, Quality::Exact);
    counts.lack("instructions_per_op", "valgrind is not installed");
    let mut writer = Writer::create(&place.path, &header()).unwrap();
    writer.append(&record(HEAP, 0)).unwrap();
    writer.append_counts(&heap, &counts).unwrap();
    writer.append(&record(HEAP, 1)).unwrap();
    // Of two the first stands.
    writer.append_counts(&heap, &Counts::default()).unwrap();
    drop(writer);
    let (mut writer, run, _) = Writer::resume(&place.path, &header()).unwrap();
    assert_eq!(run.records, [record(HEAP, 0), record(HEAP, 1)]);
    assert_eq!(run.counts, BTreeMap::from([(heap, counts.clone())]));
    writer.append_counts(&deque, &counts).unwrap();
    drop(writer);
    let (run, torn) = read(&place.path).unwrap();
    assert_eq!((run.records.len(), run.counts.len(), torn), (2, 2, None));
    let copy = place.path.with_file_name("copy.jsonl");
    write(&copy, &run).unwrap();
    assert_eq!(read(&copy).unwrap().0, run);
}

#[test]
fn hostile_counts_are_refused_with_their_line() {
    let of = |line: &str| {
        let place = place();
        drop(Writer::create(&place.path, &header()).unwrap());
        append_text(&place.path, &format!("{line}\n"));
        match read(&place.path).unwrap_err() {
            Error::Foreign { line: 2, expected, .. } => expected,
            other => panic!("{other}"),
        }
    };
    let id = r#"{"counts_of":"squares/tasks=10/heap","#;
    let negative = format!(r#"{id}"values":{{"a":-1}},"quality":{{"a":"exact"}}}}"#);
    assert_eq!(of(&negative), "a: -1: from 0 to 1e18 is possible");
    assert_eq!(
        of(&format!(r#"{id}"values":{{"a":1}}}}"#)),
        "expected the quality of each count, and of no other"
    );
    assert!(of(&format!(r#"{id}"values":7}}"#)).starts_with("expected the counts of a cell: "));
    let unknown = of(r#"{"counts_of":"squares/tasks=10/mine"}"#);
    assert_eq!(unknown, "expected a cell of the header, got squares/tasks=10/mine");
}
