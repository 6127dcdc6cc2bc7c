//! A child whose calls are known: this test program itself, which begins anew as what a test asks.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::{Command, exit};
use std::thread;

use tminus_contract::sample::{Edge, Sample};
use tminus_record::Cell;

use super::*;
use crate::inside::Port;
use crate::marks::mark;
use crate::protocol::Message;
use crate::spec::Mode;

/// Tells the child what to do; absent in the test program itself.
const TASK: &str = "TMINUS_TEST_CALLS";
/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);

fn counted(task: &str, limit: Duration) -> Result<Calls, String> {
    let program = Program::current().expect("this program").with_prologue().env(TASK, task);
    let program = program.arguments([
        "profile::calls::tests::child",
        "--exact",
        "--nocapture",
        "--test-threads=1",
    ]);
    count(&program, &spec(), limit, &Cancel::new().expect("a pipe"))
}

fn spec() -> Spec {
    let cell = Cell::from_id(&"squares/tasks=1/heap".parse().expect("an id")).expect("a cell");
    Spec { iterations: Some(7), ..Spec::new(cell) }
}

/// No test by itself: the child of the others.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let port = Port::stdio();
    port.end_line().expect("a pipe");
    let spec: Spec = port.request().expect("a pipe").expect("a spec");
    port.send(&Message::hello()).expect("a pipe");
    assert_eq!(spec.mode, Mode::Count);
    mark(Edge::Begin);
    act(&task);
    mark(Edge::End);
    write(5);
    let sample = Sample { ops: 3, iterations: 7, wall_ns: 1, ..Sample::default() };
    port.send_all(&[Message::Sample(sample), Message::Done]).expect("a pipe");
    exit(0);
}

fn act(task: &str) {
    match task {
        "nothing" => {}
        "writes" => write(11),
        "threads" => {
            let begin = |count| {
                let name = format!("worker {count}");
                thread::Builder::new().name(name).spawn(move || write(count)).expect("a thread")
            };
            for handle in [begin(20), begin(300)] {
                handle.join().expect("it ends");
            }
        }
        "process" => assert!(Command::new("true").status().expect("it runs").success()),
        "signal" => {
            let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let signal = signal_hook::consts::SIGUSR1;
            signal_hook::flag::register(signal, seen.clone()).expect("a handler");
            signal_hook::low_level::raise(signal).expect("it is sent");
            assert!(seen.load(std::sync::atomic::Ordering::SeqCst));
        }
        "stop" => {
            nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP).expect("it is sent");
            write(1);
        }
        "two regions" => {
            mark(Edge::End);
            mark(Edge::Begin);
        }
        "no end" => mark(Edge::Begin),
        "abort" => std::process::abort(),
        "hang" => thread::sleep(LONG),
        "hang with another" => {
            act("leave another");
            thread::sleep(LONG);
        }
        "leave another" => drop(Command::new("setsid").args(["sleep", "1000"]).spawn()),
        other => panic!("{other}"),
    }
}

/// Returns whether this machine lets a process trace its children, and says so if not.
fn is_permitted() -> bool {
    let reason = counted("nothing", LONG).err().filter(|it| it.contains("refuses to trace"));
    if let Some(reason) = &reason {
        writeln!(std::io::stderr(), "NOT RUN: calls: {reason}").expect("stderr");
    }
    reason.is_none()
}

/// Makes exactly so many calls.
fn write(count: usize) {
    let mut null = OpenOptions::new().write(true).open("/dev/null").expect("it opens");
    for _ in 0..count {
        null.write_all(b"x").expect("it takes all");
    }
}

fn known<const N: usize>(calls: [(&str, u64); N]) -> BTreeMap<String, u64> {
    calls.map(|(name, count)| (name.into(), count)).into()
}

#[test]
fn calls_of_the_region_alone_are_counted() {
    if !is_permitted() {
        return;
    }
    let none = counted("nothing", LONG).expect("counts");
    assert_eq!(none, Calls { ops: 3, ..Calls::default() });
    let calls = counted("writes", LONG).expect("counts");
    let of_file = |name: &str| ["close", "fcntl", "openat"].contains(&name);
    let others = calls.by_name.iter().filter(|(name, _)| !of_file(name));
    assert_eq!(others.collect::<Vec<_>>(), [(&"write".to_owned(), &11)]);
    assert_eq!((calls.ops, calls.threads.len()), (3, 1));
}

