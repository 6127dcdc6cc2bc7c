//! Flags that several verbs take: filters, bounds of children, sizes, clocks.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tminus_conformance::RULES;
use tminus_contract::Clock;
use tminus_contract::error::{Error, Named, Result};
use tminus_measure::registry::Registry;
use tminus_record::{Filter, Profile, Run, Sweep};

use super::value;
use super::workers::WorkerCounts;

/// The directory of the runs, in this directory or the nearest above it that has it, up to the
/// workspace's.
pub(crate) const OUT: &str = "target/tminus";

/// The part of the matrix that is meant: the same flags for all verbs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters (globs; separate with commas)")]
pub(crate) struct Filters {
    /// Cell ids, globs over them, or a part of them
    #[arg(value_name = "CELL")]
    pub(crate) cells: Vec<String>,
    /// Workloads; `@fairness` names a category
    #[arg(long, short, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) workload: Vec<String>,
    /// Executors; `smol/w2` names the workers too
    #[arg(long, short, value_name = "GLOB", value_delimiter = ',')]
    pub(crate) executor: Vec<String>,
    /// Parameters: a glob over the profile's values, or a value of your own
    #[arg(long, short, value_name = "NAME=VALUE", value_delimiter = ',')]
    pub(crate) param: Vec<String>,
    /// Many values of a parameter, in logarithmic steps: NAME=FROM..TO/STEPS
    #[arg(long, value_name = "RANGE", value_delimiter = ',')]
    pub(crate) sweep: Vec<Sweep>,
}

/// The bounds of each child.
#[derive(Args, Clone, Debug)]
pub(crate) struct Bounds {
    /// Time that a child may take: `5s`, `2m` [default: 30s; 12s for a rule of the contract]
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = value::deadline)]
    pub(crate) deadline: Option<Duration>,
    /// Address space that a child may take [default: no limit]
    #[arg(long, value_name = "MIB", hide_short_help = true, value_parser = value::whole::<u64>(16..=1 << 40))]
    pub(crate) memory_limit: Option<u64>,
}

/// The profiles that a user can ask for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Size {
    Quick,
    Standard,
    Thorough,
}

/// The clocks that a user can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockName {
    Real,
    Virtual,
}

impl From<Size> for Profile {
    fn from(size: Size) -> Self {
        match size {
            Size::Quick => Self::Quick,
            Size::Standard => Self::Standard,
            Size::Thorough => Self::Thorough,
        }
    }
}

impl From<ClockName> for Clock {
    fn from(name: ClockName) -> Self {
        match name {
            ClockName::Real => Self::Real,
            ClockName::Virtual => Self::Virtual,
        }
    }
}

impl Bounds {
    /// Returns how long a child may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline_or(Duration::from_secs(30))
    }

    /// Returns how long a child may take, where that is usually `usual`.
    pub(crate) fn deadline_or(&self, usual: Duration) -> Duration {
        self.deadline.unwrap_or(usual)
    }

    /// Returns the deadline in whole seconds, of which a part counts as one: as a gate keeps it.
    pub(crate) fn deadline_s(&self) -> Option<u64> {
        self.deadline.map(|time| value::seconds_up(time).as_secs())
    }

    /// Returns the limit as specs have it.
    pub(crate) fn memory_limit_bytes(&self) -> Option<u64> {
        self.memory_limit.map(|mib| mib << 20)
    }
}

impl Size {
    /// Returns the name as the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Thorough => "thorough",
        }
    }
}

impl Filters {
    /// Returns the filters as another tminus takes them.
    pub(crate) fn words(&self) -> Vec<String> {
        let flags = [
            ("--workload", &self.workload),
            ("--executor", &self.executor),
            ("--param", &self.param),
        ];
        let flags = flags
            .into_iter()
            .flat_map(|(flag, values)| values.iter().map(move |value| format!("{flag}={value}")));
        // As single values, which programs from before there were sweeps know too.
        let swept = self.sweep.iter().flat_map(|sweep| {
            let values = sweep.values().into_iter();
            values.map(|value| format!("--param={}={value}", sweep.name()))
        });
        flags.chain(swept).chain(self.cells.iter().cloned()).collect()
    }

    /// Returns the filter over what is registered.
    ///
    /// # Errors
    /// Values that cannot be read, and words that name nothing that is registered.
    pub(crate) fn filter(&self, registry: &Registry) -> Result<Filter> {
        let known = || {
            let workloads = registry.workloads.iter().map(|workload| workload.info.id);
            workloads.chain(registry.entries.iter().map(|entry| entry.executor))
        };
        for word in self.cells.iter().filter(|text| is_word(text) && !text.contains('=')) {
            if !known().any(|name| name.contains(word.as_str())) {
                return Err(unknown_word(word, known()));
            }
        }
        self.read(registry, &[])
    }

