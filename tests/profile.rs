//! The pass that counts, on the executors that are always there: known programs have known counts,
//! two passes give the same, whatever else the machine does, and a run stores them.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use ends::{directory, refused, said};
use serde_json::{Value, json};
use support::run;
use tminus_reports::data::schema;

/// Returns the cells of a profile, which must be as its schema says.
fn profile(here: &Path, words: &[&str]) -> Vec<Value> {
    let printed = said(here, &[&["profile", "--json", "--no-instructions"], words].concat());
    let value: Value = serde_json::from_str(&printed).expect("JSON");
    let schema: Value = serde_json::from_str(schema::PROFILE).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&value).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{printed}");
    value["cells"].as_array().expect("cells").clone()
}

/// Returns the exact counts of each cell.
fn exact(cells: &[Value]) -> Vec<(String, Value)> {
    let of_cell = |cell: &Value| {
        let quality = cell["quality"].as_object().expect("an object").clone();
        let names = quality.into_iter().filter(|(_, it)| it == "exact").map(|(name, _)| name);
        let counts = cell["counts"].clone();
        let id = cell["cell"].as_str().expect("an id").to_owned();
        names.map(move |name| (format!("{id} {name}"), counts[&name].clone())).collect::<Vec<_>>()
    };
    cells.iter().flat_map(of_cell).collect()
}

fn count(cell: &Value, name: &str) -> f64 {
    cell["counts"][name].as_f64().unwrap_or_else(|| panic!("no {name}: {cell}"))
}

#[test]
fn a_task_that_yields_is_polled_and_wakes_itself_once_an_op() {
    let here = directory();
    for cell in ["heap", "deque"].map(|it| format!("yield_many/tasks=1000/{it}")) {
        let cells = profile(here.path(), &[&cell]);
        assert_eq!(cells.len(), 1);
        let of = |name: &str| count(&cells[0], name);
        // One resumption in eleven is a task's first, which its spawn brings about; and the root is
        // polled as well.
        assert!((1.0..1.002).contains(&of("polls_per_op")), "{}", cells[0]);
        assert!((0.909..0.911).contains(&of("self_wakes_per_op")), "{}", cells[0]);
        assert_eq!(of("spurious_polls_per_op"), 0.0);
        assert_eq!(of("cross_thread_wakes_per_op"), 0.0);
        assert!(of("allocations_per_op") < 0.001, "{}", cells[0]);
        assert_eq!(cells[0]["quality"]["polls_per_op"], "exact");
        assert_eq!(cells[0]["quality"]["wake_delay_p99_ns"], "indicative");
    }
}

