//! Hostile children: each way to go wrong is told apart from all others, and the parent goes on.
//!
//! This test is its own fixture: with a verb as its first argument it is the whole program, with
//! executors that misbehave. So it has no test harness but brings one.

#[path = "children/hostile.rs"]
mod hostile;
#[path = "children/suspects.rs"]
mod suspects;
#[path = "children/wild.rs"]
mod wild;

use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;
use tminus_measure::child::{self, Cancel, Program};
use tminus_measure::plan::{Limits, Plan};
use tminus_measure::spec::Spec;
use tminus_record::{FailureKind, Filter, Outcome, Profile};

fn main() -> ExitCode {
    let verb = std::env::args().nth(1);
    if verb.is_some_and(|verb| ["cell", "run", "verify"].contains(&verb.as_str())) {
        return match std::env::var_os(WILD) {
            None => hostile::app().main(),
            Some(_) => wild::app().main(),
        };
    }
    let tests = [
        Trial::test("each_is_told_apart", each_is_told_apart),
        Trial::test("a_run_goes_on", a_run_goes_on),
        Trial::test("wild_workloads_are_told_apart", wild_workloads_are_told_apart),
        Trial::test("a_run_goes_on_beside_wild_workloads", a_run_goes_on_beside_wild_workloads),
        Trial::test("another_protocol_is_refused", another_protocol_is_refused),
        Trial::test("a_failure_counts_without_a_reader", a_failure_counts_without_a_reader),
        Trial::test("suspects_are_marked_everywhere", || suspects::are_marked_everywhere(run)),
        Trial::test("what_is_not_verified_says_so", || suspects::what_is_not_verified_says_so(run)),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests.into()).exit_code()
}

/// Set where this program has the workloads that misbehave, not the executors.
const WILD: &str = "TMINUS_TEST_WILD";

/// Runs this program with a verb, in a directory of its own.
fn run(here: &TempDir, arguments: &[&str]) -> Result<Output, Failed> {
    let mut program = Command::new(std::env::current_exe()?);
    // A backtrace maps the whole program, which takes room from a child's memory limit.
    program.env_remove("RUST_BACKTRACE");
    Ok(program.args(arguments).current_dir(here.path()).output()?)
}

fn verify(arguments: &[&str]) -> Result<Vec<Value>, Failed> {
    let output = run(&TempDir::new()?, &[&["verify", "--json"], arguments].concat())?;
    let json: Value = serde_json::from_slice(&output.stdout)?;
    Ok(json["cells"].as_array().cloned().unwrap_or_default())
}

fn each_is_told_apart() -> Result<(), Failed> {
    let cases = [
        ("panics", "panic", "out of luck"),
        ("panics-in-a-thread", "panic", "it goes on"),
        ("waits-for-ever", "hang", "idle at the deadline"),
        ("spins-for-ever", "deadline", "still busy at the deadline"),
        ("babbles", "garbage", "Hello from an executor!"),
        ("babbles-100-mb", "garbage", "a line of more than 1024 KiB"),
        ("says-done-early", "garbage", "without a sample"),
        ("exits", "early-exit", "exited with status 0 before `done`"),
        ("aborts", "signal", "SIGABRT"),
        ("kills-itself", "signal", "SIGKILL"),
        ("eats-all-memory", "out-of-memory", "memory allocation of"),
        ("closes-stdout", "hang", "idle at the deadline"),
    ];
    for (name, kind, reason) in cases {
        // Only what never ends by itself meets the short deadline.
        let deadline =
            if ["hang", "deadline"].contains(&kind) { "--deadline=1" } else { "--deadline=60" };
        let id = format!("squares/*/hostile-{name}");
        let cells = verify(&[&id, deadline, "--memory-limit=512"])?;
        assert_eq!(cells.len(), 1, "{name}");
        assert_eq!(cells[0]["outcome"], "failed", "{name}: {}", cells[0]);
        assert_eq!(cells[0]["kind"], kind, "{name}: {}", cells[0]);
        let said = cells[0]["reason"].as_str().unwrap_or_default();
        assert!(said.contains(reason), "{name}: {said}");
    }
    let cells = verify(&["--workload=countdown", "--executor=hostile-lies"])?;
    assert_eq!(cells[0]["kind"], "wrong-answer", "{}", cells[0]);
    assert!(cells[0]["reason"].as_str().is_some_and(|said| said.contains("early")), "{}", cells[0]);
    let cells = verify(&["squares/*/hostile-leaves-a-grandchild"])?;
    assert_eq!(cells[0]["outcome"], "ok", "{}", cells[0]);
    Ok(())
}

/// Each mistake of a workload is a row whose reason names it, as its author needs it.
fn wild_workloads_are_told_apart() -> Result<(), Failed> {
    for (id, _, reason) in wild::ALL {
        // Only what never ends by itself meets the short deadline.
        let deadline = if reason.ends_with("deadline") { "--deadline=1" } else { "--deadline=60" };
        let arguments = ["verify", "--json", deadline, "--executor=threads", "--workload", id];
        let output = run_wild(&TempDir::new()?, &arguments)?;
        let json: Value = serde_json::from_slice(&output.stdout)?;
        let cells = json["cells"].as_array().cloned().unwrap_or_default();
        assert_eq!((cells.len(), output.status.code()), (1, Some(1)), "{id}: {json}");
        let said = cells[0]["reason"].as_str().unwrap_or_default();
        assert!(said.contains(reason) && !said.contains('\n'), "{id}: {said}");
    }
    Ok(())
}

