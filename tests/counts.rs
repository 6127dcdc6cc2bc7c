//! Counts of real cells: two passes agree, however busy the machine is.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tminus_measure::child::{Cancel, Program};
use tminus_measure::profile::{callgrind, calls};
use tminus_measure::spec::Spec;
use tminus_record::Cell;

/// Never reached, however loaded the machine is.
const LONG: Duration = Duration::from_secs(600);

/// Executors of one thread; not smol-local, which looks for events after 500 us.
const EXECUTORS: [&str; 5] =
    ["heap", "deque", "tokio-current-thread", "futures-local-pool", "floor"];

fn spec(id: &str) -> Spec {
    let cell = Cell::from_id(&id.parse().expect("an id")).expect("a cell");
    Spec { iterations: Some(3), ..Spec::new(cell) }
}

/// Returns what `work` gives while every core has more to do than it can.
fn beside_neighbours<T>(work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores * 2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = work();
        over.store(true, Ordering::Relaxed);
        result
    })
}

/// Says that `what` cannot be counted on this machine.
fn not_run(what: &str, reason: &str) {
    writeln!(io::stderr(), "NOT RUN: {what}: {reason}").expect("stderr");
}

#[cfg(target_os = "linux")]
#[test]
fn system_calls_of_one_thread_are_the_same_in_each_pass() {
    let program = Program::new(env!("CARGO_BIN_EXE_tminus"));
    let cancel = Cancel::new().expect("a pipe");
    let count = |cell: &str| calls::count(&program, &spec(cell), LONG, &cancel);
    if let Err(reason) = count("squares/tasks=10/floor") {
        assert!(reason.contains("refuses to trace"), "{reason}");
        return not_run("system calls", &reason);
    }
    let sizes =
        ["yield_many/tasks=10", "spawn_many/tasks=10", "ping_pong/pairs=1", "echo/connections=10"];
    let (mut compared, mut differ) = (0, Vec::new());
    for cell in sizes.iter().flat_map(|size| EXECUTORS.map(|it| format!("{size}/{it}"))) {
        let idle = count(&cell).expect("counts");
        let busy = beside_neighbours(|| count(&cell)).expect("counts");
        // How often two threads meet depends on the machine.
        if idle.threads.len().max(busy.threads.len()) <= 1 {
            compared += 1;
            if idle != busy {
                differ.push(format!("{cell}: {idle:?}, then {busy:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    // One of the executors waits for sockets on a thread of its own.
    assert!(compared >= sizes.len() * EXECUTORS.len() - 1, "{compared}");
}

#[test]
fn instructions_and_atomics_repeat_to_a_ten_thousandth() {
    let program = Program::new(env!("CARGO_BIN_EXE_tminus"));
    let cancel = Cancel::new().expect("a pipe");
    for executor in ["deque", "tokio-current-thread", "floor"] {
        let spec = Spec { iterations: Some(20), ..spec(&format!("squares/tasks=10/{executor}")) };
        let count = || callgrind::count(&program, &spec, LONG, &cancel);
        let idle = match count() {
            Ok(counts) => counts,
            Err(reason) if reason == "valgrind is not installed" => {
                return not_run("instructions", &reason);
            }
            Err(reason) => panic!("{executor}: {reason}"),
        };
        let busy = beside_neighbours(count).expect("counts");
        let pairs = [(idle.instructions, busy.instructions), (idle.atomics, busy.atomics)];
        for (idle, busy) in pairs {
            assert!(idle.abs_diff(busy) * 10_000 <= idle, "{executor}: {idle}, then {busy}");
        }
    }
}