    /// Returns the filter of a plan on a machine of so many cores, with the counts of workers.
    ///
    /// # Errors
    /// Those of [`filter`](Self::filter).
    pub(crate) fn planned(
        &self,
        registry: &Registry,
        workers: Option<&WorkerCounts>,
        cores: usize,
    ) -> Result<Filter> {
        let workers = workers.map(|counts| counts.on(cores)).unwrap_or_default();
        Ok(self.filter(registry)?.with_workers(workers))
    }

    /// Returns the filter over stored runs, which may know other names than the registry.
    ///
    /// # Errors
    /// Values that cannot be read, and categories that neither knows.
    pub(crate) fn read(&self, registry: &Registry, runs: &[&Run]) -> Result<Filter> {
        let stored = runs.iter().flat_map(|run| &run.header.workloads);
        let stored = stored.map(|facts| (facts.category.as_str(), facts.id.as_str()));
        let own = registry.workloads.iter().map(|it| (it.category, it.info.id));
        let workloads = expanded(&self.workload, &stored.chain(own).collect::<Vec<_>>())?;
        let part = |text: &String| {
            if is_word(text) { format!("*{text}*") } else { text.clone() }
        };
        let cells: Vec<String> = self.cells.iter().map(part).collect();
        Filter::parse(&workloads, &self.executor, &self.param, &cells)?.with_sweeps(&self.sweep)
    }

    /// Returns the filters with the workloads of `registry` in the place of each category, for a
    /// program that may know other categories.
    ///
    /// # Errors
    /// A category that is not known.
    pub(crate) fn without_categories(&self, registry: &Registry) -> Result<Self> {
        let own = registry.workloads.iter().map(|it| (it.category, it.info.id));
        let workload = expanded(&self.workload, &own.collect::<Vec<_>>())?;
        Ok(Self { workload, ..self.clone() })
    }
}

/// Returns the words with the workloads in the place of each `@CATEGORY`; `known` are categories
/// and ids.
fn expanded(words: &[String], known: &[(&str, &str)]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for word in words {
        let Some(name) = word.strip_prefix('@') else {
            all.push(word.clone());
            continue;
        };
        let own = known.iter().filter(|(category, _)| !name.is_empty() && *category == name);
        let before = all.len();
        all.extend(own.map(|(_, id)| (*id).to_owned()));
        if all.len() == before {
            return Err(unknown_category(name, known));
        }
    }
    Ok(all)
}

/// Returns the error of a category that no workload has, with those that there are.
fn unknown_category(name: &str, known: &[(&str, &str)]) -> Error {
    let mut categories: Vec<String> = Vec::new();
    for (category, _) in known.iter().filter(|(category, _)| !category.is_empty()) {
        let category = format!("`@{category}`");
        if !categories.contains(&category) {
            categories.push(category);
        }
    }
    let name: String = name.chars().take(100).collect();
    let (name, there) = (name.escape_debug(), categories.join(", "));
    Error::Usage(format!("unknown category `@{name}`: there are {there}"))
}

/// Returns the error of a word that is a part of no id: it may name something that another flag
/// takes.
fn unknown_word<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let usage = |hint: &str| Error::Usage(format!("unknown workload or executor `{word}`: {hint}"));
    if Size::value_variants().iter().any(|size| size.name() == word) {
        return usage(&format!("it is a profile: did you mean `--profile {word}`?"));
    }
    if RULES.iter().any(|rule| rule.id == word) {
        return usage(&format!("it is a rule: did you mean `tminus verify --rule {word}`?"));
    }
    Error::unknown(Named::WorkloadOrExecutor, word, known)
}

/// Returns whether `text` is neither an id nor a glob but a part of an id.
fn is_word(text: &str) -> bool {
    !text.contains(['/', '*', '?', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_its_workloads_among_names_and_globs() {
        let known = [("", "old"), ("price", "timers"), ("fairness", "third"), ("price", "idle")];
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).into()).collect();
            expanded(&words, &known)
        };
        let expected = ["s*", "timers", "idle", "echo"];
        assert_eq!(of(&["s*", "@price", "echo"]).expect("known"), expected);
        for name in ["@pric", "@", "@Price"] {
            let said = of(&[name]).expect_err("unknown").to_string();
            assert_eq!(said, format!("unknown category `{name}`: there are `@price`, `@fairness`"));
        }
    }
}
