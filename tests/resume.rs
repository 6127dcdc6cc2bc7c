//! A run that is cut off keeps every finished record and can be gone on with. No test depends on
//! where exactly the cut falls.

#![cfg(unix)]

#[path = "support/interrupt.rs"]
mod interrupt;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use interrupt::interrupt;
use serde_json::Value;
use support::{command, run};
use tempfile::TempDir;

/// Two cells and the twin, in sixteen rounds of short children.
const RUN: [&str; 6] =
    ["run", "squares/tasks=2/smol-local", "squares/tasks=2/floor", "--rounds", "16", "--out=out"];
const CHILDREN: usize = 3 * 16;

#[test]
fn a_killed_run_goes_on_where_it_ended() {
    let here = TempDir::new().expect("a directory");
    let mut child = start(here.path());
    wait_for_records(here.path(), 3);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let kept = records(&run_file(here.path()));
    assert!(kept.len() >= 3);
    // What a kill in the middle of a line leaves.
    append(&run_file(here.path()), b"{\"cell\":\"squa");

    let output = run(here.path(), &["run", "--resume", "--out=out"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("torn by a kill, its 13 bytes dropped"), "{said}");
    let all = records(&run_file(here.path()));
    assert_eq!(all[..kept.len()], kept[..]);
    assert_each_once(&all);
}

#[test]
fn ctrl_c_says_how_to_go_on() {
    let here = TempDir::new().expect("a directory");
    let child = start(here.path());
    wait_for_records(here.path(), 3);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    let path = run_file(here.path());
    let path = path.strip_prefix(here.path()).expect("below");
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains(&format!("run --resume {}`", path.display())), "{said}");
    assert!(output.stdout.is_empty());
    let output = run(here.path(), &["run", "--resume", path.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(0));
    assert_each_once(&records(&run_file(here.path())));
    // Nothing is left to do: the ranking once more.
    let again = run(here.path(), &["run", "--resume", path.to_str().expect("text")]);
    assert_eq!((again.status.code(), &again.stdout), (Some(0), &output.stdout));
    assert_each_once(&records(&run_file(here.path())));
}

/// The header holds every cell of a sweep, so that nothing of the command line is needed again.
#[test]
fn a_sweep_that_was_cut_off_goes_on_with_all_its_sizes() {
    let here = TempDir::new().expect("a directory");
    let chosen = ["run", "--workload=squares", "--executor=smol-local,floor", "--param=depth=1"];
    let swept = ["--sweep=tasks=1..4/3", "--profile=quick", "--rounds=2", "--out=out"];
    let whole = run(here.path(), &[&chosen[..], &swept].concat());
    assert_eq!(whole.status.code(), Some(0), "{whole:?}");
    let path = run_file(here.path());
    let (text, all) = (fs::read_to_string(&path).expect("a run file"), records(&path));
    // Three sizes of two, and the twin.
    assert_eq!(all.len(), 2 * (3 * 2 + 1));
    let cut: String = text.split_inclusive('\n').take(1 + 5).collect();
    fs::write(&path, cut).expect("a run file");
    let output = run(here.path(), &["run", "--resume", "--out=out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let again = records(&path);
    let cells = |records: &[Value]| -> Vec<String> {
        let mut cells: Vec<String> =
            records.iter().map(|it| format!("{} {}", it["cell"], it["round"])).collect();
        cells.sort();
        cells
    };
    assert_eq!((again[..5].to_vec(), cells(&again)), (all[..5].to_vec(), cells(&all)));
}

#[test]
fn all_rounds_of_a_cell_run_the_same_iterations() {
    let here = TempDir::new().expect("a directory");
    let output = run(here.path(), &RUN);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut iterations: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in records(&run_file(here.path())) {
        for sample in record["samples"].as_array().expect("samples") {
            let count = sample["iterations"].as_u64().expect("a count");
            iterations.entry(record["cell"].to_string()).or_default().push(count);
        }
    }
    assert_eq!(iterations.len(), 3);
    for counts in iterations.values() {
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }
}

#[test]
fn the_copy_that_children_are_started_from_is_never_left_behind() {
    let here = TempDir::new().expect("a directory");
    let run = run(here.path(), &["run", "countdown/timers=2/floor", "--rounds=6", "--out=out"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    // The cell and its A/A twin.
    assert_eq!(records(&run_file(here.path())).len(), 2 * 6);
    // The run file and its report.
    let left = fs::read_dir(here.path().join("out")).expect("a directory");
    assert_eq!(left.count(), 2);
}

#[test]
fn a_full_disk_loses_no_finished_record() {
    let here = TempDir::new().expect("a directory");
    let small = run(here.path(), &["run", RUN[1], RUN[2], "--rounds=1", "--out=small"]);
    assert_eq!(small.status.code(), Some(0), "{small:?}");
    let size = fs::metadata(newest(&here.path().join("small"))).expect("a run file").len();
    // A limit on the size of files stands for the disk. Shells count in blocks of 512 bytes.
    let script = format!("ulimit -f {}; exec \"$@\"", size / 512 + 8);
    let program = command(here.path(), &[]).get_program().to_owned();
    let output = Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(program)
        .args(RUN)
        .current_dir(here.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error: the run is cut off; go on with `"), "{said}");
    assert!(said.contains("File too large"), "{said}");
    let kept = records(&run_file(here.path()));
    assert!(kept.len() >= 3 && kept.len() < CHILDREN, "{}", kept.len());
    let output = run(here.path(), &["run", "--resume", "--out=out"]);
    assert_eq!(output.status.code(), Some(0));
    let all = records(&run_file(here.path()));
    assert_eq!(all[..kept.len()], kept[..]);
    assert_each_once(&all);
}

#[test]
fn a_place_that_cannot_be_written_to_is_found_out_before_anything_is_measured() {
    let here = TempDir::new().expect("a directory");
    fs::write(here.path().join("file"), "").expect("a file");
    for out in ["file/below", "/proc/tminus"] {
        let output = run(here.path(), &["run", RUN[1], "--out", out]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error: {out}/")) && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_run_of_another_build_is_not_gone_on_with() {
    let here = TempDir::new().expect("a directory");
    let output = run(here.path(), &["run", RUN[1], "--rounds=1", "--out=out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let path = run_file(here.path());
    let text = fs::read_to_string(&path).expect("a run file");
    let other = text.replacen("\"rustc\":\"rustc ", "\"rustc\":\"rustc 0", 1);
    assert_ne!(text, other);
    fs::write(&path, &other).expect("a run file");
    let output = run(here.path(), &["run", "--resume", "--out=out"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("made by another build of tminus; start a new one"), "{said}");
    assert_eq!(fs::read_to_string(&path).expect("a run file"), other);
}

fn start(directory: &Path) -> Child {
    let mut command = command(directory, &RUN);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn wait_for_records(directory: &Path, count: usize) {
    let lines = || {
        let text = fs::read(newest_if_any(&directory.join("out"))?).ok()?;
        Some(text.iter().filter(|byte| **byte == b'\n').count())
    };
    // The header is a line too.
    while lines().is_none_or(|lines| lines <= count) {
        thread::sleep(Duration::from_millis(2));
    }
}

fn run_file(directory: &Path) -> PathBuf {
    newest(&directory.join("out"))
}

fn newest(directory: &Path) -> PathBuf {
    newest_if_any(directory).expect("a run file")
}

fn newest_if_any(directory: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(directory).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|it| it == "jsonl")).max()
}

fn append(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().append(true).open(path).expect("a run file");
    file.write_all(bytes).expect("it can be written");
}

/// Returns the records of a file, whose lines must all be whole but for what a kill left at its
/// end.
fn records(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a run file");
    let end = text.rfind('\n').map_or(0, |end| end + 1);
    let lines = text[..end].lines().skip(1);
    let all = lines.map(|line| serde_json::from_str(line).expect("a line"));
    all.filter(|line: &Value| line["counts_of"].is_null()).collect()
}

fn assert_each_once(records: &[Value]) {
    let mut counts: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for record in records {
        let round = record["round"].as_u64().expect("a round");
        *counts.entry((record["cell"].to_string(), round)).or_default() += 1;
    }
    assert_eq!(counts.len(), CHILDREN);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}
