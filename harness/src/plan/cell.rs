//! Cells, their ids and their parameters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Named, Result};
use crate::workload::{Info, Param};

/// The most workers of a cell.
pub const MAX_WORKERS: usize = 1024;

/// The values of a workload's parameters, complete, in the order of declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Params(Vec<(String, u64)>);

impl Params {
    /// Reads `text`, for example `tasks=1000,depth=10`, against what the workload declares; what is
    /// not named takes its default.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown name (with the nearest), a value that is no whole number, or
    /// one out of bounds.
    pub fn parse(info: &Info, text: &str) -> Result<Self> {
        let mut given: Vec<(&str, u64)> = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| Error::Usage(format!("parameter `{part}`: expected NAME=VALUE")))?;
            let param = find(info, name)?;
            if given.iter().any(|(known, _)| *known == name) {
                return Err(Error::Usage(format!("parameter `{name}` is given twice")));
            }
            given.push((name, value_of(info, param, value)?));
        }
        Ok(Self::complete(info, |name| given.iter().find(|(known, _)| *known == name).map(|g| g.1)))
    }

    /// The values where none are given.
    #[must_use]
    pub fn defaults(info: &Info) -> Self {
        Self::complete(info, |_| None)
    }

    fn complete(info: &Info, given: impl Fn(&str) -> Option<u64>) -> Self {
        let value = |param: &Param| given(param.name).unwrap_or(param.default);
        Self(info.params.iter().map(|param| (param.name.into(), value(param))).collect())
    }

    /// These parameters with `name` set to `value`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn with(&self, info: &Info, name: &str, value: &str) -> Result<Self> {
        let value = value_of(info, find(info, name)?, value)?;
        let given = |known: &str| {
            if known == name { Some(value) } else { self.get(known) }
        };
        Ok(Self::complete(info, given))
    }

    /// These parameters, which may come from anywhere, against what the workload declares; what is
    /// not named takes its default.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn checked(&self, info: &Info) -> Result<Self> {
        for (name, value) in self.iter() {
            value_of(info, find(info, name)?, &value.to_string())?;
        }
        Ok(Self::complete(info, |name| self.get(name)))
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The value of a parameter that the workload declares.
    ///
    /// # Panics
    /// If the workload does not declare `name`: a mistake in the workload's file.
    #[must_use]
    pub fn value(&self, name: &str) -> u64 {
        self.get(name).unwrap_or_else(|| panic!("parameter `{name}` is not declared"))
    }

    /// Names and values in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The form used in ids: the first parameter, and those that differ from their default.
    #[must_use]
    pub fn label(&self, info: &Info) -> String {
        let shown = self.0.iter().zip(info.params).enumerate();
        let shown = shown.filter(|(index, (own, param))| *index == 0 || own.1 != param.default);
        let parts: Vec<String> =
            shown.map(|(_, (own, _))| format!("{}={}", own.0, own.1)).collect();
        parts.join(",")
    }
}

fn find<'a>(info: &'a Info, name: &str) -> Result<&'a Param> {
    info.params.iter().find(|param| param.name == name).ok_or_else(|| {
        let known = info.params.iter().map(|param| param.name);
        Error::unknown(Named::ParameterOf(info.id), name, known)
    })
}

fn value_of(info: &Info, param: &Param, text: &str) -> Result<u64> {
    let Param { name, min, max, .. } = param;
    let bounds = format!("`{}` takes {name} from {min} to {max}", info.id);
    let value: u64 = text.replace('_', "").parse().map_err(|_| {
        Error::Usage(format!("{name}={text} is no whole number in range: {bounds}"))
    })?;
    if (*min..=*max).contains(&value) {
        Ok(value)
    } else {
        Err(Error::Usage(format!("{name}={text} is out of range: {bounds}")))
    }
}

impl Serialize for Params {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Params;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of whole numbers")
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(
                self,
                mut map: M,
            ) -> std::result::Result<Params, M::Error> {
                let mut params = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    params.push(pair);
                }
                Ok(Params(params))
            }
        }
        d.deserialize_map(Visitor)
    }
}

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
    /// The cell of a workload with `params` on `executor`.
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

    /// The cell of an id, as far as the id tells: with the parameters that it shows. `None` if its
    /// parts are not those of an id.
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
            params: Params(
                label
                    .split(',')
                    .filter(|part| !part.is_empty())
                    .map(param)
                    .collect::<Option<_>>()?,
            ),
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

    /// Whether no executor is at work: the work in straight-line code.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        self.executor == "floor" || self.executor.starts_with("floor-")
    }

    /// The id, for example `squares/tasks=1000/tokio-multi-thread/w2`; the second of the A/A pair
    /// ends in `/aa`.
    #[must_use]
    pub fn id(&self) -> CellId {
        let Self { workload, label, executor, .. } = self;
        let workers = self.workers.map(|count| format!("/w{count}")).unwrap_or_default();
        let twin = if self.twin { "/aa" } else { "" };
        CellId(format!("{workload}/{label}/{executor}{workers}{twin}"))
    }

    /// The group that the cell is compared within: workload and parameters.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/{}", self.workload, self.label)
    }

    /// The executor with its workers, as tables show it: `smol/w2`.
    #[must_use]
    pub fn column(&self) -> String {
        let workers = self.workers.map(|count| format!("/w{count}")).unwrap_or_default();
        format!("{}{workers}", self.executor)
    }
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
    /// The id as text.
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
