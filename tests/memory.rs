//! What `memory` says a task takes, in children of their own: unit tests share a process with
//! others, whose memory comes and goes meanwhile.

#![cfg(target_os = "linux")]

mod support;

use serde_json::Value;
use support::run;
use tempfile::TempDir;

/// Bytes of a task, by its executor.
fn task_bytes(ranking: &Value, executor: &str) -> f64 {
    let cells = ranking["cells"].as_array().expect("a list");
    let cell = cells.iter().find(|cell| cell["executor"] == executor).expect("a cell");
    cell["median"].as_f64().expect("a figure")
}

#[test]
fn a_deadline_takes_eight_bytes_and_a_task_more() {
    let here = TempDir::new().expect("a directory");
    let cells = ["floor", "heap", "deque"].map(|id| format!("memory/tasks=20000/{id}"));
    let [floor, heap, deque] = cells.each_ref().map(String::as_str);
    let output =
        run(here.path(), &["run", floor, heap, deque, "--rounds=1", "--json", "--deadline=120"]);
    assert!(output.status.success(), "{output:?}");
    let ranking: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let floor = task_bytes(&ranking, "floor");
    // 18,000 deadlines; to the page, and what the process needs for itself meanwhile.
    assert!((7.0..10.0).contains(&floor), "{floor} B");
    for id in ["heap", "deque"] {
        // A header of 32 bytes, a future of as many and a timer are the least; join_all takes 208.
        let bytes = task_bytes(&ranking, id);
        assert!((64.0..1_000.0).contains(&bytes), "{id}: {bytes} B");
    }
}
