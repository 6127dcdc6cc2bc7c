//! In which order runs stand: that of their commits, where it is known. No I/O.
//!
//! Runs are measured in any order: a commit of last year today, another branch between two of the
//! main one. What a change means depends on which commit came first, not on which was measured
//! first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Facts, Series};

/// The facts of a repository about commits: when each was made, and which came before which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commits(HashMap<String, Place>);

/// The position of a commit: by its date in seconds since the Unix epoch, then by its place in the
/// repository, from 1.
type Place = (u64, usize);

impl Commits {
    /// Makes an order from the full hashes and dates (seconds since the Unix epoch) of commits,
    /// none of which comes before its parents.
    #[must_use]
    pub fn in_order(commits: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut latest = 0;
        let place = |(index, (revision, date)): (usize, (String, u64))| {
            // A date before that of a parent is of a wrong clock.
            latest = date.max(latest);
            (revision, (latest, index + 1))
        };
        Self(commits.into_iter().enumerate().map(place).collect())
    }

    /// Returns where the commit of a run stands; `None` where its date is not known.
    fn place(&self, facts: &Facts) -> Option<Place> {
        let known = self.0.get(&facts.revision).copied();
        known.or_else(|| Some((facts.committed_unix_s?, 0)))
    }
}

/// The order that runs stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// The order of their commits; runs of one commit in the order of measuring.
    Commits,
    /// The order of measuring: of at least one run it is not known when its commit was made.
    Measuring,
}

/// Every run of a history in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Returns the numbers of the runs, the oldest commit first. A run whose commit has no date
    /// stands where it was measured.
    runs: Vec<i64>,
    /// Runs among them whose commit has no date.
    undated: BTreeSet<i64>,
}

impl Order {
    /// Makes the order of `runs`, by what they store and what `commits` says.
    pub(super) fn of(runs: &BTreeMap<i64, Facts>, commits: &Commits) -> Self {
        let key = |(run, facts): (&i64, &Facts)| {
            let started_s = facts.started_unix_ns / 1_000_000_000;
            let place = commits.place(facts).unwrap_or((started_s, 0));
            (place, facts.dirty, facts.started_unix_ns, *run)
        };
        let mut keys: Vec<_> = runs.iter().map(key).collect();
        keys.sort_unstable();
        let undated = runs.iter().filter(|(_, facts)| commits.place(facts).is_none());
        Self {
            runs: keys.into_iter().map(|(.., run)| run).collect(),
            undated: undated.map(|(run, _)| *run).collect(),
        }
    }

    /// Returns the numbers of the runs, the oldest commit first.
    #[must_use]
    pub fn runs(&self) -> &[i64] {
        &self.runs
    }

    /// Returns the place of each run, from 0.
    #[must_use]
    pub fn places(&self) -> HashMap<i64, usize> {
        self.runs.iter().enumerate().map(|(place, run)| (*run, place)).collect()
    }

    /// Returns the order that the points of `series` stand in.
    #[must_use]
    pub fn sequence(&self, series: &Series) -> Sequence {
        match series.points.iter().any(|point| self.undated.contains(&point.run)) {
            true => Sequence::Measuring,
            false => Sequence::Commits,
        }
    }

    /// Puts the points of every series into their order.
    pub(super) fn sort(&self, series: &mut [Series], runs: &BTreeMap<i64, Facts>) {
        let places = self.places();
        for series in series {
            let by_commits = self.sequence(series) == Sequence::Commits;
            series.points.sort_by_key(|point| {
                let place = places.get(&point.run).filter(|_| by_commits);
                let started = runs.get(&point.run).map(|facts| facts.started_unix_ns);
                (place.copied(), started, point.run)
            });
        }
    }
}
