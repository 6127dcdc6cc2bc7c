//! A greedy executor, and one whose figures lie below the floor: both are marked wherever they are
//! shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

const PARTS: &str = "<!-- tminus picture -->\n<!-- tminus picture end -->\n\
                     <!-- tminus matrix -->\n<!-- tminus matrix end -->\n";

/// Returns the whole program without executors that misbehave: what it shows it has from the run
/// file.
fn program(here: &Path, arguments: &[&str]) -> Result<Output, Failed> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tminus"));
    let output = program.args(arguments).current_dir(here).output()?;
    match output.status.success() {
        true => Ok(output),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

fn run_file(here: &Path) -> Result<PathBuf, Failed> {
    let files = fs::read_dir(here.join("out"))?.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(files.filter(|path| path.is_file()).max().ok_or("no run file")?)
}

/// Returns all that shows a ranking: its name and its text.
fn shown(here: &Path, run: &Path) -> Result<Vec<(&'static str, String)>, Failed> {
    let run = run.to_str().ok_or("a path")?;
    let text = |output: Output| String::from_utf8_lossy(&output.stdout).into_owned();
    fs::write(here.join("README.md"), PARTS)?;
    program(here, &["report", run, "--splice", "README.md"])?;
    program(here, &["report", run, "--out", "report"])?;
    let read = |path: &str| fs::read_to_string(here.join(path));
    let pictures = fs::read_dir(here.join("pictures"))?.filter_map(|it| Some(it.ok()?.path()));
    let picture = pictures.max().ok_or("no picture")?;
    Ok(vec![
        ("terminal", text(program(here, &["rank", run])?)),
        ("json", text(program(here, &["rank", run, "--json"])?)),
        ("page", read("report/index.html")?),
        ("markdown", read("report/report.md")?),
        ("ranking.json", read("report/ranking.json")?),
        ("csv", read("report/data.csv")?),
        ("readme", read("README.md")?),
        ("matrix", fs::read_to_string(picture)?),
    ])
}

/// Where the words stand that only a suspect has, but for the picture, which has the mark alone.
fn assert_marked(all: &[(&str, String)], words: &str, in_short: &str) {
    for (name, text) in all {
        let expected = match *name {
            "matrix" => "(!)",
            "csv" => in_short,
            _ => words,
        };
        // Lines are wrapped on a terminal, and Markdown escapes the mark.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\!", "!");
        assert!(text.contains(expected), "{name}: {expected}: {text}");
        let mark = ["page", "readme", "markdown"].contains(name);
        assert!(!mark || text.contains("(!)"), "{name}: {text}");
    }
}

/// `run` is this test's own program, which has the greedy executor.
pub(crate) fn are_marked_everywhere(
    run: fn(&TempDir, &[&str]) -> Result<Output, Failed>,
) -> Result<(), Failed> {
    let here = TempDir::new()?;
    let arguments = [
        "run",
        "--workload=squares",
        "--param=tasks=2,depth=1",
        "--executor=reference,smol-local,floor",
        "--rounds=6",
        "--out=out",
        "--json",
    ];
    let output = run(&here, &arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("suspect: reference breaks yield-lets-others-run: after "), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let cell = |json: &Value, executor: &str| {
        let cells = json["cells"].as_array().cloned().unwrap_or_default();
        cells.into_iter().find(|cell| cell["executor"] == executor).unwrap_or_default()
    };
    assert_eq!(cell(&json, "reference")["verified"], false, "{json:#}");
    assert_eq!(cell(&json, "smol-local")["verified"], true, "{json:#}");
    let file = run_file(here.path())?;
    let rule = "breaks the rule yield-lets-others-run: after ";
    assert_marked(&shown(here.path(), &file)?, rule, "suspect: breaks yield-lets-others-run");
    // No executor takes 0.235 ns for a resumption: the floor takes more.
    let below = here.path().join("below.jsonl");
    fs::write(&below, below_the_floor(&fs::read_to_string(&file)?)?)?;
    let all = shown(here.path(), &below)?;
    assert_marked(&all, "the same work without an executor", "suspect: below its floor");
    Ok(())
}

/// Returns the run with the figures of `smol-local` edited, and nothing verified.
fn below_the_floor(run: &str) -> Result<String, Failed> {
    let mut out = String::new();
    for line in run.lines() {
        let mut line: Value = serde_json::from_str(line)?;
        line.as_object_mut().ok_or("an object")?.remove("verified");
        let is_own = line["cell"].as_str().is_some_and(|cell| cell.ends_with("/smol-local"));
        for sample in line["samples"].as_array_mut().into_iter().flatten().filter(|_| is_own) {
            let ops = sample["ops"].as_u64().ok_or("ops")?;
            sample["cpu_ns"] = (ops * 235 / 1000).max(1).into();
            sample["wall_ns"] = (ops * 235 / 1000).max(1).into();
        }
        out += &format!("{line}\n");
    }
    Ok(out)
}

/// A run that tried no rule says so.
pub(crate) fn what_is_not_verified_says_so(
    run: fn(&TempDir, &[&str]) -> Result<Output, Failed>,
) -> Result<(), Failed> {
    let here = TempDir::new()?;
    let arguments = ["run", "squares/tasks=2/smol-local", "--rounds=1", "--no-verify", "--out=out"];
    let output = run(&here, &arguments)?;
    let text = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("no executor was verified in this run: `tminus verify`"), "{text}");
    Ok(())
}