/// In a run, where batches are calibrated and taken in turns, the same mistakes end in the same
/// rows, and a good workload beside them has its figures.
fn a_run_goes_on_beside_wild_workloads() -> Result<(), Failed> {
    let quick = wild::ALL.iter().filter(|(_, _, reason)| !reason.ends_with("deadline"));
    let mut workloads: Vec<&str> = quick.map(|(id, _, _)| *id).collect();
    workloads.push("squares");
    let workloads = format!("--workload={}", workloads.join(","));
    let here = TempDir::new()?;
    let executors = "--executor=threads,tokio-current-thread";
    let rest = ["--rounds=1", "--profile=quick", "--deadline=60", "--no-verify", "--json"];
    let output = run_wild(&here, &[&["run", &workloads, executors][..], &rest].concat())?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let cells = json["cells"].as_array().cloned().unwrap_or_default();
    for (id, _, reason) in wild::ALL.iter().filter(|(_, _, it)| !it.ends_with("deadline")) {
        let own: Vec<&Value> = cells.iter().filter(|cell| cell["workload"] == *id).collect();
        assert_eq!(own.len(), 2, "{id}: {said}");
        for cell in own {
            assert_eq!(cell["outcome"], "failed", "{cell:#}");
            assert!(cell["reason"].as_str().is_some_and(|it| it.contains(reason)), "{cell:#}");
        }
    }
    let good = cells.iter().filter(|cell| cell["workload"] == "squares");
    assert!(good.clone().count() > 1 && good.clone().all(|cell| cell["outcome"] == "ok"));
    Ok(())
}

/// Runs the program that has the workloads which misbehave.
fn run_wild(here: &TempDir, arguments: &[&str]) -> Result<Output, Failed> {
    let mut program = Command::new(std::env::current_exe()?);
    Ok(program.args(arguments).env(WILD, "1").current_dir(here.path()).output()?)
}

/// The good cell beside the bad ones has all its rounds; the bad ones are in the ranking with their
/// reasons; what would cost a deadline each time is tried once.
fn a_run_goes_on() -> Result<(), Failed> {
    let here = TempDir::new()?;
    let executors = "--executor=threads,hostile-panics,hostile-babbles,hostile-exits,\
                     hostile-waits-for-ever,hostile-kills-itself";
    let output = run(
        &here,
        &[
            "run",
            "--workload=squares",
            "--param=tasks=2,depth=1",
            executors,
            "--rounds=6",
            "--deadline=5",
            "--no-verify",
            "--json",
        ],
    )?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let cells = json["cells"].as_array().cloned().unwrap_or_default();
    assert_eq!(cells.len(), 6, "{json:#}");
    for cell in &cells {
        let good = cell["executor"] == "threads";
        assert_eq!(cell["outcome"], if good { "ok" } else { "failed" }, "{cell:#}");
        assert_eq!(cell["rounds"], if good { 6 } else { 0 }, "{cell:#}");
        assert_eq!(cell["reason"].is_null(), good, "{cell:#}");
    }
    let tried = |id: &str| said.matches(&format!("failed: squares/tasks=2/{id}: ")).count();
    assert_eq!((tried("hostile-waits-for-ever"), tried("hostile-exits")), (1, 6), "{said}");
    Ok(())
}

/// What is printed is not read, from the first line on: the exit code is the same, and the report
/// is there.
fn a_failure_counts_without_a_reader() -> Result<(), Failed> {
    let here = TempDir::new()?;
    let size = "--param=tasks=2,depth=1";
    let executors = "--executor=threads,hostile-exits";
    let cells = [executors, "--workload=squares", size];
    for verb in [&["run", "--rounds=1", "--out=out"][..], &["verify", "--only=cells"]] {
        let mut program = Command::new(std::env::current_exe()?);
        program.args(verb).args(cells).current_dir(here.path());
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        drop(child.stdout.take());
        let output = child.wait_with_output()?;
        assert_eq!(output.status.code(), Some(1), "{verb:?}: {output:?}");
    }
    let paths = std::fs::read_dir(here.path().join("out"))?.flatten().map(|entry| entry.path());
    assert_eq!(paths.filter(|path| path.join("index.html").is_file()).count(), 1);
    Ok(())
}

fn another_protocol_is_refused() -> Result<(), Failed> {
    let script = r#"printf '{"message":"hello","protocol":2,"version":"other 1"}\n'; sleep 1000"#;
    let program = Program::new("sh").arguments(["-c", script]);
    let registry = hostile::app().registry();
    let plan = Plan::new(
        &registry,
        Profile::Verify,
        &Filter::default(),
        Limits { cores: 1, descriptors: 1024, ports: Ok(1024) },
    )?;
    let cell = plan.cells.into_iter().next().ok_or("no cell")?;
    let report = child::run(&program, &Spec::new(cell), Duration::from_secs(60), &Cancel::new()?);
    let outcome = report.ok_or("it was cancelled")?.outcome;
    let Outcome::Failed { kind, reason, .. } = outcome else {
        return Err("it was accepted".into());
    };
    assert_eq!(kind, FailureKind::Garbage, "{reason}");
    assert!(reason.contains("protocol 2"), "{reason}");
    Ok(())
}
