//! Cells and their ids, and cells that are not run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tminus_contract::error::{Error, Result};
use tminus_contract::params::Params;
use tminus_contract::workload::Info;

/// The most workers of a cell.
pub const MAX_WORKERS: usize = 1024;

/// A cell: workload x parameters x executor x workers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// The workload's id.
    pub workload: String,
    /// All parameters, defaults included.
    pub params: Params,
    /// The parameters as the id shows them: `tasks=1000,depth=10`.
    pub label: String,
    /// The executor's id, or the floor's.
    pub executor: String,
    /// The number of workers, where the id names one.
    pub workers: Option<usize>,
    /// Whether this is the second name of the A/A pair.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub twin: bool,
}

impl Cell {
    /// Makes the cell of a workload with `params` on `executor`.
    #[must_use]
    pub fn new(info: &Info, params: &Params, executor: &str, workers: Option<usize>) -> Self {
        Self {
            workload: info.id.into(),
            params: params.clone(),
            label: params.label(info),
            executor: executor.into(),
            workers,
            twin: false,
        }
    }

    /// Returns the cell of an id, as far as the id tells: with the parameters that it shows. `None`
    /// if its parts are not those of an id.
    #[must_use]
    pub fn from_id(id: &CellId) -> Option<Self> {
        let mut parts = id.as_str().split('/');
        let (workload, label, executor) = (parts.next()?, parts.next()?, parts.next()?);
        let param = |part: &str| {
            let (name, value) = part.split_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        let mut cell = Self {
            workload: workload.into(),
            params: label
                .split(',')
                .filter(|part| !part.is_empty())
                .map(param)
                .collect::<Option<_>>()?,
            label: label.into(),
            executor: executor.into(),
            workers: None,
            twin: false,
        };
        for part in parts {
            match part.strip_prefix('w') {
                Some(count) => cell.workers = Some(count.parse().ok()?),
                None => cell.twin = part == "aa",
            }
        }
        (cell.id() == *id).then_some(cell)
    }

    /// Refuses worker counts that no machine has use for: a cell may come from anywhere.
    ///
    /// # Errors
    /// The bounds, in one line.
    pub fn check_workers(&self) -> std::result::Result<(), String> {
        match self.workers {
            Some(count) if !(1..=MAX_WORKERS).contains(&count) => {
                Err(format!("{}: {count} workers: from 1 to {MAX_WORKERS} are possible", self.id()))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether no executor is at work: the work in straight-line code.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        self.executor == "floor" || self.executor.starts_with("floor-")
    }

    /// Returns the id, for example `squares/tasks=1000/tokio-multi-thread/w2`; the second of the
    /// A/A pair ends in `/aa`.
    #[must_use]
    pub fn id(&self) -> CellId {
        let Self { workload, label, executor, .. } = self;
        let workers = self.workers.map(|count| format!("/w{count}")).unwrap_or_default();
        let twin = if self.twin { "/aa" } else { "" };
        CellId(format!("{workload}/{label}/{executor}{workers}{twin}"))
    }

    /// Returns the group that the cell is compared within: workload and parameters.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/{}", self.workload, self.label)
    }

    /// Returns the executor with its workers, as tables show it: `smol/w2`.
    #[must_use]
    pub fn column(&self) -> String {
        let workers = self.workers.map(|count| format!("/w{count}")).unwrap_or_default();
        format!("{}{workers}", self.executor)
    }
}

/// A cell that is not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The cell that would have run.
    pub cell: CellId,
    /// Why it does not, with the way out where there is one.
    pub reason: String,
}

/// The id of a cell: under 128 bytes of lower case, digits and `/=,-_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CellId(String);

impl TryFrom<String> for CellId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<CellId> for String {
    fn from(id: CellId) -> Self {
        id.0
    }
}

impl CellId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CellId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let allowed =
            |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'=' | b',' | b'-' | b'_');
        if text.len() < 128 && text.split('/').count() >= 3 && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(Error::Usage(format!(
                "`{}` is no cell id: expected WORKLOAD/PARAMETERS/EXECUTOR, see `tminus list cells`",
                text.escape_debug()
            )))
        }
    }
}
