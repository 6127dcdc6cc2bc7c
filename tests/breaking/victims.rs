//! The verbs that are killed: what each needs, and what must be so after it was gone on with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::kill::{Count, contents};
use crate::made::Made;
use crate::support::run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");

/// A verb that is killed.
pub(crate) struct Victim {
    pub(crate) name: &'static str,
    /// Kills in the short pass.
    pub(crate) usual: u64,
    pub(crate) prepare: fn(&Path),
    pub(crate) words: &'static [&'static str],
    /// Exit codes of one that is not killed.
    pub(crate) ends: &'static [i32],
    /// Whether it may be done again where it was done.
    pub(crate) may_repeat: bool,
    /// Looks at what a kill left, goes on, and looks again; beside it the directory of one that was
    /// whole.
    pub(crate) examine: fn(&Path, &Path, &mut Count),
}

const RUN: &[&str] =
    &["run", "squares/tasks=2/smol-local", "squares/tasks=2/floor", "--rounds=6", "--out=out"];
const GATE: &[&str] = &[
    "gate",
    "--baseline",
    PROGRAM,
    "--candidate",
    PROGRAM,
    "--seed=1",
    "--out=out",
    "--workload=squares",
    "--executor=deque",
    "--param=tasks=10",
    "--param=depth=1",
    "--profile=standard",
    "--rounds=6",
    "--looks=1",
    "--margin=100%",
    "--detect=100%",
];
const GATE_DIRECTORY: &str = "out/gate-0000000000000001";
const ADD: &[&str] = &[
    "history",
    "add",
    "--db=out/h.db",
    "made-0.jsonl",
    "made-1.jsonl",
    "made-2.jsonl",
    "made-3.jsonl",
    "made-4.jsonl",
    "made-5.jsonl",
    "made-6.jsonl",
    "made-7.jsonl",
];
const REPORT: &[&str] = &["report", "made-0.jsonl", "--out=out"];
const SITE: &[&str] = &["site", "out", "--db=h.db"];
const IMPORT: &[&str] = &["import", "criterion", "--out=out"];
const EXPORT: &[&str] = &["history", "export", "--db=h.db", "--out=out"];

/// Returns all of them.
pub(crate) fn all() -> Vec<Victim> {
    let nothing = |_: &Path| {};
    let victim = |name, usual, prepare, words, examine| Victim {
        name,
        usual,
        prepare,
        words,
        ends: &[0],
        may_repeat: true,
        examine,
    };
    vec![
        Victim { may_repeat: false, ..victim("run", 2, nothing, RUN, examine_run) },
        Victim {
            may_repeat: false,
            ends: &[0, 1, 3, 4],
            ..victim("gate", 1, nothing, GATE, examine_gate)
        },
        victim("history add", 3, runs, ADD, examine_history),
        victim("report", 1, runs, REPORT, |here, whole, count| same(here, whole, REPORT, count)),
        victim("site", 3, history, SITE, |here, whole, count| same(here, whole, SITE, count)),
        victim("import", 3, criterion, IMPORT, |here, whole, count| {
            same(here, whole, IMPORT, count)
        }),
        victim("export", 2, history, EXPORT, |here, whole, count| same(here, whole, EXPORT, count)),
    ]
}

fn runs(here: &Path) {
    for number in 0..8 {
        Made { cells: 6, ..Made::new(number, 20_000) }.write(here);
    }
}

fn history(here: &Path) {
    runs(here);
    let words: Vec<&str> = ADD
        .iter()
        .map(|word| word.strip_prefix("--db=out/").map_or(*word, |_| "--db=h.db"))
        .collect();
    assert!(run(here, &words).status.success());
}

