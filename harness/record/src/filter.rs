//! The part of the matrix that is meant: one filter for all verbs.

use glob::Pattern;
use tminus_contract::error::{Error, Named, Result};
use tminus_contract::params::Params;
use tminus_contract::workload::Info;

use crate::{Cell, Profile, Sweep};

/// Chooses cells by workload, executor and parameter; exact names or globs (`*`, `?`, `[..]`). An
/// empty list chooses all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Workload names.
    workloads: Vec<Pattern>,
    /// Executor names, floors included; `smol/w2` names the workers too.
    executors: Vec<Pattern>,
    /// Parameter names and values: a value that a profile lists, a glob over those, or a new one.
    /// The values of one name are a union.
    params: Vec<(String, String)>,
    /// Values of parameters, of which no other is meant; two of them make a grid.
    sweeps: Vec<Sweep>,
    /// Counts of workers to plan; none for the usual ones.
    workers: Vec<usize>,
    /// Whole cell ids.
    cells: Vec<Pattern>,
}

impl Filter {
    /// Reads what the user typed: workloads, executors, `NAME=VALUE` parameters, cell ids.
    ///
    /// # Errors
    /// [`Error::Usage`] for a pattern or a parameter that cannot be read.
    pub fn parse(
        workloads: &[String],
        executors: &[String],
        params: &[String],
        cells: &[String],
    ) -> Result<Self> {
        let param = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                Ok((name.to_owned(), value.to_owned()))
            }
            _ => Err(Error::Usage(format!(
                "`{}`: expected NAME=VALUE, for example tasks=1000",
                text.escape_debug()
            ))),
        };
        Ok(Self {
            workloads: patterns(workloads)?,
            executors: patterns(executors)?,
            params: params.iter().map(param).collect::<Result<_>>()?,
            sweeps: Vec::new(),
            workers: Vec::new(),
            cells: patterns(cells)?,
        })
    }

    /// Returns the filter with sweeps.
    ///
    /// # Errors
    /// [`Error::Usage`] for a parameter that is given twice.
    pub fn with_sweeps(mut self, sweeps: &[Sweep]) -> Result<Self> {
        for (place, sweep) in sweeps.iter().enumerate() {
            let name = sweep.name();
            let twice = |other: &str| {
                let name = name.escape_debug();
                Err(Error::Usage(format!(
                    "`{name}` is given by a sweep and by {other}: choose one"
                )))
            };
            if sweeps[..place].iter().any(|before| before.name() == name) {
                return twice("another sweep");
            }
            if self.values(name).next().is_some() {
                return twice("`--param`");
            }
        }
        self.sweeps = sweeps.into();
        Ok(self)
    }

    /// Returns the filter with the counts of workers that executors of many are planned with; none
    /// for the usual ones.
    #[must_use]
    pub fn with_workers(self, workers: Vec<usize>) -> Self {
        Self { workers, ..self }
    }

    /// Returns those counts of workers.
    #[must_use]
    pub fn workers(&self) -> &[usize] {
        &self.workers
    }

    /// Returns whether a parameter is swept.
    #[must_use]
    pub fn sweeps(&self) -> bool {
        !self.sweeps.is_empty()
    }

    /// Returns whether the workload is chosen.
    #[must_use]
    pub fn workload(&self, id: &str) -> bool {
        any(&self.workloads, |pattern| pattern.matches(id))
    }

    /// Returns whether the executor is chosen, whatever its workers.
    #[must_use]
    pub fn executor(&self, id: &str) -> bool {
        any(&self.executors, |pattern| matches_executor(pattern, id))
    }

    /// Returns whether the cell is chosen, by executor, workload and id; parameters are chosen by
    /// [`sizes`](Self::sizes) when a plan is made and by [`stored`](Self::stored) when one is read.
    #[must_use]
    pub fn cell(&self, cell: &Cell) -> bool {
        let column = cell.column();
        let id = cell.id();
        self.workload(&cell.workload)
            && any(&self.executors, |pattern| {
                pattern.matches(&cell.executor) || pattern.matches(&column)
            })
            && any(&self.cells, |pattern| pattern.matches(id.as_str()))
    }

    /// Returns whether a cell of a stored run is chosen.
    #[must_use]
    pub fn stored(&self, cell: &Cell) -> bool {
        let chosen = |name: &str| {
            let own = cell.params.get(name);
            own.is_some_and(|own| self.values(name).any(|value| matches_value(value, own)))
        };
        let swept = |sweep: &Sweep| {
            cell.params.get(sweep.name()).is_some_and(|own| sweep.values().contains(&own))
        };
        self.cell(cell)
            && self.params.iter().all(|(name, _)| chosen(name))
            && self.sweeps.iter().all(swept)
    }

    /// Returns the values that are asked for of the parameter `name`.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the parameters to plan for a workload: those of the profile that match; a value that
    /// no profile lists is added to each of them, and so is each value of a sweep.
    ///
    /// # Errors
    /// [`Error::Usage`] for parameters that are impossible.
    pub fn sizes(&self, info: &Info, profile: Profile) -> Result<Vec<Params>> {
        let texts = match profile {
            Profile::Quick => info.sizes.quick,
            Profile::Standard => info.sizes.standard,
            Profile::Thorough => info.sizes.thorough,
            Profile::Verify => info.sizes.verify,
            Profile::Imported => &[],
        };
        let mut sizes =
            texts.iter().map(|text| Params::parse(info, text)).collect::<Result<Vec<_>>>()?;
        // A cell id that is named in full is planned whatever the profile.
        for pattern in self.cells.iter().map(Pattern::as_str).filter(|text| is_exact(text)) {
            let mut parts = pattern.split('/');
            if let (Some(workload), Some(label)) = (parts.next(), parts.next())
                && workload == info.id
            {
                sizes.push(Params::parse(info, label)?);
            }
        }
        for (place, (name, _)) in self.params.iter().enumerate() {
            if !info.params.iter().any(|param| param.name == name) {
                // Another workload's parameter: this workload has no such cell.
                return Ok(Vec::new());
            }
            if self.params[..place].iter().any(|(before, _)| before == name) {
                continue;
            }
            let mut chosen = Vec::new();
            for value in self.values(name) {
                chosen.extend(with_value(&sizes, info, name, value)?);
            }
            sizes = chosen;
        }
        for sweep in &self.sweeps {
            sizes = swept(&sizes, info, sweep)?;
        }
        let mut distinct = Vec::new();
        for params in sizes {
            if !distinct.contains(&params) {
                distinct.push(params);
            }
        }
        Ok(distinct)
    }

    /// Refuses what matches none of these names.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name.
    pub fn check(&self, workloads: &[&str], executors: &[&str], params: &[&str]) -> Result<()> {
        for pattern in &self.workloads {
            if !workloads.iter().any(|id| pattern.matches(id)) {
                let known = workloads.iter().copied();
                return Err(Error::unknown(Named::Workload, pattern.as_str(), known));
            }
        }
        for pattern in &self.executors {
            if !executors.iter().any(|id| matches_executor(pattern, id)) {
                let known = executors.iter().copied();
                return Err(Error::unknown(Named::Executor, pattern.as_str(), known));
            }
        }
        let swept = self.sweeps.iter().map(Sweep::name);
        for name in self.params.iter().map(|(name, _)| name.as_str()).chain(swept) {
            if !params.contains(&name) {
                return Err(Error::unknown(Named::Parameter, name, params.iter().copied()));
            }
        }
        Ok(())
    }
}

