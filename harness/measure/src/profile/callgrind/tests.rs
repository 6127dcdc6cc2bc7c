//! A child with a known number of atomic operations: this test program itself; and files of counts
//! that no valgrind writes.

use std::hint::black_box;
use std::io::Write as _;
use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tminus_contract::sample::{Edge, Sample};
use tminus_record::Cell;

use super::*;
use crate::inside::Port;
use crate::marks::mark;
use crate::protocol::Message;

/// Tells the child what to do; absent in the test program itself.
const TASK: &str = "TMINUS_TEST_CALLGRIND";
/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);
/// Operations of a task.
const MANY: u64 = 1_000;

static CELL: AtomicU64 = AtomicU64::new(0);

fn program(task: &str) -> Program {
    let program = Program::current().expect("this program").with_prologue().env(TASK, task);
    program.arguments(["profile::callgrind::tests::child", "--exact", "--nocapture"])
}

fn spec() -> Spec {
    let cell = Cell::from_id(&"squares/tasks=1/heap".parse().expect("an id")).expect("a cell");
    Spec::new(cell)
}

fn cancel() -> Cancel {
    Cancel::new().expect("a pipe")
}

/// Returns the counts, or nothing, and says so, where there is no valgrind.
fn counted(task: &str) -> Option<Instructions> {
    match count(&program(task), &spec(), LONG, &cancel()) {
        Ok(counts) => Some(counts),
        Err(reason) if reason == "valgrind is not installed" => {
            writeln!(io::stderr(), "NOT RUN: callgrind: {reason}").expect("stderr");
            None
        }
        Err(reason) => panic!("{reason}"),
    }
}

/// No test by itself: the child of the others.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let port = Port::stdio();
    port.end_line().expect("a pipe");
    let _: Spec = port.request().expect("a pipe").expect("a spec");
    port.send(&Message::hello()).expect("a pipe");
    act("xadd", 77);
    mark(Edge::Begin);
    match task.as_str() {
        "threads" => {
            let begin = || thread::spawn(|| act("xadd", MANY));
            for handle in [begin(), begin(), begin()] {
                handle.join().expect("it ends");
            }
        }
        other => act(other, MANY),
    }
    mark(Edge::End);
    act("xadd", 777);
    let sample = Sample { ops: 3, iterations: 1, wall_ns: 1, ..Sample::default() };
    port.send_all(&[Message::Sample(sample), Message::Done]).expect("a pipe");
    exit(0);
}

fn act(task: &str, count: u64) {
    let order = Ordering::SeqCst;
    for index in 0..count {
        match task {
            "xadd" => _ = black_box(CELL.fetch_add(1, order)),
            "xchg" => _ = black_box(CELL.swap(index, order)),
            "cmpxchg" => _ = black_box(CELL.compare_exchange(index, index + 1, order, order)),
            // It never holds so much.
            "failed" => _ = black_box(CELL.compare_exchange(u64::MAX, 0, order, order)),
            "loads" => _ = black_box(CELL.load(order)),
            "releases" => CELL.store(index, Ordering::Release),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn atomic_read_modify_writes_are_counted_exactly() {
    let expected =
        [("xadd", 1), ("xchg", 1), ("cmpxchg", 1), ("failed", 1), ("loads", 0), ("releases", 0)];
    for (task, each) in expected {
        let Some(counts) = counted(task) else { return };
        assert_eq!((counts.ops, counts.atomics), (3, each * MANY), "{task}");
        let turn = counts.instructions / MANY;
        assert!((3..2_000).contains(&turn), "{task}: {counts:?}");
        assert!(counts.branches >= MANY, "{task}: {counts:?}");
    }
}

#[test]
fn all_threads_count() {
    let Some(counts) = counted("threads") else { return };
    // To start and join a thread takes some too.
    assert!((3 * MANY..4 * MANY).contains(&counts.atomics), "{counts:?}");
}

#[test]
fn each_pass_gives_the_same() {
    let Some(first) = counted("xadd") else { return };
    let second = counted("xadd").expect("valgrind is there");
    assert_eq!(first, second);
}

#[test]
fn a_valgrind_that_cannot_count_is_said_in_one_line() {
    let here = tempfile::tempdir().expect("a directory");
    let path = here.path().join("valgrind");
    let by = |script: &str, limit| {
        let script = format!("#!/bin/sh\n[ $1 = --version ] && exit\n{script}\n");
        std::fs::write(&path, script).expect("a file");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("a mode");
        let path = path.to_str().expect("UTF-8");
        count_by(path, &program("xadd"), &spec(), limit, &cancel()).expect_err("it cannot count")
    };
    let old =
        "echo 'valgrind: Unknown option: --collect-bus=yes' >&2; echo 'Use --help' >&2; exit 1";
    assert_eq!(by(old, LONG), "valgrind: Unknown option: --collect-bus=yes");
    assert!(by("kill -SEGV $$", LONG).contains("SIGSEGV"));
    assert!(by("yes", LONG).contains("more than"));
    assert!(by("sleep 1000", Duration::from_secs(2)).contains("deadline"));
    let bare = r#"while [ $# -gt 0 ]; do case $1 in --*) shift;; *) break;; esac; done; exec "$@""#;
    assert!(by(bare, LONG).starts_with("valgrind wrote no counts: No such file"));
    let gone = count_by("/nowhere/valgrind", &program("xadd"), &spec(), LONG, &cancel());
    assert_eq!(gone, Err("valgrind is not installed".into()));
}

#[test]
fn a_damaged_file_gives_nothing() {
    let whole = "version: 1\nevents: Ir Bc Bcm Bi Bim Ge\nfn=(1)\n5 7\ntotals: 9 4 1 2\n";
    let expected = Instructions { ops: 0, instructions: 9, branches: 6, atomics: 0 };
    assert_eq!(parse(whole), Some(expected));
    for length in 0..whole.len() {
        assert_eq!(parse(&whole[..length]), None, "{length}");
    }
    for (from, to) in [("9 4", "x 4"), ("9 4", "-9 4"), ("Ge", "Gx"), ("9 4 1 2", "1 2 3 4 5 6 7")]
    {
        assert_eq!(parse(&whole.replace(from, to)), None, "{to}");
    }
    let most = u64::MAX.to_string();
    assert_eq!(parse(&whole.replace("4 1 2", &format!("{most} 1 2"))), None);
}
