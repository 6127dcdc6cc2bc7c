//! The findings of `tminus verify --json` about the contract, for the cards of executors.
//!
//! The file comes from outside: it is bounded, checked as a whole, and refused in one line. Never
//! tries a rule itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tminus_record::machine::Build;
use tminus_record::{ExecutorFacts, Run};

use crate::error::Error;
use crate::words;
use crate::words::escape::clean;

/// The longest file that is read: a hundred times what all executors give.
pub const MAX_BYTES: u64 = 32 << 20;

/// The version of `--json` that is known.
const SCHEMA: u32 = 1;

/// The rules that were tried, by the executor.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformance {
    tried: BTreeMap<String, Vec<Tried>>,
    /// The build that they were tried on; `None` in files that do not say.
    build: Option<Build>,
}

/// The outcome of a rule.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    workers: Option<usize>,
    rule: String,
    outcome: Outcome,
    /// Why, unless it was kept.
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Ok,
    Failed,
    NotPromised,
    Excluded,
}

#[derive(Deserialize)]
struct File {
    schema: u32,
    build: Option<Build>,
    rules: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    rule: String,
    /// With its workers: `smol/w2`.
    executor: String,
    outcome: Outcome,
    #[serde(default)]
    reason: String,
}

/// An executor with one number of workers, in counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The number of workers, where there is a choice.
    pub workers: Option<usize>,
    /// Rules that were kept.
    pub kept: usize,
    /// Rules that were broken.
    pub failed: usize,
    /// Rules that the executor does not promise.
    pub not_promised: usize,
    /// Rules that could not be tried: the machine refuses what they take, or the executor.
    pub untried: usize,
}

/// All that is known of one executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A line for each number of workers.
    pub counts: Vec<Counts>,
    /// Rules that were broken, with what was seen.
    pub failed: Vec<(String, String)>,
    /// Rules that are not promised, by the reason.
    pub not_promised: BTreeMap<String, BTreeSet<String>>,
    /// Rules that could not be tried where the others were, by the reason: neither kept nor broken.
    pub untried: BTreeMap<String, BTreeSet<String>>,
    /// Crates that were tried in another version than was measured: the versions that were tried.
    pub others: Vec<String>,
}

impl Conformance {
    /// Reads what `tminus verify --json` printed.
    ///
    /// # Errors
    /// [`Error::Conformance`] for all else, with what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let failed = |reason: String| Error::Conformance { reason: clean(&reason) };
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| failed(format!("not what `tminus verify --json` prints: {error}")))?;
        if file.schema != SCHEMA {
            let reason = format!("its schema is {}, and this tminus knows {SCHEMA}", file.schema);
            return Err(failed(reason));
        }
        if file.rules.is_empty() {
            return Err(failed("no rule was tried: see `tminus verify --only rules`".into()));
        }
        let mut seen = BTreeSet::new();
        let mut tried: BTreeMap<String, Vec<Tried>> = BTreeMap::new();
        for Line { rule, executor, outcome, reason } in file.rules {
            if !seen.insert((executor.clone(), rule.clone())) {
                let reason = format!("the rule `{rule}` stands twice for `{executor}`");
                return Err(failed(reason));
            }
            let (name, workers) = column(&executor)
                .ok_or_else(|| failed(format!("`{executor}` is no executor with workers")))?;
            let case = Tried { workers, rule, outcome, reason };
            tried.entry(name.into()).or_default().push(case);
        }
        Ok(Self { tried, build: file.build })
    }

    /// Takes what the run itself tried before its first round; `None` if it tried nothing.
    #[must_use]
    pub fn of_run<'a>(run: &'a Run) -> Option<Self> {
        let header = &run.header;
        let mut tried: BTreeMap<String, Vec<Tried>> = BTreeMap::new();
        for it in &header.verified {
            let Some((name, workers)) = column(&it.executor) else { continue };
            let kept = it.kept.iter().map(|rule| (rule, Outcome::Ok, ""));
            let with = |rules: &'a BTreeMap<String, String>, outcome| {
                rules.iter().map(move |(rule, reason)| (rule, outcome, reason.as_str()))
            };
            let others = with(&it.broken, Outcome::Failed)
                .chain(with(&it.not_promised, Outcome::NotPromised))
                .chain(with(&it.untried, Outcome::Excluded));
            let cases = kept.chain(others).map(|(rule, outcome, reason)| Tried {
                workers,
                rule: rule.clone(),
                outcome,
                reason: reason.to_owned(),
            });
            tried.entry(name.into()).or_default().extend(cases);
        }
        (!tried.is_empty()).then(|| Self { tried, build: Some(header.provenance.build.clone()) })
    }

    /// Returns what it says of an executor; `None` if it was not tried.
    #[must_use]
    pub fn of(&self, facts: &ExecutorFacts) -> Option<Told> {
        let all = self.tried.get(&facts.id)?;
        let workers: BTreeSet<Option<usize>> = all.iter().map(|tried| tried.workers).collect();
        let with = |outcome: Outcome| all.iter().filter(move |tried| tried.outcome == outcome);
        let by_reason = |outcome: Outcome| {
            let mut rules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for tried in with(outcome) {
                rules.entry(clean(&tried.reason)).or_default().insert(clean(&tried.rule));
            }
            rules
        };
        let failed = |tried: &Tried| {
            let with = tried.workers.map(|count| format!(", {}", workers_of(count)));
            let rule = format!("{}{}", tried.rule, with.unwrap_or_default());
            (clean(&rule), clean(&tried.reason))
        };
        Some(Told {
            counts: workers.into_iter().map(|workers| Counts::of(all, workers)).collect(),
            failed: with(Outcome::Failed).map(failed).collect(),
            not_promised: by_reason(Outcome::NotPromised),
            untried: by_reason(Outcome::Excluded),
            others: self.others(facts),
        })
    }

    fn others(&self, facts: &ExecutorFacts) -> Vec<String> {
        let Some(build) = &self.build else { return Vec::new() };
        let differs = |(name, measured): (&String, &String)| {
            let tried = build.crates.get(name).filter(|tried| *tried != measured)?;
            Some(clean(&format!("{name} {tried}")))
        };
        facts.crates.iter().filter_map(differs).collect()
    }
}