#[test]
fn threads_are_told_apart() {
    if !is_permitted() {
        return;
    }
    let calls = counted("threads", LONG).expect("counts");
    let writes = |name: &str| {
        let thread = calls.threads.iter().find(|thread| thread.name == name);
        thread.expect(name).by_name["write"]
    };
    assert_eq!((writes("worker 20"), writes("worker 300")), (20, 300));
    assert_eq!(calls.by_name["write"], 320);
    let starts = ["clone", "clone3"].map(|name| calls.by_name.get(name).unwrap_or(&0));
    assert_eq!(starts.into_iter().sum::<u64>(), 2, "{calls:?}");
}

#[test]
fn processes_and_signals_of_the_child_go_on() {
    if !is_permitted() {
        return;
    }
    assert!(counted("process", LONG).expect("counts").by_name["execve"] >= 1);
    assert_eq!(counted("signal", LONG).expect("counts").by_name["rt_sigreturn"], 1);
    assert_eq!(counted("stop", LONG).expect("counts").by_name["write"], 1);
}

#[test]
fn a_region_is_marked_once() {
    if !is_permitted() {
        return;
    }
    let two = counted("two regions", LONG);
    assert_eq!(two, Err("the child marked 2 regions instead of one".into()));
    let torn = counted("no end", LONG).expect_err("it is refused");
    assert!(torn.contains("2 regions, not all of them whole"), "{torn}");
}

#[test]
fn a_bad_child_ends_and_says_how() {
    if !is_permitted() {
        return;
    }
    let aborted = counted("abort", LONG).expect_err("it failed");
    assert!(aborted.contains("SIGABRT"), "{aborted}");
    for hang in ["hang", "hang with another"] {
        let late = counted(hang, Duration::from_secs(3)).expect_err("it is late");
        assert!(late.contains("deadline"), "{late}");
    }
    // What it left behind is not waited for.
    assert!(counted("leave another", LONG).is_ok());
    let missing = count(&Program::new("/nowhere"), &spec(), LONG, &Cancel::new().expect("a pipe"))
        .expect_err("it is missing");
    assert!(missing.contains("/nowhere"), "{missing}");
}

#[test]
fn an_interrupt_ends_the_child() {
    let cancel = Cancel::new().expect("a pipe");
    cancel.cancel();
    let program = Program::new("sleep").arguments(["1000"]);
    assert_eq!(count(&program, &spec(), LONG, &cancel), Err("it was interrupted".into()));
}

#[test]
fn other_children_of_this_process_are_left_alone() {
    if !is_permitted() {
        return;
    }
    let mut others: Vec<_> = (0..20)
        .map(|code| Command::new("sh").args(["-c", &format!("exit {code}")]).spawn().expect("sh"))
        .collect();
    counted("writes", LONG).expect("counts");
    for (code, other) in others.iter_mut().enumerate() {
        let status = other.wait().expect("it was not reaped");
        assert_eq!(status.code(), i32::try_from(code).ok());
    }
    let threads = fs::read_dir("/proc/self/task").expect("a list").flatten();
    let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    // Those of other tests end when their children do.
    assert!(names.filter(|name| name.trim() == "tracer").count() <= 8);
}

#[test]
fn many_threads_stand_together() {
    let mut tally = tally::Tally::default();
    tally.call(1, "read", || "early".into());
    tally.mark(Edge::Begin);
    for id in 0..1_000 {
        tally.call(id, "read", || format!("thread {id}\n"));
        tally.call(id, "write", || unreachable!("it has a name"));
        tally.end(id);
    }
    tally.mark(Edge::End);
    let calls = tally.into_calls(1).expect("one region");
    assert_eq!(calls.by_name, known([("read", 1_000), ("write", 1_000)]));
    assert_eq!((calls.threads.len(), calls.threads[0].name.as_str()), (65, "thread 0"));
    assert_eq!(
        (calls.threads[64].name.as_str(), calls.threads[64].by_name["read"]),
        ("others", 936)
    );
}

/// No process may trace itself: what the system says where it lets none trace another is the same.
#[test]
fn a_refusal_says_so() {
    let refused = tracer::Tracer::new(std::process::id()).err();
    let reason = "the system refuses to trace a child (ptrace): Operation not permitted";
    assert_eq!(refused.as_deref(), Some(reason));
}
