//! A gate as it is used: two programs, revisions, a second job, an interruption. No test depends on
//! a figure; the cells are small and the margins wide.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;
#[path = "support/interrupt.rs"]
mod interrupt;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use interrupt::interrupt;
use repository::repository;
use serde_json::Value;
use support::{command, run};
use tempfile::TempDir;
use tminus_reports::data::schema;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tminus");
const DIRECTORY: &str = "out/gate-0000000000000001";
const SIDES: [&str; 3] = ["baseline", "copy", "candidate"];

/// One cell.
const SMALL: [&str; 7] = [
    "--out=out",
    "--json",
    "--workload=squares",
    "--executor=deque",
    "--param=tasks=10",
    "--param=depth=1",
    "--profile=standard",
];

/// Six rounds, and nothing that could regress.
const LENIENT: [&str; 4] = ["--rounds=6", "--looks=1", "--margin=100%", "--detect=100%"];

fn gate(directory: &Path, seed: u32, more: &[&str]) -> Output {
    let seed = format!("--seed={seed}");
    run(directory, &[&["gate", &seed], &SMALL[..], &LENIENT, more].concat())
}

/// Runs the second job, which judges as the first one did.
fn confirm(directory: &Path, file: &str, more: &[&str]) -> Output {
    let confirm = format!("--confirm={file}");
    let words = ["gate", "--seed=2", "--baseline", PROGRAM, "--candidate", PROGRAM, &confirm];
    run(directory, &[&words, &SMALL[..], more].concat())
}

/// Returns the verdict as JSON. Which one it is depends on the machine; the exit code on the
/// verdict alone.
fn verdict(output: &Output) -> Value {
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let code = match said["end"].as_str() {
        Some("pass") => 0,
        Some("regressed") => 1,
        Some("flagged" | "inconclusive") => 3,
        Some("unfit") => 4,
        end => panic!("{end:?}"),
    };
    assert_eq!(output.status.code(), Some(code), "{said}");
    let schema = serde_json::from_str(schema::GATE).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &said), "{said}");
    said
}

/// Returns the rounds in a run file, sorted.
fn rounds(file: &Path) -> Vec<u64> {
    let text = fs::read_to_string(file).expect("a run file");
    let lines = text.lines().skip(1).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut rounds: Vec<u64> = lines.filter_map(|record| record["round"].as_u64()).collect();
    rounds.sort_unstable();
    rounds
}

/// The three run files are there to be read by other verbs.
#[test]
fn a_gate_runs_its_sides_in_turns_and_keeps_what_it_saw() {
    let here = TempDir::new().expect("a directory");
    let output =
        gate(here.path(), 1, &["--baseline", PROGRAM, "--candidate", PROGRAM, "--markdown=pr.md"]);
    let said = verdict(&output);
    assert_eq!(said["cells"][0]["cell"]["executor"], "deque", "{said}");
    assert_eq!(said["cells"][0]["judged"]["ratio"]["rounds"], 6);
    let comment = fs::read_to_string(here.path().join("pr.md")).expect("a comment");
    assert!(comment.starts_with("<!-- tminus gate -->\n**"), "{comment}");
    for side in SIDES {
        let file = here.path().join(DIRECTORY).join(format!("{side}.jsonl"));
        assert_eq!(rounds(&file), [0, 1, 2, 3, 4, 5], "{side}");
    }
    let ranked = run(here.path(), &["rank", &format!("{DIRECTORY}/candidate.jsonl")]);
    assert_eq!(ranked.status.code(), Some(0));
    assert!(!here.path().join(DIRECTORY).join("programs").exists());
}

/// Revisions are built once each, outside the work tree of the user.
#[test]
fn revisions_are_built_once() {
    let here = TempDir::new().expect("a directory");
    repository(here.path(), &["one", "two"]);
    fs::write(here.path().join("text"), "not committed").expect("a file");
    let built = here.path().join("built");
    // Neither a lock file nor a program of one revision is there when the next one is built.
    let build = format!(
        "test ! -e Cargo.lock && touch Cargo.lock || exit 1; cat text >> '{}'; mkdir -p bin; \
         test ! -e bin/program && cp '{PROGRAM}' bin/program",
        built.display()
    );
    let words = ["--baseline=HEAD~1", "--build", &build, "--program=bin/program"];
    let output = gate(here.path(), 1, &words);
    verdict(&output);
    assert_eq!(fs::read_to_string(&built).expect("builds"), "onetwo");
    let again = gate(here.path(), 2, &words);
    verdict(&again);
    assert_eq!(fs::read_to_string(&built).expect("builds"), "onetwo");
    let nothing = gate(here.path(), 3, &["--baseline=HEAD", "--build=true", words[3]]);
    let said = String::from_utf8_lossy(&nothing.stderr);
    assert_eq!(nothing.status.code(), Some(2), "{said}");
    assert!(said.contains("`true` left no program there"), "{said}");
    let here_still = fs::read_to_string(here.path().join("text")).expect("a file");
    assert_eq!(here_still, "not committed");
    let failed = gate(here.path(), 3, &["--baseline=HEAD", "--build=exit 7"]);
    let said = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(2), "{said}");
    assert!(said.contains("error: `exit 7` failed on"), "{said}");
}