impl Counts {
    fn of(all: &[Tried], workers: Option<usize>) -> Self {
        let own = || all.iter().filter(|tried| tried.workers == workers);
        let count = |outcome: Outcome| own().filter(|tried| tried.outcome == outcome).count();
        Self {
            workers,
            kept: count(Outcome::Ok),
            failed: count(Outcome::Failed),
            not_promised: count(Outcome::NotPromised),
            untried: count(Outcome::Excluded),
        }
    }
}

/// Returns `1 worker`, `2 workers`.
#[must_use]
pub fn workers_of(count: usize) -> String {
    words::count(count as u64, "worker")
}

/// Returns an executor and its workers: `smol/w2`.
fn column(text: &str) -> Option<(&str, Option<usize>)> {
    match text.split_once('/') {
        None => Some((text, None)),
        Some((name, rest)) => Some((name, Some(rest.strip_prefix('w')?.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fixture, fixture_past};

    fn made() -> Conformance {
        Conformance::parse(fixture_past::CONFORMANCE.as_bytes()).expect("as it is printed")
    }

    fn facts(id: &str) -> ExecutorFacts {
        let run = fixture::run();
        let facts = run.header.executors.into_iter().find(|facts| facts.id == id);
        facts.expect("it is in the run")
    }

    fn refused(text: &str) -> String {
        let error = Conformance::parse(text.as_bytes()).expect_err("refused").to_string();
        assert!(error.lines().count() == 1 && error.chars().count() <= 400, "{error}");
        error
    }

    #[test]
    fn rules_are_counted_by_executor_and_workers() {
        let told = made().of(&facts("smol")).expect("was tried");
        let [one, two] = told.counts.as_slice() else { panic!("{told:?}") };
        assert_eq!((one.workers, one.kept, one.failed, one.not_promised), (Some(1), 2, 0, 0));
        assert_eq!((two.workers, two.kept, two.failed, two.not_promised), (Some(2), 0, 1, 1));
        assert_eq!(told.failed, [("wake-race, 2 workers".into(), "a wake was lost".into())]);
        let (reason, rules) = told.not_promised.first_key_value().expect("one");
        assert!(reason.starts_with("with several workers") && rules.contains("order-fair"));
        assert_eq!(told.others, ["smol 1.0.0 [none]"]);
        assert_eq!(made().of(&facts("threads")), None);
        let heap = made().of(&facts("heap")).expect("was tried");
        assert_eq!((heap.counts[0].kept, heap.counts[0].untried), (0, 1));
        assert!(heap.untried.contains_key("not on this machine"), "{heap:?}");
    }

    #[test]
    fn what_is_damaged_is_refused_in_one_line() {
        let not_json = refused("{\"schema\": 1, \"rules\": [");
        assert!(not_json.starts_with("not what `tminus verify --json` prints: EOF"), "{not_json}");
        assert!(refused("[]").contains("not what"));
        assert!(refused(r#"{"schema": 2, "rules": []}"#).contains("its schema is 2"));
        assert!(refused(r#"{"schema": 1, "rules": []}"#).contains("no rule was tried"));
        let rules = |lines: &str| refused(&format!(r#"{{"schema": 1, "rules": [{lines}]}}"#));
        let line = r#"{"rule": "a", "executor": "b/w2", "outcome": "ok"}"#;
        assert!(rules(&format!("{line}, {line}")).contains("`a` stands twice for `b/w2`"));
        assert!(rules(&line.replace("b/w2", "b/x")).contains("no executor with workers"));
        let wild = "\\u001b[31m\\n".repeat(10_000);
        assert!(!rules(&line.replace("\"ok\"", &format!("\"{wild}\""))).contains('\u{1b}'));
    }
}
