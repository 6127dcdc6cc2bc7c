//! The parameters of a workload: whole numbers within the bounds that it declares.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Named, Result};
use crate::info::{Info, Param};

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

    /// Makes the values where none are given.
    #[must_use]
    pub fn defaults(info: &Info) -> Self {
        Self::complete(info, |_| None)
    }

    fn complete(info: &Info, given: impl Fn(&str) -> Option<u64>) -> Self {
        let value = |param: &Param| given(param.name).unwrap_or(param.default);
        Self(info.params.iter().map(|param| (param.name.into(), value(param))).collect())
    }

    /// Returns these parameters with `name` set to `value`.
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

    /// Checks these parameters, which may come from anywhere, against what the workload declares;
    /// one that is not named takes its default.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn checked(&self, info: &Info) -> Result<Self> {
        for (name, value) in self.iter() {
            value_of(info, find(info, name)?, &value.to_string())?;
        }
        Ok(Self::complete(info, |name| self.get(name)))
    }

    /// Returns the value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Returns the value of a parameter that the workload declares.
    ///
    /// # Panics
    /// If the workload does not declare `name`: a mistake in the workload's file.
    #[must_use]
    pub fn value(&self, name: &str) -> u64 {
        self.get(name).unwrap_or_else(|| panic!("parameter `{name}` is not declared"))
    }

    /// Returns names and values in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Returns the form used in ids: the first parameter, and those that differ from their default.
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

impl FromIterator<(String, u64)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
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
