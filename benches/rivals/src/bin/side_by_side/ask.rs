//! How a pair of programs is put to each tool.
//!
//! All of these take the setting and the place of a trial and give what the tool said; their errors
//! are tools that end in another way than they should.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use rivals::Cell;
use serde_json::{Value, json};

use crate::tools::{Ended, Finding, Place, Setting};
use crate::verdict::{self, Verdict};

/// criterion. Back to back: all of the baseline, then all of the candidate.
pub fn criterion(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let cell = place.cell().id();
    let words = |which| [&["--bench", which, "base", "--exact", cell], setting.flags()].concat();
    let baseline = place.baseline("criterion");
    let saved = place.call("baseline", &baseline, &words("--save-baseline"))?;
    ensure!(saved.code == Some(0), "criterion: {:?}", saved.code);
    let ended = place.call("candidate", &place.candidate("criterion"), &words("--baseline"))?;
    let estimates = fs::read(place.file(&format!("criterion/{cell}/change/estimates.json"))).ok();
    let estimates = estimates.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    Ok(Finding::of(verdict::criterion(&ended.out, estimates.as_ref())))
}

/// tango. Both programs at once, sample by sample in step.
pub fn tango(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let cell = place.cell().id();
    let baseline = place.baseline("tango");
    let baseline = baseline.to_str().context("a path that is not UTF-8")?;
    let words = [&["compare", baseline, "-f", cell], setting.flags()].concat();
    let ended = place.call("compare", &place.candidate("tango"), &words)?;
    let said = verdict::tango(&ended.out, cell);
    // It has two marks of a regression: the star and its exit.
    ensure!(
        (said.verdict == Verdict::Regressed) == (ended.code == Some(1)),
        "tango: {:?} and exit {:?}",
        said.verdict,
        ended.code
    );
    Ok(Finding::of(said))
}

/// zenbench's group, as it says of itself.
pub fn two(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let ended = group(setting, place, "two")?;
    Ok(Finding::of(verdict::zenbench_group(&ended.out)))
}

/// Returns the same, where a difference counts from 1 % on.
pub fn wide(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let ended = group(setting, place, "wide")?;
    Ok(Finding::of(verdict::zenbench_group(&ended.out)))
}

/// zenbench's group when it confirms.
pub fn two_confirmed(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let ended = group(setting, place, "two")?;
    Ok(Finding::of(verdict::zenbench_confirmed(ended.code, &ended.err)))
}

/// Two closures in one program.
fn group(setting: &Setting, place: &Place, kind: &str) -> anyhow::Result<Ended> {
    let group = format!("--group={kind}-{}", place.cell().id());
    let words = [&[group.as_str(), "--format=llm"], setting.flags()].concat();
    place.call("group", &place.candidate("zenbench"), &words)
}

/// zenbench. Two programs, one after the other, through a saved baseline.
pub fn saved(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let group = format!("--group=one-{}", place.cell().id());
    let words = |how| [&[group.as_str(), "--format=llm", how], setting.flags()].concat();
    let baseline = place.baseline("zenbench");
    let ended = place.call("baseline", &baseline, &words("--save-baseline=before"))?;
    if ended.code != Some(0) {
        return Ok(Finding::of(verdict::zenbench_confirmed(ended.code, &ended.err)));
    }
    let candidate = place.candidate("zenbench");
    let ended = place.call("candidate", &candidate, &words("--baseline=before"))?;
    Ok(Finding::of(verdict::zenbench_confirmed(ended.code, &ended.err)))
}

/// `zenbench pair`. Two programs in blocks, and a null control; each process measures for about a
/// second, since those that end sooner are not observed often enough for it.
pub fn pair(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let [blocks] = setting.flags() else { anyhow::bail!("a pair has a number of blocks") };
    let blocks: u32 = blocks.parse()?;
    let arm = |id: &str, program: PathBuf| {
        let (batches, iterations) = match place.cell() {
            Cell::Yields => ("40", "60"),
            Cell::Spawns => ("40", "150"),
        };
        let args = [place.cell().id(), batches, iterations];
        json!({"id": id, "program": program, "args": args, "revision": id, "timeout_seconds": 60})
    };
    let plan = json!({
        "schema": 1,
        "baseline": arm("baseline", place.baseline("bare")),
        "candidates": [arm("candidate", place.candidate("bare"))],
        "cases": [{"id": place.cell().id()}],
        "metric": {"extract": {"kind": "prefix", "prefix": "elapsed_ns="}, "unit": "ns", "expected": 40, "resolution": 1000},
        "check": {"kind": "json", "prefix": "result=", "pointers": ["/sum"]},
        "warmup": "a batch of the same size that is not told",
        "blocks": blocks,
        "aa": true,
        "confirmation": {"margin_pct": 1.0, "control_margin_pct": 1.0, "family_confidence": 0.95, "scope": "rivals"},
    });
    fs::write(place.file("plan.json"), serde_json::to_vec_pretty(&plan)?).context("plan.json")?;
    let words = ["pair", "plan.json", "--mode", "confirm", "--output", "pair"];
    let started = Instant::now();
    let ended = place.call("pair", &place.program("zenbench"), &words)?;
    // Of its three kinds of processes, which all cost alike, one is the null control.
    let null_seconds = started.elapsed().as_secs_f64() / 3.0;
    Ok(Finding { null_seconds, ..Finding::of(verdict::zenbench_pair(ended.code, &ended.out)) })
}

/// `tminus gate`. Two programs in turns, and a null control, which is taken off the time.
pub fn gate(setting: &Setting, place: &Place) -> anyhow::Result<Finding> {
    let cell = match place.cell() {
        Cell::Yields => {
            ["--workload=yield_many", "--param=tasks=100", "--param=yields=100"].as_slice()
        }
        Cell::Spawns => &["--workload=spawn_many", "--param=tasks=1000"],
    };
    let [baseline, candidate] = [place.baseline("tminus"), place.candidate("tminus")];
    let sides = [baseline.to_str(), candidate.to_str()];
    let [Some(ours), Some(theirs)] = sides else { anyhow::bail!("a path that is not UTF-8") };
    let words = [
        "gate",
        "--baseline",
        ours,
        "--candidate",
        theirs,
        "--out=.",
        "--json",
        "--executor=slowed-tokio",
    ];
    let words = [&words, cell, setting.flags()].concat();
    let ended = place.call("gate", &place.program("tminus"), &words)?;
    ensure!(ended.code != Some(2), "tminus: {}", ended.err.lines().last().unwrap_or_default());
    let spent = |files: &[&str]| spent(place.directory(), files);
    Ok(Finding {
        said: verdict::gate(&ended.out),
        null_seconds: spent(&["copy.jsonl", "again-copy.jsonl"])?,
        first_seconds: Some(spent(&["baseline.jsonl", "candidate.jsonl"])?),
    })
}

/// What the children took whose records are in these run files of the gate.
fn spent(directory: &Path, files: &[&str]) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for entry in fs::read_dir(directory)? {
        let gate = entry?.path();
        let texts = files.iter().filter_map(|file| fs::read_to_string(gate.join(file)).ok());
        // The first line is no record.
        for line in
            texts.flat_map(|text| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        {
            let record: Value = serde_json::from_str(&line).context("a run file")?;
            nanoseconds += record["elapsed_ns"].as_u64().context("a record without its time")?;
        }
    }
    Ok(nanoseconds as f64 / 1e9)
}
