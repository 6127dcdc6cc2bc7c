//! Counts of a cell, an op each, from a pass that times nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::escape;

/// The counts of one cell. A count is in `values` or in `missing`, under its name with `_per_op`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// The count of an op: `polls_per_op`, `syscalls_write_per_op`.
    pub values: BTreeMap<String, f64>,
    /// How far each value can be relied on.
    pub quality: BTreeMap<String, Quality>,
    /// Why a count is not there.
    pub missing: BTreeMap<String, String>,
}

/// How far a count can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Each pass gives the same number: another number is another program.
    Exact,
    /// Passes agree to within 0.01 %.
    Repeatable,
    /// It depends on how threads happen to meet: an order of magnitude.
    Indicative,
}

/// More counts than a cell has, and longer names.
const MAX_COUNTS: usize = 512;
const MAX_NAME_BYTES: usize = 64;
/// The largest count of an op.
const MAX_COUNT: f64 = 1e18;

impl Counts {
    /// Refuses what no pass gives: a line may come from anywhere. Makes reasons safe to show.
    ///
    /// # Errors
    /// The expectation that was not met, in one line that is safe to show.
    pub fn check(&mut self) -> Result<(), String> {
        if self.values.len() + self.missing.len() > MAX_COUNTS {
            return Err(format!("expected at most {MAX_COUNTS} counts of a cell"));
        }
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let is_name =
            |name: &str| (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed);
        if let Some(name) = self.values.keys().chain(self.missing.keys()).find(|it| !is_name(it)) {
            let name: String = name.chars().take(MAX_NAME_BYTES).collect();
            return Err(format!("expected the name of a count, got `{}`", escape(&name)));
        }
        let possible = |value: f64| (0.0..=MAX_COUNT).contains(&value);
        if let Some((name, value)) = self.values.iter().find(|(_, value)| !possible(**value)) {
            return Err(format!("{name}: {value}: from 0 to {MAX_COUNT:e} is possible"));
        }
        if let Some(name) = self.values.keys().find(|name| self.missing.contains_key(*name)) {
            return Err(format!("{name} is there and missing"));
        }
        if !self.values.keys().eq(self.quality.keys()) {
            return Err("expected the quality of each count, and of no other".into());
        }
        self.missing.values_mut().for_each(|reason| *reason = escape(reason));
        Ok(())
    }

    /// Returns whether nothing was counted nor is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.missing.is_empty()
    }

    /// Returns the count `name`, an op, and how far it can be relied on. A system call that was
    /// never made has no count of its own: it is 0 where system calls were counted, as far as those
    /// hold.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<(f64, Quality)> {
        let found = |name: &str| {
            let quality = self.quality.get(name).copied().unwrap_or(Quality::Indicative);
            Some((*self.values.get(name)?, quality))
        };
        let is_call = name.starts_with("syscalls_");
        let never = || found("syscalls_per_op").filter(|_| is_call).map(|(_, how)| (0.0, how));
        found(name).or_else(never)
    }

    /// Adds the count `name`, an op.
    pub fn add(&mut self, name: &str, value: f64, quality: Quality) {
        self.values.insert(name.into(), value);
        self.quality.insert(name.into(), quality);
    }

    /// Says why the count `name` is not there.
    pub fn lack(&mut self, name: &str, reason: &str) {
        self.missing.insert(name.into(), reason.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let mut counts = Counts::default();
        counts.add("polls_per_op", 1.0, Quality::Exact);
        counts.lack("instructions_per_op", "no\u{1b}[2J valgrind");
        counts
    }

    fn refused(change: impl FnOnce(&mut Counts)) -> String {
        let mut counts = counts();
        change(&mut counts);
        counts.check().expect_err("it is refused")
    }

    #[test]
    fn hostile_counts_are_refused() {
        let mut good = counts();
        assert_eq!(good.check(), Ok(()));
        assert_eq!(good.missing["instructions_per_op"], "no\\u{1b}[2J valgrind");
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e19] {
            let said = refused(|it| it.add("polls_per_op", value, Quality::Exact));
            assert!(said.starts_with("polls_per_op: "), "{said}");
        }
        for name in ["", "Polls", "a/b", "a\u{1b}", &"a".repeat(65)] {
            assert!(refused(|it| it.lack(name, "")).contains("name of a count"), "{name}");
        }
        assert!(refused(|it| it.lack("polls_per_op", "")).contains("there and missing"));
        assert!(refused(|it| it.quality.clear()).contains("quality"));
        let many = |it: &mut Counts| (0..513).for_each(|n| it.lack(&format!("a{n}"), ""));
        assert!(refused(many).contains("at most 512"));
    }

    #[test]
    fn a_call_that_was_never_made_is_0_where_calls_were_counted() {
        let mut counts = Counts::default();
        counts.add("polls_per_op", 2.0, Quality::Indicative);
        assert_eq!(counts.of("polls_per_op"), Some((2.0, Quality::Indicative)));
        assert_eq!(counts.of("self_wakes_per_op"), None);
        assert_eq!(counts.of("syscalls_write_per_op"), None);
        counts.add("syscalls_per_op", 3.0, Quality::Exact);
        assert_eq!(counts.of("syscalls_write_per_op"), Some((0.0, Quality::Exact)));
        assert_eq!(counts.of("self_wakes_per_op"), None);
    }
}