/// Changes what was handed over as if the cell had been slower, and should have `rounds` more.
fn flag(file: &Path, rounds: u32) {
    let mut it: Value =
        serde_json::from_slice(&fs::read(file).expect("a file")).expect("what was handed over");
    it["gate"]["cells"][0]["verdict"] = "regressed".into();
    it["gate"]["end"] = "flagged".into();
    it["gate"]["options"]["rounds"] = rounds.into();
    fs::write(file, it.to_string()).expect("a file");
}

/// What one job flags another one confirms, or does not.
#[test]
fn flagged_cells_go_to_another_job() {
    let here = TempDir::new().expect("a directory");
    let programs = ["--baseline", PROGRAM, "--candidate", PROGRAM];
    let first = gate(here.path(), 1, &[&programs[..], &["--confirm-file=flagged.json"]].concat());
    let end = verdict(&first)["end"].clone();
    let nothing = confirm(here.path(), "flagged.json", &[]);
    assert_eq!(verdict(&nothing)["end"], end);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing to confirm"));
    let file = here.path().join("flagged.json");
    flag(&file, 6);
    // What a machine that was unfit flags is nothing to confirm either.
    let mut unfit: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    unfit["gate"]["biased"] = serde_json::json!(["squares/tasks=10/deque"]);
    unfit["gate"]["end"] = "unfit".into();
    fs::write(here.path().join("unfit.json"), unfit.to_string()).expect("a file");
    let nothing = confirm(here.path(), "unfit.json", &[]);
    assert_eq!(verdict(&nothing)["end"], "unfit");
    let said = String::from_utf8_lossy(&nothing.stderr);
    assert!(said.contains("the machine was unfit: there is nothing to confirm"), "{said}");
    let confirmed = confirm(here.path(), "flagged.json", &[]);
    let said = verdict(&confirmed);
    assert_eq!(said["cells"][0]["verdict"], "inconclusive");
    assert_eq!(said["cells"][0]["confirmed"]["ratio"]["rounds"], 6);
    fs::write(&file, "{\"schema\":1,\"gate\":[]}").expect("a file");
    let hostile = confirm(here.path(), "flagged.json", &[]);
    assert_eq!(hostile.status.code(), Some(2));
    let said = String::from_utf8_lossy(&hostile.stderr);
    assert!(said.starts_with("error: flagged.json: was not written by --confirm-file"), "{said}");
}

/// How to judge stands in the file; what would change nothing is not taken in silence.
#[test]
fn a_confirmation_takes_no_limits_of_its_own() {
    let here = TempDir::new().expect("a directory");
    for given in
        ["--rounds=6", "--looks=1", "--margin=1%", "--detect=5%", "--detect-many=8%", "-mwall"]
    {
        let output = confirm(here.path(), "none.json", &[given]);
        let said = String::from_utf8_lossy(&output.stderr);
        let flag =
            if given == "-mwall" { "--metric" } else { given.split('=').next().expect("a flag") };
        let expected = format!("error: {flag} is for the job that flags: --confirm FILE judges as");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&expected) && said.lines().count() == 1, "{said}");
    }
    // In one job they are as good as ever.
    let programs = ["--baseline", PROGRAM, "--candidate", PROGRAM, "--confirm=now"];
    verdict(&gate(here.path(), 1, &programs));
}

/// A gate looks at its cells, and those that are decided rest.
#[test]
fn what_is_decided_rests() {
    let here = TempDir::new().expect("a directory");
    let words = ["gate", "--seed=1", "--baseline", PROGRAM, "--candidate", PROGRAM, "--budget=10m"];
    let limits = LENIENT.into_iter().filter(|word| !word.starts_with("--looks"));
    let words = words.into_iter().chain(SMALL).chain(limits).collect::<Vec<_>>();
    let said = verdict(&run(here.path(), &words));
    assert_eq!(said["options"]["looks"], 6);
    let seen = said["cells"][0]["judged"]["ratio"]["rounds"].as_u64();
    assert!((0..6).any(|look| seen == Some(6 << look)), "{said}");
    let file = here.path().join(DIRECTORY).join("candidate.jsonl");
    assert_eq!(rounds(&file).len() as u64, seen.expect("rounds"));
}

/// 30 rounds, and nothing that could regress.
const LONG: [&str; 4] = ["--rounds=30", "--looks=1", "--margin=100%", "--detect=100%"];