/// Keeps both cores of a small machine at work for as long as it is there.
struct Burning(&'static AtomicBool, Vec<thread::JoinHandle<()>>);

impl Burning {
    fn start() -> Self {
        static BURNS: AtomicBool = AtomicBool::new(true);
        let burn = || {
            while BURNS.load(Relaxed) {
                std::hint::spin_loop();
            }
        };
        Self(&BURNS, (0..2).map(|_| thread::spawn(burn)).collect())
    }

    fn end(self) {
        self.0.store(false, Relaxed);
        self.1.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
    }
}

/// Beside others' work and beside our own.
#[test]
fn two_passes_give_the_same() {
    let here = directory();
    let cells = ["squares/tasks=10,*", "yield_many/tasks=10/*", "ping_pong/pairs=1/*"];
    let first = profile(here.path(), &cells);
    let burning = Burning::start();
    let second = profile(here.path(), &cells);
    burning.end();
    let ids = |cells: &[Value]| cells.iter().map(|it| it["cell"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    let [first, second] = [first, second].map(|cells| exact(&cells));
    assert!(first.len() > 200, "{}", first.len());
    // A cell that one pass finds to be exact and the other does not is left out.
    let differ: Vec<_> = first
        .iter()
        .filter_map(|(name, value)| {
            let (_, other) = second.iter().find(|(known, _)| known == name)?;
            (value != other).then(|| format!("{name}: {value}, then {other}"))
        })
        .collect();
    assert_eq!(differ, Vec::<String>::new());
}

#[test]
fn every_executor_takes_wakers_that_are_wrapped() {
    let here = directory();
    let cells = profile(here.path(), &["squares/tasks=10/*", "timers/timers=1000/*"]);
    assert!(cells.len() > 20, "{}", cells.len());
    for cell in &cells {
        assert_eq!(cell["failed"], Value::Null, "{cell}");
        let is_floor = cell["cell"].as_str().is_some_and(|id| id.contains("/floor"));
        let why = cell["missing"]["polls_per_op"].as_str().unwrap_or_default();
        match is_floor {
            true => assert!(why.starts_with("straight-line code"), "{cell}"),
            false => assert!(count(cell, "polls_per_op") > 0.0, "{cell}"),
        }
    }
}

#[test]
fn a_cell_that_fails_is_a_row_with_its_reason() {
    let here = directory();
    let words = ["profile", "--json", "timers/timers=1000/heap", "--deadline", "1ms"];
    let output = run(here.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cell = &value["cells"][0];
    assert!(cell["failed"].as_str().is_some_and(|it| it.contains("deadline")), "{cell}");
    assert_eq!(cell["counts"], json!({}));
    let table = run(here.path(), &["profile", "timers/timers=1000/heap", "--deadline", "1ms"]);
    let text = String::from_utf8_lossy(&table.stdout);
    assert!(text.contains("failed: timers/timers=1000/heap: "), "{text}");
    assert_eq!(table.status.code(), Some(1));
    let line = refused(here.path(), &["profile", "nothing-like-it"]);
    assert!(line.starts_with("error: "), "{line}");
}

fn run_file(here: &Path) -> PathBuf {
    let entries = fs::read_dir(here.join("target/tminus")).expect("a directory");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|it| it == "jsonl")).expect("a run file")
}

#[test]
fn a_run_stores_counts_and_ranks_by_them() {
    let here = directory();
    let cells = ["squares/tasks=2/heap", "squares/tasks=2/deque"];
    said(here.path(), &[&["run", "--rounds=1", "--no-profile"], &cells[..]].concat());
    let file = run_file(here.path());
    let lines = || fs::read_to_string(&file).expect("a run file").lines().count();
    assert_eq!(lines(), 1 + 3);
    let line = refused(here.path(), &["rank", "--metric", "polls_per_op"]);
    assert!(line.contains("polls_per_op"), "{line}");
    // Gone on with it lacks nothing but its counts; and then nothing.
    for _ in 0..2 {
        said(here.path(), &["run", "--resume"]);
        assert_eq!(lines(), 1 + 3 + 2);
    }
    let ranking = said(here.path(), &["rank", "--json", "--metric", "polls_per_op"]);
    let ranking: Value = serde_json::from_str(&ranking).expect("JSON");
    for cell in ranking["cells"].as_array().expect("cells") {
        assert!(cell["median"].as_f64().is_some_and(|polls| polls >= 1.0), "{cell}");
        assert_eq!((&cell["low"], &cell["rank"][0]), (&cell["median"], &json!(1)), "{cell}");
    }
    let usual: Value = serde_json::from_str(&said(here.path(), &["rank", "--json"])).expect("JSON");
    assert!(usual["cells"][0]["others"]["wakes_per_op"].is_number(), "{usual}");
    said(here.path(), &["rank", "--metric", "polls_per_op"]);
    said(here.path(), &["report", "latest", "--out", "report"]);
    let csv = fs::read_to_string(here.path().join("report/data.csv")).expect("a table");
    assert!(csv.contains(",counted,polls_per_op,"), "{csv}");
}

#[test]
fn hostile_counts_in_a_run_file_are_refused_in_a_line() {
    let here = directory();
    said(here.path(), &["run", "--rounds=1", "--no-profile", "squares/tasks=2/heap"]);
    let file = run_file(here.path());
    let mut lines = fs::OpenOptions::new().append(true).open(file).expect("a run file");
    let hostile =
        r#"{"counts_of":"squares/tasks=2/heap","values":{"a":-1},"quality":{"a":"exact"}}"#;
    writeln!(lines, "{hostile}").expect("a line");
    let line = refused(here.path(), &["rank"]);
    assert!(line.contains("line 4: a: -1: from 0 to 1e18 is possible"), "{line}");
}
