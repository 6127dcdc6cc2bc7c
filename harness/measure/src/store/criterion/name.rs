//! From a name of criterion's to a cell's id.
//!
//! Criterion compares the functions of a group over values; so its group becomes the workload, its
//! value the parameters, its function the executor. A benchmark of this project's matrix has its
//! cell's id again. Other names keep what ids allow: capitals become small, any other character
//! `_`. Of names that would so become one, those that were changed get a hash of what they were.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;
use tminus_contract::params::Params;
use tminus_record::Cell;
use tminus_record::text::escape;

/// The longest text of a name that is read.
const MAX_TEXT_BYTES: usize = 1000;
/// The longest text of a name that is shown.
const MAX_SHOWN_CHARS: usize = 80;
/// The longest parts: with slashes and workers an id stays under 128 bytes.
const MAX_NAME_BYTES: usize = 36;
const MAX_LABEL_BYTES: usize = 46;
const MAX_WORKERS: usize = 9999;
/// The name where criterion has no function, or no value.
const NO_NAME: &str = "unnamed";
const NO_VALUE: &str = "default";

/// Criterion's `BenchmarkId`, as `benchmark.json` holds it.
#[derive(Deserialize)]
pub(super) struct Name {
    group_id: String,
    #[serde(default)]
    function_id: Option<String>,
    #[serde(default)]
    value_str: Option<String>,
}

/// A cell with what its parts stand for. In the order of cells: by workload, then by size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) cell: Cell,
    /// The group, as its author wrote it, without parameters.
    pub(super) title: String,
    /// The text that the label stands for.
    value: String,
    /// The text that the executor stands for.
    function: String,
}

impl Name {
    /// Refuses texts that are no names.
    ///
    /// # Errors
    /// The expected name.
    pub(super) fn check(&self) -> Result<(), String> {
        let texts = [Some(&self.group_id), self.function_id.as_ref(), self.value_str.as_ref()];
        match texts.into_iter().flatten().find(|text| text.len() > MAX_TEXT_BYTES) {
            Some(text) => Err(format!(
                "expected names of at most {MAX_TEXT_BYTES} bytes, got one of {}",
                text.len()
            )),
            None => Ok(()),
        }
    }

    /// Makes the name of a benchmark whose directory is all that is known of it.
    pub(super) fn of_directory(below: &Path) -> Self {
        let text = escape(&below.display().to_string());
        let group_id = text.chars().take(MAX_TEXT_BYTES / 4).collect();
        Self { group_id, function_id: None, value_str: None }
    }

    /// Returns the cell that it becomes.
    pub(super) fn cell(&self) -> Named {
        let (title, sizes) = split_sizes(&self.group_id);
        let value = self.value_str.as_deref();
        // Without a function, a value that is no number is one: `from_parameter("tokio")`.
        let (function, value) = match &self.function_id {
            Some(function) => (Some(function.as_str()), value),
            None if value.is_some_and(|value| size(value).is_none()) => (value, None),
            None => (None, value),
        };
        let is_ours = self.function_id.is_none() && value.is_none() && sizes.is_some();
        let text = function.unwrap_or_default();
        let (executor, workers) = match is_ours.then(|| split_workers(text)).flatten() {
            Some((executor, workers)) => (clean(executor), Some(workers)),
            None if is_ours => (clean(text), None),
            None => (no_floor(clean(text)), None),
        };
        let (label, params) = label(sizes, value);
        let stands_for = format!("{}/{}", sizes.unwrap_or_default(), value.unwrap_or_default());
        let cell = Cell {
            workload: cut(or(clean(title), NO_NAME), MAX_NAME_BYTES, title),
            label: cut(or(label, NO_VALUE), MAX_LABEL_BYTES, &stands_for),
            executor: cut(or(executor, NO_NAME), MAX_NAME_BYTES, text),
            params,
            workers,
            twin: false,
        };
        Named { cell, title: title.into(), value: stands_for, function: text.into() }
    }
}

/// The parts of an id, each after those that it depends on.
#[derive(Clone, Copy)]
enum Part {
    Workload,
    Label,
    Executor,
}

/// Adds hashes until no part of an id stands for two texts of criterion's. A text that an id can
/// hold as it is stays as it is; so an id does not depend on what stands beside it, unless its text
/// was changed.
pub(super) fn tell_apart<'a>(all: impl Iterator<Item = &'a mut Named>) {
    let mut all: Vec<&mut Named> = all.collect();
    for part in [Part::Workload, Part::Label, Part::Executor] {
        let mut texts: HashMap<String, BTreeSet<String>> = HashMap::new();
        for named in &all {
            texts.entry(named.key(part)).or_default().insert(named.text(part).into());
        }
        for named in &mut all {
            if texts[&named.key(part)].len() > 1 && !named.is_exact(part) {
                named.add_hash(part);
            }
        }
    }
}