fn criterion(here: &Path) {
    for number in 0..300 {
        let directory = here.join(format!("criterion/group/{number}/new"));
        fs::create_dir_all(&directory).expect("a directory");
        let name = format!(r#"{{"group_id":"group","function_id":null,"value_str":"{number}"}}"#);
        fs::write(directory.join("benchmark.json"), name).expect("a file");
        let list =
            |factor: u64| (1..=100).map(|it| format!("{}.0", it * factor)).collect::<Vec<_>>();
        let (iters, times) = (list(1).join(","), list(7000).join(","));
        fs::write(
            directory.join("sample.json"),
            format!(r#"{{"iters":[{iters}],"times":[{times}]}}"#),
        )
        .expect("a file");
    }
}

/// What is made for a moment, by us, by an earlier tminus, by SQLite.
fn is_of_a_moment(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(".tmp")
        || [".part", ".new", "-journal", "-wal", "-shm"].iter().any(|it| name.ends_with(it))
}

/// Counts files of a moment that stay.
fn leftovers(here: &Path, count: &mut Count) {
    for path in contents(here).into_keys().filter(|path| is_of_a_moment(path)) {
        count.left += 1;
        count.note(format!("{} stays", path.display()));
    }
}

fn again(here: &Path, words: &[&str], ends: &[i32], count: &mut Count) {
    let output = run(here, words);
    if !output.status.code().is_some_and(|code| ends.contains(&code)) {
        count.wrong_ends += 1;
        count.note(format!(
            "{words:?} then: {:?} {}",
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
}

/// A file is whole or not there, and in the end all is as if nothing had been killed.
fn same(here: &Path, whole: &Path, words: &[&str], count: &mut Count) {
    let expected = contents(&whole.join("out"));
    let now = contents(&here.join("out"));
    for (path, bytes) in now.iter().filter(|(path, _)| !is_of_a_moment(path)) {
        // The list of a site names more until all is done.
        if path != Path::new(".tminus-site") && expected.get(path).is_some_and(|it| it != bytes) {
            count.half_written += 1;
            count.note(format!("{} is not whole", path.display()));
        }
    }
    again(here, words, &[0], count);
    let after = contents(&here.join("out"));
    for (path, bytes) in &expected {
        if after.get(path) != Some(bytes) {
            count.lost += 1;
            count.note(format!("{} is not what it must be", path.display()));
        }
    }
    for path in after.keys().filter(|path| !expected.contains_key(*path)) {
        count.left += 1;
        count.note(format!("{} stays", path.display()));
    }
}

/// Returns the whole lines of a run file after its header.
fn records(file: &Path) -> Vec<String> {
    let bytes = fs::read(file).unwrap_or_default();
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    String::from_utf8_lossy(&bytes[..end]).lines().skip(1).map(String::from).collect()
}

/// Compares the records of a file before and after it was gone on with.
fn compare_records(file: &Path, before: &[String], expected: usize, count: &mut Count) {
    let after = records(file);
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for line in &after {
        match serde_json::from_str::<Value>(line) {
            Ok(record) => {
                let [cell, round, counts] = ["cell", "round", "counts_of"].map(|it| &record[it]);
                *seen.entry(format!("{cell} {round} {counts}")).or_default() += 1
            }
            Err(_) => {
                count.half_written += 1;
                count.note(format!("{}: a line that is no record", file.display()));
            }
        }
    }
    let doubled: u64 = seen.values().map(|times| times - 1).sum();
    let lost = before.iter().filter(|line| !after.contains(line)).count()
        + expected.saturating_sub(seen.len());
    count.doubled += doubled;
    count.lost += lost as u64;
    if doubled > 0 || lost > 0 {
        count.note(format!("{}: {doubled} doubled, {lost} lost", file.display()));
    }
}

fn run_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "jsonl"))
        .collect()
}

fn examine_run(here: &Path, _: &Path, count: &mut Count) {
    let out = here.join("out");
    let files = run_files(&out);
    let before: Vec<String> = files.iter().flat_map(|file| records(file)).collect();
    match files.len() {
        0 => again(here, RUN, &[0], count),
        _ => again(here, &["run", "--resume", "--out=out"], &[0], count),
    }
    leftovers(here, count);
    match run_files(&out).as_slice() {
        // Two cells and the twin, and the counts of the two.
        [file] => {
            compare_records(file, &before, 3 * 6 + 2, count);
            if !file.with_extension("").join("index.html").exists() {
                count.lost += 1;
                count.note("no report");
            }
        }
        files => {
            count.lost += 1;
            count.note(format!("{} run files", files.len()));
        }
    }
}

fn examine_gate(here: &Path, _: &Path, count: &mut Count) {
    let directory = here.join(GATE_DIRECTORY);
    let files =
        ["baseline", "copy", "candidate"].map(|side| directory.join(format!("{side}.jsonl")));
    let before = files.clone().map(|file| records(&file));
    // It began once its programs were copied.
    let (has_begun, is_there) = (directory.join("programs").exists(), directory.exists());
    let is_at_its_end = before.iter().any(|records| !records.is_empty());
    if directory.join("gate.json").exists() && (has_begun || is_at_its_end) {
        again(here, &["gate", "--resume", GATE_DIRECTORY], &[0, 1, 3, 4], count);
        for (file, before) in files.iter().zip(&before) {
            compare_records(file, before, 6, count);
        }
    } else {
        // Nothing was measured: another gate takes its place.
        let words: Vec<&str> =
            GATE.iter().map(|it| if *it == "--seed=1" { "--seed=2" } else { it }).collect();
        again(here, &words, &[0, 1, 3, 4], count);
        if is_there && directory.exists() {
            count.left += 1;
            count.note("the directory of a gate that cannot be gone on with stays");
        }
    }
    leftovers(here, count);
    for programs in fs::read_dir(here.join("out")).into_iter().flatten().flatten() {
        if programs.path().join("programs").exists() {
            count.left += 1;
            count.note("programs of a gate stay");
        }
    }
}

fn examine_history(here: &Path, _: &Path, count: &mut Count) {
    // Whatever is in it is whole, before anything is added again.
    if here.join("out/h.db").exists() {
        let output = run(here, &["history", "export", "--db=out/h.db", "--out=before"]);
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !said.contains("an empty file") {
            count.wrong_ends += 1;
            count.note(format!("the history then: {said}"));
        }
        for (path, bytes) in contents(&here.join("before")) {
            let files =
                (0..8).map(|number| fs::read(here.join(format!("made-{number}.jsonl"))).ok());
            if !files.flatten().any(|file| file == bytes) {
                count.half_written += 1;
                count.note(format!("{} is not what was added", path.display()));
            }
        }
    }
    again(here, ADD, &[0], count);
    again(here, &["history", "export", "--db=out/h.db", "--out=after"], &[0], count);
    let after: Vec<Vec<u8>> = contents(&here.join("after")).into_values().collect();
    for number in 0..8 {
        let file = fs::read(here.join(format!("made-{number}.jsonl"))).expect("a file");
        let times = after.iter().filter(|bytes| **bytes == file).count() as u64;
        count.lost += u64::from(times == 0);
        count.doubled += times.saturating_sub(1);
    }
    leftovers(here, count);
}
