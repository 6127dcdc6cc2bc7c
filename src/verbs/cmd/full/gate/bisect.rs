//! `tminus bisect`: which commit of a crate did it? `git bisect` with the gate as its judge.
//!
//! First the gate must tell the bad revision from the good one. Then each commit that git proposes
//! is held against the good one, with half of that difference as the margin: what lies beyond is
//! bad, what lies within is good, so that smaller changes on the way mislead nothing. What stays
//! open is measured again, then skipped; what does not build is skipped. Each gate is a process of
//! its own, started by the words that are printed for repeating it.

mod repository;
mod step;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use tminus_judge::gate::{End, Gate};
use tminus_record::text::escape;
use tminus_record::{Cell, CellId};
use tminus_reports::findings;

use crate::cli;
use crate::cmd::full::{Exit, runs, say, stdout};
use repository::{Ended, Repository};
use step::{Fault, Outcome};

/// A commit that stays open is measured so often before it is skipped.
const TRIES: u32 = 2;

/// The margin of a gate that is not on the way, as the command line has it.
const MARGIN: f64 = 1.01;

pub(in crate::cmd::full) fn run(arguments: &cli::Bisect) -> anyhow::Result<Exit> {
    let id: CellId = arguments.cell.parse().map_err(|why| anyhow::anyhow!("{why}"))?;
    let cell =
        Cell::from_id(&id).with_context(|| format!("{}: is no cell", escape(id.as_str())))?;
    let repository = Repository::open(arguments)?;
    let judge = Judge { arguments, repository: &repository, cell };
    let [good, bad] = [&repository.good, &repository.bad];
    say(format_args!("is {} worse than {}?", short(bad), short(good)));
    let Some(ends) = judge.gate(good, bad, MARGIN)? else {
        bail!("there is no gate between the good and the bad revision: see above")
    };
    let Some(fault) = Fault::of(&ends) else {
        writeln!(
            stdout(),
            "{}\nnothing to look for between {} and {}: {}",
            findings::gate_title(&ends),
            short(good),
            short(bad),
            judge.repeat(good, bad, MARGIN).join(" ")
        )?;
        return Ok(Exit::Inconclusive);
    };
    let ended = steps(&judge, &fault)?;
    tell(&judge, &ended)
}

/// Lets git propose commits until it knows.
fn steps(judge: &Judge<'_>, fault: &Fault) -> anyhow::Result<Ended> {
    judge.repository.start()?;
    loop {
        if let Some(ended) = judge.repository.ended()? {
            return Ok(ended);
        }
        let commit = judge.repository.proposed()?;
        let outcome = judge.outcome(&commit, fault)?;
        say(format_args!("{}: {outcome}", judge.repository.named(&commit)));
        judge.repository.mark(&outcome)?;
    }
}

/// Says what was found, what the gate says of it, and how to see that again.
fn tell(judge: &Judge<'_>, ended: &Ended) -> anyhow::Result<Exit> {
    let repository = judge.repository;
    let commit = match ended {
        Ended::Found(commit) => commit,
        Ended::Among(commits) => {
            let named = commits.iter().map(|it| format!("\n  {}", repository.named(it)));
            let all: String = named.collect();
            writeln!(stdout(), "it is one of these; what is between them could not be told:{all}")?;
            return Ok(Exit::Inconclusive);
        }
    };
    let before = repository.parent(commit);
    let gate = judge.gate(&before, commit, MARGIN)?;
    let said = gate.map_or_else(String::new, |gate| findings::gate_title(&gate));
    writeln!(
        stdout(),
        "first bad commit: {}\nagainst the one before it: {}\nto see it again: {}",
        repository.named(commit),
        escape(&said),
        judge.repeat(&before, commit, MARGIN).join(" ")
    )?;
    Ok(Exit::Ok)
}

/// Judges commits by gates.
struct Judge<'a> {
    arguments: &'a cli::Bisect,
    repository: &'a Repository,
    cell: Cell,
}

impl Judge<'_> {
    /// Judges a commit that git proposes.
    fn outcome(&self, commit: &str, fault: &Fault) -> anyhow::Result<Outcome> {
        for _ in 0..TRIES {
            let Some(gate) = self.gate(&self.repository.good, commit, fault.margin())? else {
                return Ok(Outcome::Skipped("no gate: it does not build, or see above".into()));
            };
            let outcome = fault.outcome(&gate);
            if outcome != Outcome::Open {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Open)
    }

    /// Runs the gate of two commits of the crate; returns `None` if it could not begin.
    fn gate(&self, theirs: &str, ours: &str, margin: f64) -> anyhow::Result<Option<Gate>> {
        let words = self.words(theirs, ours, margin);
        let mut gate = Command::new(std::env::current_exe()?);
        gate.args(&words).arg("--json").stdin(Stdio::null()).stderr(Stdio::inherit());
        let ended = gate.output().context("the gate")?;
        match ended.status.code() {
            Some(0 | 1 | 3 | 4) => {
                let gate: Gate = serde_json::from_slice(&ended.stdout).context("the gate")?;
                ensure!(gate.end != End::Flagged, "a gate that is not confirmed");
                Ok(Some(gate))
            }
            Some(2) => Ok(None),
            _ => bail!("the gate ended: {}; start again: builds are kept", ended.status),
        }
    }

    fn words(&self, theirs: &str, ours: &str, margin: f64) -> Vec<String> {
        let cli::Bisect { name, build, program, profile, rounds, out, .. } = self.arguments;
        let url = &self.repository.url;
        let path = |path: &Path| path.display().to_string();
        let percent = format!("{:.3}%", (margin - 1.0) * 100.0);
        let mut words = vec![
            "gate".to_owned(),
            format!("--patch-baseline={name}={url}#{theirs}"),
            format!("--patch={name}={url}#{ours}"),
            format!("--profile={}", profile.name()),
            format!("--rounds={rounds}"),
            format!("--margin={percent}"),
            format!("--out={}", path(out)),
            format!("--executor={}", self.cell.executor),
        ];
        if margin > MARGIN {
            let most = [format!("--detect={percent}"), format!("--detect-many={percent}")];
            words.extend(most);
        }
        if build != cli::BUILD {
            words.push(format!("--build={build}"));
        }
        words.extend(program.as_deref().map(|it| format!("--program={}", path(it))));
        words.push(self.cell.id().to_string());
        words
    }

    /// Returns the command that repeats a gate, for a shell.
    fn repeat(&self, theirs: &str, ours: &str, margin: f64) -> Vec<String> {
        let quoted = |word: &String| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:#@,%+".contains(c);
            if word.chars().all(is_plain) {
                word.clone()
            } else {
                format!("'{}'", escape(word).replace('\'', r"'\''"))
            }
        };
        let words = self.words(theirs, ours, margin);
        [runs::program()].iter().chain(&words).map(quoted).collect()
    }
}

/// Returns the first letters of a revision.
fn short(revision: &str) -> String {
    revision.chars().take(12).collect()
}
