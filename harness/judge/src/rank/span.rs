//! The sizes of a workload: its groups over one parameter, all others fixed.

use std::collections::{BTreeMap, HashMap};

use super::Group;

/// One workload over one parameter.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    /// The parameter that changes.
    pub param: String,
    /// By the value of the parameter; never empty.
    pub groups: BTreeMap<u64, &'a Group>,
}

/// A workload, the parameter that changes, and the values of the others.
type Key = (String, String, Vec<(String, u64)>);

impl<'a> Span<'a> {
    /// Returns every parameter of a workload for which there are two values or more, with the other
    /// parameters fixed, in the order of the groups.
    #[must_use]
    pub fn all(groups: &'a [Group]) -> Vec<Self> {
        let mut keys: Vec<Key> = Vec::new();
        let mut sizes: HashMap<Key, BTreeMap<u64, &Group>> = HashMap::new();
        for group in groups {
            let all = params(group);
            for (param, size) in &all {
                // Where all was left out, a group knows no more than its id, which hides defaults.
                let fixed = all.iter().filter(|(name, _)| name != param).cloned().collect();
                let key = (group.workload.clone(), param.clone(), fixed);
                let known = sizes.entry(key.clone()).or_insert_with(|| {
                    keys.push(key);
                    BTreeMap::new()
                });
                known.insert(*size, group);
            }
        }
        let span = |key: Key| Some(Self { groups: sizes.remove(&key)?, param: key.1 });
        keys.into_iter().filter_map(span).filter(|span| span.groups.len() > 1).collect()
    }

    /// Returns the group of the least size, for what all have in common.
    ///
    /// # Panics
    /// Never: a span has groups.
    #[must_use]
    pub fn first(&self) -> &'a Group {
        self.groups.values().next().expect("a span has groups")
    }

    /// Returns the other parameters as ids show them: those at their default are left out.
    #[must_use]
    pub fn fixed(&self) -> String {
        let is_other = |part: &&str| part.split('=').next() != Some(self.param.as_str());
        self.first().params.split(',').filter(is_other).collect::<Vec<_>>().join(",")
    }
}

fn params(group: &Group) -> Vec<(String, u64)> {
    let first = group.rows.first();
    let params = first.map(|row| row.cell.params.iter().map(|(name, value)| (name.into(), value)));
    params.into_iter().flatten().collect()
}