/// Returns the `sizes` that have `value`; if none has and it is a plain value, all of them with it.
fn with_value(sizes: &[Params], info: &Info, name: &str, value: &str) -> Result<Vec<Params>> {
    let has = |params: &&Params| params.get(name).is_some_and(|own| matches_value(value, own));
    let kept: Vec<Params> = sizes.iter().filter(has).cloned().collect();
    if kept.is_empty() && is_exact(value) {
        return sizes.iter().map(|params| params.with(info, name, value)).collect();
    }
    Ok(kept)
}

/// The most sizes that sweeps make of a workload: a grid grows fast.
const MAX_SWEPT: usize = 1_000;

/// Returns the `sizes` with each value of a sweep; none where the workload has no such parameter.
fn swept(sizes: &[Params], info: &Info, sweep: &Sweep) -> Result<Vec<Params>> {
    let name = sweep.name();
    if !info.params.iter().any(|param| param.name == name) {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for value in sweep.values() {
        for params in sizes {
            let params = params.with(info, name, &value.to_string())?;
            if !all.contains(&params) {
                all.push(params);
            }
        }
        if all.len() > MAX_SWEPT {
            return Err(Error::Usage(format!(
                "the sweeps make over {MAX_SWEPT} sizes of `{}`: take fewer steps",
                info.id
            )));
        }
    }
    Ok(all)
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>> {
    let pattern = |text: &String| {
        Pattern::new(text)
            .map_err(|error| Error::Usage(format!("`{}`: {error}", text.escape_debug())))
    };
    texts.iter().map(pattern).collect()
}

fn any(patterns: &[Pattern], test: impl Fn(&Pattern) -> bool) -> bool {
    patterns.is_empty() || patterns.iter().any(test)
}

/// Returns whether the pattern means the executor; what follows a `/` means its workers.
fn matches_executor(pattern: &Pattern, id: &str) -> bool {
    let text = pattern.as_str();
    let name = Pattern::new(text.split('/').next().unwrap_or(text));
    name.is_ok_and(|name| name.matches(id))
}

fn is_exact(text: &str) -> bool {
    !text.contains(['*', '?', '['])
}

fn matches_value(pattern: &str, value: u64) -> bool {
    let exact = pattern.replace('_', "").parse() == Ok(value);
    exact || Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(&value.to_string()))
}