impl Named {
    /// Returns the part of the key that must stand for one text.
    fn key(&self, part: Part) -> String {
        match part {
            Part::Workload => self.cell.workload.clone(),
            Part::Label => self.cell.group(),
            Part::Executor => self.cell.column(),
        }
    }

    /// Returns the text that the part stands for.
    fn text(&self, part: Part) -> &str {
        match part {
            Part::Workload => &self.title,
            Part::Label => &self.value,
            Part::Executor => &self.function,
        }
    }

    /// Returns whether the part is its text, unchanged.
    fn is_exact(&self, part: Part) -> bool {
        let Cell { workload, label, executor, workers, .. } = &self.cell;
        match part {
            Part::Workload => *workload == self.title,
            // Of sizes before the slash, or of a value behind it that is no size.
            Part::Label => match self.value.split_once('/') {
                Some((sizes, "")) => sizes == label,
                Some(("", value)) => value == label && !value.contains('='),
                _ => false,
            },
            Part::Executor => workers.is_some() || *executor == self.function,
        }
    }

    fn add_hash(&mut self, part: Part) {
        let text = self.text(part).to_owned();
        let cell = &mut self.cell;
        let (own, max_bytes) = match part {
            Part::Workload => (&mut cell.workload, MAX_NAME_BYTES),
            Part::Label => (&mut cell.label, MAX_LABEL_BYTES),
            Part::Executor => (&mut cell.executor, MAX_NAME_BYTES),
        };
        *own = with_hash(own, max_bytes, &text);
    }
}

/// Returns `text`, safe to show and no longer than a line.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape(&short)
}

/// Splits `squares/tasks=1000` into `squares` and `tasks=1000`.
fn split_sizes(group: &str) -> (&str, Option<&str>) {
    match group.rsplit_once('/') {
        Some((title, sizes)) if params(sizes).is_some() => (title, Some(sizes)),
        _ => (group, None),
    }
}

/// Splits `tokio-multi-thread-w2` into `tokio-multi-thread` and 2.
fn split_workers(column: &str) -> Option<(&str, usize)> {
    let (executor, count) = column.rsplit_once("-w")?;
    let workers: usize = count.parse().ok()?;
    let is_count = (1..=MAX_WORKERS).contains(&workers) && workers.to_string() == count;
    (is_count && !executor.is_empty()).then_some((executor, workers))
}

/// Returns the label and, as far as they are numbers, the parameters.
fn label(sizes: Option<&str>, value: Option<&str>) -> (String, Params) {
    let value = value.map(|value| size(value).unwrap_or_else(|| clean(value)));
    let parts = [sizes.map(str::to_owned), value];
    let numbers = parts.iter().flatten().filter(|part| params(part).is_some()).cloned();
    let numbers = params(&numbers.collect::<Vec<_>>().join(",")).unwrap_or_default();
    (parts.into_iter().flatten().collect::<Vec<_>>().join(","), numbers)
}

/// Returns a value that is a number, or says which: `1000` as `value=1000`, `tasks=10,depth=1` as
/// it is.
fn size(value: &str) -> Option<String> {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let sized = if is_number { format!("value={value}") } else { value.into() };
    params(&sized).map(|_| sized)
}

/// Returns the parameters of a label of numbers.
fn params(label: &str) -> Option<Params> {
    let id = format!("-/{label}/-").parse().ok()?;
    let params = Cell::from_id(&id).filter(|cell| cell.label == label)?.params;
    let is_named = params.iter().all(|(name, _)| !name.is_empty());
    (is_named && params.iter().next().is_some()).then_some(params)
}

fn clean(text: &str) -> String {
    let clean = |char: char| match char.to_ascii_lowercase() {
        char @ ('a'..='z' | '0'..='9' | '=' | ',' | '-' | '_') => char,
        _ => '_',
    };
    text.chars().map(clean).collect()
}

fn or(part: String, none: &str) -> String {
    if part.is_empty() { none.into() } else { part }
}

/// Renames a function that happens to be called `floor`: it is no floor.
fn no_floor(executor: String) -> String {
    match executor.strip_prefix("floor") {
        Some(rest) if rest.is_empty() || rest.starts_with('-') => format!("floor_{rest}"),
        _ => executor,
    }
}

/// Returns `part` or, if it is too long, its start and a hash of the text that it stands for.
fn cut(part: String, max_bytes: usize, text: &str) -> String {
    if part.len() > max_bytes { with_hash(&part, max_bytes, text) } else { part }
}

/// Returns the start of `part` and a hash of the text that it stands for.
fn with_hash(part: &str, max_bytes: usize, text: &str) -> String {
    let start = part.get(..max_bytes - 9).unwrap_or(part);
    format!("{start}-{:08x}", fnv_1a(text))
}

/// Hashes by Fowler, Noll and Vo's hash of 32 bits, 1a: the same on every machine and for ever.
fn fnv_1a(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}
