//! The journal: a line of JSON for each trial, only ever appended to. Journals of several runs
//! pool: `cat`.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::schedule::Trial;
use crate::tools::Finding;
use crate::verdict::{Said, Verdict};

const TRIALS: &str = "trials.jsonl";
const SEED: &str = "seed";

/// What came of one trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// That of the trial, and of the directory of its outputs.
    pub id: String,
    /// Which time round.
    pub repetition: u32,
    /// The tool and how it was set.
    pub setting: String,
    /// What was timed.
    pub cell: String,
    /// Nominal, in percent; 0: a copy of the baseline.
    pub size: u32,
    /// What the tool said.
    pub verdict: Verdict,
    /// What the tool takes the candidate to be slower by.
    pub change_percent: Option<f64>,
    /// From the first process of the tool to the end of its last.
    pub seconds: f64,
    /// The part of it that went into a null control.
    pub null_seconds: f64,
    /// The part of it before a tool confirms, without a null control; of those that confirm.
    pub first_seconds: Option<f64>,
    /// What kept it from a verdict.
    pub error: Option<String>,
}

impl Record {
    /// What `finding` comes to.
    pub fn new(trial: &Trial, finding: anyhow::Result<Finding>, seconds: f64) -> Self {
        let (finding, error) = match finding {
            Ok(finding) => (finding, None),
            Err(error) => (Finding::of(Said::only(Verdict::Failed)), Some(format!("{error:#}"))),
        };
        Self {
            id: trial.id(),
            repetition: trial.repetition(),
            setting: trial.setting.id(),
            cell: trial.cell.id().to_owned(),
            size: trial.size.percent,
            verdict: finding.said.verdict,
            change_percent: finding.said.change_percent,
            seconds,
            null_seconds: finding.null_seconds,
            first_seconds: finding.first_seconds,
            error,
        }
    }

    /// For people who watch.
    pub fn line(&self) -> String {
        let change = self.change_percent.map_or("-".to_owned(), |change| format!("{change:+.2} %"));
        let Self { id, verdict, seconds, .. } = self;
        let why = self.error.as_deref().unwrap_or_default();
        format!("{id}: {verdict:?}, {change}, {seconds:.1} s {why}")
    }
}

/// Returns the records of a directory.
///
/// # Errors
/// A line that is no record, but for a torn last one.
pub fn read(out: &Path) -> anyhow::Result<Vec<Record>> {
    let path = out.join(TRIALS);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parse = |(number, line)| {
        serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))
    };
    (1..).zip(whole.lines()).map(parse).collect()
}

/// The journal of a run, open.
pub struct Journal {
    file: File,
    seed: u64,
    done: BTreeSet<String>,
    repetition: u32,
}

impl Journal {
    /// Begins a journal, or goes on with one.
    ///
    /// # Errors
    /// What keeps files from being read or written; another seed than that of the first call.
    pub fn open(out: &Path, seed: Option<u64>) -> anyhow::Result<Self> {
        fs::create_dir_all(out).with_context(|| out.display().to_string())?;
        let seed = kept_seed(&out.join(SEED), seed)?;
        let path = out.join(TRIALS);
        let records = if path.exists() { read(out)? } else { Vec::new() };
        // Written anew without a torn last line.
        let whole: String = records.iter().map(text).collect::<anyhow::Result<_>>()?;
        fs::write(&path, whole).with_context(|| path.display().to_string())?;
        let file = OpenOptions::new().append(true).open(&path);
        Ok(Self {
            file: file.with_context(|| path.display().to_string())?,
            seed,
            repetition: records.iter().map(|record| record.repetition).min().unwrap_or(0),
            done: records.into_iter().map(|record| record.id).collect(),
        })
    }

    /// What fixes the order.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Where to look for what is left.
    pub fn repetition(&self) -> u32 {
        self.repetition
    }

    /// Returns whether a trial was made.
    pub fn has(&self, id: &str) -> bool {
        self.done.contains(id)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// What keeps it from being written.
    pub fn append(&mut self, record: Record) -> anyhow::Result<()> {
        self.file.write_all(text(&record)?.as_bytes()).context(TRIALS)?;
        self.done.insert(record.id);
        Ok(())
    }
}

fn text(record: &Record) -> anyhow::Result<String> {
    Ok(serde_json::to_string(record)? + "\n")
}

fn kept_seed(path: &Path, asked: Option<u64>) -> anyhow::Result<u64> {
    let at = || path.display().to_string();
    if path.exists() {
        let kept = fs::read_to_string(path).with_context(at)?.trim().parse().with_context(at)?;
        anyhow::ensure!(asked.is_none_or(|asked| asked == kept), "{}: is {kept}", at());
        return Ok(kept);
    }
    let seed = asked.unwrap_or_else(|| fastrand::u64(..));
    fs::write(path, seed.to_string()).with_context(at)?;
    Ok(seed)
}