/// Starts a gate of 30 rounds with seed 1 and cuts it off when `file` holds two.
fn interrupted(directory: &Path, file: &Path, more: &[&str]) {
    let words = ["gate", "--baseline", PROGRAM, "--candidate", PROGRAM, "--seed=1"];
    let mut child = command(directory, &words)
        .args(SMALL)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    while !file.exists() || rounds(file).len() < 2 {
        assert_eq!(child.try_wait().expect("it can be asked"), None, "ended before it was cut off");
        thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains(&format!("gate --resume {DIRECTORY}")), "{said}");
}

#[test]
fn an_interrupted_gate_goes_on_where_it_ended() {
    let here = TempDir::new().expect("a directory");
    let copy = here.path().join(DIRECTORY).join("copy.jsonl");
    interrupted(here.path(), &copy, &LONG);
    // And in the middle of a line.
    let mut text = fs::read(&copy).expect("a run file");
    text.extend(b"{\"cell\":");
    fs::write(&copy, text).expect("a file");
    let resumed = run(here.path(), &["gate", "--resume", DIRECTORY, "--json"]);
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(
        said.contains("copy.jsonl, line ") && said.contains("torn by a kill, its 8 "),
        "{said}"
    );
    assert_eq!(verdict(&resumed)["cells"][0]["judged"]["ratio"]["rounds"], 30);
    for side in SIDES {
        let rounds = rounds(&here.path().join(DIRECTORY).join(format!("{side}.jsonl")));
        let each_once: BTreeSet<u64> = rounds.iter().copied().collect();
        assert_eq!((rounds.len(), each_once.len()), (30, 30), "{side}");
    }
    // At its end it says the same again.
    let over = run(here.path(), &["gate", "--resume", DIRECTORY, "--json"]);
    assert_eq!(over.status.code(), resumed.status.code());
    assert_eq!(verdict(&over), verdict(&resumed));
}

/// Its budget ended the first session after five rounds, a key the second at once.
#[test]
fn a_session_that_has_been_judged_is_over() {
    let here = TempDir::new().expect("a directory");
    verdict(&gate(here.path(), 1, &["--baseline", PROGRAM, "--candidate", PROGRAM]));
    let directory = here.path().join(DIRECTORY);
    fs::create_dir(directory.join("programs")).expect("a directory");
    for side in SIDES {
        let file = directory.join(format!("{side}.jsonl"));
        let text = fs::read_to_string(&file).expect("a run file");
        let kept: Vec<&str> = text.lines().take(6).collect();
        fs::write(&file, kept.join("\n") + "\n").expect("a file");
        fs::copy(&file, directory.join(format!("again-{side}.jsonl"))).expect("a file");
    }
    let resume = ["gate", "--resume", DIRECTORY, "--json", "--budget=10m"];
    let said = verdict(&run(here.path(), &resume));
    assert_eq!(said["cells"][0]["judged"]["ratio"]["rounds"], 5, "{said}");
    assert_eq!(rounds(&directory.join("candidate.jsonl")), [0, 1, 2, 3, 4]);
}

/// It has no first session, and does not begin one.
#[test]
fn an_interrupted_confirmation_goes_on_as_one() {
    let here = TempDir::new().expect("a directory");
    let programs = ["--baseline", PROGRAM, "--candidate", PROGRAM];
    verdict(&gate(here.path(), 2, &[&programs[..], &["--confirm-file=flagged.json"]].concat()));
    // Rounds enough to cut it off.
    flag(&here.path().join("flagged.json"), 30);
    let directory = here.path().join(DIRECTORY);
    interrupted(here.path(), &directory.join("again-copy.jsonl"), &["--confirm=flagged.json"]);
    let resumed = run(here.path(), &["gate", "--resume", DIRECTORY, "--json"]);
    let said = verdict(&resumed);
    assert_eq!(said["cells"][0]["judged"]["ratio"]["rounds"], 6, "{said}");
    assert_eq!(said["cells"][0]["confirmed"]["ratio"]["rounds"], 30, "{said}");
    for side in SIDES {
        assert!(!directory.join(format!("{side}.jsonl")).exists(), "{side}");
        let rounds = rounds(&directory.join(format!("again-{side}.jsonl")));
        assert_eq!(rounds, (0..30).collect::<Vec<u64>>(), "{side}");
    }
}

/// What is to be confirmed elsewhere still is after an interruption.
#[test]
fn an_interrupted_first_job_still_hands_over() {
    let here = TempDir::new().expect("a directory");
    let file = here.path().join(DIRECTORY).join("copy.jsonl");
    interrupted(here.path(), &file, &[&LONG[..], &["--confirm-file=flagged.json"]].concat());
    assert!(!here.path().join("flagged.json").exists());
    let resume = ["gate", "--resume", DIRECTORY, "--json", "--confirm-file=flagged.json"];
    verdict(&run(here.path(), &resume));
    assert!(here.path().join("flagged.json").exists());
}
